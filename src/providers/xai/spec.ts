import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const xai = {
  id: 'xai',
  label: 'xAI',
  // https://docs.x.ai/api/integrations
  baseUrl: 'https://api.x.ai/v1',
  wires: [openaiChatWire],
  onDisconnect: 'cancel',
  // https://docs.x.ai/docs/key-information/consumption-and-rate-limits
  reasoningOutsideOutput: true,
} satisfies ProviderSpec;
