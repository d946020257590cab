/** Families of models whose calls are jobs. */
export type JobType = 'image' | 'video' | 'audio' | '3d' | 'gpu';

interface JobBase {
  id: string;
  object: 'job';
  jobId: string;
  type: JobType;
  model: string;
  /** Held while it runs, charged once it is completed, nothing otherwise. 100 credits are one dollar. */
  creditsUsed: number;
  /** By which `generations.get` shows the receipt. */
  requestId: string;
  /** ISO 8601. */
  createdAt: string;
  startedAt: string | null;
}

interface EndedJob extends JobBase {
  endedAt: string;
  outputUrls: string[];
  /** Since when its files are gone: they are kept for a time. */
  filesRemovedAt?: string;
}

/** Under way. */
export interface ProcessingJob extends JobBase {
  status: 'processing';
  state: 'queued' | 'submitting' | 'running';
  outputUrl: null;
  outputUrls: [];
  cancelRequested?: true;
  endedAt: null;
}

/** A part of a transcript, in seconds. */
export interface TranscriptSegment {
  text: string;
  start: number;
  end: number;
}

/** Done, and charged. */
export interface CompletedJob extends EndedJob {
  status: 'completed';
  state: 'succeeded';
  /** The first of `outputUrls`; null where the result is no file, or is kept no more. */
  outputUrl: string | null;
  /** Of a transcription. */
  text?: string;
  segments?: TranscriptSegment[];
  /** Of a transcription: how long the recording is, in seconds. */
  duration?: number | null;
  /** Of a GPU run: what its worker returned. */
  output?: unknown;
}

/** Came to nothing, and is free. */
export interface FailedJob extends EndedJob {
  status: 'failed';
  state: 'failed';
  outputUrl: null;
  error: string;
}

/** Canceled before it was done, and is free. */
export interface CanceledJob extends EndedJob {
  status: 'canceled';
  state: 'canceled';
  outputUrl: null;
  error: string;
}

/** Was never done in the time that it had, and is free. */
export interface ExpiredJob extends EndedJob {
  status: 'expired';
  state: 'expired';
  outputUrl: null;
  error: string;
}

/** A job, by its `status`. */
export type Job = ProcessingJob | CompletedJob | FailedJob | CanceledJob | ExpiredJob;

interface GpuJobBase {
  id: string;
  job_id: string;
  provider_job_id: string | null;
}

/** A GPU run, by its `status`. */
export type GpuJob =
  | (GpuJobBase & { status: 'queued' | 'running'; pollUrl: string })
  | SucceededGpuJob
  | (GpuJobBase & { status: 'failed' | 'canceled' | 'expired'; error: string; costCredits: 0; creditsCharged: 0 });

/** A GPU run that is done. */
export type SucceededGpuJob = GpuJobBase & {
  status: 'succeeded';
  /** URLs of its files. */
  outputs: string[];
  /** What its worker returned. */
  output: unknown;
  costCredits: number;
  creditsCharged: number;
  /** GPU time where the provider tells it, else from start to end. */
  durationMs: number | null;
  executionMs: number | null;
};

/** A page of a list, newest first. */
export interface Page<T> {
  object: 'list';
  data: T[];
  /** What `before` of the next page is; null on the last one. */
  next: string | null;
}

interface WebhookBase {
  jobId: string;
  type: JobType;
  model: string;
  creditsUsed: number;
}

/** What a webhook says, by its `status`. */
export type WebhookEvent =
  | (WebhookBase & { status: 'completed'; outputUrl: string | null; outputUrls?: string[]; text?: string; output?: unknown })
  | (WebhookBase & { status: 'failed' | 'canceled' | 'expired'; outputUrl: null; error: string });
