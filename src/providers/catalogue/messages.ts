import type { Model, Target } from '../types';
import { perCachedToken } from './terms';

const OPUS = 'claude-opus-4-6';
const SONNET = 'claude-sonnet-4-6';
const HAIKU = 'claude-haiku-4-5';

/** Both in Anthropic's own format, the only one that keeps signatures and cache marks. */
const chain = (id: string, openrouterId: string): readonly Target[] => [
  { provider: 'anthropic', model: id, wires: ['anthropic-messages'] },
  { provider: 'openrouter', model: `anthropic/${openrouterId}`, wires: ['anthropic-messages'] },
];

export const MESSAGES_MODELS: readonly Model[] = [
  {
    id: OPUS,
    label: 'Claude Opus 4.6',
    vendor: 'Anthropic',
    family: 'messages',
    chain: chain(OPUS, 'claude-opus-4.6'),
    price: perCachedToken(1.73, 8.63),
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    capabilities: ['vision', 'tools', 'reasoning', 'structured_output'],
    aliases: [
      'claude-3-opus-20240229',
      'claude-3-opus-latest',
      'claude-opus-4-0',
      'claude-opus-4-20250514',
      'claude-opus-4-1',
      'claude-opus-4-1-20250805',
      'claude-opus-4-5',
      'claude-opus-4-5-20251101',
      'claude-opus-5-5',
    ],
  },
  {
    id: SONNET,
    label: 'Claude Sonnet 4.6',
    vendor: 'Anthropic',
    family: 'messages',
    chain: chain(SONNET, 'claude-sonnet-4.6'),
    price: perCachedToken(1.04, 5.18),
    contextTokens: 1_000_000,
    maxOutputTokens: 128_000,
    capabilities: ['vision', 'tools', 'reasoning', 'structured_output'],
    aliases: [
      'claude-3-sonnet-20240229',
      'claude-3-5-sonnet-20240620',
      'claude-3-5-sonnet-20241022',
      'claude-3-5-sonnet-latest',
      'claude-3-7-sonnet-20250219',
      'claude-3-7-sonnet-latest',
      'claude-sonnet-4-0',
      'claude-sonnet-4-20250514',
      'claude-sonnet-4-5',
      'claude-sonnet-4-5-20250929',
      'claude-sonnet-5-5',
    ],
  },
  {
    id: HAIKU,
    label: 'Claude Haiku 4.5',
    vendor: 'Anthropic',
    family: 'messages',
    chain: chain(HAIKU, 'claude-haiku-4.5'),
    price: perCachedToken(0.35, 1.73),
    contextTokens: 200_000,
    maxOutputTokens: 64_000,
    capabilities: ['vision', 'tools', 'reasoning', 'structured_output'],
    aliases: [
      'claude-3-haiku-20240307',
      'claude-3-5-haiku-20241022',
      'claude-3-5-haiku-latest',
      'claude-haiku-4-5-20251001',
      'claude-haiku-5-5',
    ],
  },
];

/** Model lines of which every id, known or future, means the one model of the line on offer. */
export const FAMILY_PATTERNS: readonly { prefix: string; id: string }[] = [
  { prefix: 'claude-opus-', id: OPUS },
  { prefix: 'claude-3-opus-', id: OPUS },
  { prefix: 'claude-sonnet-', id: SONNET },
  { prefix: 'claude-3-sonnet-', id: SONNET },
  { prefix: 'claude-3-5-sonnet-', id: SONNET },
  { prefix: 'claude-3-7-sonnet-', id: SONNET },
  { prefix: 'claude-haiku-', id: HAIKU },
  { prefix: 'claude-3-haiku-', id: HAIKU },
  { prefix: 'claude-3-5-haiku-', id: HAIKU },
];
