import type { Family } from '../core/family';
import type { TokenPrice } from '../core/money';
import type { Usage, Work } from '../core/usage';
import type { WireId } from '../core/wire-id';
import type { UpstreamFailure } from './failure';
import type { MediaAdapter } from './media/types';

export type { FailureAction, UpstreamFailure } from './failure';

/** What one attempt sends upstream. */
export interface UpstreamRequest {
  url: string;
  /** POST unless it says otherwise. */
  method?: string;
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/**
 * An upstream wire format: data and pure functions, shared by every provider that speaks it.
 */
export interface Wire {
  id: WireId;
  /** Appended to the provider's base URL; some formats name the model, and whether it streams, in the path. */
  path(target: { model: string; stream: boolean }): string;
  /** The headers that carry a credential. */
  authorize(apiKey: string): Record<string, string>;
  /** Sent with every request unless the client sent its own. */
  headers?: Readonly<Record<string, string>>;
  /** Reads the `usage` object of an answer or a stream's chunk; undefined when it is no usage at all. */
  readUsage(usage: unknown, quirks: ProviderQuirks): Usage | undefined;
  /** Work at the upstream that is billed beside tokens, and of which usage does not tell. */
  work?: {
    /** Without a match no event shows any. */
    hint: RegExp;
    /** Notes what an answer, or an event of its stream, shows. */
    note(json: Record<string, unknown>, work: Work): void;
  };
  /** Judges a non-2xx answer. */
  classifyFailure(status: number, body: string): UpstreamFailure;
  /** Answers that the upstream keeps, and may still be working on. */
  stored?: {
    path(storedId: string): string;
    /** Undefined where the JSON is no such answer. */
    read(
      json: unknown,
    ): { pending: boolean; failed: boolean; usage: unknown; work?: Work; hasOutput: boolean; outputChars: number } | undefined;
  };
  /** Finds the error inside a 2xx answer or a stream's event; undefined when it holds none. */
  errorInBody(json: unknown): UpstreamFailure | undefined;
  /** A whole answer as the events of a stream that says the same, of an upstream that does not stream though it was asked to. */
  unfold?(json: unknown): string | undefined;
}

export interface ProviderQuirks {
  /** Reasoning tokens are reported beside completion tokens rather than within them. */
  reasoningOutsideOutput?: boolean;
  /** Of its chat format: the one name of an answer's bound that it heeds, where it passes over the other in silence. */
  boundName?: 'max_tokens';
  /** Usage tells what the call cost its operator, in USD. */
  reportsBill?: boolean;
}

/** What a provider takes of a request and nobody here has a price for: which model answers, or what is billed beside its tokens. */
export interface Unpriced {
  /** Refused, unless there is nothing in them. */
  fields?: readonly string[];
  /** Without meaning where those are not there: left out. */
  idleFields?: readonly string[];
  /** The types of its own tools. */
  tools?: RegExp;
}

export interface ProviderSpec extends ProviderQuirks {
  /** Lower-case id; `OPENAI_API_KEY` and `OPENAI_BASE_URL` are read for `openai`, dashes become underscores. */
  id: string;
  label: string;
  /** Without a trailing slash. */
  baseUrl: string;
  /** The formats it speaks. */
  wires: readonly Wire[];
  /** Does hanging up stop the provider's meter? `drain` providers run on, and bill, to the end. */
  onDisconnect: 'cancel' | 'drain';
  /** What must not reach it from a client. */
  unpriced?: Unpriced;
  /** Headers sent with every request beside authorization and content type. */
  headers?: Record<string, string>;
  /** How it makes images, video, sound and the like; jobs run on it. */
  media?: MediaAdapter;
  /** Answers in-process instead of over the network: the sandbox. */
  serve?: (request: UpstreamRequest) => Promise<Response>;
  /** Of one that keeps nothing: what tells it, behind the path of a stored answer, that it has canceled that before. */
  canceledQuery?: string;
}

/** A provider as configured: with its keys and the base URL in force. */
export interface Provider {
  spec: ProviderSpec;
  baseUrl: string;
  apiKeys: readonly string[];
  /** Where deployments are asked for, when not where the adapter says. */
  deploymentsBaseUrl?: string;
  /** With which it signs its callbacks: `REPLICATE_WEBHOOK_SECRET`. */
  webhookSecret?: string;
}

/** One place where a model can be had. */
export interface Target {
  provider: string;
  /** The provider's own id for the model. */
  model: string;
  /** The only formats in which it serves this model; all that it speaks, unless given. */
  wires?: readonly WireId[];
  /** The formats that it is asked in first by a call that brings tools: in others it may refuse them. */
  toolWires?: readonly WireId[];
}

/** One place where a media model can be had. */
export interface MediaTarget extends Target {
  /** The provider's id for the model when the call brings pictures, where that is another one. */
  modelWithReferences?: string;
  /** Fields for the provider that the caller may set otherwise. */
  defaults?: Readonly<Record<string, unknown>>;
  /** What the provider bills by length, of a model with a price a request: each is for as much as that price covers. */
  lengthCost?: LengthCost;
  /** What the provider bills by a picture's quality: as how many pictures of the quality that the price is for. */
  pricesByQuality?: Readonly<Record<string, number>>;
}

export interface LengthCost {
  per: 'text_byte' | 'audio_second';
  micro: number;
}

export type Price =
  | ({ per: 'token' } & TokenPrice)
  | {
      per: 'image' | 'second' | 'clip' | 'request' | 'gpu_second';
      micro: number;
      /** By a picture's size tier (`1K`) or a film's resolution (`1080p`), in place of `micro`; films have no other resolutions then. */
      tierMicro?: Readonly<Record<string, number>>;
    };

/** One model of the catalogue. All of it is data. */
export interface Model {
  id: string;
  label: string;
  vendor: string;
  family: Family;
  /** In order of preference; empty while no provider is wired for it. */
  chain: readonly MediaTarget[];
  /** Without one the model is listed and cannot be called. */
  price?: Price;
  contextTokens?: number;
  maxOutputTokens?: number;
  capabilities?: readonly ('vision' | 'tools' | 'reasoning' | 'audio' | 'structured_output')[];
  /** The tier an account needs, beyond what its family asks for. */
  minimumTier?: 'starter' | 'growth' | 'scale';
  aliases?: readonly string[];
  note?: string;
}
