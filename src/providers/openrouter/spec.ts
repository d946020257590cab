import type { ProviderSpec } from '../types';
import { anthropicMessagesWire } from '../wires/anthropic-messages';
import { bearer } from '../wires/authorize';
import { openaiChatWire } from '../wires/openai-chat';
import { openaiCompletionsWire, openaiEmbeddingsWire } from '../wires/openai-plain';
import { openaiResponsesWire } from '../wires/openai-responses';

export const openrouter = {
  id: 'openrouter',
  label: 'OpenRouter',
  // https://openrouter.ai/docs/quickstart
  baseUrl: 'https://openrouter.ai/api/v1',
  // https://openrouter.ai/docs/api-reference/overview; its Messages endpoint takes the same bearer token as the others.
  wires: [
    openaiChatWire,
    openaiResponsesWire,
    { ...anthropicMessagesWire, authorize: bearer },
    openaiCompletionsWire,
    openaiEmbeddingsWire,
  ],
  // It passes a hang-up on, but only some of its upstreams then stop billing:
  // https://openrouter.ai/docs/api-reference/streaming
  onDisconnect: 'cancel',
  reportsBill: true,
  unpriced: {
    // They route to other models or dearer hosts: https://openrouter.ai/docs/guides/routing/model-fallbacks and
    // .../routing/provider-selection. Presets name models too, and plugins are billed separately: .../features/plugins
    fields: ['models', 'fallbacks', 'preset', 'provider', 'plugins'],
    idleFields: ['route'],
    // https://openrouter.ai/docs/guides/features/server-tools
    tools: /^openrouter:/,
  },
} satisfies ProviderSpec;
