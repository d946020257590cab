import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { readAddress } from '../dialects/gemini/address';
import { geminiNative, geminiUnified } from '../dialects/gemini/dialect';
import { isOpenaiShaped } from '../dialects/gemini/request';
import { geminiEmbeddings } from '../dialects/gemini-embeddings/dialect';
import { isEmbedding } from '../dialects/gemini-embeddings/request';
import { withModelOfPath } from '../dialects/model-of-path';
import { nativeChat } from '../dialects/native-chat/dialect';
import { openaiChat } from '../dialects/openai-chat/dialect';
import { openaiCompletions } from '../dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../dialects/openai-embeddings/dialect';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import type { Dialect } from '../dialects/types';
import { modelOfPath } from './bases';
import type { CallEndpoint } from './serve-call';

/** An endpoint that is also there below `MODELS_BASE`. */
const ofAModel = (dialect: Dialect, endpoint: string): CallEndpoint => ({
  dialect,
  endpoint,
  pick({ url }) {
    const model = modelOfPath(url);
    return model === undefined ? dialect : withModelOfPath(dialect, model);
  },
});

/** Every call endpoint below `MODELS_BASE`, by its path there. */
export const MODELS_ENDPOINTS: Readonly<Record<string, CallEndpoint>> = {
  '/chat/completions': ofAModel(openaiChat, '/v1/chat/completions'),
  '/completions': ofAModel(openaiCompletions, '/v1/completions'),
  '/embeddings': ofAModel(openaiEmbeddings, '/v1/embeddings'),
};

const responses: CallEndpoint = { dialect: openaiResponses, endpoint: '/v1/responses' };
const compact: CallEndpoint = { dialect: openaiResponses, endpoint: '/v1/responses/compact' };

/** Every endpoint whose requests go to the data plane, by its path below a base. */
export const CALL_ENDPOINTS: Readonly<Record<string, CallEndpoint>> = {
  ...MODELS_ENDPOINTS,
  '/responses': responses,
  '/codex/responses': responses,
  '/responses/compact': compact,
  '/codex/responses/compact': compact,
  '/messages': { dialect: anthropicMessages, endpoint: '/v1/messages' },
  '/gemini': {
    dialect: geminiUnified,
    endpoint: '/v1/gemini',
    pick: ({ body }) => (isOpenaiShaped(body) ? openaiChat : geminiUnified),
  },
  '/chat': { dialect: nativeChat, endpoint: '/v1/chat' },
};

/** Google's paths hold model and method in one segment (`models/NAME:METHOD`), which the router's patterns cannot split. */
export const GEMINI_NATIVE: CallEndpoint = {
  dialect: geminiNative,
  endpoint: '/v1beta/models',
  pick: ({ url }) => (isEmbedding(readAddress(url)) ? geminiEmbeddings : geminiNative),
};

/** Finds an endpoint by its name on receipts. */
export const endpointOf = (name: string): CallEndpoint | undefined =>
  [...Object.values(CALL_ENDPOINTS), GEMINI_NATIVE].find(({ endpoint }) => endpoint === name);
