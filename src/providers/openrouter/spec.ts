import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const openrouter = {
  id: 'openrouter',
  label: 'OpenRouter',
  // https://openrouter.ai/docs/quickstart
  baseUrl: 'https://openrouter.ai/api/v1',
  wires: [openaiChatWire],
  // It passes the cancellation on, but only some of its own upstreams stop billing: https://openrouter.ai/docs/api-reference/streaming
  onDisconnect: 'cancel',
} satisfies ProviderSpec;
