import type { Model } from '../types';
import { chain, perToken } from './terms';

const openai = (id: string) => chain('openai', id, `openai/${id}`);

/** At the makers' own prices: https://platform.openai.com/docs/pricing and https://ai.google.dev/gemini-api/docs/pricing */
export const EMBEDDING_MODELS: readonly Model[] = [
  {
    id: 'text-embedding-3-small',
    label: 'Text Embedding 3 Small',
    vendor: 'OpenAI',
    family: 'embedding',
    chain: openai('text-embedding-3-small'),
    price: perToken(0.02, 0),
    contextTokens: 8_192,
  },
  {
    id: 'text-embedding-3-large',
    label: 'Text Embedding 3 Large',
    vendor: 'OpenAI',
    family: 'embedding',
    chain: openai('text-embedding-3-large'),
    price: perToken(0.13, 0),
    contextTokens: 8_192,
  },
  {
    id: 'gemini-embedding-001',
    label: 'Gemini Embedding',
    vendor: 'Google',
    family: 'embedding',
    chain: chain('google', 'gemini-embedding-001', 'google/gemini-embedding-001'),
    price: perToken(0.15, 0),
    contextTokens: 2_048,
  },
];
