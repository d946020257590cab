import { members, rewriteMembers, setMembers } from '../../core/json';
import { type Fields, isRecord, parseJson, recordOf } from '../../core/record';
import { closedRest, eventData, splitEvents } from '../../core/sse';
import { isOperatorsFigure } from '../../core/usage';
import { withCreditsUsed, withoutOperatorsFigures } from '../priced-usage';
import type { Receipt, StreamRelay } from '../types';
import { blockSays } from './answer';
import { countText, deltaSays, eventType, formatEvent, isNamed, STOP, withoutMark } from './events';
import { THINKING } from './signatures';
import { countsOutput, overlaidUsage, shownUsage, withoutOutput } from './usage';

/** Events without any of these can pass unexamined. Text inside JSON strings cannot match, since its quotes are escaped. */
const NOTEWORTHY = /"type"\s*:\s*"(?:message_(?:start|delta|stop)|content_block_start|ping|error)"|^data:(?! ?\{)|^(?::|retry)/m;
const BLOCK_END = 'content_block_stop';
/** An event without a name, which the official clients ignore. */
const UNNAMED = /(?:^|\n\r?\n|\r\r)data:/;

/** For an answer whose upstream sent no end, or one without a stop reason. */
const ENDED_TURN = '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null}}';
const NO_TOKENS = '{"input_tokens":0,"output_tokens":0}';

/**
 * Relays a stream of Messages. The event with the stop reason is held back until usage and cost are known, and is sent
 * last before `message_stop`. It always carries usage, without which clients fail.
 */
export class MessagesRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  failure: { error: unknown } | undefined;
  isEnding = false;
  usage: unknown;
  outputChars = 0;
  /** The current block is a block of thoughts, after which more must follow. */
  private isThinking = false;
  /** The data of the event with the stop reason. */
  private held: string | undefined;
  /** Usage was sent after the opening, whose own output count is a token or two. */
  private hasCountedOutput = false;
  /** `held` has only a part of the usage. */
  private needsWholeUsage: boolean;

  /** @param begun The opening event was already sent, by this upstream or an earlier one. */
  constructor(public begun: boolean) {
    this.needsWholeUsage = begun;
  }

  get complete(): boolean {
    return this.held !== undefined;
  }

  get isUsageAhead(): boolean {
    return !this.complete || !this.hasCountedOutput;
  }

  push(text: string): string {
    if (this.ended || this.failure) return '';
    const events = withoutMark(text);
    this.outputChars += countText(events);
    if (this.hasOutput && this.held === undefined && !NOTEWORTHY.test(events) && !UNNAMED.test(events)) {
      this.isEnding = !this.isThinking && endsBlock(events);
      return events;
    }
    let out = '';
    for (const event of splitEvents(events)) {
      out += this.pushEvent(event);
      if (this.ended || this.failure) break;
    }
    return out;
  }

  pushRest(text: string): string {
    return this.push(closedRest(text));
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return '';
    const json = data === '[DONE]' ? { type: 'message_stop' } : parseJson(data);
    const type = isRecord(json) ? eventType(json, event) : 'error';
    if (!isRecord(json) || type === undefined || type === 'error') return this.fail(json ?? data);
    if (type !== 'ping') this.isEnding = type === BLOCK_END && !this.isThinking;
    switch (type) {
      case 'ping':
        return '';
      case 'message_stop':
        this.ended = true;
        return '';
      case 'message_start':
        return this.start(event, data, json);
    }
    // Without an opening event clients cannot read the stream.
    if (!this.begun) return this.fail(json);
    if (type === 'message_delta') return this.delta(event, data, json);
    if (type.startsWith('content_block_')) this.noteContent(type, json);
    return named(type, event, data);
  }

  private fail(error: unknown): string {
    this.failure = { error };
    return '';
  }

  private start(event: string, data: string, { message }: Fields): string {
    const { usage } = recordOf(message);
    this.usage = overlaidUsage(this.usage, usage);
    if (this.begun) return '';
    this.begun = true;
    const found = members(data).findLast(({ key }) => key === 'message');
    const whole = found && isRecord(message) ? withShownUsage(data.slice(found.start, found.end), usage) : undefined;
    if (whole === undefined) return named('message_start', event, data);
    return formatEvent('message_start', setMembers(data, { message: whole }));
  }

  private delta(event: string, data: string, { delta, usage }: Fields): string {
    const isFirstCount = countsOutput(usage) && !this.hasCountedOutput;
    this.usage = overlaidUsage(isFirstCount ? withoutOutput(this.usage) : this.usage, usage);
    this.hasCountedOutput ||= isFirstCount;
    const isEnd = isRecord(delta) && typeof delta.stop_reason === 'string';
    if (this.held !== undefined) this.needsWholeUsage = true;
    if (isEnd) {
      this.hasContent = true;
      this.held = data;
    }
    if (isEnd || this.held !== undefined) return '';
    const whole = withShownUsage(data, usage);
    return whole === undefined ? named('message_delta', event, data) : formatEvent('message_delta', whole);
  }

  private noteContent(type: string, { content_block, delta }: Fields): void {
    if (type === BLOCK_END) return;
    this.hasContent = true;
    if (type === 'content_block_start') this.isThinking = isRecord(content_block) && THINKING.has(content_block.type);
    this.hasOutput ||= type === 'content_block_start' ? blockSays(content_block) : deltaSays(delta);
  }

  close(receipt: Receipt): string {
    const data = this.held ?? ENDED_TURN;
    return formatEvent('message_delta', setMembers(data, { usage: this.pricedUsage(data, receipt) })) + STOP;
  }

  private pricedUsage(data: string, receipt: Receipt): string {
    const { creditsUsed, reported, usage } = receipt;
    const found = members(data).findLast(({ key }) => key === 'usage');
    const raw = found && data.slice(found.start, found.end);
    if (this.needsWholeUsage || !reported || !raw?.startsWith('{')) return JSON.stringify({ ...shownUsage(receipt), creditsUsed });
    const hasOutputTokens = members(raw).some(({ key }) => key === 'output_tokens');
    return withCreditsUsed(raw, creditsUsed, hasOutputTokens ? {} : { output_tokens: String(usage.outputTokens) });
  }
}

/** An object's text with the usage that clients may see; undefined where that changes nothing. */
function withShownUsage(raw: string, usage: unknown): string | undefined {
  if (!isRecord(usage)) return setMembers(raw, { usage: NO_TOKENS });
  if (!Object.keys(usage).some(isOperatorsFigure)) return undefined;
  return rewriteMembers(raw, (value, name) => (name === 'usage' ? withoutOperatorsFigures(value) : value));
}

/** Does the last of these events end a block? */
function endsBlock(events: string): boolean {
  const at = events.lastIndexOf(`"${BLOCK_END}"`);
  return at >= 0 && !events.includes('data:', at);
}

const named = (type: string, event: string, data: string): string => (isNamed(event) ? event : formatEvent(type, data));
