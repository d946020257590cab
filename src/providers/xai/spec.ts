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
  unpriced: {
    // https://docs.x.ai/docs/guides/live-search
    fields: ['search_parameters'],
    // Tools that run there: https://docs.x.ai/docs/guides/tools/overview
    tools: /^(?:web_search|x_search|code_execution|code_interpreter|file_search|collections_search)$/,
  },
} satisfies ProviderSpec;
