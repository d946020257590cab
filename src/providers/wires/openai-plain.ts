import type { Wire } from '../types';
import { openaiChatWire } from './openai-chat';

/** The formats that share credentials, usage and errors with Chat Completions. */
export const openaiEmbeddingsWire: Wire = { ...openaiChatWire, id: 'openai-embeddings', path: () => '/embeddings' };
export const openaiCompletionsWire: Wire = { ...openaiChatWire, id: 'openai-completions', path: () => '/completions' };
