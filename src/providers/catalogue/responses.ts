import type { Model } from '../types';
import { GPT_400K, perToken, viaOpenrouter } from './terms';

/** OpenAI serves its codex models by its Responses API alone; OpenRouter converts. */
const codex = (id: string) => viaOpenrouter(`openai/${id}`);

export const RESPONSES_MODELS: readonly Model[] = [
  {
    id: 'gpt-5-codex',
    label: 'GPT-5 Codex',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5-codex'),
    price: perToken(0.44, 3.45),
    ...GPT_400K,
  },
  {
    id: 'gpt-5-codex-mini',
    label: 'GPT-5 Codex Mini',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5-codex-mini'),
    price: perToken(0.09, 0.69),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.1-codex',
    label: 'GPT-5.1 Codex',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.1-codex'),
    price: perToken(0.44, 3.45),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.1-codex-mini',
    label: 'GPT-5.1 Codex Mini',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.1-codex-mini'),
    price: perToken(0.09, 0.69),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.1-codex-max',
    label: 'GPT-5.1 Codex Max',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.1-codex-max'),
    price: perToken(0.44, 3.45),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.2-codex',
    label: 'GPT-5.2 Codex',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.2-codex'),
    price: perToken(0.61, 4.83),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.3-codex',
    label: 'GPT-5.3 Codex',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.3-codex'),
    price: perToken(0.61, 4.83),
    ...GPT_400K,
  },
  {
    id: 'gpt-5.3-codex-spark',
    label: 'GPT-5.3 Codex Spark',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.3-codex'),
    price: perToken(0.61, 4.83),
    note: 'The maker sells Spark by subscription only: GPT-5.3 Codex answers.',
  },
  {
    id: 'gpt-5.3-codex-official',
    label: 'GPT-5.3 Codex (Official)',
    vendor: 'OpenAI',
    family: 'responses',
    chain: codex('gpt-5.3-codex'),
    price: perToken(1.61, 12.88),
    ...GPT_400K,
  },
];
