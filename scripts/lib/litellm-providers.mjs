// Where LiteLLM's provider prefixes lead in this gateway. Addresses and prefixes: litellm/litellm_core_utils/get_llm_provider_logic.py
// and litellm/llms/openai_like/providers.json in BerriAI/litellm.

const CHAT = ['openai-chat', 'openai-embeddings', 'openai-completions'];
const MESSAGES = ['anthropic-messages'];

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

/** Addresses that are those of a built-in provider, whatever prefix leads there. */
const BUILT_IN_HOSTS = {
  'api.openai.com': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'google',
  'openrouter.ai': 'openrouter',
  'api.deepseek.com': 'deepseek',
  'api.moonshot.ai': 'moonshot',
  'api.z.ai': 'zhipu',
  'dashscope-intl.aliyuncs.com': 'alibaba',
  'api.minimax.io': 'minimax',
  'api.x.ai': 'xai',
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
  azure_ai: 'it is no address that serves OpenAI’s format under /openai/v1',
  bedrock: 'AWS signs each call',
  bedrock_converse: 'AWS signs each call',
  sagemaker: 'AWS signs each call',
  sagemaker_chat: 'AWS signs each call',
  vertex_ai: 'Vertex AI needs tokens of a service account; use gemini/ with an API key',
  vertex_ai_beta: 'Vertex AI needs tokens of a service account; use gemini/ with an API key',
  cloudflare: 'its address has the account in it: name https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1 in CUSTOM_PROVIDERS',
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

const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

const withVersion = (url) => (/\/v1\/?$/.test(url) ? url : `${url.replace(/\/+$/, '')}/v1`);

function isUsable(address) {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

function custom(address, wires, name) {
  if (!isUsable(address)) return { refused: `${address} is no https address (plain http is for this machine alone)` };
  const { host, pathname } = new URL(address);
  const path = slug(pathname.replace(/\/v1\/?$/, ''));
  const id = `custom-${name ?? [slug(host), path].filter(Boolean).join('-')}`;
  return { provider: { id, baseUrl: address.replace(/\/+$/, ''), wires } };
}

/**
 * Azure serves OpenAI's format, with its key as bearer and its deployment as model, under `/openai/v1`:
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
function azure(address) {
  if (!URL.canParse(address ?? '')) return { refused: 'its api_base is missing' };
  const { hostname, origin } = new URL(address);
  const resource = /^([\w-]+)\.(openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)$/.exec(hostname);
  if (!resource) return { refused: REFUSED.azure_ai };
  return custom(`${origin}/openai/v1`, CHAT, `azure-${slug(resource[1])}`);
}

/** LiteLLM knows some names without a prefix; all others are OpenAI's. */
function prefixOf(name, provider) {
  if (provider) return { prefix: provider, model: name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name };
  const slash = name.indexOf('/');
  if (slash >= 0) return { prefix: name.slice(0, slash), model: name.slice(slash + 1) };
  const known = /^claude-/.test(name) ? 'anthropic' : /^gemini-/.test(name) ? 'vertex_ai' : /^command-/.test(name) ? 'cohere' : 'openai';
  return { prefix: known, model: name };
}

function atAddress(prefix, model, address) {
  const builtIn = URL.canParse(address) ? BUILT_IN_HOSTS[new URL(address).hostname] : undefined;
  const speaks = AT_ADDRESS.has(prefix) || BUILT_IN[prefix] === builtIn || BY_NAME[prefix];
  if (builtIn && speaks) return { id: builtIn, model };
  if (AT_ADDRESS.has(prefix) || BY_NAME[prefix]) return { ...custom(address, CHAT), model };
  if (prefix === 'anthropic') return { ...custom(withVersion(address), MESSAGES), model };
  if (prefix === 'ollama' || prefix === 'ollama_chat') return { ...custom(withVersion(address), CHAT), model };
  if (BUILT_IN[prefix])
    return { refused: `set ${BUILT_IN[prefix].toUpperCase()}_BASE_URL to its address, if you want it for all its models` };
  return { refused: `the format of ${prefix} is not spoken here` };
}

function find(prefix, model, address) {
  if (prefix === 'azure' || prefix === 'azure_ai') {
    // Under /openai/v1 are OpenAI's models and others in its format, but not Anthropic's.
    return /^claude-/.test(model) ? { refused: REFUSED.azure_ai } : { ...azure(address), model };
  }
  if (REFUSED[prefix]) return { refused: REFUSED[prefix] };
  if (address !== undefined) return atAddress(prefix, model, address);
  if (BUILT_IN[prefix]) return { id: BUILT_IN[prefix], model };
  if (BY_NAME[prefix]) return { ...custom(BY_NAME[prefix], CHAT, slug(prefix)), model };
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
