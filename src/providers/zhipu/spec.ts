import type { ProviderSpec } from '../types';
import { openaiChatWire } from '../wires/openai-chat';

export const zhipu = {
  id: 'zhipu',
  label: 'Zhipu AI',
  // https://docs.z.ai/guides/overview/quick-start; keys of the Chinese platform need https://open.bigmodel.cn/api/paas/v4
  baseUrl: 'https://api.z.ai/api/paas/v4',
  wires: [openaiChatWire],
  // The safe choice, since it is undocumented.
  onDisconnect: 'drain',
  // https://docs.z.ai/api-reference/llm/chat-completion
  boundName: 'max_tokens',
  // https://docs.z.ai/guides/tools/web-search
  unpriced: { tools: /^web_search$/ },
} satisfies ProviderSpec;
