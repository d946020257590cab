import { setMembers } from '../../core/json';
import { isRecord, listOf, parseJson } from '../../core/record';
import { closedRest, eventData, splitEvents } from '../../core/sse';
import { measureOf } from '../../core/text-chars';
import type { Receipt, StreamRelay } from '../types';
import { deltaHasContent, TEXT_FIELDS } from './answer';
import { CallNumbers, indexOf } from './call-numbers';
import { endedInCalls } from './end-in-calls';
import { isFailedChunk } from './failed-chunk';
import type { ChatRequest } from './request';
import { shownUsage } from './usage';

/** Events without any of these can pass unexamined. Text inside JSON strings cannot match, since its quotes are escaped. */
const NOTEWORTHY = /"usage"\s*:\s*\{|"error"\s*:\s*[{"]|"finish_reason"\s*:\s*"[^"]|^data:(?! ?\{)/m;
/** A member that is null, with one of its commas; in a string its quotes would be escaped. */
const NULL_USAGE = /,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,/g;
const DONE = 'data: [DONE]\n\n';
const BACKSLASH = 0x5c;

type Chunk = Record<string, unknown> & { choices: unknown[] };

/** How chunks of chat completions and of legacy completions differ. */
export interface ChunkShape {
  object: string;
  /** Does a choice's piece say anything? */
  speaks(choice: Record<string, unknown>): boolean;
  /** The last piece for a choice that the upstream left without one. */
  lastChoice: Record<string, unknown>;
  /** Matches the names of members that hold text, up to the text. */
  textBegins: RegExp;
}

export const CHAT_CHUNKS: ChunkShape = {
  object: 'chat.completion.chunk',
  speaks: ({ delta }) => deltaHasContent(delta),
  lastChoice: { index: 0, delta: {}, finish_reason: 'stop' },
  textBegins: new RegExp(`"(?:${TEXT_FIELDS.join('|')})"\\s*:\\s*"`, 'g'),
};

/**
 * Relays a chat stream. Usage goes where the client expects it: clients that asked for a usage chunk get exactly one,
 * with `choices: []`; for all others, who read `choices[0]` of every chunk, it is on the last chunk beside
 * `finish_reason`.
 */
export class ChatRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  failure: { error: unknown } | undefined;
  usage: unknown;
  outputChars = 0;
  /** More was said after the last usage. */
  private saidMore = false;
  /** The chunk with `finish_reason`, held back until usage and cost are known. */
  private held: string | undefined;
  private last: Chunk | undefined;
  /** An earlier upstream has already sent the opening chunk. */
  private readonly continued: boolean;
  /** Choices, by index, that have begun and that have ended. */
  private readonly startedChoices = new Set<unknown>();
  private readonly finished = new Set<unknown>();
  private readonly numbers = new CallNumbers();
  /** Nothing more will come. */
  private isOver = false;

  /** Something was sent, by this upstream or an earlier one. */
  begun: boolean;
  /** The id of the first chunk that was sent, which the answer keeps. */
  id: string | undefined;

  /** @param before The upstream that failed before its first content. */
  constructor(
    private readonly call: Pick<ChatRequest, 'includeUsage' | 'choices'>,
    before: Pick<ChatRelay, 'begun' | 'id'> | undefined,
    private readonly shape: ChunkShape = CHAT_CHUNKS,
  ) {
    this.begun = before?.begun === true;
    this.continued = this.begun;
    if (this.continued) this.id = before?.id;
  }

  get complete(): boolean {
    // A choice may begin after another has ended, and some upstreams give fewer than were asked for.
    return this.isOver ? this.allEnded : this.finished.size >= this.call.choices;
  }

  /** Have all choices that have begun also ended? */
  private get allEnded(): boolean {
    return this.finished.size > 0 && this.finished.size >= Math.min(this.startedChoices.size, this.call.choices);
  }

  get isUsageAhead(): boolean {
    return this.usage !== undefined && this.saidMore;
  }

  push(events: string): string {
    if (this.ended || this.failure) return '';
    const out = this.passed(events);
    // Providers are always asked for usage. Clients that did not ask may know none that is null.
    return this.call.includeUsage || !out.includes('"usage"') ? out : out.replace(NULL_USAGE, '');
  }

  private passed(events: string): string {
    this.outputChars += countText(events, this.shape.textBegins);
    const plain = this.hasContent && this.held === undefined && this.call.choices === 1 && !this.continued;
    if (plain && !NOTEWORTHY.test(events) && !this.numbers.concerns(events)) {
      this.saidMore = true;
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
    const out = this.push(closedRest(text));
    this.isOver = true;
    return out;
  }

  private pushEvent(event: string): string {
    const data = eventData(event)?.trim();
    if (data === undefined || data === '') return '';
    if (data === '[DONE]') {
      this.ended = true;
      this.isOver = true;
      return '';
    }
    const chunk = parseJson(data);
    // After an answer's end, usage may come in a chunk without choices.
    if (!isRecord(chunk) || isFailedChunk(chunk) || !(Array.isArray(chunk.choices) || this.allEnded)) {
      // A failure after the answer's end does not concern the answer.
      if (this.complete) this.ended = true;
      else this.failure = { error: chunk };
      return '';
    }
    const choices = listOf(chunk.choices);
    const usage = usageOf(chunk, choices);
    if (usage !== undefined && !(isUncounted(usage) && this.usage !== undefined)) {
      this.usage = usage;
      this.saidMore = false;
    }
    this.last ??= { ...chunk, choices };
    if (choices.length === 0) return '';
    const finishes = this.noteEnds(choices);
    const speaks = choices.some((choice) => isRecord(choice) && this.shape.speaks(choice));
    if (finishes || speaks) this.hasContent = true;
    if (speaks) this.hasOutput = true;
    if (speaks && usage === undefined) this.saidMore = true;
    if (this.continued && !this.hasContent) return '';
    this.begun = true;
    // A trailing chunk with only usage: that goes onto the chunk held back.
    if (usage !== undefined && !finishes && !speaks && this.held !== undefined) return '';
    this.id ??= typeof chunk.id === 'string' ? chunk.id : undefined;
    const changes = {
      ...(isRecord(chunk.usage) && { usage: 'null' }),
      ...(this.id !== undefined && chunk.id !== this.id && { id: JSON.stringify(this.id) }),
    };
    const numbered = endedInCalls(this.numbers.numbered(data, choices), choices, (choice) => this.numbers.hasBegun(indexOf(choice)));
    const clean = numbered !== data || Object.keys(changes).length > 0 ? rewritten(numbered, changes) : event;
    // Clients stop reading a choice at its end, so whatever the upstream sends after it is dropped.
    if (this.held !== undefined && !finishes && choices.every((choice) => this.finished.has(indexOf(choice)))) return clean;
    const before = this.held ?? '';
    this.held = finishes ? clean : undefined;
    return finishes ? before : before + clean;
  }

  /** Does one of the choices end here? */
  private noteEnds(choices: readonly unknown[]): boolean {
    let ends = false;
    for (const choice of choices) {
      if (!isRecord(choice)) continue;
      this.startedChoices.add(indexOf(choice));
      if (typeof choice.finish_reason !== 'string' || choice.finish_reason === '') continue;
      this.finished.add(indexOf(choice));
      ends = true;
    }
    return ends;
  }

  close(receipt: Receipt): string {
    const priced = JSON.stringify({ ...shownUsage(receipt), creditsUsed: receipt.creditsUsed });
    const { created = 0, model = '', ...last }: Record<string, unknown> = this.last ?? {};
    const id = this.id ?? last.id ?? 'chatcmpl-gateway';
    const chunk = (choices: unknown[], more: object) =>
      `data: ${JSON.stringify({ id, object: this.shape.object, created, model, choices, ...more })}\n\n`;
    const usage = JSON.parse(priced) as unknown;
    if (this.call.includeUsage) return (this.held ?? chunk(this.lastChoices(), { usage: null })) + chunk([], { usage }) + DONE;
    if (this.held === undefined) return chunk(this.lastChoices(), { usage }) + DONE;
    const data = eventData(this.held)!.trim();
    return rewritten(data, { usage: priced }) + DONE;
  }

  /** An end for each choice that the upstream left without one. */
  private lastChoices(): unknown[] {
    const open = [...this.startedChoices].filter((index) => !this.finished.has(index));
    const { lastChoice } = this.shape;
    return (open.length > 0 ? open : [0]).map((index) => ({
      ...lastChoice,
      index,
      ...(this.numbers.hasBegun(index) && { finish_reason: 'tool_calls' }),
    }));
  }
}

/** On one line: line breaks in JSON occur only between tokens, and one would end the event's data line. */
const rewritten = (data: string, changes: Record<string, string>): string => `data: ${setMembers(data, changes).replaceAll('\n', '')}\n\n`;

/** Some providers follow their real figures with zeros, which say nothing. */
const isUncounted = (usage: unknown): boolean =>
  isRecord(usage) && Object.values(usage).every((count) => typeof count !== 'number' || count === 0);

/** Some providers put the usage on the choice. */
function usageOf(chunk: Record<string, unknown>, [choice]: readonly unknown[]): unknown {
  if (isRecord(chunk.usage)) return chunk.usage;
  return isRecord(choice) && isRecord(choice.usage) ? choice.usage : undefined;
}

/** How much text the events carry, in characters of JSON; good enough for an estimate where usage is missing. */
function countText(events: string, textBegins: RegExp): number {
  const measure = measureOf(events);
  let chars = 0;
  textBegins.lastIndex = 0;
  while (textBegins.test(events)) {
    const from = textBegins.lastIndex;
    const to = closingQuote(events, from);
    chars += measure(from, to);
    textBegins.lastIndex = to;
  }
  return chars;
}

/** Finds a string's end. Not by a pattern, which overflows the stack on a picture of some megabytes. */
function closingQuote(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote;
  }
  return text.length;
}
