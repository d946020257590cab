import { Call, type Config, readJson } from '../core/call.js';
import { HyperealError, TimeoutError, UnheardError } from '../core/errors.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { documented } from '../core/record.js';
import { Resource, segment } from '../core/resource.js';
import { Scope } from '../core/scope.js';
import type { CompletedJob, GpuJob, Job, JobDeleted, JobListParams, ProcessingJob } from '../types/api.js';
import type { Page } from '../types/derived.js';

/** A job, or the answer that began one. */
export type JobRef = string | { jobId: string };

/** Options for waiting. */
export interface WaitOptions<T = Job> {
  /** Called after each look at the job, including the last. */
  onProgress?: ((job: T) => void) | undefined;
  /** Stops waiting; the job goes on. */
  signal?: AbortSignal | undefined;
  /** How long to wait altogether; an hour by default. */
  timeoutMs?: number | undefined;
}

/** A job without a result; `error` says why there is none. */
export type EndedJob = Exclude<Job, CompletedJob | ProcessingJob> | Extract<GpuJob, { error: string }>;

/** A job ended without a result; nothing was charged. */
export class JobError extends HyperealError {
  override name = 'JobError';
  constructor(
    message: string,
    /** The job as it ended, or the run of a GPU. */
    readonly job: EndedJob,
    readonly jobId: string,
    readonly requestId?: string,
  ) {
    super(message);
  }
}

const WAIT_MS = 3_600_000;
/** How long each look waits for the end: short enough to report progress. */
const LOOK_SECONDS = 5;
const LOOK_TIMEOUT_MS = 30_000;
/** A longer wait would be lost to a network that is away for a minute. */
const LOOK_RETRIES = 6;
const PAUSE_MS = 1_000;

const idOf = (job: JobRef): string => (typeof job === 'string' ? job : job.jobId);

/** Looks at a job until it has ended. */
export async function waitForEnd<T>(
  config: Config,
  { path, id }: { path: string; id: string },
  isOver: (job: T) => boolean,
  options: WaitOptions<T>,
): Promise<T> {
  const scope = new Scope(options.timeoutMs ?? WAIT_MS, options.signal);
  try {
    for (;;) {
      scope.throwIfOver();
      const beganMs = Date.now();
      const look = { signal: scope.signal, timeoutMs: LOOK_TIMEOUT_MS, maxRetries: LOOK_RETRIES };
      const call = new Call(config, { method: 'GET', path, headers: { prefer: `wait=${LOOK_SECONDS}` } }, look);
      const job = documented<T>(await call.read(await call.send(), readJson));
      options.onProgress?.(job);
      if (isOver(job)) return job;
      // If a proxy cuts the server's wait short, this pause takes its place.
      const pauseMs = PAUSE_MS - (Date.now() - beganMs);
      if (pauseMs > 0) await scope.sleep(pauseMs);
    }
  } catch (error) {
    throw whileGoingOn(id, scope.failure ?? error);
  } finally {
    scope.close();
  }
}

/** The wait has ended and the job has not: whoever asked for both at once learns its id by the error alone. */
function whileGoingOn(id: string, error: unknown): unknown {
  if (!(error instanceof UnheardError)) return error;
  if (error instanceof TimeoutError) error.message = `The job ${id} is still under way. ${error.message}`;
  error.jobId ??= id;
  return error;
}

/** Images, films, audio, 3D and GPU runs, under way or done. */
export class Jobs extends Resource {
  /** The current state of a job. */
  get(job: JobRef, options?: RequestOptions): APIPromise<Job> {
    return this.fetchJson(`/jobs/${segment(idOf(job))}`, options);
  }

  /** A page of your jobs, newest first. */
  list(params: JobListParams = {}, options?: RequestOptions): APIPromise<Page<Job>> {
    return this.fetchJson('/jobs', options, { ...params });
  }

  /** All jobs, page by page. */
  async *all(params: JobListParams = {}, options?: RequestOptions): AsyncGenerator<Job, void, undefined> {
    let before = params.before;
    do {
      const page: Page<Job> = await this.list({ ...params, ...(before !== undefined && { before }) }, options);
      yield* page.data;
      before = page.next ?? undefined;
    } while (before !== undefined);
  }

  /** Asks to cancel. If the provider is done before, the job is completed and charged. */
  cancel(job: JobRef, options?: RequestOptions): APIPromise<Job> {
    return this.post(`/jobs/${segment(idOf(job))}/cancel`, undefined, options);
  }

  /** Deletes what the job was asked for and made. It must be over, and stays listed as what was charged. */
  delete(job: JobRef, options?: RequestOptions): APIPromise<JobDeleted> {
    return this.ask({ method: 'DELETE', path: `/jobs/${segment(idOf(job))}` }, options);
  }

  /** Waits until the job is completed. Throws a `JobError` if it ends otherwise. */
  async wait(job: JobRef, options: WaitOptions = {}): Promise<CompletedJob> {
    const id = idOf(job);
    const isOver = ({ status }: Job): boolean => status !== 'processing';
    const ended = await waitForEnd<Job>(this.config, { path: `/jobs/${segment(id)}`, id }, isOver, options);
    return completed(ended, id);
  }
}

function completed(job: Job, id: string): CompletedJob {
  if (job.status === 'completed') return job;
  if (job.status === 'processing') throw new TimeoutError(`The job ${id} is still under way.`);
  throw new JobError(`The job ${id} ${WORDS[job.status]}: ${job.error}`, job, id, job.requestId);
}

const WORDS: Readonly<Record<Exclude<Job['status'], CompletedJob['status'] | ProcessingJob['status']>, string>> = {
  failed: 'failed',
  canceled: 'was canceled',
  expired: 'was not done in time',
};
