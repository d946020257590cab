import type { GatewayError } from '../core/errors';
import type { Labels } from '../core/labels';
import type { MicroCredits } from '../core/money';
import type { MediaInput, MediaKind, MediaResult, MediaSource, OutputFile, Transcript, UpstreamJob } from '../providers/media/types';

/**
 * `queued`: not sent yet. `submitting`: the one POST that starts paid work is under way, or its answer was lost.
 * `running`: the provider has it, or its files are being copied. All others are final.
 */
export type JobState = 'queued' | 'submitting' | 'running' | 'succeeded' | 'failed' | 'canceled' | 'expired';

export const FINAL_STATES: readonly JobState[] = ['succeeded', 'failed', 'canceled', 'expired'];
export const isFinal = (state: JobState): boolean => FINAL_STATES.includes(state);

/** A source as stored: what came as bytes is in a file of ours. */
export type KeptSource = { url: string } | { key: string; contentType: string };

/** The input with its sources in another form. */
type InputWith<Source> = MediaInput extends infer Input ? (Input extends MediaInput ? Swap<Input, Source> : never) : never;
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

/** How a job is priced and where it may be sent, fixed when it is asked for. */
export interface JobPlan {
  per: 'image' | 'second' | 'clip' | 'request' | 'gpu_second';
  /** For one unit, surcharges included. */
  unitMicro: MicroCredits;
  /** As asked for; never more is charged. For a recording behind a URL, as found when it was read. */
  units: number;
  mode: 'auto' | 'fast';
  sandbox: boolean;
  /** Which of the operator's changes to the catalogue were in force. */
  catalogueVersion?: string;
  /** The account's own price factor, which all amounts here include. */
  pricePermille?: number;
  /** For a recording that is read only when its job begins: how many seconds one unit covers. */
  audioSecondsARequest?: number;
  /** The deployment whose endpoint the run goes to. */
  deployment?: { slug: string; provider: string; endpointId: string };
  labels?: Labels;
  /** What concerns only the answer's form, such as `b64_json`. */
  answer?: Readonly<Record<string, unknown>>;
}

/** One try at a provider, in the form that the customer sees. */
export interface JobAttempt {
  provider: string;
  model: string;
  keyIndex: number;
  /** Identifies the credential when the operator has reordered them. */
  keyTag?: string;
  atMs: number;
  status: number | null;
  /** `lost`: its outcome is unknown. */
  outcome: 'started' | 'failed' | 'lost';
  /** What the gateway is to do next. */
  action?: string;
  message?: string;
}

/** A file that was copied. */
export interface StoredFile {
  key: string;
  contentType: string;
  sizeBytes: number;
}

/** What the provider made, while it is copied to our files; files with a key are there. */
export interface PendingResult extends Omit<MediaResult, 'files'> {
  files: readonly (StoredFile | Exclude<OutputFile, { bytes: unknown }>)[];
  storedOutput?: StoredFile;
}

export interface JobOutputs {
  files: readonly StoredFile[];
  /** How many further files were made and could not be copied. */
  lostFiles?: number;
  transcript?: Transcript;
  output?: unknown;
  /** Where a large output is stored. */
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
  /** The input, or where a large one is stored; that is nowhere once its files are removed. */
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
  /** A look is working on it until then. */
  claimedUntil: number | null;
  /** When to look at it, if nobody has by then. */
  nextAt: number;
  deadline: number;
  endedAt: number | null;
  settledAt: number | null;
  /** Since when its files are removed; they are kept for a limited time. */
  filesRemovedAt: number | null;
  /** Preliminary pictures, in the order in which they came. */
  partials: readonly StoredFile[] | null;
}
