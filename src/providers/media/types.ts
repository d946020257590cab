/**
 * # Writing a media adapter
 *
 * An adapter is data and pure functions, in `providers/<vendor>/media.ts`, hung on the vendor's spec as `media`
 * (with `wires: []` where it speaks no language wire). It builds requests and reads answers; it sends nothing, waits
 * for nothing and keeps nothing: the job engine in `jobs/` does, with credentials, deadlines, retries and money.
 *
 * - `submit` builds the one POST that starts paid work. `readSubmit` says what came of it: `done` where the vendor
 *   answers at once, `running` with all that later requests need (`UpstreamJob` is kept as JSON, at most 4 KB), or
 *   `failed`. Say `mayHaveStarted: true` for every answer after which the work may be under way all the same: such
 *   a job is never sent elsewhere. Refusals (4xx) and "no capacity" answers start nothing.
 * - `poll` and `readPoll` look after it. Only the vendor's own word ends a job: anything that you cannot read is
 *   `unknown`, which polls again. Two steps (status, then result) are one `running` with a changed `job`.
 * - `cancel` where the vendor can; its answer is not read. The next poll tells.
 * - Results are files by URL or by bytes; the engine copies them before anyone is told. Put what was billed into
 *   `usage`: a video's seconds, the milliseconds of a GPU.
 * - `callback`: the engine hands `callbackUrl` to `submit`; the URL is unguessable. A callback only makes the engine
 *   poll at once, unless `verify` accepts it and `read` gives a step.
 * - `extra` holds the caller's fields that nobody here knows: pass them on unless they would change what is billed.
 * - Failures are `UpstreamFailure`s; `classifyFailure` of `wires/failures` judges most vendors' statuses.
 * - Which upstream model serves which of ours is data: `catalogue/media-chains.ts`.
 *
 * Test with recorded answers: submit body per family as an inline snapshot, each state and synonym of `readPoll`,
 * each failure.
 */
import type { UpstreamFailure } from '../failure';

/** Something that the caller sent. An adapter's `sources` decides in which of the two forms it arrives. */
export type MediaSource = { url: string } | { bytes: Uint8Array; contentType: string };

interface CommonInput {
  /** The caller's fields that are neither priced nor routed on, as they came. */
  extra: Readonly<Record<string, unknown>>;
}

export interface ImageInput extends CommonInput {
  kind: 'image';
  prompt: string;
  /** 1 to 10. */
  count: number;
  /** As sent, for example `1024x1024`; checked where the catalogue lists sizes. */
  size?: string;
  aspectRatio?: string;
  /** `0.5K`, `1K`, `2K`, `4K`. */
  resolution?: string;
  /** In prompt order; with any, it is an edit. */
  references: readonly MediaSource[];
  mask?: MediaSource;
  negativePrompt?: string;
  seed?: number;
  quality?: string;
  /** `png`, `jpeg`, `webp`. */
  outputFormat?: string;
  /** How many preliminary pictures are wanted, 1 to 3; vendors that have none may ignore it. */
  partials?: number;
}

export interface VideoInput extends CommonInput {
  kind: 'video';
  prompt: string;
  /** The billed length, for prices per second; must be passed on exactly. */
  durationSeconds: number;
  aspectRatio?: string;
  /** `480p`, `720p`, `1080p`. */
  resolution?: string;
  firstFrame?: MediaSource;
  lastFrame?: MediaSource;
  references: readonly MediaSource[];
  negativePrompt?: string;
  seed?: number;
}

export interface SpeechInput extends CommonInput {
  kind: 'tts';
  /** Emotion tags such as `(happy)` are still in it as they came. */
  text: string;
  voice?: string;
  /** `mp3`, `wav`, `opus`, `pcm`. */
  format: string;
  speed?: number;
}

export interface CloneInput extends CommonInput {
  kind: 'clone';
  text: string;
  /** A recording of the voice to speak with, 10 seconds or longer. */
  reference: MediaSource;
  /** The text of the reference recording. */
  referenceText?: string;
  format: string;
  speed?: number;
}

export interface TranscriptionInput extends CommonInput {
  kind: 'asr';
  audio: MediaSource;
  language?: string;
}

