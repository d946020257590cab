import { setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { closedRest, eventData, splitEvents } from '../../core/sse';
import { withoutOperatorsFigures } from '../priced-usage';
import type { Receipt, StreamRelay } from '../types';
import { DoneItems, ITEM_DONE } from './done-items';
import { CREATED, CUT_SHORT, deltaChars, EMPTY_BEGINNINGS, eventType, formatEvent, OPENING_EVENTS } from './events';
import { itemHasContent, rawMember, renamed } from './response-object';
import type { StreamState } from './stream-state';
import { pricedUsage } from './usage';

/** Events without any of these can pass unexamined. Text inside JSON strings cannot match, since its quotes are escaped. */
const NOTEWORTHY =
  /"type"\s*:\s*"(?:response\.(?:created|queued|in_progress|completed|incomplete|failed|output_item\.done)|error)"|^event: ?error\b|"error"\s*:\s*[{"]|^data:(?! ?\{)/m;

interface ReadEvent {
  type: string;
  data: string;
  sequence: unknown;
  /** The event as it came; undefined where it was changed. */
  verbatim?: string;
}

/**
 * Relays a Responses stream from an upstream of the same format. All bytes pass unchanged except in events with the
 * response object, which gets the gateway's id. An announced item or part is held back until it has content, so that
 * another upstream can still take over without the client seeing two first items.
 */
export class ResponsesRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  complete = false;
  isEnding = false;
  failure: StreamRelay['failure'];
  usage: unknown;
  outputChars = 0;
  storedId: string | undefined;
  /** Announced but still empty. */
  private announced: ReadEvent[] = [];
  private readonly items = new DoneItems();
  /** The stream's end, held back until usage and cost are known. */
  private end: ReadEvent | undefined;
  /** The upstream's sequence numbers do not continue those that the client has seen. */
  private renumbers = false;
  /** Opening events that an earlier upstream has sent. */
  private readonly inherited: ReadonlySet<string>;

  constructor(private readonly state: StreamState) {
    this.inherited = new Set(state.opened);
  }

  push(events: string): string {
    if (this.ended || this.failure) return '';
    if (this.flows && !NOTEWORTHY.test(events)) return this.pass(events);
    const hadContent = this.hasContent;
    const takeBack = this.state.checkpoint();
    let out = '';
    for (const event of splitEvents(events)) {
      out += this.flows && !NOTEWORTHY.test(event) ? this.pass(event) : this.pushEvent(event);
      if (this.ended || this.failure) break;
    }
    if (!this.failure || hadContent) return out;
    // Nothing of this upstream was sent, so the next one begins as if there had been none.
    takeBack();
    this.hasContent = false;
    return '';
  }

  pushRest(text: string): string {
    return this.push(closedRest(text));
  }

  /** The content flows under the upstream's own numbers, so events pass unread. */
  private get flows(): boolean {
    return this.hasContent && this.hasOutput && !this.renumbers;
  }

  private pass(events: string): string {
    this.isEnding = false;
    this.outputChars += deltaChars(events);
    return this.state.sent(events);
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return this.hasContent ? event : '';
    if (data === '[DONE]') return this.failWith(CUT_SHORT);
    const json = parseJson(data);
    const type = isRecord(json) ? eventType(json, event) : undefined;
    // A failed answer is free, whatever tokens it reports; the gateway writes its own end.
    if (!isRecord(json) || type === undefined || type === 'error' || type === 'response.failed')
      return this.failWith(json, type === 'response.failed');
    const read: ReadEvent = { type, data, sequence: json.sequence_number, verbatim: event };
    if (OPENING_EVENTS.has(type)) return this.open(read, json);
    if (type === 'response.completed' || type === 'response.incomplete') return this.finish(read, json);
    if (!this.hasContent && type === 'keepalive') return '';
    if (!this.hasContent && EMPTY_BEGINNINGS.has(type)) {
      this.announced.push(read);
      return '';
    }
    const before = this.begin();
    this.isEnding = type === ITEM_DONE && isRecord(json.item) && json.item.type !== 'reasoning';
    if (type === ITEM_DONE) this.items.add(data, json);
    this.outputChars += deltaChars(event);
    this.hasOutput ||= produces(type, json);
    return before + this.emit(read);
  }

  private failWith(error: unknown, isAnswers = false): string {
    this.failure = { error, ...(isAnswers && { isAnswers }) };
    return '';
  }

  private open({ type, data, sequence }: ReadEvent, json: Record<string, unknown>): string {
    const raw = rawMember(data, 'response');
    if (raw === undefined || !isRecord(json.response)) return '';
    this.noteStored(json.response);
    if (this.inherited.has(type) || (type === CREATED && this.state.isCreated)) return '';
    const usage = rawMember(raw, 'usage');
    const response = renamed(raw, this.state.names, usage?.startsWith('{') ? { usage: withoutOperatorsFigures(usage) } : {});
    this.state.response = response;
    const created = this.state.isCreated ? '' : this.created(type, response);
    this.state.opened.add(type);
    return created + this.emit({ type, data: setMembers(data, { response }), sequence });
  }

  /** Sends `response.created` first where the upstream left it out. */
  private created(type: string, response: string): string {
    if (type === CREATED) return '';
    this.state.opened.add(CREATED);
    return this.emit({ type: CREATED, data: `{"type":"${CREATED}","response":${response}}`, sequence: undefined });
  }

  /** What must precede the first content. */
  private begin(): string {
    if (this.hasContent) return '';
    this.hasContent = true;
    let out = this.state.create();
    for (const read of this.announced) out += this.emit(read);
    this.announced = [];
    return out;
  }

  private finish(read: ReadEvent, json: Record<string, unknown>): string {
    const { response } = json;
    if (!isRecord(response)) return this.failWith(json);
    this.noteStored(response);
    this.usage = response.usage;
    this.hasOutput ||= Array.isArray(response.output) && response.output.some(itemHasContent);
    const out = this.begin();
    const raw = rawMember(read.data, 'response')!;
    const whole = this.items.putInto(response, raw);
    this.end = whole === raw ? read : { ...read, data: setMembers(read.data, { response: whole }) };
    this.complete = true;
    this.ended = true;
    return out;
  }

  private noteStored(response: Record<string, unknown>): void {
    const { request } = this.state;
    if (request.store && response.store !== false && typeof response.id === 'string') this.storedId = response.id;
  }

  /** The event with an increasing number: its own or, once numbers diverged, ours. */
  private emit({ type, data, sequence, verbatim }: ReadEvent): string {
    const { state } = this;
    if (!this.renumbers && typeof sequence === 'number' && sequence > state.lastSequence) {
      state.lastSequence = sequence;
      return verbatim ?? formatEvent(type, data);
    }
    this.renumbers = true;
    state.lastSequence++;
    return formatEvent(type, setMembers(data, { sequence_number: String(state.lastSequence) }));
  }

  close(receipt: Receipt): string {
    if (!this.end) return '';
    const { type, data, sequence } = this.end;
    const raw = rawMember(data, 'response') ?? '{}';
    const usage = pricedUsage(rawMember(raw, 'usage'), receipt);
    const response = renamed(raw, this.state.names, { usage });
    return this.emit({ type, data: setMembers(data, { response }), sequence });
  }
}

const WRITTEN = ['delta', 'text', 'refusal', 'arguments', 'input'] as const;

/** Does an event hold anything that the model wrote or did? */
function produces(type: string, json: Record<string, unknown>): boolean {
  if (type === ITEM_DONE) return itemHasContent(json.item);
  const written = WRITTEN.filter((name) => json[name] !== undefined);
  return written.length > 0 ? written.some((name) => json[name] !== '') : type.includes('_call.');
}
