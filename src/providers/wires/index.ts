import type { WireId } from '../../core/wire-id';
import type { Wire } from '../types';
import { anthropicMessagesWire } from './anthropic-messages';
import { geminiEmbeddingsWire, geminiWire } from './gemini';
import { openaiChatWire } from './openai-chat';
import { openaiCompletionsWire, openaiEmbeddingsWire } from './openai-plain';
import { openaiResponsesWire } from './openai-responses';

export const WIRES: Readonly<Record<WireId, Wire>> = {
  'openai-chat': openaiChatWire,
  'openai-responses': openaiResponsesWire,
  'anthropic-messages': anthropicMessagesWire,
  gemini: geminiWire,
  'openai-embeddings': openaiEmbeddingsWire,
  'gemini-embeddings': geminiEmbeddingsWire,
  'openai-completions': openaiCompletionsWire,
};
