import { rewriteElements, rewriteMembers, setMembers } from '../../core/json';
import { isRecord } from '../../core/record';
import { modelPath } from '../gemini/address';
import { shownUsage } from '../gemini/usage';
import type { Answer, Bridge, Receipt } from '../types';
import type { EmbeddingRequest } from './request';

/** Every request of a batch names the model once more. */
const bodyFor = (body: string, model: string): string =>
  rewriteMembers(body, (raw, key) => {
    if (key === 'model') return undefined;
    return key === 'requests' ? rewriteElements(raw, (request) => setMembers(request, { model: JSON.stringify(`models/${model}`) })) : raw;
  });

function readAnswer(json: unknown): Answer | undefined {
  if (!isRecord(json)) return undefined;
  const { embedding, embeddings = [embedding], usageMetadata: usage } = json;
  if (!Array.isArray(embeddings) || !embeddings.every(isRecord)) return undefined;
  return { usage, hasOutput: embeddings.length > 0, outputChars: 0 };
}

/** To an upstream that speaks the same format. */
export const straightBridge = ({ body, isBatch }: EmbeddingRequest): Bridge => ({
  request: ({ model }) => ({
    body: bodyFor(body, model),
    path: modelPath(model, isBatch ? 'batchEmbedContents' : 'embedContent'),
  }),
  readAnswer,
  renderAnswer: (text: string, receipt: Receipt) => setMembers(text, { usageMetadata: JSON.stringify(shownUsage(receipt)) }),
  answersAlone: true,
});
