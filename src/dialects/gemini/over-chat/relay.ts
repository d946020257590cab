import type { Fields } from '../../../core/record';
import { isFailedChunk } from '../../openai-chat/failed-chunk';
import type { Receipt } from '../../types';
import { listField, recordField, textField } from '../fields';
import type { Framing } from '../framing';
import { partMatters } from '../parts';
import { type Chunk, GeminiRelay } from '../relay';
import type { GeminiRequest } from '../request';
import { convertedUsage } from '../usage';
import { aboutAnswer, logprobFields } from './answer';
import type { FunctionNames } from './names';
import { addCalls, addReasoningDetails, type CallSoFar, charsIn, ending, spokenParts } from './parts';

interface CandidateSoFar {
  calls: CallSoFar[];
  /** How many of the calls were sent. Some upstreams send an end with each of several calls, or twice. */
  sentCalls: number;
  /** Signatures beside the calls, which may come before them. */
  details: Fields[];
}

/** Relays a chat stream to a Gemini client. Calls are sent when complete, since Gemini has no partial arguments. */
export class OverChatRelay extends GeminiRelay {
  private about: Fields = {};
  private readonly candidates = new Map<number, CandidateSoFar>();

  constructor(
    framing: Framing,
    private readonly request: Pick<GeminiRequest, 'choices' | 'includeThoughts'> & { names?: FunctionNames },
  ) {
    super(framing, request.choices);
  }

  protected isAnswer(json: Fields): boolean {
    return !isFailedChunk(json) && Array.isArray(json.choices);
  }

  /** Some providers put the usage on the choice. */
  protected usageOf = (json: Fields): unknown => recordField(json, 'usage') ?? recordField(listField(json, 'choices')[0] ?? {}, 'usage');

  protected countsOutput = ({ completion_tokens }: Fields): boolean => Number(completion_tokens) > 0;

  protected shownUsage = (receipt: Receipt): Fields => convertedUsage(receipt);

  protected tail(): Fields {
    const open = [...this.candidates.keys()].filter((index) => !this.finished.has(index));
    return { candidates: open.map((index) => this.lastOf(index, [], 'stop')), ...this.about };
  }

  protected convert(json: Fields): Chunk | undefined {
    this.about = { ...aboutAnswer(json), ...this.about };
    const finished: number[] = [];
    const converted: Fields[] = [];
    for (const choice of listField(json, 'choices')) {
      const index = typeof choice.index === 'number' ? choice.index : 0;
      const parts = this.partsOf(index, recordField(choice, 'delta') ?? {});
      const ends = textField(choice, 'finish_reason') !== undefined && !(parts.length === 0 && this.hasSaidAll(index));
      if (!ends && parts.length === 0) continue;
      if (ends) finished.push(index);
      converted.push({
        ...(ends ? this.lastOf(index, parts, choice.finish_reason) : { content: { role: 'model', parts }, index }),
        ...logprobFields(choice),
      });
    }
    const [first] = converted;
    if (!first) return undefined;
    return {
      json: JSON.stringify({ candidates: converted, ...this.about }),
      matters: converted.some((candidate) => listField(recordField(candidate, 'content') ?? {}, 'parts').some(partMatters)),
      candidates: converted.map(({ index }) => Number(index)),
      finished,
      blocked: false,
    };
  }

  private partsOf(index: number, delta: Fields): Fields[] {
    const candidate = this.candidates.get(index) ?? { calls: [], sentCalls: 0, details: [] };
    this.candidates.set(index, candidate);
    addCalls(candidate.calls, delta);
    candidate.details.push(...listField(delta, 'reasoning_details'));
    const chars = charsIn(delta);
    this.outputChars += chars;
    if (chars > 0) {
      this.hasOutput = true;
      // Hidden thoughts and collected arguments were produced, so they are paid for.
      this.hasContent = true;
    }
    return spokenParts(delta, this.request.includeThoughts);
  }

  private hasSaidAll(index: number): boolean {
    const { calls, sentCalls } = this.candidates.get(index)!;
    return this.finished.has(index) && calls.length === sentCalls;
  }

  private lastOf(index: number, said: Fields[], reason: unknown): Fields {
    const candidate = this.candidates.get(index)!;
    const { calls, sentCalls, details } = candidate;
    addReasoningDetails(calls, details);
    candidate.sentCalls = calls.length;
    const end = ending(calls.slice(sentCalls), reason, this.request.names);
    const parts = [...said, ...end.parts];
    return { content: { role: 'model', parts: parts.length > 0 ? parts : [{ text: '' }] }, finishReason: end.finishReason, index };
  }
}
