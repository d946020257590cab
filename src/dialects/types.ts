import type { GatewayError, Result } from '../core/errors';
import type { Family } from '../core/family';
import type { MicroCredits } from '../core/money';
import type { Usage } from '../core/usage';
import type { WireId } from '../core/wire-id';

/** What a client sent, as far as a dialect may look at it. */
export interface ClientRequest {
  body: string;
  /** The whole address: some formats name the model, or ask for a stream, in it. */
  url: string;
  headers: Pick<Headers, 'get'>;
}

/** A client's request, read as far as it is priced or routed on; the body stays as it came. */
export interface Call {
  model: string;
  /** All that the client's body holds beside its turns, for what some providers must not be asked for. */
  fields?: Readonly<Record<string, unknown>>;
  stream: boolean;
  /** How many answers are asked for at once. */
  choices: number;
  /** The client's own bound for each answer. */
  maxOutputTokens: number | undefined;
  estimatedInputTokens: number;
  /** The most that files in it may make of the prompt. */
  worstInputTokens: number;
  /** Parts of the prompt are to be kept in a cache, so long: what is written there has a price of its own. */
  cacheWrites?: '5m' | '1h' | undefined;
  /** The same of other models, to be asked one after the other should all that serve this one fail. */
  alternatives?: readonly Call[] | undefined;
  /** The answer that this call goes on from: only the upstream that keeps it can serve the call. */
  continues?: ContinuedAnswer;
  /** The model was told not to think: it bills no thoughts that nobody sees. */
  thoughtsOff?: boolean;
  /** What it names instead of bringing it; all of it has to be brought before the call can be planned. */
  names?: NamedItems;
  /** The upstream works on after it has answered; see `Answer.pending`. */
  background?: boolean;
  /** The most of work beside its tokens, as far as the client bounds it. */
  statedWork?: Partial<Usage>;
  /** The answer is sound. */
  speaks?: boolean;
  /** The least that such a call costs, where that is more than its tokens. */
  leastMicro?(usage: Usage): MicroCredits;
  /** It brings functions for the model to call, which some targets take in one of their formats alone. */
  hasTools?(): boolean;
  /** How this call crosses a wire; undefined where it cannot. */
  over(wire: WireId): Bridge | undefined;
  /** The field for which it cannot cross a wire, where there is one to name. */
  beyond?(wire: WireId): string | undefined;
  /** The client's end of a stream that begins. */
  openStream(requestId: string): OutgoingStream;
}

export interface ContinuedAnswer {
  /** The request that left it. */
  requestId: string;
  /** What the client calls it. */
  name: string;
  /** The refusal where nobody keeps it. */
  missing: GatewayError;
}

/** Items of earlier answers that no upstream keeps. */
export interface NamedItems<T = Call> {
  /** The requests that left them. */
  requestIds: readonly string[];
  /** The call can do without: what cannot be read is taken for not there. */
  isOptional?: boolean;
  /** The call, or question, with these items in the places of their names; a refusal where one is missing. */
  brought(items: readonly unknown[]): Result<T>;
}

/** What an attempt sends upstream, beside what its wire and its credentials add. */
export interface BridgedRequest {
  body: string;
  /** The client's own headers that the upstream has to see. */
  headers?: Record<string, string>;
  /** Follows the wire's path: `/compact`, `?beta=true`. */
  pathSuffix?: string;
  /** In place of the wire's path. */
  path?: string;
}

/** What a request is made for. */
export interface RequestTarget {
  /** The upstream's own id of the model. */
  model: string;
  /** Another provider was tried before this one. */
  moved: boolean;
  /** The upstream's own id of the answer that the call goes on from. */
  storedId?: string | undefined;
  /** The one name of an answer's bound that the upstream heeds, where it passes over others in silence. */
  boundName?: 'max_tokens' | undefined;
}

/** A call on its way over one wire: to the upstream as a request, back to the client as an answer. */
export interface Bridge {
  /** Where client and upstream speak the same format, all bytes are kept but for the model and what metering needs. */
  request(target: RequestTarget): BridgedRequest;
  /** Undefined when the JSON is no answer at all. */
  readAnswer(json: unknown): Answer | undefined;
  /** The answer as the client gets it; `text` is what `readAnswer` has read. */
  renderAnswer(text: string, receipt: Receipt): string;
  /** One JSON answer out of a whole event stream, from an upstream that streams unasked; undefined when it holds none. */
  foldStream?(events: string): string | undefined;
  /** The items of a rendered answer, made of the upstream's text, that a later call may name, though no upstream keeps them. */
  ownItems?(body: string, of: { text: string; requestId: string }): readonly unknown[];
  /** The call without what the upstream refused with this message; undefined when nothing can be left out. */
  repaired?(message: string): Bridge | undefined;
}

