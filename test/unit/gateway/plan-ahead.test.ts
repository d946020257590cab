// A call that is planned by its abridged body is the call that the whole body makes.
import { describe, expect, it } from 'vitest';
import { abridge } from '../../../src/core/abridged';
import type { ApiKey } from '../../../src/core/api-key';
import { internalError } from '../../../src/core/errors';
import { labelsOf } from '../../../src/core/labels';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { geminiNative } from '../../../src/dialects/gemini/dialect';
import { geminiEmbeddings } from '../../../src/dialects/gemini-embeddings/dialect';
import { nativeChat } from '../../../src/dialects/native-chat/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiCompletions } from '../../../src/dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../../../src/dialects/openai-embeddings/dialect';
import { newConversationId } from '../../../src/dialects/openai-responses/conversation';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Call, Dialect } from '../../../src/dialects/types';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { type Plan, planCall, upstreamRequest } from '../../../src/gateway/plan';
import { canPlanAhead, planAhead } from '../../../src/gateway/plan-ahead';
import { pooled } from '../core/pooled';
import { Random } from '../core/random';
import { registryOf } from './support';

const registry = registryOf({
  ...{
    OPENAI_API_KEY: 'k',
    OPENROUTER_API_KEY: 'k',
    ANTHROPIC_API_KEY: 'k',
    GOOGLE_API_KEY: 'k',
    DEEPSEEK_API_KEY: 'k',
    MOONSHOT_API_KEY: 'k',
  },
});
const deps = { registry, settings: { LOCAL: '' } } as unknown as GatewayDeps;

const PROSE = 'All work and no play makes a “dull” gateway,\nwhich says \\"no\\" to 你好. ';
const LONG =
  'Once upon a time there was a "gateway", which never failed, and whoever asked it was answered at once.\n'.repeat(600) + PROSE.repeat(40);
const BASE64 = btoa(LONG.replace(/[^ -~]/g, '')).repeat(3);
const GOOGLES = 'https://gateway.test/v1beta/models/';

interface Case {
  dialect: Dialect;
  body: Record<string, unknown>;
  url?: string;
  headers?: Record<string, string>;
}

const URL_OF_NONE = 'https://gateway.test/v1/x';

const asked = ({ dialect, body, url = URL_OF_NONE, headers = {} }: Case) => {
  const text = JSON.stringify(body);
  const bytes = pooled(text)!;
  return { text, incoming: { dialect, body: abridge(bytes.bytes)!, bytes, isAbridged: true, url, headers: new Headers(headers) } };
};

const figures = ({ estimatedInputTokens, worstInputTokens, ...call }: Call) => ({
  ...{ estimatedInputTokens, worstInputTokens, model: call.model, stream: call.stream, choices: call.choices },
  ...{ maxOutputTokens: call.maxOutputTokens, cacheWrites: call.cacheWrites, thoughtsOff: call.thoughtsOff, statedWork: call.statedWork },
});
const without = ({ targets, ...plan }: Plan) => ({
  ...plan,
  targets: targets.map(({ provider, model, wire }) => [provider.spec.id, model, wire.id]),
});

/** What a client is told in a stream for which nobody answers, whatever the second. */
const shownBy = (call: Call) =>
  call
    .openStream('req_0123456789abc-0-4cbv-7')
    .fail(internalError().error)
    .replace(/"created_at":\d+/, '');

