import { rewriteMembers, setMembers } from '../../core/json';
import { type Fields, isFilled, isRecord } from '../../core/record';
import type { Answer, Bridge, Receipt } from '../types';
import { pairedBody } from './call-pairs';
import { withoutCallIds } from './call-signatures';
import { field, listField, recordField } from './fields';
import { foldGeminiStream } from './fold';
import { charsOf, partSays, partsOf } from './parts';
import type { Chunk } from './relay';
import { GeminiRelay } from './relay';
import type { GeminiRequest } from './request';
import { signedBody } from './signatures';
import { shownUsage } from './usage';

/** Every answer and chunk has at least one of these members (https://ai.google.dev/api/generate-content). */
const ANSWER_MEMBERS = ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion', 'responseId'] as const;

const isAnswer = (json: Fields): boolean =>
  (json.error === undefined || json.error === null) && ANSWER_MEMBERS.some((name) => json[name] !== undefined);

const isBlocked = (json: Fields): boolean => field(recordField(json, 'promptFeedback') ?? {}, 'blockReason') !== undefined;

const hasEnd = (candidate: Fields): boolean => isFilled(candidate.finishReason) && candidate.finishReason !== 'FINISH_REASON_UNSPECIFIED';

function readGeminiAnswer(json: unknown): Answer | undefined {
  if (!isRecord(json) || !isAnswer(json) || (!Array.isArray(json.candidates) && !isBlocked(json))) return undefined;
  const parts = listField(json, 'candidates').flatMap(partsOf);
  return {
    usage: json.usageMetadata,
    hasOutput: parts.some(partSays),
    outputChars: parts.reduce((sum, part) => sum + charsOf(part), 0),
  };
}

/** The path names the upstream's model, so a client's model in the body must go. */
export const withoutModel = (body: string): string => rewriteMembers(body, (raw, key) => (key === 'model' ? undefined : raw));

export const renderGeminiAnswer: Bridge['renderAnswer'] = (text, receipt) =>
  setMembers(text, { usageMetadata: JSON.stringify(shownUsage(receipt)) });

/** A Gemini call to an upstream that speaks the same format; the body is the client's own. */
export const straightBridge = (request: Pick<GeminiRequest, 'body'>): Bridge => ({
  request: () => ({ body: withoutCallIds(withoutModel(request.body)) }),
  readAnswer: readGeminiAnswer,
  renderAnswer: renderGeminiAnswer,
  foldStream: foldGeminiStream,
  answersAlone: true,
  repaired(message) {
    const body = signedBody(request.body, message) ?? pairedBody(request.body, message);
    return body === undefined || body === request.body ? undefined : straightBridge({ body });
  },
});

/** A Gemini stream to a Gemini client, passed on chunk by chunk. */
export class StraightRelay extends GeminiRelay {
  private about: Fields = {};

  protected isAnswer = isAnswer;

  protected usageOf = ({ usageMetadata }: Fields): unknown => (isRecord(usageMetadata) ? usageMetadata : undefined);

  protected countsOutput = (usage: Fields): boolean =>
    [usage.candidatesTokenCount, usage.thoughtsTokenCount].some((count) => Number(count) > 0);

  protected shownUsage = (receipt: Receipt): Fields => shownUsage(receipt);

  protected tail = (): Fields => this.about;

  protected convert(json: Fields, data: string): Chunk | undefined {
    const { modelVersion, responseId } = json;
    this.about = { ...(modelVersion !== undefined && { modelVersion }), ...(responseId !== undefined && { responseId }) };
    const candidates = listField(json, 'candidates');
    const blocked = isBlocked(json);
    if (candidates.length === 0 && !blocked) return undefined;
    const parts = candidates.flatMap(partsOf);
    for (const part of parts) this.outputChars += charsOf(part);
    this.hasOutput ||= parts.some(partSays);
    const indexOf = ({ index }: Fields): number => (typeof index === 'number' ? index : 0);
    return {
      // Line breaks in JSON occur only between tokens, and one would end the event's data line.
      json: data.includes('\n') ? data.replaceAll('\n', '') : data,
      matters: parts.length > 0 && parts.some((part) => partSays(part) || part.thoughtSignature !== undefined),
      candidates: candidates.map(indexOf),
      finished: candidates.filter(hasEnd).map(indexOf),
      blocked,
    };
  }
}
