// Where the channels of new-api lead in this gateway. Numbers and addresses: constant/channel.go in QuantumNous/new-api;
// what follows an address: GetRequestURL of the adaptors in relay/channel.
import { azureAt, CHAT_WIRES, customAt, MESSAGES_WIRES, placeAt, refusedAt, UNREACHABLE, withoutSlash } from './import-places.mjs';

/** OpenAI's format: the address without a `base_url`, and the path that new-api puts behind either. */
const CHAT_TYPES = {
  1: ['https://api.openai.com', '/v1'],
  4: ['http://localhost:11434', '/v1'],
  5: ['https://api.openai-sb.com', '/v1'],
  6: ['https://api.openaimax.com', '/v1'],
  7: ['https://api.ohmygpt.com', '/v1'],
  9: ['https://api.caipacity.com', '/v1'],
  10: ['https://api.aiproxy.io', '/v1'],
  12: ['https://api.api2gpt.com', '/v1'],
  13: ['https://api.aigc2d.com', '/v1'],
  17: ['https://dashscope.aliyuncs.com', '/compatible-mode/v1'],
  19: ['https://api.360.cn', '/v1'],
  20: ['https://openrouter.ai/api', '/v1'],
  22: ['https://fastgpt.run/api/openapi', '/v1'],
  25: ['https://api.moonshot.cn', '/v1'],
  26: ['https://open.bigmodel.cn', '/api/paas/v4'],
  27: ['https://api.perplexity.ai', ''],
  31: ['https://api.lingyiwanwu.com', '/v1'],
  // Cohere's own format is another; this is its address for OpenAI's: https://docs.cohere.com/docs/compatibility-api
  34: ['https://api.cohere.ai', '/compatibility/v1'],
  // new-api's default, api.minimax.chat, is asked in MiniMax's own format; this is the address for OpenAI's in China.
  35: ['https://api.minimaxi.com', '/v1'],
  38: ['https://api.jina.ai', '/v1'],
  40: ['https://api.siliconflow.cn', '/v1'],
  42: ['https://api.mistral.ai', '/v1'],
  43: ['https://api.deepseek.com', '/v1'],
  45: ['https://ark.cn-beijing.volces.com', '/api/v3'],
  46: ['https://qianfan.baidubce.com', '/v2'],
  47: [undefined, '/v1'],
  48: ['https://api.x.ai', '/v1'],
  53: ['https://llm.submodel.ai', '/v1'],
};

/** Names that stand in `base_url` for subscriptions with addresses of their own. */
const PLANS = {
  'glm-coding-plan': 'https://open.bigmodel.cn/api/coding/paas/v4',
  'glm-coding-plan-international': 'https://api.z.ai/api/coding/paas/v4',
  'kimi-coding-plan': 'https://api.kimi.com/coding/v1',
  'doubao-coding-plan': 'https://ark.cn-beijing.volces.com/api/coding/v3',
};

const OWN_FORMAT = 'it speaks a format of its own, which is not spoken here';
const MEDIA = 'it makes pictures, films or music: docs/providers.md has how to describe such a provider';
const REFUSED = {
  2: MEDIA,
  15: `${OWN_FORMAT}; Baidu V2 is another type`,
  16: `${OWN_FORMAT}; Zhipu V4 is another type`,
  33: UNREACHABLE.aws,
  36: MEDIA,
  39: UNREACHABLE.cloudflare,
  41: UNREACHABLE.vertex,
  50: MEDIA,
  51: MEDIA,
  52: MEDIA,
  54: MEDIA,
  55: MEDIA,
  56: MEDIA,
  57: 'it is signed in to with an account of ChatGPT, not with a key',
  ...Object.fromEntries([11, 18, 21, 23, 37, 44, 49].map((type) => [type, OWN_FORMAT])),
};

/** new-api took the dots out of deployments' names for channels of before this time. */
const DOTS_SINCE_S = Date.UTC(2025, 4, 10) / 1000;

/** The whole address of each call stands in `base_url`. */
function wholeAddress(address) {
  if (address.includes('{model}') || !address.endsWith('/chat/completions'))
    return { refused: 'its address is not one that ends in /chat/completions' };
  return placeAt(address.slice(0, -'/chat/completions'.length), CHAT_WIRES);
}

function gemini(address) {
  const place = placeAt(`${address || 'https://generativelanguage.googleapis.com'}/v1beta`, CHAT_WIRES);
  return place.id === 'google' ? place : refusedAt('google');
}

/** `{ id | provider }` of a channel, or why not. `rename`: what its models are called there. */
export function placeOfChannel({ type, base_url, created_time }) {
  const address = withoutSlash(String(base_url ?? '').trim());
  if (REFUSED[type]) return { refused: REFUSED[type] };
  if (type === 3) {
    const isOld = Number(created_time) > 0 && Number(created_time) < DOTS_SINCE_S;
    return { ...azureAt(address), rename: (model) => (isOld ? model.replaceAll('.', '') : model) };
  }
  if (type === 8) return wholeAddress(address);
  if (type === 14) return placeAt(`${address || 'https://api.anthropic.com'}/v1`, MESSAGES_WIRES);
  if (type === 24) return gemini(address);
  const [usual, path] = CHAT_TYPES[type] ?? [];
  if (path === undefined) return { refused: `there is no type ${type} here` };
  if (PLANS[address]) return customAt(PLANS[address], CHAT_WIRES, address);
  if (address === '' && usual === undefined) return { refused: 'its base_url is missing' };
  return placeAt(`${address || usual}${path}`, CHAT_WIRES);
}