/** What an answer shows of itself, before the wire's own reader looks at its usage. */
export interface Answer {
  /** The usage object as the upstream sent it. */
  usage: unknown;
  /** Did it produce anything? */
  hasOutput: boolean;
  outputChars: number;
  /** The id under which the upstream keeps it, where it does. */
  storedId?: string | undefined;
  /** The upstream has only taken the work on: the answer is fetched later, and charged then. */
  pending?: boolean;
}

/** How many tokens would a call come to? Such a question is free, and counts against no limit. */
export interface TokenQuestion {
  model: string;
  /** For want of an upstream that counts. */
  estimatedTokens: number;
  /** As in a call. */
  continues?: ContinuedAnswer | undefined;
  names?: NamedItems<TokenQuestion> | undefined;
  over(wire: WireId): TokenBridge | undefined;
  /** The body of an answer that holds an estimate. */
  answer(tokens: number): string;
}

export interface TokenBridge {
  request(target: RequestTarget): BridgedRequest;
  /** Does the upstream's answer hold a count? It is passed on as it came. */
  hasCount(json: unknown): boolean;
}

export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Usage and cost as the client is told them. */
export interface Receipt {
  /** The request's id, under which the call can be looked up. */
  requestId: string;
  usage: Usage;
  /** The upstream's own usage object; undefined where it sent none that can be read, and `usage` is an estimate. */
  reported: Record<string, unknown> | undefined;
  creditsUsed: number;
}

/** The client's end of a stream, whichever upstreams feed it one after the other. */
export interface OutgoingStream {
  /**
   * The next upstream's stream on its way to the client. What the client has had before is known: the opening events
   * of a second upstream are left out, and ids stay as they were.
   */
  relay(wire: WireId): StreamRelay;
  /** Of the answer; server-sent events unless it says otherwise. */
  readonly contentType?: string;
  /** What to send where nothing was sent for long; between whole events only. */
  keepalive(): string;
  /** The error as the last thing that the stream says. */
  fail(error: GatewayError): string;
}

/**
 * One upstream's stream on its way to the client. It sees whole events, gives back what may be sent now, and keeps
 * the end of the stream until the charge is known.
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
  /** A part of the answer is whole and nothing has followed it: the end may, with what the upstream counted. */
  readonly isEnding?: boolean;
  /**
   * What the upstream sent in place of an answer: an error object, or something that is no event at all. `isAnswers`: the
   * answer itself has failed, and not the stream of it alone.
   */
  readonly failure: { error: unknown; isAnswers?: boolean } | undefined;
  readonly usage: unknown;
  /** The usage was given ahead: it is right about the prompt, and says little of an answer that was still to come. */
  readonly isUsageAhead?: boolean;
  readonly outputChars: number;
  /** The id under which the upstream keeps the answer, where it does. */
  readonly storedId?: string | undefined;
  /** The items that a later call may name, though no upstream keeps them. */
  readonly ownItems?: readonly unknown[] | undefined;
  /** The end of the stream, with usage and cost. */
  close(receipt: Receipt): string;
}

/** A client wire format: parse, render, render a stream, render an error, and nothing else. */
export interface Dialect {
  id: string;
  /** The families of models that its endpoint serves. */
  families: readonly Family[];
  /** The wires that its calls may take, the best first. */
  wires: readonly WireId[];
  parse(request: ClientRequest): Result<Call>;
  /** What its addresses ask for that the body does not say: a call at another is another call. */
  askedByUrl?(url: string): string;
  renderError(error: GatewayError, requestId: string): RenderedError;
  /** The error as the last event of a stream of which nothing else is known. */
  renderLoneError(error: GatewayError, requestId: string): string;
  /** A refusal that clients look for inside the stream that they asked for, rather than in an answer of its own. */
  isSaidInStream?(error: GatewayError): boolean;
}
