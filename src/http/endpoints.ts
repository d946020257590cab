import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiNative, geminiUnified } from '../dialects/gemini/dialect';
import { isOpenaiShaped } from '../dialects/gemini/request';
import { nativeChat } from '../dialects/native-chat/dialect';
import { openaiChat } from '../dialects/openai-chat/dialect';
import { openaiCompletions } from '../dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../dialects/openai-embeddings/dialect';
import { openaiResponses } from '../dialects/openai-responses/dialect';
import type { CallEndpoint } from './serve-call';

const responses: CallEndpoint = { dialect: openaiResponses, endpoint: '/v1/responses' };

/** Every endpoint that hands its request to the data plane, by its path below a base. */
export const CALL_ENDPOINTS: Readonly<Record<string, CallEndpoint>> = {
  '/chat/completions': { dialect: openaiChat, endpoint: '/v1/chat/completions' },
  '/responses': responses,
  '/codex/responses': responses,
  '/responses/compact': { dialect: openaiResponses, endpoint: '/v1/responses/compact' },
  '/messages': { dialect: anthropicMessages, endpoint: '/v1/messages' },
  '/gemini': {
    dialect: geminiUnified,
    endpoint: '/v1/gemini',
    byBody: (body) => (isOpenaiShaped(body) ? openaiChat : geminiUnified),
  },
  '/chat': { dialect: nativeChat, endpoint: '/v1/chat' },
  '/completions': { dialect: openaiCompletions, endpoint: '/v1/completions' },
  '/embeddings': { dialect: openaiEmbeddings, endpoint: '/v1/embeddings' },
};

/** Google's own paths name model and method in one segment, which no pattern of the router can tell apart. */
export const GEMINI_NATIVE: CallEndpoint = { dialect: geminiNative, endpoint: '/v1beta/models' };

/** The endpoint by the name that receipts have for it. */
export const endpointOf = (name: string): CallEndpoint | undefined =>
  [...Object.values(CALL_ENDPOINTS), GEMINI_NATIVE].find(({ endpoint }) => endpoint === name);
