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

/** Something the caller brought. Which form an adapter gets is what its `sources` asks for. */
export type MediaSource = { url: string } | { bytes: Uint8Array; contentType: string };

interface CommonInput {
  /** The caller's fields that the gateway neither prices nor routes on, as they came. */
  extra: Readonly<Record<string, unknown>>;
}

export interface ImageInput extends CommonInput {
  kind: 'image';
  prompt: string;
  /** 1 to 10. */
  count: number;
  /** As sent, `1024x1024`; checked where the catalogue lists sizes. */
  size?: string;
  aspectRatio?: string;
  /** `0.5K`, `1K`, `2K`, `4K`. */
  resolution?: string;
  /** In prompt order; any makes it an edit. */
  references: readonly MediaSource[];
  mask?: MediaSource;
  negativePrompt?: string;
  seed?: number;
  quality?: string;
  /** `png`, `jpeg`, `webp`. */
  outputFormat?: string;
  /** How many states of the picture on its way are wanted: 1 to 3; a vendor that shows none is free to. */
  partials?: number;
}

export interface VideoInput extends CommonInput {
  kind: 'video';
  prompt: string;
  /** What is billed, for prices per second; pass it on exactly. */
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
  /** With emotion tags such as `(happy)` as they came. */
  text: string;
  voice?: string;
  /** `mp3`, `wav`, `opus`, `pcm`. */
  format: string;
  speed?: number;
}

export interface CloneInput extends CommonInput {
  kind: 'clone';
  text: string;
  /** The voice to speak with: 10 seconds or more. */
  reference: MediaSource;
  /** What is said in the reference. */
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
  /** Goes to the worker as it is. */
  input: Readonly<Record<string, unknown>>;
  /** How long the run may take; nobody pays for more. */
  maxSeconds: number;
}

export type MediaInput = ImageInput | VideoInput | SpeechInput | CloneInput | TranscriptionInput | ThreeDInput | GpuInput;
export type MediaKind = MediaInput['kind'];

/** The pictures and frames of an input, whatever form they are in. */
export interface Brought {
  kind: MediaKind;
  references?: readonly unknown[];
  mask?: unknown;
  firstFrame?: unknown;
  lastFrame?: unknown;
}

/** One request to the vendor. The engine adds the credential. */
export interface MediaRequest {
  /** POST unless it says otherwise. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the provider's base URL; or a whole URL that the vendor gave, which gets the credential only on the base URL's host or one of `hosts`. */
  url: string;
  headers?: Readonly<Record<string, string>>;
  /** A string is sent as JSON unless `headers` names another content type; a form brings its own. */
  body?: string | Uint8Array | FormData;
}

/** An answer of the vendor's, read to its end. */
export interface MediaAnswer {
  status: number;
  headers: Headers;
  bytes: Uint8Array;
  text: string;
  /** Undefined when the body is no JSON. */
  json: unknown;
}

/** What later requests need to know of a job under way, as plain JSON. */
export interface UpstreamJob {
  id: string;
  /** The upstream model or endpoint that it was sent to. */
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
  /** In the order asked for. For an image, as many as are billed. */
  files: readonly OutputFile[];
  transcript?: Transcript;
  /** A GPU run's answer, as it came but for files as base64: `file:0` stands where the first of `files` was, if that has bytes. */
  output?: unknown;
  /** What the vendor says that it came to; what is missing is taken as asked for. */
  usage?: { seconds?: number; gpuMs?: number };
  /** What the vendor made of the prompt. */
  revisedPrompt?: string;
}

export interface MediaFailure extends UpstreamFailure {
  /** Paid work may be under way or done all the same: nothing may be sent again, here or elsewhere. */
  mayHaveStarted: boolean;
  /** A run was stopped when the time that it may take was over, with what it came to by then. */
  timedOut?: Pick<NonNullable<MediaResult['usage']>, 'gpuMs'>;
}

/** An event of a submit that is answered with a stream: a state on the way, or what came of it. */
export type MediaEvent = { state: 'partial'; file: { bytes: Uint8Array; contentType: string } } | MediaStep;

export type MediaStep =
  | { state: 'done'; result: MediaResult }
  | { state: 'running'; job: UpstreamJob /** 0 to 1. */; progress?: number; pollAfterMs?: number }
  | { state: 'failed'; failure: MediaFailure }
  | { state: 'canceled' /** What it came to by then. */; usage?: Pick<NonNullable<MediaResult['usage']>, 'gpuMs'> };

/** `unknown`: an answer that says nothing about the job (an outage, a page of HTML, a state never heard of). */
export type PollStep = MediaStep | { state: 'unknown'; message: string };

