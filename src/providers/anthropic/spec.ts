import type { ProviderSpec } from '../types';
import { anthropicMessagesWire } from '../wires/anthropic-messages';

export const anthropic = {
  id: 'anthropic',
  label: 'Anthropic',
  // https://platform.claude.com/docs/en/api/overview
  baseUrl: 'https://api.anthropic.com/v1',
  wires: [anthropicMessagesWire],
  onDisconnect: 'cancel',
  // Other models, at prices of their own: https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback
  unpriced: { fields: ['fallbacks'] },
} satisfies ProviderSpec;
