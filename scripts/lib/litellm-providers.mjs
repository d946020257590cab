// Where LiteLLM's provider prefixes lead in this gateway. Addresses and prefixes: litellm/litellm_core_utils/get_llm_provider_logic.py
// and litellm/llms/openai_like/providers.json in BerriAI/litellm.
import { azureAt, builtInAt, CHAT_WIRES, customAt, MESSAGES_WIRES, refusedAt, slug, UNREACHABLE, withVersion } from './import-places.mjs';

/** Prefixes of providers that are built in. */
const BUILT_IN = {
  openai: 'openai',
  text_completion_openai: 'openai',
  'text-completion-openai': 'openai',
  anthropic: 'anthropic',
  gemini: 'google',
  openrouter: 'openrouter',
  deepseek: 'deepseek',
  moonshot: 'moonshot',
  zai: 'zhipu',
  dashscope: 'alibaba',
  minimax: 'minimax',
  xai: 'xai',
};

/** Providers with an endpoint in OpenAI's format that LiteLLM knows by name alone. */
const BY_NAME = {
  groq: 'https://api.groq.com/openai/v1',
  mistral: 'https://api.mistral.ai/v1',
  codestral: 'https://codestral.mistral.ai/v1',
  together_ai: 'https://api.together.xyz/v1',
  fireworks_ai: 'https://api.fireworks.ai/inference/v1',
  cerebras: 'https://api.cerebras.ai/v1',
  deepinfra: 'https://api.deepinfra.com/v1/openai',
  nvidia_nim: 'https://integrate.api.nvidia.com/v1',
  perplexity: 'https://api.perplexity.ai',
  sambanova: 'https://api.sambanova.ai/v1',
  ai21: 'https://api.ai21.com/studio/v1',
  ai21_chat: 'https://api.ai21.com/studio/v1',
  meta_llama: 'https://api.llama.com/compat/v1',
  volcengine: 'https://ark.cn-beijing.volces.com/api/v3',
  friendliai: 'https://api.friendli.ai/serverless/v1',
  github: 'https://models.inference.ai.azure.com',
  aihubmix: 'https://aihubmix.com/v1',
  chutes: 'https://llm.chutes.ai/v1',
  crusoe: 'https://managed-inference-api-proxy.crusoecloud.com/v1',
  gmi: 'https://api.gmi-serving.com/v1',
  'nano-gpt': 'https://nano-gpt.com/api/v1',
  poe: 'https://api.poe.com/v1',
  publicai: 'https://api.publicai.co/v1',
  scaleway: 'https://api.scaleway.ai/v1',
  synthetic: 'https://api.synthetic.new/openai/v1',
  veniceai: 'https://api.venice.ai/api/v1',
  xiaomi_mimo: 'https://api.xiaomimimo.com/v1',
  // Cohere's own format is another; this is its address for OpenAI's: https://docs.cohere.com/docs/compatibility-api
  cohere: 'https://api.cohere.ai/compatibility/v1',
  cohere_chat: 'https://api.cohere.ai/compatibility/v1',
};

/** Prefixes that mean OpenAI's format at an address of the operator's. */
const AT_ADDRESS = new Set([
  'openai',
  'hosted_vllm',
  'vllm',
  'openai_like',
  'custom_openai',
  'custom',
  'litellm_proxy',
  'lm_studio',
  'llamafile',
  'infinity',
  'text-completion-openai',
]);

const REFUSED = {
  bedrock: UNREACHABLE.aws,
  bedrock_converse: UNREACHABLE.aws,
  sagemaker: UNREACHABLE.aws,
  sagemaker_chat: UNREACHABLE.aws,
  vertex_ai: UNREACHABLE.vertex,
  vertex_ai_beta: UNREACHABLE.vertex,
  cloudflare: UNREACHABLE.cloudflare,
};

/** Where LiteLLM looks for a key that the configuration does not name, if not in PREFIX_API_KEY. */
const KEY_NAMES = {
  text_completion_openai: 'OPENAI_API_KEY',
  'text-completion-openai': 'OPENAI_API_KEY',
  together_ai: 'TOGETHER_API_KEY',
  codestral: 'CODESTRAL_API_KEY',
  veniceai: 'VENICE_AI_API_KEY',
  scaleway: 'SCW_SECRET_KEY',
  cohere_chat: 'COHERE_API_KEY',
  ai21_chat: 'AI21_API_KEY',
  meta_llama: 'LLAMA_API_KEY',
};

/** LiteLLM knows some names without a prefix; all others are OpenAI's. */
function prefixOf(name, provider) {
  if (provider) return { prefix: provider, model: name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name };
  const slash = name.indexOf('/');
  if (slash >= 0) return { prefix: name.slice(0, slash), model: name.slice(slash + 1) };
  const known = /^claude-/.test(name) ? 'anthropic' : /^gemini-/.test(name) ? 'vertex_ai' : /^command-/.test(name) ? 'cohere' : 'openai';
  return { prefix: known, model: name };
}

function atAddress(prefix, model, address) {
  const builtIn = builtInAt(address);
  const speaks = AT_ADDRESS.has(prefix) || BUILT_IN[prefix] === builtIn || BY_NAME[prefix];
  if (builtIn && speaks) return { id: builtIn, model };
  if (AT_ADDRESS.has(prefix) || BY_NAME[prefix]) return { ...customAt(address, CHAT_WIRES), model };
  if (prefix === 'anthropic') return { ...customAt(withVersion(address), MESSAGES_WIRES), model };
  if (prefix === 'ollama' || prefix === 'ollama_chat') return { ...customAt(withVersion(address), CHAT_WIRES), model };
  if (BUILT_IN[prefix]) return refusedAt(BUILT_IN[prefix]);
  return { refused: `the format of ${prefix} is not spoken here` };
}

function find(prefix, model, address) {
  if (prefix === 'azure' || prefix === 'azure_ai') {
    // Under /openai/v1 are OpenAI's models and others in its format, but not Anthropic's.
    return /^claude-/.test(model) ? { refused: UNREACHABLE.azure } : { ...azureAt(address), model };
  }
  if (REFUSED[prefix]) return { refused: REFUSED[prefix] };
  if (address !== undefined) return atAddress(prefix, model, address);
  if (BUILT_IN[prefix]) return { id: BUILT_IN[prefix], model };
  if (BY_NAME[prefix]) return { ...customAt(BY_NAME[prefix], CHAT_WIRES, slug(prefix)), model };
  return {
    refused: AT_ADDRESS.has(prefix) || prefix.startsWith('ollama') ? 'its api_base is missing' : `there is no provider ${prefix} here`,
  };
}

/** `openai/gpt-4o` at an address or at none: `{ id | provider, model, keyName }`, or why not. `isPattern`: all of a provider's. */
export function placeOf(name, address, provider) {
  const { prefix, model } = prefixOf(name, provider);
  const place = find(prefix, model, address);
  const keyName = KEY_NAMES[prefix] ?? `${prefix.toUpperCase().replaceAll('-', '_')}_API_KEY`;
  return { ...place, keyName, isPattern: model.includes('*') };
}
