// Where LiteLLM's provider prefixes lead in this gateway.

const CHAT = ['openai-chat', 'openai-embeddings', 'openai-completions'];

/** Prefixes of providers that are built in. */
const BUILT_IN = {
  openai: 'openai',
  text_completion_openai: 'openai',
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
  together_ai: 'https://api.together.xyz/v1',
  fireworks_ai: 'https://api.fireworks.ai/inference/v1',
  cerebras: 'https://api.cerebras.ai/v1',
  deepinfra: 'https://api.deepinfra.com/v1/openai',
  nvidia_nim: 'https://integrate.api.nvidia.com/v1',
  perplexity: 'https://api.perplexity.ai',
};

/** Prefixes that mean OpenAI's format at an address of the operator's. */
const AT_ADDRESS = new Set([
  'openai',
  'hosted_vllm',
  'openai_like',
  'custom_openai',
  'litellm_proxy',
  'lm_studio',
  'llamafile',
  'infinity',
]);

const REFUSED = {
  azure: 'Azure signs and addresses calls in a way of its own',
  azure_ai: 'Azure signs and addresses calls in a way of its own',
  bedrock: 'AWS signs each call',
  sagemaker: 'AWS signs each call',
  vertex_ai: 'Vertex AI needs tokens of a service account; use gemini/ with an API key',
  vertex_ai_beta: 'Vertex AI needs tokens of a service account; use gemini/ with an API key',
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

/** `openai/gpt-4o` at an address or at none: `{ id | provider, model }`, or why not. */
export function placeOf(name, address) {
  const slash = name.indexOf('/');
  const prefix = slash < 0 ? 'openai' : name.slice(0, slash);
  const model = slash < 0 ? name : name.slice(slash + 1);
  if (model.includes('*')) return { refused: 'a pattern: name each model' };
  if (REFUSED[prefix]) return { refused: REFUSED[prefix] };
  if (address === undefined) {
    if (BUILT_IN[prefix]) return { id: BUILT_IN[prefix], model };
    if (BY_NAME[prefix]) return { ...custom(BY_NAME[prefix], CHAT, slug(prefix)), model };
    return { refused: `there is no provider ${prefix} here` };
  }
  if (AT_ADDRESS.has(prefix)) return { ...custom(address, CHAT), model };
  if (prefix === 'anthropic') return { ...custom(withVersion(address), ['anthropic-messages']), model };
  if (prefix === 'ollama' || prefix === 'ollama_chat') return { ...custom(withVersion(address), CHAT), model };
  if (BUILT_IN[prefix])
    return { refused: `set ${BUILT_IN[prefix].toUpperCase()}_BASE_URL to its address, if you want it for all its models` };
  return { refused: `the format of ${prefix} is not spoken here` };
}
