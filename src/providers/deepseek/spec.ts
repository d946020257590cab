import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const deepseek = {
  id: 'deepseek',
  label: 'DeepSeek',
  // https://api-docs.deepseek.com/
  baseUrl: 'https://api.deepseek.com',
  wires: [openaiChatWire],
  onDisconnect: 'cancel',
  // https://api-docs.deepseek.com/api/create-chat-completion
  boundName: 'max_tokens',
} satisfies ProviderSpec;
