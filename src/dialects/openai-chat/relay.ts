import { setMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import type { Receipt, StreamRelay } from '../types';
import { deltaHasContent, TEXT_FIELDS } from './answer';
import type { ChatCall } from './parse';

/** Nothing in a run of events needs a closer look unless one of these is in it. Escaped text cannot match. */
const NOTEWORTHY = /"usage"\s*:\s*\{|"error"\s*:\s*[{"]|"finish_reason"\s*:\s*"|\[DONE\]/;
const DONE = 'data: [DONE]\n\n';

type Chunk = Record<string, unknown> & { choices: unknown[] };

/**
 * A chat stream. Usage goes where the client expects it: on the last chunk beside `finish_reason`, since clients
 * that did not ask for a usage chunk read `choices[0]` of every one; or as a chunk of its own with `choices: []`,
 * exactly one, for those that asked.
 */
export class ChatRelay implements StreamRelay {
  hasContent = false;
  ended = false;
  complete = false;
  failure: { error: unknown } | undefined;
  usage: unknown;
  outputChars = 0;
  /** The chunk that bears `finish_reason`, kept back until usage and cost are known. */
  private held: string | undefined;
  private last: Chunk | undefined;

  constructor(private readonly call: Pick<ChatCall, 'includeUsage'>) {}

  push(events: string): string {
    if (this.ended || this.failure) return '';
    this.outputChars += countText(events);
    if (this.hasContent && this.held === undefined && this.last && !NOTEWORTHY.test(events)) return events;
    let out = '';
    for (const event of splitEvents(events)) {
      out += this.pushEvent(event);
      if (this.ended || this.failure) break;
    }
    return out;
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return '';
    if (data === '[DONE]') {
      this.ended = true;
      return '';
    }
    const chunk = parseJson(data);
    if (!isRecord(chunk) || isFailure(chunk) || !Array.isArray(chunk.choices)) {
      this.failure = { error: chunk };
      return '';
    }
    const choices = chunk.choices as unknown[];
    const usage = usageOf(chunk);
    if (usage !== undefined) this.usage = usage;
    this.last ??= { ...chunk, choices };
    if (choices.length === 0) return '';
    const finishes = choices.some((choice) => isRecord(choice) && typeof choice.finish_reason === 'string');
    const speaks = choices.some((choice) => isRecord(choice) && deltaHasContent(choice.delta));
    if (finishes || speaks) this.hasContent = true;
    // A trailer that only carries usage: what it says is on the chunk that is kept back.
    if (usage !== undefined && !finishes && !speaks && this.held !== undefined) return '';
    const before = this.held ?? '';
    this.held = undefined;
    const clean = isRecord(chunk.usage) ? `data: ${setMembers(data, { usage: 'null' })}\n\n` : event;
    if (!finishes) return before + clean;
    this.complete = true;
    this.held = clean;
    return before;
  }

  close({ usage, creditsUsed }: Receipt): string {
    const priced = JSON.stringify({ ...usage, creditsUsed });
    const { id = 'chatcmpl-gateway', created = 0, model = '' }: Record<string, unknown> = this.last ?? {};
    const chunk = (choices: unknown[], more: object) =>
      `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices, ...more })}\n\n`;
    if (this.call.includeUsage) return `${this.held ?? ''}${chunk([], { usage: JSON.parse(priced) as unknown })}${DONE}`;
    if (this.held === undefined)
      return chunk([{ index: 0, delta: {}, finish_reason: 'stop' }], { usage: JSON.parse(priced) as unknown }) + DONE;
    const data = eventData(this.held)!.trim();
    return `data: ${setMembers(data, { usage: priced })}\n\n${DONE}`;
  }
}

const isFailure = (chunk: Record<string, unknown>): boolean => chunk.error !== undefined && chunk.error !== null;

/** Some providers put the usage on the choice. */
function usageOf(chunk: Record<string, unknown>): unknown {
  if (isRecord(chunk.usage)) return chunk.usage;
  const [choice] = chunk.choices as unknown[];
  return isRecord(choice) && isRecord(choice.usage) ? choice.usage : undefined;
}

const TEXT = new RegExp(`"(?:${TEXT_FIELDS.join('|')})"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`, 'g');

/** How much text the events carry, in characters of JSON: enough for an estimate where usage is missing. */
function countText(events: string): number {
  let chars = 0;
  for (const match of events.matchAll(TEXT)) chars += match[1]!.length;
  return chars;
}
