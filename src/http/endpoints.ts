import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { readAddress } from '../dialects/gemini/address';
import { geminiNative, geminiUnified } from '../dialects/gemini/dialect';
import { isOpenaiShaped } from '../dialects/gemini/request';
import { geminiEmbeddings } from '../dialects/gemini-embeddings/dialect';
import { isEmbedding } from '../dialects/gemini-embeddings/request';
import { nativeChat } from '../dialects/native-chat/dialect';
import { openaiChat } from '../dialects/openai-chat/dialect';
import { openaiCompletions } from '../dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../dialects/openai-embeddings/dialect';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import type { CallEndpoint } from './serve-call';

const responses: CallEndpoint = { dialect: openaiResponses, endpoint: '/v1/responses' };
const compact: CallEndpoint = { dialect: openaiResponses, endpoint: '/v1/responses/compact' };

/** Every endpoint whose requests go to the data plane, by its path below a base. */
export const CALL_ENDPOINTS: Readonly<Record<string, CallEndpoint>> = {
  '/chat/completions': { dialect: openaiChat, endpoint: '/v1/chat/completions' },
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
  '/completions': { dialect: openaiCompletions, endpoint: '/v1/completions' },
  '/embeddings': { dialect: openaiEmbeddings, endpoint: '/v1/embeddings' },
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
