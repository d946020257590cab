/**
 * A model in the form of OpenRouter's API, in addition to what other clients read:
 * https://openrouter.ai/docs/api/api-reference/models/get-models
 */
import { usdAToken } from './usd';

export interface ModelFacts {
  id: string;
  label: string;
  capabilities: readonly string[];
  /** Whether it makes vectors, not text. */
  embeds: boolean;
  contextTokens: number | undefined;
  maxOutputTokens: number | undefined;
  /** In micro-credits per million tokens. */
  inputMicro: number;
  outputMicro: number;
  cacheReadMicro: number;
}

const INPUTS: Readonly<Record<string, string>> = { vision: 'image', audio: 'audio' };

/** The request parameters by a model's capabilities; most reasoning models take no sampling options. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  tools: ['tools', 'tool_choice', 'parallel_tool_calls'],
  reasoning: ['reasoning', 'include_reasoning', 'reasoning_effort'],
  structured_output: ['response_format', 'structured_outputs'],
};
const ALWAYS = ['max_tokens', 'stop'];
const UNREASONED = ['temperature', 'top_p'];

/** In USD per token, as strings. */
export const openrouterPricing = ({ inputMicro, outputMicro, cacheReadMicro }: ModelFacts) => ({
  prompt: usdAToken(inputMicro),
  completion: usdAToken(outputMicro),
  input_cache_read: usdAToken(cacheReadMicro),
});

function parametersOf({ capabilities, embeds }: ModelFacts): string[] {
  if (embeds) return [];
  const sampled = capabilities.includes('reasoning') ? [] : UNREASONED;
  return [...ALWAYS, ...sampled, ...capabilities.flatMap((name) => PARAMETERS[name] ?? [])];
}

export function openrouterModel(facts: ModelFacts) {
  const { id, label, capabilities, embeds, contextTokens, maxOutputTokens } = facts;
  const inputs = ['text', ...capabilities.flatMap((name) => INPUTS[name] ?? [])];
  const output = embeds ? 'embeddings' : 'text';
  return {
    name: label,
    canonical_slug: id,
    architecture: { modality: `${inputs.join('+')}->${output}`, input_modalities: inputs, output_modalities: [output] },
    top_provider: { context_length: contextTokens ?? null, max_completion_tokens: maxOutputTokens ?? null, is_moderated: false },
    supported_parameters: parametersOf(facts),
    supported_voices: null,
    default_parameters: null,
    per_request_limits: null,
    links: { details: `/v1/models/${id}` },
  };
}
