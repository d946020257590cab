import type { GatewayError, Result } from '../core/errors';
import type { Family } from '../core/family';
import type { Usage } from '../core/usage';

/** A client's request, read as far as it is priced or routed on; the body stays as it came. */
export interface Call {
  model: string;
  body: string;
  stream: boolean;
  /** How many answers are asked for at once. */
  choices: number;
  /** The client's own bound for each answer. */
  maxOutputTokens: number | undefined;
  estimatedInputTokens: number;
}

/** What an answer shows of itself, before the wire's own reader looks at its usage. */
export interface Answer {
  /** The `usage` object as the upstream sent it. */
  usage: unknown;
  /** Did it produce anything? */
  hasOutput: boolean;
  outputChars: number;
}

export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Usage and cost as the client is told them: the upstream's own usage object, or ours where it sent none. */
export interface Receipt {
  usage: Record<string, unknown>;
  creditsUsed: number;
}

/**
 * One stream on its way from the upstream to the client. It sees whole events, gives back what may be sent now,
 * and keeps the end of the stream until the charge is known.
 */
export interface StreamRelay {
  push(events: string): string;
  /** What came after the last whole event, once there is no more: an event without its blank line, or a torn one. */
  pushRest(text: string): string;
  /** The first content has passed: from here on no other upstream can take over. */
  readonly hasContent: boolean;
  /** Anything was produced: an answer may have an end and nothing else. */
  readonly hasOutput: boolean;
  /** The upstream said that the stream is over. */
  readonly ended: boolean;
  /** The answer reached its end, whether or not the stream was closed properly. */
  readonly complete: boolean;
  /** What the upstream sent in place of an answer: an error object, or something that is no event at all. */
  readonly failure: { error: unknown } | undefined;
  readonly usage: unknown;
  readonly outputChars: number;
  /** The end of the stream, with usage and cost. */
  close(receipt: Receipt): string;
}

/** A client wire format: parse, render, render a stream, render an error, and nothing else. */
export interface Dialect {
  id: string;
  /** The families of models that its endpoint serves. */
  families: readonly Family[];
  keepalive: string;
  parse(body: string): Result<Call>;
  /** The body for an upstream that speaks the same format: all bytes kept but for model and usage option. */
  upstreamBody(call: Call, model: string): string;
  /** Undefined when the JSON is no answer at all. */
  readAnswer(json: unknown): Answer | undefined;
  renderAnswer(text: string, receipt: Receipt): string;
  /** Usage of our own making, as this format writes it. */
  usageObject(usage: Usage): Record<string, unknown>;
  relay(call: Call): StreamRelay;
  renderError(error: GatewayError, requestId: string): RenderedError;
  /** The error as the last thing that a stream under way says. */
  renderStreamError(error: GatewayError, requestId: string): string;
}
