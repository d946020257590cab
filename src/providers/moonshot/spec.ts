import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const moonshot = {
  id: 'moonshot',
  label: 'Moonshot AI',
  // https://platform.moonshot.ai/docs/api/chat; keys of the Chinese platform need https://api.moonshot.cn/v1
  baseUrl: 'https://api.moonshot.ai/v1',
  wires: [openaiChatWire],
  // The safe choice, since it is undocumented.
  onDisconnect: 'drain',
  // https://platform.kimi.ai/docs/pricing/tools
  unpriced: { tools: /^builtin_function$/ },
} satisfies ProviderSpec;
