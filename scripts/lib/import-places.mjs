// Where an address leads in this gateway: to a provider that is built in, or to one for CUSTOM_PROVIDERS. Pure.

export const MESSAGES = 'anthropic-messages';
/** What an endpoint in OpenAI's format is taken to serve, and one in Anthropic's. */
export const CHAT_WIRES = ['openai-chat', 'openai-embeddings', 'openai-completions'];
export const MESSAGES_WIRES = [MESSAGES];

/** The paths are those under which a provider's endpoint in its usual format is written down. */
const BUILT_IN = {
  'api.openai.com': ['openai', /^(\/v1)?$/],
  'api.anthropic.com': ['anthropic', /^(\/v1)?$/],
  'generativelanguage.googleapis.com': ['google', /^(\/v1beta(\/openai)?)?$/],
  'openrouter.ai': ['openrouter', /^\/api(\/v1)?$/],
  'api.deepseek.com': ['deepseek', /^(\/v1)?$/],
  'api.moonshot.ai': ['moonshot', /^(\/v1)?$/],
  'api.z.ai': ['zhipu', /^(\/api\/paas\/v4)?$/],
  'dashscope-intl.aliyuncs.com': ['alibaba', /^(\/compatible-mode\/v1)?$/],
  'api.minimax.io': ['minimax', /^(\/v1)?$/],
  'api.x.ai': ['xai', /^(\/v1)?$/],
};

/** Why some vendors cannot be reached with an address and a key. */
export const UNREACHABLE = {
  aws: 'AWS signs each call',
  vertex: 'Vertex AI needs tokens of a service account; Google’s own API takes a key',
  cloudflare: 'its address has the account in it: name https://api.cloudflare.com/client/v4/accounts/ACCOUNT/ai/v1 in CUSTOM_PROVIDERS',
  azure: 'it is no address that serves OpenAI’s format under /openai/v1',
};

/** A built-in provider at another address is so for all of its models. */
export const refusedAt = (builtInId) => ({
  refused: `set ${builtInId.toUpperCase()}_BASE_URL to its address, if you want it for all its models`,
});

export const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

export const withoutSlash = (url) => url.replace(/\/+$/, '');
export const withVersion = (url) => (/\/v1\/?$/.test(url) ? url : `${withoutSlash(url)}/v1`);

/** The id of the built-in provider whose address it is. */
export function builtInAt(address) {
  if (!URL.canParse(address)) return undefined;
  const { hostname, pathname } = new URL(address);
  const [id, paths] = BUILT_IN[hostname] ?? [];
  return paths?.test(withoutSlash(pathname)) ? id : undefined;
}

/** The formats in which a built-in provider serves language models, as far as importers tell them apart. */
export function wiresOf(builtInId) {
  if (builtInId === 'anthropic') return MESSAGES_WIRES;
  return builtInId === 'openrouter' ? [...CHAT_WIRES, MESSAGES] : CHAT_WIRES;
}

function isUsable(address) {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

export function customAt(address, wires, name) {
  if (!isUsable(address)) return { refused: `${address} is no https address (plain http is for this machine alone)` };
  const { host, pathname } = new URL(address);
  const path = slug(pathname.replace(/\/v1\/?$/, ''));
  const id = `custom-${name ?? [slug(host), path].filter(Boolean).join('-')}`;
  return { provider: { id, baseUrl: withoutSlash(address), wires } };
}

/** An address in one of the two formats, built in or not: `{ id | provider }`, or why not. */
export function placeAt(address, wires, name) {
  const id = builtInAt(address);
  return id && wiresOf(id).includes(wires[0]) ? { id } : customAt(address, wires, name);
}

/**
 * Azure serves OpenAI's format, with its key as bearer and its deployment as model, under `/openai/v1`:
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle
 */
export function azureAt(address) {
  if (!URL.canParse(address ?? '')) return { refused: 'its address is missing' };
  const { hostname, origin } = new URL(address);
  const resource = /^([\w-]+)\.(openai\.azure\.com|services\.ai\.azure\.com|cognitiveservices\.azure\.com)$/.exec(hostname);
  if (!resource) return { refused: UNREACHABLE.azure };
  return customAt(`${origin}/openai/v1`, CHAT_WIRES, `azure-${slug(resource[1])}`);
}