export interface Submission {
  /** The upstream model, from the chain. */
  model: string;
  /** Of the chain's target; the caller's own fields win over them. */
  defaults: Readonly<Record<string, unknown>>;
  input: MediaInput;
  /** Our job id: send it where the vendor takes an idempotency key or a client reference. */
  reference: string;
  /** Where the vendor may report; undefined where nobody could reach it, as in a local run. */
  callbackUrl: string | undefined;
}

/** A request that says it comes from the vendor. */
export interface MediaCallback {
  headers: Headers;
  body: string;
  json: unknown;
}

export interface CallbackReader {
  /** Is it signed by the vendor? `secret` is the provider's `..._WEBHOOK_SECRET`. Without this method, or without a secret, `read` is not asked. */
  verify?(callback: MediaCallback, secret: string, nowMs: number): Promise<boolean>;
  /** The step that a verified callback brings; undefined when it only says that there is news. */
  read?(callback: MediaCallback, job: UpstreamJob): MediaStep | undefined;
}

export interface MediaAdapter {
  kinds: readonly MediaKind[];
  /** The headers that carry a credential. */
  authorize(apiKey: string): Record<string, string>;
  /**
   * How sources are wanted. `url`: public URLs only, the engine hosts what came as data. `bytes`: the engine fetches
   * what came as a URL. `any`: as the caller sent them; `sourceUrl` makes a data URL of bytes.
   */
  sources: 'url' | 'bytes' | 'any';
  /** Hosts beside the base URL's that get the credential: `queue.fal.run`. */
  hosts?: readonly string[];
  /** When the answer to a submit is lost: is sending the same `reference` again certain to start nothing twice? */
  lostSubmit: 'may_have_started' | 'repeatable';
  /** How many pictures one request makes at most; any number unless given. The engine sends as many requests as it takes. */
  picturesAtOnce?(model: string): number;
  /** Has this model of films pictures to go by, beside frames to begin and end with? */
  takesReferences?(model: string): boolean;
  /** Has this model a place for all of them? Any has unless it says otherwise: what has none would be left out. */
  takesAll?(model: string, brought: Brought): boolean;
  submit(submission: Submission): MediaRequest;
  readSubmit(answer: MediaAnswer, submission: Submission): MediaStep;
  /** Of a submit that is answered with server-sent events; undefined for one that says nothing. Several results add up. */
  readEvent?(json: unknown, submission: Submission): MediaEvent | undefined;
  /** Absent where every submit is answered with the result. */
  poll?(job: UpstreamJob): MediaRequest;
  readPoll?(answer: MediaAnswer, job: UpstreamJob): PollStep;
  cancel?(job: UpstreamJob): MediaRequest;
  callback?: CallbackReader;
  /** Milliseconds to wait for the answer to a submit; 120,000 unless given. Vendors that answer with the result need more. */
  submitTimeoutMs?: number;
  /** Workers of the customer's own. */
  deployments?: DeploymentAdapter;
}

/** A customer's own container on rented GPUs. */
export interface DeploymentSpec {
  /** Unique at the vendor. */
  name: string;
  dockerImage: string;
  /** The vendor's GPU pools, in order of preference: `ADA_48_PRO`. */
  gpuTypes: readonly string[];
  minWorkers: number;
  maxWorkers: number;
  idleTimeoutSeconds: number;
  env: Readonly<Record<string, string>>;
}

/** What the vendor made of a deployment, as plain JSON: its endpoint, its template. */
export interface UpstreamDeployment {
  endpointId: string;
  [field: string]: string | undefined;
}

/**
 * It is made without workers that always run, which `update` asks for. Creating one may take several requests: `create` is asked again with what the last answer gave, until it gives
 * none. Each is kept before the next is sent, so that nothing is left behind when the process dies in between.
 */
export interface DeploymentAdapter {
  /** Where it is asked, if not where runs are; `<PROVIDER>_DEPLOYMENTS_BASE_URL` wins over it. */
  baseUrl?: string;
  create(spec: DeploymentSpec, soFar: Partial<UpstreamDeployment>): MediaRequest | undefined;
  readCreate(answer: MediaAnswer, soFar: Partial<UpstreamDeployment>): DeploymentStep;
  update(spec: DeploymentSpec, deployment: UpstreamDeployment): MediaRequest;
  /** In order; an answer of 404 counts as done. */
  remove(deployment: Partial<UpstreamDeployment>): readonly MediaRequest[];
  /** The failure in an answer to `update` or `remove`; undefined when it went well. */
  readFailure(answer: MediaAnswer): UpstreamFailure | undefined;
}

export type DeploymentStep = { ok: true; deployment: Partial<UpstreamDeployment> } | { ok: false; failure: UpstreamFailure };
