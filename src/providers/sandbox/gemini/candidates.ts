import { isRecord, parseJson } from '../../../core/record';
import type { Choice, Part } from '../answer';
import { type Block, blocksOf } from '../blocks';
import { IMAGE_TOKENS } from '../conversation';
import type { Counts } from '../counts';
import type { LanguageRequest } from '../request';

/** A whole answer, before it is written as JSON or as a stream. */
export interface Generation {
  id: string;
  request: LanguageRequest;
  choices: Choice[];
  counts: Counts | undefined;
  /** What Google wants to see again with a thought or a function call. */
  signature: string;
}

const FINISH_REASONS = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP', refusal: 'SAFETY' };
const REFUSAL_RATING = { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true };

/** The parts of an answer in the pieces in which Google streams them: a function call is never cut up. */
export function piecesOf(parts: readonly Part[]): Part[][] {
  const pieces: Part[][] = [];
  for (const part of parts) {
    if (part.kind === 'arguments') pieces.at(-1)?.push(part);
    else pieces.push([part]);
  }
  return pieces.filter(([first, ...rest]) => first?.kind !== 'call' || isWholeCall(rest));
}

/** A token limit may end a function call early; then it is not made. */
const isWholeCall = (rest: Part[]): boolean =>
  isRecord(parseJson(rest.map((part) => (part.kind === 'arguments' ? part.text : '')).join('')));

/** The parts of a content. The first function call is signed. */
export function contentParts(parts: readonly Part[], signature: string): Record<string, unknown>[] {
  return blocksOf(piecesOf(parts).flat()).map((block) => contentPart(block, parts, signature));
}

function contentPart(block: Block, parts: readonly Part[], signature: string): Record<string, unknown> {
  if (block.kind === 'reasoning') return { text: block.text, thought: true };
  if (block.kind !== 'call') return { text: block.text };
  const first = parts.find((part) => part.kind === 'call');
  const functionCall = { name: block.tool.name, args: parseJson(block.text), id: block.id };
  return { functionCall, ...(first?.kind === 'call' && first.id === block.id ? { thoughtSignature: signature } : {}) };
}

/** A thought that led to text is signed at the end of the text. */
export const signsText = ({ parts }: Choice): boolean =>
  parts.some((part) => part.kind === 'reasoning') && !parts.some((part) => part.kind === 'call');

/** A candidate's end; a refused one has no content. */
export const ending = ({ index, finishReason }: Choice) => ({
  finishReason: FINISH_REASONS[finishReason],
  index,
  ...(finishReason === 'refusal'
    ? { safetyRatings: [REFUSAL_RATING], finishMessage: 'The sandbox was asked to refuse (sandbox:refusal).' }
    : {}),
});

export const envelope = (generation: Generation) => ({ modelVersion: generation.request.model, responseId: generation.id });

/** Google counts thoughts beside what is said, and leaves out what is zero. */
export function usageMetadata(counts: Counts, { images }: LanguageRequest) {
  const { promptTokens, cachedTokens, outputTokens, reasoningTokens } = counts;
  const imageTokens = Math.min(images * IMAGE_TOKENS, promptTokens);
  const modality = (name: string, tokenCount: number) => (tokenCount > 0 ? [{ modality: name, tokenCount }] : []);
  return {
    promptTokenCount: promptTokens,
    ...(cachedTokens > 0 ? { cachedContentTokenCount: cachedTokens } : {}),
    candidatesTokenCount: outputTokens - reasoningTokens,
    ...(reasoningTokens > 0 ? { thoughtsTokenCount: reasoningTokens } : {}),
    totalTokenCount: promptTokens + outputTokens,
    promptTokensDetails: [...modality('TEXT', promptTokens - imageTokens), ...modality('IMAGE', imageTokens)],
  };
}

export function generationBody(generation: Generation): string {
  const { request, choices, counts, signature } = generation;
  const candidates = choices.map((choice) => ({ ...wholeContent(choice, signature), ...ending(choice) }));
  const usage = counts ? { usageMetadata: usageMetadata(counts, request) } : {};
  return JSON.stringify({ candidates, ...usage, ...envelope(generation) });
}

function wholeContent(choice: Choice, signature: string) {
  if (choice.finishReason === 'refusal') return {};
  const parts = contentParts(choice.parts, signature);
  const last = parts.at(-1);
  if (!last) return { content: { role: 'model' } };
  if (signsText(choice)) last.thoughtSignature = signature;
  return { content: { parts, role: 'model' } };
}
