// Where the providers of Portkey lead in this gateway. Names: src/globals.ts in Portkey-AI/gateway; addresses and what
// follows them: getBaseURL and getEndpoint in src/providers/*/api.ts.
import { azureAt, CHAT_WIRES, customAt, MESSAGES_WIRES, placeAt, refusedAt, UNREACHABLE, withoutSlash } from './import-places.mjs';

/** OpenAI's format: the address without a `custom_host`, and the path that Portkey puts behind either. */
const CHAT = {
  openai: ['https://api.openai.com/v1'],
  openrouter: ['https://openrouter.ai/api', '/v1'],
  deepseek: ['https://api.deepseek.com', '/v1'],
  moonshot: ['https://api.moonshot.cn', '/v1'],
  zhipu: ['https://open.bigmodel.cn/api/paas/v4'],
  'z-ai': ['https://api.z.ai/api/paas/v4'],
  dashscope: ['https://dashscope-intl.aliyuncs.com/compatible-mode/v1'],
  'x-ai': ['https://api.x.ai/v1'],
  groq: ['https://api.groq.com/openai/v1'],
  'mistral-ai': ['https://api.mistral.ai/v1'],
  'together-ai': ['https://api.together.xyz', '/v1'],
  'fireworks-ai': ['https://api.fireworks.ai/inference/v1'],
  cerebras: ['https://api.cerebras.ai/v1'],
  deepinfra: ['https://api.deepinfra.com/v1/openai'],
  'perplexity-ai': ['https://api.perplexity.ai'],
  sambanova: ['https://api.sambanova.ai', '/v1'],
  siliconflow: ['https://api.siliconflow.cn/v1'],
  nebius: ['https://api.studio.nebius.ai/v1'],
  'novita-ai': ['https://api.novita.ai/v3/openai', '/v1'],
  hyperbolic: ['https://api.hyperbolic.xyz', '/v1'],
  lambda: ['https://api.lambdalabs.com/v1'],
  lepton: ['https://api.lepton.ai', '/api/v1'],
  lingyi: ['https://api.lingyiwanwu.com', '/v1'],
  upstage: ['https://api.upstage.ai/v1/solar'],
  github: ['https://models.inference.ai.azure.com'],
  'inference-net': ['https://api.inference.net/v1'],
  'kluster-ai': ['https://api.kluster.ai/v1'],
  'featherless-ai': ['https://api.featherless.ai/v1'],
  nscale: ['https://inference.api.nscale.com/v1'],
  ovhcloud: ['https://oai.endpoints.kepler.ai.cloud.ovh.net/v1'],
  iointelligence: ['https://api.intelligence.io.solutions/api/v1'],
  cometapi: ['https://api.cometapi.com/v1'],
  '302ai': ['https://api.302.ai', '/v1'],
  anyscale: ['https://api.endpoints.anyscale.com/v1'],
  ollama: [undefined, '/v1'],
};

// Cohere's own format is another; this is its address for OpenAI's: https://docs.cohere.com/docs/compatibility-api
const COHERE = 'https://api.cohere.ai/compatibility/v1';

const MEDIA = 'it makes pictures, films or 3D: docs/providers.md has how to describe such a provider';
const REFUSED = {
  bedrock: UNREACHABLE.aws,
  sagemaker: UNREACHABLE.aws,
  'vertex-ai': UNREACHABLE.vertex,
  'workers-ai': UNREACHABLE.cloudflare,
  ...Object.fromEntries(['stability-ai', 'segmind', 'recraft-ai', 'replicate', 'meshy', 'tripo3d'].map((name) => [name, MEDIA])),
};

const OTHERS = ['anthropic', 'google', 'cohere', 'azure-openai', 'azure-ai'];
const LONGEST_FIRST = [...Object.keys(CHAT), ...Object.keys(REFUSED), ...OTHERS].sort((a, b) => b.length - a.length);

/** The vendor that a slug such as `openai-prod` names, as Portkey makes slugs unless told otherwise. */
export const vendorIn = (slug) => LONGEST_FIRST.find((vendor) => slug === vendor || slug.startsWith(`${vendor}-`));

function chat(vendor, host) {
  const [usual, path = ''] = CHAT[vendor];
  if (host === undefined && usual === undefined) return { refused: 'its custom_host is missing' };
  const address = `${withoutSlash(host ?? usual)}${path}`;
  return placeAt(address, CHAT_WIRES, host === undefined ? vendor : undefined);
}

/** `{ id | provider }`, or why not. `target` has Portkey's fields in snake case. */
export function placeOfTarget(vendor, { custom_host: host, resource_name: resource, azure_foundry_url: foundry }) {
  if (REFUSED[vendor]) return { refused: REFUSED[vendor] };
  if (CHAT[vendor]) return chat(vendor, host);
  if (vendor === 'anthropic') return placeAt(host ?? 'https://api.anthropic.com/v1', MESSAGES_WIRES);
  if (vendor === 'cohere') return customAt(host ?? COHERE, CHAT_WIRES, host ? undefined : vendor);
  if (vendor === 'azure-openai') return azureAt(host ?? (resource && `https://${resource}.openai.azure.com`));
  if (vendor === 'azure-ai') return azureAt(host ?? foundry);
  if (vendor === 'google') return host ? refusedAt(vendor) : { id: vendor };
  return { refused: `there is no provider ${vendor} here` };
}