export interface ThreeDInput extends CommonInput {
  kind: '3d';
  prompt?: string;
  image?: MediaSource;
  views?: { front?: MediaSource; back?: MediaSource; left?: MediaSource; right?: MediaSource };
}

export interface GpuInput extends CommonInput {
  kind: 'gpu';
  /** Passed to the worker unchanged. */
  input: Readonly<Record<string, unknown>>;
  /** How long the run may take, and the most that is paid. */
  maxSeconds: number;
}

export type MediaInput = ImageInput | VideoInput | SpeechInput | CloneInput | TranscriptionInput | ThreeDInput | GpuInput;
export type MediaKind = MediaInput['kind'];

/** The pictures and frames of an input, in whatever form. */
export interface Brought {
  kind: MediaKind;
  references?: readonly unknown[];
  mask?: unknown;
  firstFrame?: unknown;
  lastFrame?: unknown;
}

/** A request to the vendor, to which the engine adds the credential. */
export interface MediaRequest {
  /** POST unless it says otherwise. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * A path below the provider's base URL, or a whole URL from the vendor, which gets the credential only on the base
   * URL's host or one of `hosts`.
   */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A string is sent as JSON unless `headers` names another content type; a form brings its own. */
  body?: string | Uint8Array | FormData;
}

/** An answer of the vendor, read to its end. */
export interface MediaAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
  /** Undefined when the body is not JSON. */
  json: unknown;
}

/** What later requests need to know of a running job, as plain JSON. */
export interface UpstreamJob {
  id: string;
  /** The upstream model or endpoint that has the job. */
  model: string;
  [field: string]: string | number | boolean | undefined;
}

export type OutputFile =
  | { url: string; contentType?: string /** The URL answers only to the provider's credential. */; authorized?: boolean }
  | { bytes: Uint8Array; contentType: string };

export interface Transcript {
  text: string;
  /** In seconds. */
  segments?: readonly { text: string; start: number; end: number }[];
  durationSeconds?: number;
  language?: string;
}

export interface MediaResult {
  /** In the order asked for. For an image, the files that are billed. */
  files: readonly OutputFile[];
  transcript?: Transcript;
  /** A GPU run's answer, unchanged except that `file:0` replaces base64 of the first of `files`, and so on. */
  output?: unknown;
  /** What the vendor reports as used; anything missing counts as asked for. */
  usage?: { seconds?: number; gpuMs?: number };
  /** The prompt as the vendor rewrote it. */
  revisedPrompt?: string;
}

export interface MediaFailure extends UpstreamFailure {
  /** Paid work may be under way or done, so nothing may be sent again, here or elsewhere. */
  mayHaveStarted: boolean;
  /** A run was stopped at its time limit; this is what it had used. */
  timedOut?: Pick<NonNullable<MediaResult['usage']>, 'gpuMs'>;
}

/** An event of a submit that is answered with a stream: a preliminary picture, or the outcome. */
export type MediaEvent = { state: 'partial'; file: { bytes: Uint8Array; contentType: string } } | MediaStep;

export type MediaStep =
  | { state: 'done'; result: MediaResult }
  | { state: 'running'; job: UpstreamJob /** 0 to 1. */; progress?: number; pollAfterMs?: number }
  | { state: 'failed'; failure: MediaFailure }
  | { state: 'canceled' /** What it came to by then. */; usage?: Pick<NonNullable<MediaResult['usage']>, 'gpuMs'> };

/** `unknown`: an answer that says nothing about the job (an outage, an HTML page, an unknown state). */
export type PollStep = MediaStep | { state: 'unknown'; message: string };

export interface Submission {
  /** The upstream model, from the chain. */
  model: string;
  /** From the chain's target; the caller's own fields override them. */
  defaults: Readonly<Record<string, unknown>>;
  input: MediaInput;
  /** Our job id, to send where the vendor takes an idempotency key or a client reference. */
  reference: string;
  /** Where the vendor may report; undefined where it could not reach us, as in a local run. */
  callbackUrl: string | undefined;
}

/** A request that claims to come from the vendor. */
export interface MediaCallback {
  headers: Headers;
  body: string;
  json: unknown;
}

