import type { Wire } from '../types';
import { openaiChatWire } from './openai-chat';

/** The formats whose credentials, usage and errors are those of Chat Completions. */
export const openaiEmbeddingsWire: Wire = { ...openaiChatWire, id: 'openai-embeddings', path: () => '/embeddings' };
export const openaiCompletionsWire: Wire = { ...openaiChatWire, id: 'openai-completions', path: () => '/completions' };
