import { ok } from '../../core/errors';
import { readAddress } from '../gemini/address';
import { renderGeminiError } from '../gemini/errors';
import { renderGeminiStreamError } from '../gemini/stream';
import { neverStreamed } from '../openai-embeddings/dialect';
import type { Call, Dialect } from '../types';
import { beyondOpenai, overOpenaiBridge } from './over-openai';
import { type EmbeddingRequest, parseEmbedding } from './request';
import { straightBridge } from './straight';

const callOf = (request: EmbeddingRequest): Call => ({
  model: request.model,
  fields: request.fields,
  stream: false,
  choices: 0,
  maxOutputTokens: undefined,
  estimatedInputTokens: request.estimatedInputTokens,
  worstInputTokens: request.worstInputTokens,
  over(wire) {
    if (wire === 'gemini-embeddings') return straightBridge(request);
    return wire === 'openai-embeddings' && beyondOpenai(request) === undefined ? overOpenaiBridge(request) : undefined;
  },
  beyond: (wire) => (wire === 'openai-embeddings' ? beyondOpenai(request) : undefined),
  openStream: neverStreamed,
});

/** Google's `models/{model}:embedContent` and `:batchEmbedContents` (https://ai.google.dev/api/embeddings). */
export const geminiEmbeddings: Dialect = {
  families: ['embedding'],
  wires: ['gemini-embeddings', 'openai-embeddings'],
  parse(request) {
    const parsed = parseEmbedding(request);
    return parsed.ok ? ok(callOf(parsed.value)) : parsed;
  },
  askedByUrl: (url) => JSON.stringify(readAddress(url)),
  renderError: renderGeminiError,
  renderLoneError: renderGeminiStreamError,
};
