import { setMembers } from '../../core/json';
import { type Fields, isRecord, parseJson } from '../../core/record';
import { eventData, splitEvents } from '../../core/sse';
import type { Receipt, StreamRelay } from '../types';
import { listField } from './fields';
import type { Framing } from './framing';

/** A chunk on its way to the client. */
export interface Chunk {
  json: string;
  /** It holds something that must reach the client. */
  matters: boolean;
  /** The indexes of the candidates that it has a part of, and of those that end in it. */
  candidates: readonly number[];
  finished: readonly number[];
  /** The prompt was blocked, so no candidate follows. */
  blocked: boolean;
}

/**
 * Relays an upstream's stream to a Gemini client, whatever format the upstream speaks. Everything from the chunk that
 * ends the answer is held back: usage and cost go on that chunk, and clients take a stream for broken whose last chunk
 * has no `finishReason`.
 */
export abstract class GeminiRelay implements StreamRelay {
  hasContent = false;
  hasOutput = false;
  ended = false;
  failure: { error: unknown } | undefined;
  usage: unknown;
  outputChars = 0;
  /** How much had been written when usage was last sent. */
  private charsAtUsage = 0;
  private begun = false;
  private held: Chunk[] = [];
  private blocked = false;
  private readonly startedCandidates = new Set<number>();
  protected readonly finished = new Set<number>();

  constructor(
    private readonly framing: Framing,
    private readonly choices: number,
  ) {}

  /** Is it a chunk of an answer rather than an error? */
  protected abstract isAnswer(json: Fields): boolean;
  protected abstract usageOf(json: Fields): unknown;
  /** Does the usage count any of the model's output? */
  protected abstract countsOutput(usage: Fields): boolean;
  /** The chunk for the client; undefined where it says nothing. `json` was read from the text `data`. */
  protected abstract convert(json: Fields, data: string): Chunk | undefined;
  protected abstract shownUsage(receipt: Receipt): Fields;
  /** A last chunk for an upstream that sent none: the fields that every chunk has, and what is still unsaid. */
  protected abstract tail(): Fields;

  get complete(): boolean {
    return this.blocked || (this.finished.size > 0 && this.finished.size >= Math.min(this.startedCandidates.size, this.choices));
  }

  /** Usage on the way often counts only the prompt. */
  get isUsageAhead(): boolean {
    if (!isRecord(this.usage)) return false;
    return this.outputChars > this.charsAtUsage || (!this.complete && !this.countsOutput(this.usage));
  }

  push(events: string): string {
    let out = '';
    const text = this.begun || !events.startsWith('\uFEFF') ? events : events.slice(1);
    this.begun = true;
    for (const event of splitEvents(text)) {
      if (this.ended || this.failure) break;
      out += this.pushEvent(event);
    }
    return out;
  }

  pushRest(text: string): string {
    const events = splitEvents(text);
    const last = events.pop() ?? '';
    const data = (eventData(last) ?? last).trim();
    const whole = data === '[DONE]' || parseJson(data) !== undefined;
    return this.push(events.join('') + (whole ? `${last}\n\n` : ''));
  }

  private pushEvent(event: string): string {
    // Google reports a failure in midstream as bare JSON without an event.
    const bare = /^\s*[[{]/.test(event) ? event : undefined;
    const data = (bare ?? eventData(event))?.trim();
    if (data === undefined || data === '') return '';
    if (data === '[DONE]') {
      this.ended = true;
      return '';
    }
    const parsed = parseJson(data);
    const json: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    if (!isRecord(json) || !(this.isAnswer(json) || this.isAside(json))) {
      this.failure = { error: json };
      return '';
    }
    const usage = this.usageOf(json);
    const chunk = this.convert(json, data);
    if (usage !== undefined) {
      this.usage = usage;
      this.charsAtUsage = this.outputChars;
    }
    return chunk ? this.pass(chunk) : '';
  }

  /** After the end of an answer some upstreams send usage or other things without any part of the answer. */
  private isAside({ error, choices, candidates }: Fields): boolean {
    return this.complete && [error, choices, candidates].every((member) => (member ?? null) === null);
  }

  private pass(chunk: Chunk): string {
    for (const index of chunk.candidates) this.startedCandidates.add(index);
    for (const index of chunk.finished) this.finished.add(index);
    const ends = chunk.finished.length > 0 || chunk.blocked;
    this.blocked ||= chunk.blocked;
    this.hasContent ||= chunk.matters || ends;
    // Nothing is sent before the first content, so that another upstream's answer can replace this one.
    if (!this.hasContent) return '';
    if (!ends && this.held.length > 0 && this.complete) {
      this.held.push(chunk);
      return '';
    }
    const before = this.held;
    this.held = ends ? [chunk] : [];
    return this.framed(ends ? before : [...before, chunk]);
  }

  private framed(chunks: readonly Chunk[]): string {
    return chunks.map(({ json }) => this.framing.chunk(json)).join('');
  }

  close(receipt: Receipt): string {
    const usageMetadata = JSON.stringify(this.shownUsage(receipt));
    const last = this.held.at(-1);
    const before = this.framed(this.held.slice(0, -1));
    const json = last && (last.finished.length > 0 || last.blocked) ? last.json : this.ending(last, this.held[0]);
    return before + this.framing.chunk(setMembers(json, { usageMetadata })) + this.framing.end();
  }

  /** A last chunk with a `finishReason`, where the upstream put that elsewhere or nowhere. */
  private ending(last: Chunk | undefined, finishing: Chunk | undefined): string {
    const said = last && parseJson(last.json);
    const chunk: Fields = isRecord(said) ? said : this.tail();
    const [ended] = finishing ? candidatesIn(finishing.json).filter(({ finishReason }) => finishReason !== undefined) : [];
    const [first = NOTHING_MORE, ...others] = listField(chunk, 'candidates');
    return JSON.stringify({
      ...chunk,
      candidates: [{ ...first, finishReason: ended?.finishReason ?? first.finishReason ?? 'STOP' }, ...others],
    });
  }
}

const NOTHING_MORE: Fields = { content: { role: 'model', parts: [{ text: '' }] }, index: 0 };

const candidatesIn = (json: string): Fields[] => {
  const chunk = parseJson(json);
  return isRecord(chunk) ? listField(chunk, 'candidates') : [];
};
