import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';
import { openaiEmbeddingsWire } from '../wires/openai-plain';
import { openaiResponsesWire } from '../wires/openai-responses';
import { openaiMedia } from './media';

export const openai = {
  id: 'openai',
  label: 'OpenAI',
  // https://platform.openai.com/docs/api-reference/introduction
  baseUrl: 'https://api.openai.com/v1',
  wires: [openaiChatWire, openaiResponsesWire, openaiEmbeddingsWire],
  onDisconnect: 'cancel',
  media: openaiMedia,
} satisfies ProviderSpec;
