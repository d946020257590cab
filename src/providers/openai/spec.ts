import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const openai = {
  id: 'openai',
  label: 'OpenAI',
  // https://platform.openai.com/docs/api-reference/introduction
  baseUrl: 'https://api.openai.com/v1',
  wires: [openaiChatWire],
  onDisconnect: 'cancel',
} satisfies ProviderSpec;