const turns = [
  { role: 'system', content: LONG },
  { role: 'user', content: [{ type: 'text', text: LONG }] },
];
const vision = [
  {
    role: 'user',
    content: [
      { type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}` } },
      { type: 'text', text: 'Hi' },
    ],
  },
];
const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: BASE64 } };
/** What newer models are told on the way, and an older one beforehand. */
const toldLater = [
  { role: 'system', content: [{ type: 'text', text: LONG }] },
  { role: 'user', content: 'Hi' },
  { role: 'system', content: LONG, output_config: { effort: 'high' } },
  { role: 'assistant', content: [{ type: 'thinking', thinking: LONG, signature: BASE64 }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: LONG, newer: LONG }] },
];
const call = { id: 'call_1', type: 'function', function: { name: 'write', arguments: JSON.stringify({ path: 'a.txt', text: LONG }) } };

const TEXTS = [
  ...['', 'é', '"call_1', `{"a":"`, 'https://x.test/', 'data:image/png;base64,', `${'word,'.repeat(20)}`].map((start) => start + LONG),
  ...[' '.repeat(3_000), JSON.stringify({ text: LONG }), BASE64, `${LONG}"1h"`, `é${'x'.repeat(200)}`],
];
/** Fields that tell what something is. */
const TELLING = new Set(['role', 'type', 'model', 'models', 'media_type', 'mimeType', 'ttl', 'effort', 'tool_use_id', 'name']);

/** The body with some of its texts long, or other ones. */
function lengthened(value: unknown, random: Random, name = ''): unknown {
  if (typeof value === 'string') return TELLING.has(name) || random.next() < 0.3 ? value : random.pick(TEXTS).slice(0, 5_000);
  if (Array.isArray(value)) return value.map((each) => lengthened(each, random, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, lengthened(each, random, key)]));
}

/** As clients write it. */
const written = (body: unknown, random: Random): string =>
  random.pick([(text: string) => text, (text: string) => text.replaceAll('/', '\\/')])(JSON.stringify(body, null, random.below(2)));

const CASES: Record<string, Case> = {
  'a chat': { dialect: openaiChat, body: { model: 'gpt-5.4', messages: turns, max_tokens: 50 } },
  'a streamed chat': { dialect: openaiChat, body: { model: 'gpt-5.4', messages: turns, stream: true, stream_options: { x: 1 } } },
  'a chat with a picture': { dialect: openaiChat, body: { model: 'gpt-5.4', messages: vision, user: 'somebody' } },
  'a chat with a film whose kind is not known': {
    dialect: openaiChat,
    body: { model: 'gpt-5.4', messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: `data:;base64,${BASE64}` } }] }] },
  },
  'a chat with a call of long arguments': {
    dialect: openaiChat,
    body: {
      model: 'deepseek-v3.2',
      messages: [...turns, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: LONG }],
    },
  },
  'a chat for several models': {
    dialect: openaiChat,
    body: { model: 'gpt-5.4', models: ['gpt-5.5', 'kimi-k2.5'], messages: turns },
  },
  'a chat with labels': { dialect: openaiChat, body: { model: 'gpt-5.4', messages: turns, metadata: { tags: 'a,b' } } },
  'a chat with long labels': {
    dialect: openaiChat,
    body: { model: 'gpt-5.4', messages: turns, metadata: { tags: `${'word,'.repeat(195)}${'x'.repeat(60)}, last`, user_id: LONG } },
  },
  Messages: {
    dialect: anthropicMessages,
    body: {
      ...{ model: 'claude-haiku-4-5', max_tokens: 90, stream: true },
      system: [{ type: 'text', text: LONG, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [{ role: 'user', content: [pdf, { type: 'text', text: LONG }] }],
    },
    headers: { 'anthropic-beta': 'files-api-2025-04-14', 'x-tags': 'one,two' },
  },
  'Messages for an older model': {
    dialect: anthropicMessages,
    body: {
      ...{ model: 'claude-opus-5-5', max_tokens: 90, system: LONG, thinking: { type: 'adaptive' }, messages: toldLater },
      tools: [{ name: 'f', description: LONG, defer_loading: true }],
    },
  },
  Responses: { dialect: openaiResponses, body: { model: 'gpt-5.4', instructions: LONG, input: LONG, store: false } },
  'a streamed response that tells its fields back': {
    dialect: openaiResponses,
    body: { model: 'gpt-5.4', instructions: LONG, input: LONG, stream: true, tools: [{ type: 'function', name: 'f', description: LONG }] },
  },
  'Responses with a picture': {
    dialect: openaiResponses,
    body: {
      model: 'gpt-5.4',
      input: [{ role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${BASE64}` }] }],
      stream: true,
    },
  },
  Gemini: {
    dialect: geminiNative,
    url: `${GOOGLES}gemini-2.5-flash:generateContent`,
    body: { contents: [{ role: 'user', parts: [{ text: LONG }, { inlineData: { mimeType: 'audio/mp3', data: BASE64 } }] }], model: 'x' },
  },
  'a Gemini stream with a function of a long name': {
    dialect: geminiNative,
    url: `${GOOGLES}gemini-2.5-flash:streamGenerateContent`,
    body: { contents: [{ parts: [{ text: LONG }] }], tools: [{ functionDeclarations: [{ name: LONG, description: LONG }] }] },
  },
  "Gemini's embeddings": {
    dialect: geminiEmbeddings,
    url: `${GOOGLES}gemini-embedding-001:embedContent`,
    body: { content: { parts: [{ text: LONG }] } },
  },
};

/** Holds a call that is planned ahead against the one that the whole makes; false where it has to be read whole. */
function comparedWithWhole(text: string, { dialect, url = URL_OF_NONE, headers: given = {} }: Case): boolean {
  const bytes = pooled(text)!;
  const body = abridge(bytes.bytes);
  const headers = new Headers(given);
  const ahead = body && planAhead(deps, { dialect, body, bytes, isAbridged: true, url, headers });
  if (!ahead) return false;
  const parsed = dialect.parse({ body: text, url, headers });
  if (!parsed.ok) throw new Error(parsed.error.message);
  const planned = planCall(registry, dialect, parsed.value, false);
  if (!planned.ok) throw new Error(planned.error.message);
  const targets = [...planned.value.targets];
  const how = { stream: parsed.value.stream, moved: false, storedId: undefined };
  expect(figures(ahead.parsed.value)).toEqual(figures(parsed.value));
  expect(ahead.parsed.value.alternatives?.map(figures)).toEqual(parsed.value.alternatives?.map(figures));
  expect(without(ahead.plan)).toEqual(without(planned.value));
  expect(ahead.labels).toEqual(labelsOf(headers, parsed.value.fields));
  if (parsed.value.stream) {
    expect(ahead.parsed.value.shown).toEqual(parsed.value.shown);
    expect(shownBy(ahead.parsed.value)).toBe(shownBy(parsed.value));
  }
  const { body: sent, ...others } = ahead.parked.requestWith('k');
  expect({ ...others, body: new TextDecoder().decode(sent) }).toEqual(upstreamRequest(targets[0]!, 'k', how));
  // Another provider is asked with all of it.
  ahead.parked.takeUp(ahead.plan.targets);
  const again = ahead.plan.targets.map((target) => upstreamRequest(target, 'k', { ...how, moved: true }));
  expect(again).toEqual(targets.map((target) => upstreamRequest(target, 'k', { ...how, moved: true })));
  return true;
}

describe('a call planned by its abridged body', () => {
  it.each(Object.entries(CASES))('is what the whole makes: %s', (_name, each) => {
    expect(comparedWithWhole(JSON.stringify(each.body), each)).toBe(true);
  });

  it('is what the whole makes, whatever is long in it', () => {
    const random = new Random(22);
    let plannedAhead = 0;
    for (const each of Object.values(CASES))
      for (let round = 0; round < 3; round++) if (comparedWithWhole(written(lengthened(each.body, random), random), each)) plannedAhead++;
    expect(plannedAhead).toBeGreaterThan(20);
  });

  const stays: Record<string, Case> = {
    'names an item': {
      dialect: openaiResponses,
      body: {
        model: 'gpt-5.4',
        input: [
          { type: 'item_reference', id: 'msg_0123456789abc-0-4cbv-7-1' },
          { role: 'user', content: LONG },
        ],
      },
    },
    'names a conversation': { dialect: openaiResponses, body: { model: 'gpt-5.4', conversation: newConversationId(), input: LONG } },
    'goes on from an answer': {
      dialect: openaiResponses,
      body: { model: 'gpt-5.4', previous_response_id: 'resp_0123456789abc-0-4cbv-7', input: LONG },
    },
    'is answered in the background': { dialect: openaiResponses, body: { model: 'gpt-5.4', background: true, input: LONG } },
    'has to be translated': { dialect: openaiResponses, body: { model: 'kimi-k2.5', input: LONG } },
    'is in a format of our own': { dialect: nativeChat, body: { model: 'gpt-5.4', messages: turns } },
    'is refused': { dialect: openaiChat, body: { model: 'gpt-5.4', messages: turns, max_tokens: -1 } },
    'is for a model that nobody has': { dialect: openaiChat, body: { model: 'gpt-nobody', messages: turns } },
    'would have JSON written within JSON': {
      dialect: openaiChat,
      body: { model: 'kimi-k2.5', input: [{ type: 'custom_tool_call', call_id: 'c', name: 'patch', input: LONG }] },
    },
  };

  it.each(Object.entries(stays))('is read whole where it %s', (_name, each) => {
    const { text, incoming } = asked(each);
    expect(planAhead(deps, incoming)).toBeUndefined();
    expect(incoming).toMatchObject({ body: text, isAbridged: false });
    expect(planAhead(deps, incoming)).toBeUndefined();
  });

  it('is none where the sandbox answers, nor with several keys or a test key', () => {
    const { text, incoming } = asked(CASES['a chat']!);
    const local = { registry: registryOf(), settings: { LOCAL: '1' } } as unknown as GatewayDeps;
    expect(planAhead(local, incoming)).toBeUndefined();
    expect(incoming.body).toBe(text);
    const [live, test] = (['live', 'test'] as const).map((mode) => ({ mode }) as ApiKey) as [ApiKey, ApiKey];
    expect([[live], [test], [live, live], []].map(canPlanAhead)).toEqual([true, false, false, false]);
  });

  it('of other formats is planned as well', () => {
    for (const [dialect, body] of [
      [openaiCompletions, { model: 'gpt-5.4', prompt: LONG }],
      [openaiEmbeddings, { model: 'text-embedding-3-small', input: [LONG, LONG] }],
    ] as const) {
      const { text, incoming } = asked({ dialect, body });
      const whole = dialect.parse({ body: text, url: incoming.url, headers: incoming.headers });
      const short = dialect.parse(incoming);
      expect([short.ok, whole.ok]).toEqual([true, true]);
      if (short.ok && whole.ok) expect(figures(short.value)).toEqual(figures(whole.value));
    }
  });
});
