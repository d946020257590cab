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

/** An upstream wire format: data and pure functions that all providers of this format share. */
export interface Wire {
  id: WireId;
  /** Appended to the base URL; in some formats it names the model, and whether to stream or which other method to use. */
  path(target: { model: string; stream: boolean; method?: string | undefined }): string;
  /** The headers with the credential. */
  authorize(apiKey: string): Record<string, string>;
  /** Sent with every request unless the client sends its own. */
  headers?: Readonly<Record<string, string>>;
  /** Reads the `usage` object of an answer or chunk; undefined when it is no usage. */
  readUsage(usage: unknown, quirks: ProviderQuirks): Usage | undefined;
  /** Finds work that is billed beside tokens and that usage does not report. */
  work?: {
    /** Events that do not match show none. */
    hint: RegExp;
    /** Notes the work that an answer, or an event of its stream, shows. */
    note(json: Record<string, unknown>, work: Work): void;
  };
  /** Classifies an unsuccessful answer. */
  classifyFailure(status: number, body: string): UpstreamFailure;
  /** For answers that the upstream keeps and may still be working on. */
  stored?: {
    path(storedId: string): string;
    /** Undefined where the JSON is no such answer. */
    read(
      json: unknown,
    ): { pending: boolean; failed: boolean; usage: unknown; work?: Work; hasOutput: boolean; outputChars: number } | undefined;
  };
  /** The error inside a successful answer or a stream's event; undefined when it holds none. */
  errorInBody(json: unknown): UpstreamFailure | undefined;
  /** Turns a whole answer into the events of an equivalent stream, for an upstream that does not stream although it was asked to. */
  unfold?(json: unknown): string | undefined;
}

export interface ProviderQuirks {
  /** Reasoning tokens are not included in completion tokens. */
  reasoningOutsideOutput?: boolean;
  /** In its chat format: the only name of the output bound that it heeds, where it silently ignores the other. */
  boundName?: 'max_tokens';
  /** Usage includes what the call cost the operator, in USD. */
  reportsBill?: boolean;
}

/** What a provider accepts but has no price here: it decides which model answers, or is billed beside the tokens. */
interface Unpriced {
  /** Refused unless empty. */
  fields?: readonly string[];
  /** Meaningless without those fields, so removed. */
  idleFields?: readonly string[];
  /** The types of the provider's own tools. */
  tools?: RegExp;
}

export interface ProviderSpec extends ProviderQuirks {
  /** Lower case. For `openai`, the variables `OPENAI_API_KEY` and `OPENAI_BASE_URL` are read; dashes become underscores. */
  id: string;
  label: string;
  /** Without a trailing slash. */
  baseUrl: string;
  /** The formats that it speaks. */
  wires: readonly Wire[];
  /** Does hanging up stop the provider's billing? With `drain` it goes on, and bills, to the end. */
  onDisconnect: 'cancel' | 'drain';
  /** What must not reach it from a client. */
  unpriced?: Unpriced;
  /** Sent with every request in addition to authorization and content type. */
  headers?: Record<string, string>;
  /** For images, video, sound and the like, which are made by jobs. */
  media?: MediaAdapter;
  /** Answers in-process instead of over the network: the sandbox. */
  serve?: (request: UpstreamRequest) => Promise<Response>;
  /** For a provider that keeps nothing: a query for a stored answer's path that says it was canceled before. */
  canceledQuery?: string;
}

/** A configured provider, with its keys and base URL. */
export interface Provider {
  spec: ProviderSpec;
  baseUrl: string;
  apiKeys: readonly string[];
  /** The base URL for deployments, if not the adapter's. */
  deploymentsBaseUrl?: string;
  /** Verifies its callbacks: `REPLICATE_WEBHOOK_SECRET`. */
  webhookSecret?: string;
}

/** A provider that has the model. */
export interface Target {
  provider: string;
  /** The provider's own id for the model. */
  model: string;
  /** The only formats in which it serves this model; all of its formats unless given. */
  wires?: readonly WireId[];
  /** The formats to try first for calls with tools, which it may refuse in others. */
  toolWires?: readonly WireId[];
}

/** A provider that has the media model. */
export interface MediaTarget extends Target {
  /** The provider's id for calls with pictures, where that differs. */
  modelWithReferences?: string;
  /** Fields for the provider that callers may override. */
  defaults?: Readonly<Record<string, unknown>>;
  /** What the provider bills by length, for models with a price per request: each request covers as much as the price pays for. */
  lengthCost?: LengthCost;
  /** What a picture counts as by its quality, where the provider bills by that. */
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
      /**
       * Prices by a picture's size tier (`1K`) or a film's resolution (`1080p`), which replace `micro`; films then have
       * no other resolutions.
       */
      tierMicro?: Readonly<Record<string, number>>;
    };

/** A model of the catalogue, as data. */
export interface Model {
  id: string;
  label: string;
  vendor: string;
  family: Family;
  /** In order of preference; empty while no provider serves it. */
  chain: readonly MediaTarget[];
  /** Without a price the model is listed but cannot be called. */
  price?: Price;
  contextTokens?: number;
  maxOutputTokens?: number;
  capabilities?: readonly ('vision' | 'tools' | 'reasoning' | 'audio' | 'structured_output')[];
  /** The tier that an account needs, if higher than its family's. */
  minimumTier?: 'starter' | 'growth' | 'scale';
  aliases?: readonly string[];
  note?: string;
}
