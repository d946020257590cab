/** The output of a GPU run. A worker may return any size, while a row holds 2 MB at most. */
import type { MediaResult } from '../providers/media/types';
import type { JobDeps } from './deps';
import { fileUrl, outputKey, putBytes } from './files';
import type { Job, PendingResult } from './types';

const MAX_ROW_CHARS = 64 * 1024;
/** Rendering an answer holds the output in memory several times. */
const MAX_SHOWN_BYTES = 8 * 1024 * 1024;

type Files = Pick<JobDeps, 'files'>;
type Kept = Pick<PendingResult, 'output' | 'storedOutput'>;

/** The output for the row, with the URLs of its files in it; a large one goes into a file. */
export async function keepOutput(
  deps: Files,
  job: Job,
  { output, files }: Pick<MediaResult, 'output' | 'files'>,
  kept: PendingResult['files'],
): Promise<Kept> {
  if (output === undefined) return {};
  const urls = new Map<unknown, string>();
  for (const [index, file] of kept.entries())
    if ('bytes' in files[index]! && 'key' in file) urls.set(`file:${index}`, fileUrl(job.origin, file));
  const text = JSON.stringify(output, (_name, value: unknown) => urls.get(value) ?? value);
  if (text.length <= MAX_ROW_CHARS) return { output: JSON.parse(text) as unknown };
  return { storedOutput: await putBytes(deps, outputKey(job), new TextEncoder().encode(text), 'application/json') };
}

/** The job with its output; where that is too large, with the output's URL. */
export async function withOutput({ files }: Files, job: Job, maxBytes = MAX_SHOWN_BYTES): Promise<Job> {
  const { storedOutput, ...outputs } = job.outputs ?? { files: [] };
  if (!storedOutput || storedOutput.sizeBytes > maxBytes || job.filesRemovedAt !== null) return job;
  const object = await files.get(storedOutput.key);
  return object ? { ...job, outputs: { ...outputs, output: await object.json() } } : job;
}