interface CallbackReader {
  /** Is it signed by the vendor? `secret` is the provider's `..._WEBHOOK_SECRET`. Without this method or a secret, `read` is not called. */
  verify?(callback: MediaCallback, secret: string, nowMs: number): Promise<boolean>;
  /** The step in a verified callback; undefined when it only announces news. */
  read?(callback: MediaCallback, job: UpstreamJob): MediaStep | undefined;
}

export interface MediaAdapter {
  kinds: readonly MediaKind[];
  /** The headers with the credential. */
  authorize(apiKey: string): Record<string, string>;
  /**
   * The form in which sources are wanted. `url`: public URLs only, the engine hosts data. `bytes`: the engine fetches
   * URLs. `any`: as the caller sent them; `sourceUrl` makes a data URL of bytes.
   */
  sources: 'url' | 'bytes' | 'any';
  /** Hosts beside the base URL's that get the credential, for example `queue.fal.run`. */
  hosts?: readonly string[];
  /** After a lost answer to a submit: is it certain that sending the same `reference` again starts nothing twice? */
  lostSubmit: 'may_have_started' | 'repeatable';
  /** How many pictures one request makes at most; unlimited unless given. The engine sends as many requests as needed. */
  picturesAtOnce?(model: string): number;
  /** Does this film model take reference pictures, beside first and last frames? */
  takesReferences?(model: string): boolean;
  /** Does this model have a field for everything given? Assumed unless the method says otherwise; anything else would be left out. */
  takesAll?(model: string, brought: Brought): boolean;
  submit(submission: Submission): MediaRequest;
  readSubmit(answer: MediaAnswer, submission: Submission): MediaStep;
  /** For a submit that is answered with server-sent events; undefined for an event that says nothing. Several results are combined. */
  readEvent?(json: unknown, submission: Submission): MediaEvent | undefined;
  /** Absent where every submit is answered with the result. */
  poll?(job: UpstreamJob): MediaRequest;
  readPoll?(answer: MediaAnswer, job: UpstreamJob): PollStep;
  cancel?(job: UpstreamJob): MediaRequest;
  callback?: CallbackReader;
  /** How long to wait for the answer to a submit; 120,000 unless given. Vendors that answer with the result need more. */
  submitTimeoutMs?: number;
  /** For customers' own containers. */
  deployments?: DeploymentAdapter;
}

/** A customer's own container on rented GPUs. */
export interface DeploymentSpec {
  /** Unique at the vendor. */
  name: string;
  dockerImage: string;
  /** The vendor's GPU pools in order of preference, for example `ADA_48_PRO`. */
  gpuTypes: readonly string[];
  minWorkers: number;
  maxWorkers: number;
  idleTimeoutSeconds: number;
  env: Readonly<Record<string, string>>;
}

/** What the vendor made for a deployment, as plain JSON: endpoint and template. */
export interface UpstreamDeployment {
  endpointId: string;
  [field: string]: string | undefined;
}

/**
 * A deployment is created without workers that always run; `update` asks for those. Creation may take several requests:
 * `create` is called again with what the last answer gave, until it returns nothing. Each answer is stored before the
 * next request, so that nothing is left behind when the process dies in between.
 */
export interface DeploymentAdapter {
  /** The base URL for these requests, if not that of runs; `<PROVIDER>_DEPLOYMENTS_BASE_URL` overrides it. */
  baseUrl?: string;
  create(spec: DeploymentSpec, soFar: Partial<UpstreamDeployment>): MediaRequest | undefined;
  readCreate(answer: MediaAnswer, soFar: Partial<UpstreamDeployment>): DeploymentStep;
  update(spec: DeploymentSpec, deployment: UpstreamDeployment): MediaRequest;
  /** In order; a 404 counts as done. */
  remove(deployment: Partial<UpstreamDeployment>): readonly MediaRequest[];
  /** The failure in an answer to `update` or `remove`; undefined when it succeeded. */
  readFailure(answer: MediaAnswer): UpstreamFailure | undefined;
}

type DeploymentStep = { ok: true; deployment: Partial<UpstreamDeployment> } | { ok: false; failure: UpstreamFailure };
