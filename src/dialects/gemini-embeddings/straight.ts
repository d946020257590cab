import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isNotEmpty, isRecord, recordsOf } from '../../core/record';
import { renderGeminiAnswer } from '../gemini/straight';
import type { Answer, Bridge } from '../types';
import type { EmbeddingRequest } from './request';

const named = (request: string, model: string): string => setMembers(request, { model: JSON.stringify(`models/${model}`) });

/** Every request of a batch names the model once more. */
const bodyFor = ({ body, isBatch }: EmbeddingRequest, model: string): string =>
  rewriteMembers(body, (raw, key) => {
    if (key === 'model') return undefined;
    return isBatch && key === 'requests' ? rewriteElements(raw, (request) => named(request, model)) : raw;
  });

/** Vectors are told apart by their places alone, so with one missing all others may be of other texts. */
const answerOf =
  (count: number) =>
  (json: unknown): Answer | undefined => {
    if (!isRecord(json)) return undefined;
    const { embedding, embeddings = [embedding], usageMetadata: usage } = json;
    const vectors = recordsOf(embeddings);
    if (vectors.length !== count) return undefined;
    return { usage, hasOutput: vectors.some(({ values }) => isNotEmpty(values)), outputChars: 0 };
  };

/** To an upstream that speaks the same format. */
export const straightBridge = (request: EmbeddingRequest): Bridge => ({
  request: ({ model }) => ({
    body: bodyFor(request, model),
    method: request.isBatch ? 'batchEmbedContents' : 'embedContent',
  }),
  readAnswer: answerOf(request.parts.length),
  renderAnswer: renderGeminiAnswer,
  answersAlone: true,
});
