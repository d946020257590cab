/**
 * Copies what a provider made into our own files before the customer is told, since providers' URLs expire. A failed
 * copy is repeated file by file; the generation never is.
 */

import { fail } from '../core/errors';
import { inLanes } from '../core/lanes';
import { publicFetch } from '../core/public-fetch';
import { MAX_RESULT_FILES } from '../providers/media/outputs';
import type { MediaResult } from '../providers/media/types';
import { cleanMessage } from '../providers/wires/failures';
import type { JobDeps } from './deps';
import { putBytes, putStream, resultKey } from './files';
import { finishJob } from './finish';
import { insist } from './insist';
import { keepOutput } from './output';
import { copyDelaySeconds, MAX_COPY_TRIES, SWEEP_AFTER_MS } from './pace';
import { changeJob } from './store';
import { currentProvider } from './targets';
import { isFinal, type Job, type PendingResult, type StoredFile } from './types';
import { fetchAuthorized } from './upstream';

const COPY_CLAIM_MS = 10 * 60_000;
const COPY_TIMEOUT_MS = 9 * 60_000;
const PUT_PAUSES_MS = [100, 400, 2_000, 5_000];
const COPIES_AT_ONCE = 3;

type PendingFile = PendingResult['files'][number];

export const isStored = (file: PendingFile): file is StoredFile => 'key' in file;

/** Stores results that came as bytes at once, because those bytes exist nowhere else. */
export async function keepResult(deps: JobDeps, job: Job, result: MediaResult | PendingResult, first = 0): Promise<PendingResult> {
  const keep = async (file: (MediaResult | PendingResult)['files'][number], index: number): Promise<PendingFile> => {
    if (!('bytes' in file)) return file;
    const put = () => putBytes(deps, resultKey(job, first + index), file.bytes, file.contentType);
    return insist(deps, PUT_PAUSES_MS, put, (error) =>
      console.error('result not kept yet', JSON.stringify({ jobId: job.id, error: String(error) })),
    );
  };
  const files = result.files.slice(0, MAX_RESULT_FILES);
  const kept = await Promise.all(files.map(keep));
  const { output, ...rest } = result;
  return { ...rest, files: kept, ...(await keepOutput(deps, job, { output, files: files as MediaResult['files'] }, kept)) };
}

/** Some vendors give plain HTTP URLs for files that they also serve over HTTPS; plain HTTP is never fetched. */
const bySafeWay = ({ settings }: Pick<JobDeps, 'settings'>, url: string): string =>
  settings.PRIVATE_ADDRESSES === 'allowed' ? url : url.replace(/^http:/i, 'https:');

async function copyFile(
  deps: JobDeps,
  job: Job,
  current: ReturnType<typeof currentProvider>,
  file: PendingFile,
  index: number,
  endMs: number,
): Promise<StoredFile> {
  if (isStored(file)) return file;
  const timeoutMs = Math.max(1, endMs - deps.now());
  const provider = current?.provider;
  const own = provider && (file.authorized || (provider.spec.serve && file.url.startsWith(provider.baseUrl)));
  const response = own
    ? await fetchAuthorized(deps, provider, file.url, current.keyIndex, timeoutMs)
    : await publicFetch(deps, bySafeWay(deps, file.url), { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the provider's file answers ${response.status}`);
  }
  // A GPU run's files may be of any type.
  return putStream(deps, resultKey(job, index), response, file.contentType, { mediaOnly: job.kind !== 'gpu', waitMs: timeoutMs });
}

/** How to copy a result that has come: now, or later by the queue. */
export type Copy = (deps: JobDeps, job: Job) => Promise<void>;

/**
 * For looks within a client's request, where the copy would end halfway if the client hung up, and after a POST, which may
 * have taken all the time.
 */
export const copyLater: Copy = async ({ jobs }, { id }) => {
  // If the queue does not take it, the sweeper will.
  await jobs.send({ jobId: id }).catch((error: unknown) => console.error('copy not lined up', id, String(error)));
};

/**
 * Copies what is missing and ends the job when everything is there. A try is counted before it is made, since this
 * Worker may die of it.
 */
export async function copyResult(deps: JobDeps, known: Job): Promise<void> {
  const claimedUntil = deps.now() + COPY_CLAIM_MS;
  const job = await changeJob(deps.db, known, (present) =>
    present.state === 'running' && present.result !== null && (present.claimedUntil ?? 0) <= deps.now()
      ? { claimedUntil, nextAt: claimedUntil, copyTries: present.copyTries + 1 }
      : undefined,
  );
  if (!job?.result) return;
  const { result, copyTries } = job;
  if (copyTries > MAX_COPY_TRIES) return endCopied(deps, job, result, result.files.filter(isStored));
  const endMs = deps.now() + COPY_TIMEOUT_MS;
  const current = currentProvider(deps.registry, job);
  const copied = await inLanes(COPIES_AT_ONCE, result.files, async (file, index) => {
    const [copy] = await Promise.allSettled([copyFile(deps, job, current, file, index, endMs)]);
    return copy;
  });
  const files = copied.flatMap((copy) => (copy.status === 'fulfilled' ? [copy.value] : []));
  const failure = copied.find((copy) => copy.status === 'rejected');
  if (!failure) return endCopied(deps, job, result, files);
  const reason = cleanMessage(failure.reason instanceof Error ? failure.reason.message : String(failure.reason));
  console.error('result not copied', JSON.stringify({ jobId: job.id, tries: copyTries, reason }));
  const delaySeconds = copyDelaySeconds(copyTries);
  if (delaySeconds === undefined) return endCopied(deps, job, result, files);
  const kept = result.files.map((file, index) => {
    const copy = copied[index]!;
    return copy.status === 'fulfilled' ? copy.value : file;
  });
  await changeJob(deps.db, job, (present) =>
    isFinal(present.state) || present.result === null
      ? undefined
      : {
          result: { ...present.result, files: kept },
          claimedUntil: null,
          nextAt: deps.now() + delaySeconds * 1_000 + SWEEP_AFTER_MS,
        },
  );
  await deps.jobs.send({ jobId: job.id }, { delaySeconds });
}

/** Ends the job with the files that could be had. One of several may be lost for good, and is not charged. */
async function endCopied(deps: JobDeps, job: Job, { files: made, ...rest }: PendingResult, files: StoredFile[]): Promise<void> {
  const lostFiles = made.length - files.length;
  if (files.length > 0 || rest.transcript !== undefined || rest.output !== undefined || rest.storedOutput)
    return finishJob(deps, job, { state: 'succeeded', outputs: { ...rest, files, ...(lostFiles > 0 && { lostFiles }) } });
  const { error } = fail('job_failed', 'The provider returned no output. Nothing was charged.');
  await finishJob(deps, job, { state: 'failed', error });
}
