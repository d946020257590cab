/** A call's receipt in the form of OpenRouter's API: https://openrouter.ai/docs/api/api-reference/generations/get-generation */

export interface GenerationFacts {
  id: string;
  model: string | null;
  openedAtMs: number;
  costUsd: number;
  stream: boolean;
  provider: string | null;
  ending: string | null;
  latencyMs: number | null;
  /** By usage bucket; null where unknown. */
  usage: Readonly<Record<string, number>> | null;
}

const INPUTS = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'];

/** Unknown fields are null, as in OpenRouter's answers. */
const UNKNOWN = Object.fromEntries(
  [
    ...['app_id', 'cache_discount', 'external_user', 'finish_reason', 'http_referer', 'moderation_latency', 'native_finish_reason'],
    ...['native_tokens_completion_images', 'num_fetches', 'num_input_audio_prompt', 'num_media_completion', 'num_media_prompt'],
    ...['num_search_results', 'preset_id', 'provider_responses', 'router', 'service_tier', 'upstream_id', 'upstream_inference_cost'],
    ...['user_agent', 'web_search_engine', 'workspace_id'],
  ].map((name) => [name, null]),
);

export function openrouterGeneration({ usage, ...facts }: GenerationFacts) {
  const of = (...buckets: string[]): number | null => usage && buckets.reduce((sum, bucket) => sum + (usage[bucket] ?? 0), 0);
  const prompt = of(...INPUTS);
  const completion = of('outputTokens');
  return {
    ...UNKNOWN,
    id: facts.id,
    request_id: facts.id,
    model: facts.model ?? '',
    created_at: new Date(facts.openedAtMs).toISOString(),
    api_type: 'completions',
    origin: '',
    data_region: 'global',
    is_byok: false,
    streamed: facts.stream,
    cancelled: facts.ending === 'client_gone',
    provider_name: facts.provider,
    latency: facts.latencyMs,
    generation_time: facts.latencyMs,
    tokens_prompt: prompt,
    tokens_completion: completion,
    native_tokens_prompt: prompt,
    native_tokens_completion: completion,
    native_tokens_cached: of('cacheReadTokens'),
    native_tokens_reasoning: of('reasoningTokens'),
    usage: facts.costUsd,
    total_cost: facts.costUsd,
  };
}
