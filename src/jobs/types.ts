import type { GatewayError } from '../core/errors';
import type { Labels } from '../core/labels';
import type { MicroCredits } from '../core/money';
import type { MediaInput, MediaKind, MediaResult, MediaSource, OutputFile, Transcript, UpstreamJob } from '../providers/media/types';

/**
 * `queued`: nothing sent. `submitting`: the one POST that starts paid work is under way, or its answer was lost.
 * `running`: the provider has it, or has done it and its files are being copied. The rest is final.
 */
export type JobState = 'queued' | 'submitting' | 'running' | 'succeeded' | 'failed' | 'canceled' | 'expired';

export const FINAL_STATES: readonly JobState[] = ['succeeded', 'failed', 'canceled', 'expired'];
export const isFinal = (state: JobState): boolean => FINAL_STATES.includes(state);

/** A source as kept: what came as bytes lies in a file of ours. */
export type KeptSource = { url: string } | { key: string; contentType: string };

/** The input with its sources in another form. */
export type InputWith<Source> = MediaInput extends infer Input ? (Input extends MediaInput ? Swap<Input, Source> : never) : never;
type Swap<Input, Source> = { [Field in keyof Input]: SwapSource<Input[Field], Source> };
type SwapSource<Value, Source> = Value extends MediaSource
  ? Source
  : Value extends readonly MediaSource[]
    ? readonly Source[]
    : Value extends Views | undefined
      ? ViewsOf<Source> | Extract<Value, undefined>
      : Value;
interface Views {
  front?: MediaSource;
  back?: MediaSource;
  left?: MediaSource;
  right?: MediaSource;
}
type ViewsOf<Source> = { [Side in keyof Views]?: Source };

export type KeptInput = InputWith<KeptSource>;

/** How a job is priced and where it may be sent: fixed when it is asked for. */
export interface JobPlan {
  per: 'image' | 'second' | 'clip' | 'request' | 'gpu_second';
  /** Of one unit, surcharges included. */
  unitMicro: MicroCredits;
  /** As asked for: no more is ever charged. Of a recording behind a URL as was found when it was read. */
  units: number;
  mode: 'auto' | 'fast';
  sandbox: boolean;
  /** Whose price it is: the operator's changes to the catalogue that were in force. */
  catalogueVersion?: string;
  /** Where the account has prices of its own, which the amounts here are at. */
  pricePermille?: number;
  /** Of a recording that is only read when its job begins: how much of it each price is for. */
  audioSecondsARequest?: number;
  /** Whose endpoint a deployment's run goes to. */
  deployment?: { slug: string; provider: string; endpointId: string };
  labels?: Labels;
  /** `b64_json`, and what else only the answer is about. */
  answer?: Readonly<Record<string, unknown>>;
}

/** One try at a provider, as the customer may see it. */
export interface JobAttempt {
  provider: string;
  model: string;
  keyIndex: number;
  /** By which the credential is known again when the operator has put it at another place. */
  keyTag?: string;
  atMs: number;
  status: number | null;
  /** `lost`: nobody knows what became of it. */
  outcome: 'started' | 'failed' | 'lost';
  /** What the gateway is to do after it. */
  action?: string;
  message?: string;
}

/** A file that has been copied. */
export interface StoredFile {
  key: string;
  contentType: string;
  sizeBytes: number;
}

/** What the provider made, on its way into our files: those with a key are there. */
export interface PendingResult extends Omit<MediaResult, 'files'> {
  files: readonly (StoredFile | Exclude<OutputFile, { bytes: unknown }>)[];
  storedOutput?: StoredFile;
}

export interface JobOutputs {
  files: readonly StoredFile[];
  /** How many more the provider made, which could not be copied. */
  lostFiles?: number;
  transcript?: Transcript;
  output?: unknown;
  /** Where the output lies when it is large. */
  storedOutput?: StoredFile;
  usage?: { seconds?: number; gpuMs?: number };
  revisedPrompt?: string;
}

export interface Job {
  id: string;
  accountId: string;
  keyId: string;
  holdId: string;
  test: boolean;
  kind: MediaKind;
  family: string;
  model: string;
  endpoint: string;
  state: JobState;
  version: number;
  chain: number;
  /** The input, or where it lies when it is large: nowhere any more once its files are removed. */
  input: KeptInput | { stored: string };
  plan: JobPlan;
  provider: string | null;
  upstream: UpstreamJob | null;
  result: PendingResult | null;
  outputs: JobOutputs | null;
  attempts: readonly JobAttempt[];
  error: GatewayError | null;
  copyTries: number;
  cancelRequested: boolean;
  heldMicro: MicroCredits;
  costMicro: MicroCredits | null;
  webhookUrl: string | null;
  origin: string;
  mediaToken: string;
  callbackToken: string;
  idempotencyHash: string | null;
  bodyHash: string | null;
  createdAt: number;
  startedAt: number | null;
  /** Somebody is at work on it until then. */
  claimedUntil: number | null;
  /** When to look after it, should nobody have done so by then. */
  nextAt: number;
  deadline: number;
  endedAt: number | null;
  settledAt: number | null;
  /** Since when its files are gone: they are kept for a time. */
  filesRemovedAt: number | null;
  /** Pictures as they were on their way to the result, in the order in which they came. */
  partials: readonly StoredFile[] | null;
}
