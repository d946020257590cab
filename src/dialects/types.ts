import type { GatewayError, Result } from '../core/errors';
import type { Family } from '../core/family';
import type { MicroCredits } from '../core/money';
import type { Usage } from '../core/usage';
import type { WireId } from '../core/wire-id';

/** The parts of a client's request that a dialect reads. */
export interface ClientRequest {
  body: string;
  /** The full URL: in some formats it names the model or asks for a stream. */
  url: string;
  headers: Pick<Headers, 'get'>;
}

/** A client's request, as far as it is priced or routed on; its body stays as it came. */
export interface Call {
  model: string;
  /** The body without its turns, to check for what some providers must not be asked for. */
  fields?: Readonly<Record<string, unknown>>;
  stream: boolean;
  /** How many answers are asked for. */
  choices: number;
  /** The client's bound for each answer. */
  maxOutputTokens: number | undefined;
  estimatedInputTokens: number;
  /** The prompt's size if its files count as much as they may. */
  worstInputTokens: number;
  /** The prompt is written to a cache for this long, at a price of its own. */
  cacheWrites?: '5m' | '1h' | undefined;
  /** The same call for other models, to ask in order when all that serve this one fail. */
  alternatives?: readonly Call[] | undefined;
  /** The stored answer that this call goes on from: only the provider that keeps it can serve the call. */
  continues?: ContinuedAnswer;
  /** Thinking is turned off, so no hidden thoughts are billed. */
  thoughtsOff?: boolean;
  /** Items that it names instead of containing; they must be filled in before planning. */
  names?: NamedItems;
  /** The conversation that it goes on with; what was said there must be filled in before planning. */
  conversation?: NamedConversation;
  /** The upstream goes on working after it has answered; see `Answer.pending`. */
  background?: boolean;
  /** The most tool runs and the like, as far as the client bounds them. */
  statedWork?: Partial<Usage>;
  /** The answer is sound. */
  speaks?: boolean;
  /** The call's minimum cost, where that may exceed its tokens. */
  leastMicro?(usage: Usage): MicroCredits;
  /** Does it declare functions? Some targets take those in one of their formats only. */
  hasTools?(): boolean;
  /** Writes the call for a wire; undefined where that wire cannot express it. */
  over(wire: WireId): Bridge | undefined;
  /** The field that a wire cannot express, where one can be named. */
  beyond?(wire: WireId): string | undefined;
  /** What its streams tell the client back of the request. */
  shown?: Record<string, unknown>;
  /** The client's end of a stream. */
  openStream(requestId: string): OutgoingStream;
}

export interface ContinuedAnswer {
  /** The request that made the answer. */
  requestId: string;
  /** The client's name for the answer. */
  name: string;
  /** The refusal where nobody keeps it. */
  missing: GatewayError;
}

/** Items of earlier answers that the gateway itself keeps. */
export interface NamedItems<T = Call> {
  /** The requests whose answers hold them. */
  requestIds: readonly string[];
  /** The call can do without: items that cannot be read count as absent. */
  isOptional?: boolean;
  /** The call, or question, with the items in place of their names; a refusal where one is missing. */
  brought(items: readonly unknown[]): Result<T>;
}

/** An item of a conversation as JSON, and its id there. */
export interface ConversationItem {
  id: string;
  text: string;
}

/** A conversation that the gateway keeps. */
export interface NamedConversation<T = Call> {
  id: string;
  /** The call, or question, after all that was said before it. `version` tells later whether more was said since. */
  after(before: readonly string[], version: number): T;
  /** As it was read. */
  version?: number;
  /** What the call itself says. */
  said(): ConversationItem[];
  /** What an answer says, as its client gets it: a document, or the end of a stream. Undefined of none that has come to an end. */
  answered(answer: string): ConversationItem[] | undefined;
}

/** What a bridge adds to an upstream request, beside what wire and credentials add. */
export interface BridgedRequest {
  body: string;
  /** Client headers that the upstream must see. */
  headers?: Record<string, string>;
  /** Appended to the wire's path: `/compact`, `?beta=true`. */
  pathSuffix?: string;
  /** Asked of the model instead of an answer, on wires whose paths name a method. */
  method?: string;
}

/** The target of a request. */
export interface RequestTarget {
  /** The upstream's id of the model. */
  model: string;
  /** Another provider was tried before. */
  moved: boolean;
  /** The upstream's id of the answer that the call goes on from. */
  storedId?: string | undefined;
  /** The only name of the output bound that the upstream heeds; it silently ignores others. */
  boundName?: 'max_tokens' | undefined;
}

