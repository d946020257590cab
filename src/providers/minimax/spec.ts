import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const minimax = {
  id: 'minimax',
  label: 'MiniMax',
  // https://platform.minimax.io/docs/api-reference/text-openai-api
  baseUrl: 'https://api.minimax.io/v1',
  wires: [openaiChatWire],
  onDisconnect: 'drain',
  // https://platform.minimax.io/docs/api-reference/text-openai-api
  unpriced: { tools: /^web_search$/ },
} satisfies ProviderSpec;