/** A call over one wire: its request to the upstream, and the answer back to the client. */
export interface Bridge {
  /** Where client and upstream speak the same format, all bytes stay except the model and what metering needs. */
  request(target: RequestTarget): BridgedRequest;
  /** Undefined when the JSON is no answer. */
  readAnswer(json: unknown): Answer | undefined;
  /** The answer for the client; `text` is what `readAnswer` has read. */
  renderAnswer(text: string, receipt: Receipt): string;
  /** Folds the event stream of an upstream that streams unasked into one JSON answer; undefined when it holds none. */
  foldStream?(events: string): string | undefined;
  /**
   * Items of the answer that a later call may name although no upstream keeps them; made from the rendered body and the
   * upstream's text.
   */
  ownItems?(body: string, of: { text: string; requestId: string }): readonly unknown[];
  /** What reads and renders its answer, and the call's `openStream`, hold nothing of the request: it can be let go while the upstream works. */
  answersAlone?: boolean;
  /** The call without what the upstream refused with this message; undefined when nothing can be left out. */
  repaired?(message: string): Bridge | undefined;
}

/** What an answer shows before the wire reads its usage. */
export interface Answer {
  /** The upstream's usage object. */
  usage: unknown;
  /** Did it produce anything? */
  hasOutput: boolean;
  outputChars: number;
  /** The id under which the upstream keeps it, if it does. */
  storedId?: string | undefined;
  /** The upstream has only accepted the work; the answer is fetched, and charged, later. */
  pending?: boolean;
}

/** Asks how many tokens a call would have. Free, and outside all hourly limits of calls. */
export interface TokenQuestion {
  model: string;
  /** For when no upstream counts. */
  estimatedTokens: number;
  /** As in `Call`. */
  continues?: ContinuedAnswer | undefined;
  names?: NamedItems<TokenQuestion> | undefined;
  conversation?: Pick<NamedConversation<TokenQuestion>, 'id' | 'after'> | undefined;
  over(wire: WireId): TokenBridge | undefined;
  /** The body of an answer with an estimate. */
  answer(tokens: number): string;
}

export interface TokenBridge {
  request(target: RequestTarget): BridgedRequest;
  /** Does the upstream's answer hold a count? If so it is passed on unchanged. */
  hasCount(json: unknown): boolean;
}

export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Usage and cost as the client is told. */
export interface Receipt {
  /** The id by which the call can be looked up. */
  requestId: string;
  usage: Usage;
  /** The upstream's usage; undefined where it sent none that is readable, and then `usage` is an estimate. */
  reported: Record<string, unknown> | undefined;
  creditsUsed: number;
}

/** The client's end of a stream, fed by one upstream after another. */
export interface OutgoingStream {
  /**
   * Begins relaying the next upstream's stream. It knows what the client already has: a second upstream's opening
   * events are left out, and ids stay.
   *
   * @param bridge By which the upstream was asked.
   */
  relay(wire: WireId, bridge?: Bridge): StreamRelay;
  /** The content type, where the stream is not server-sent events. */
  readonly contentType?: string;
  /** What to send after a long silence; only ever between whole events. */
  keepalive(): string;
  /** The error as the stream's last words. */
  fail(error: GatewayError): string;
}

/**
 * Relays one upstream's stream. It gets whole events, returns what may be sent now, and holds the stream's end back
 * until the charge is known.
 */
export interface StreamRelay {
  push(events: string): string;
  /** Takes what came after the last whole event once the upstream's stream has ended: an event without its blank line, or a torn one. */
  pushRest(text: string): string;
  /** The first content was sent, so no other upstream can take over. */
  readonly hasContent: boolean;
  /** Something was produced; an answer may also be just an end. */
  readonly hasOutput: boolean;
  /** The upstream said that the stream is over. */
  readonly ended: boolean;
  /** The answer is complete, whether or not the stream was closed properly. */
  readonly complete: boolean;
  /** A part of the answer is complete and nothing has followed it yet, so the end, with its usage, may be next. */
  readonly isEnding?: boolean;
  /**
   * What the upstream sent in place of an answer: an error object, or something that is no event. `isAnswers` means
   * that the answer itself failed, not just its stream.
   */
  readonly failure: { error: unknown; isAnswers?: boolean } | undefined;
  readonly usage: unknown;
  /** The usage was sent ahead of the answer: right about the prompt, but not about the output. */
  readonly isUsageAhead?: boolean;
  readonly outputChars: number;
  /** The id under which the upstream keeps the answer, if it does. */
  readonly storedId?: string | undefined;
  /** Items that a later call may name although no upstream keeps them. */
  readonly ownItems?: readonly unknown[] | undefined;
  /** The stream's end, with usage and cost. */
  close(receipt: Receipt): string;
}

/** A client wire format: parses requests, renders answers, streams and errors, and does nothing else. */
export interface Dialect {
  /** The model families that its endpoint serves. */
  families: readonly Family[];
  /** The wires that its calls may take, best first. */
  wires: readonly WireId[];
  parse(request: ClientRequest): Result<Call>;
  /** What the URL asks for beyond the body, for idempotency: the same body at another URL may be another call. */
  askedByUrl?(url: string): string;
  renderError(error: GatewayError, requestId: string): RenderedError;
  /** The error as the last event of a stream of which nothing else is known. */
  renderLoneError(error: GatewayError, requestId: string): string;
  /** Is it a refusal that clients look for inside the stream rather than in a response of its own? */
  isSaidInStream?(error: GatewayError): boolean;
}
