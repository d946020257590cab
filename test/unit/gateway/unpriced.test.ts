// What the provider bills but nobody could be charged for is refused by name, on every way in.
import { describe, expect, it } from 'vitest';
import type { Result } from '../../../src/core/errors';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { geminiNative, geminiUnified } from '../../../src/dialects/gemini/dialect';
import { geminiEmbeddings } from '../../../src/dialects/gemini-embeddings/dialect';
import { nativeChat } from '../../../src/dialects/native-chat/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiCompletions } from '../../../src/dialects/openai-completions/dialect';
import { openaiEmbeddings } from '../../../src/dialects/openai-embeddings/dialect';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Dialect } from '../../../src/dialects/types';
import { type Plan, planCall, upstreamRequest } from '../../../src/gateway/plan';
import { withoutUnpriced } from '../../../src/gateway/unpriced';
import { openrouter } from '../../../src/providers/openrouter/spec';
import { buildRegistry } from '../../../src/providers/registry';

const KEYS = Object.fromEntries(
  ['OPENAI', 'OPENROUTER', 'ANTHROPIC', 'GOOGLE', 'XAI', 'ALIBABA', 'ZHIPU', 'MOONSHOT', 'MINIMAX'].map((name) => [
    `${name}_API_KEY`,
    `key-of-${name.toLowerCase()}`,
  ]),
);
const registry = buildRegistry(KEYS);
const onlyOpenrouter = buildRegistry({ OPENROUTER_API_KEY: 'key-of-openrouter' });
const messages = [{ role: 'user', content: 'Hi' }];
const content = { parts: [{ text: 'Hi' }] };
const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];

/** Every way in, with a body that OpenRouter can serve. */
const WAYS: Record<string, [dialect: Dialect, body: Record<string, unknown>, path?: string]> = {
  chat: [openaiChat, { model: 'deepseek-v3.2', messages }],
  'chat with the input of Responses': [openaiChat, { model: 'deepseek-v3.2', input: 'Hi' }],
  'native chat': [nativeChat, { messages }],
  completions: [openaiCompletions, { model: 'deepseek-v3.2', prompt: 'Hi' }],
  responses: [openaiResponses, { model: 'gpt-5.4', input: 'Hi' }],
  messages: [anthropicMessages, { model: 'claude-haiku-4-5', max_tokens: 5, messages }],
  embeddings: [openaiEmbeddings, { model: 'text-embedding-3-small', input: 'Hi' }],
  'gemini embeddings': [geminiEmbeddings, { content }, '/v1beta/models/gemini-embedding-001:embedContent'],
  'gemini, unified': [geminiUnified, { model: 'gemini-2.5-flash', contents }],
  'gemini, native': [geminiNative, { contents }, '/v1beta/models/gemini-2.5-flash:generateContent'],
};

function plan([dialect, body, path = '/v1/x']: (typeof WAYS)[string], more: Record<string, unknown>, models = registry): Result<Plan> {
  const parsed = dialect.parse({ body: JSON.stringify({ ...body, ...more }), url: path, headers: new Headers() });
  return parsed.ok ? planCall(models, dialect, parsed.value, false) : parsed;
}

it('who names fallbacks is told where other models go', () => {
  const planned = plan(WAYS.chat!, { fallbacks: ['gpt-5.4'] }, onlyOpenrouter);
  expect(planned).toMatchObject({
    ok: false,
    error: { message: expect.stringMatching(/name the models to ask in turn in `models`/) as string },
  });
});

describe.each(Object.entries(WAYS))('over %s', (name, way) => {
  // Such an input is converted, so fields that chat does not have are dropped.
  const isConverted = name === 'chat with the input of Responses';

  it.each([
    ['models', ['openai/gpt-5.4-pro']],
    ['fallbacks', [{ model: 'anthropic/claude-opus-4.6' }]],
    ['Models', ['openai/gpt-5.4-pro']],
    ['preset', 'dear'],
    ['plugins', [{ id: 'web', max_results: 100 }]],
    ['provider', { order: ['dear'] }],
  ])('what would route the call elsewhere never reaches OpenRouter: %s', (field, value) => {
    const planned = plan(way, { [field]: value }, onlyOpenrouter);
    // Where the format has fallback models, the gateway asks them itself, at their own prices.
    const isOurs = field === 'models' && /chat|responses|messages/.test(name);
    const refusal = isOurs ? { kind: 'wrong_endpoint', param: 'model' } : { kind: 'invalid_request', param: field };
    if (!planned.ok) return expect(planned.error).toMatchObject(refusal);
    expect(isConverted || isOurs).toBe(true);
    for (const target of planned.value.targets)
      expect(upstreamRequest(target, 'k', { stream: false, moved: false, storedId: undefined }).body).not.toContain(`"${field}"`);
  });

  it('what is empty, or idle by itself, is left out on its way there', () => {
    const planned = plan(way, { models: [], plugins: null, provider: {}, route: 'fallback', transforms: [] }, onlyOpenrouter);
    expect(planned).toMatchObject({ ok: true });
    const [target] = planned.ok ? planned.value.targets : [];
    const { body } = upstreamRequest(target!, 'k', { stream: false, moved: false, storedId: undefined });
    for (const field of ['models', 'plugins', 'provider', 'route']) expect(body).not.toContain(`"${field}"`);
  });

  it.each([
    ['service_tier', 'priority'],
    ['service_tier', 'fast'],
    ['serviceTier', 'PRIORITY'],
    ['speed', 'fast'],
    ['inference_geo', 'us'],
    ['web_search_options', {}],
    ['Speed', 'fast'],
  ])('what multiplies the price is refused by its name: %s, %j', (field, value) => {
    expect(plan(way, { [field]: value })).toMatchObject({ ok: false, error: { kind: 'invalid_request', param: field } });
  });

  it.each([
    ['service_tier', 'auto'],
    ['service_tier', 'default'],
    ['service_tier', 'flex'],
    ['service_tier', 'standard_only'],
    ['service_tier', null],
    ['serviceTier', 'standard'],
    ['speed', 'standard'],
    ['inference_geo', 'global'],
  ])('what costs no more passes: %s, %j', (field, value) => {
    expect(plan(way, { [field]: value })).toMatchObject({ ok: true });
  });

  it('no suffix of a model reaches OpenRouter', () => {
    const model = String(way[1].model ?? 'gemini-2.5-flash');
    const path = (way[2] ?? '/v1/x').replace(model, `${model}:online`);
    const planned = plan([way[0], { ...way[1], model: `${model}:online` }, path], {}, onlyOpenrouter);
    for (const { model: sent } of planned.ok ? planned.value.targets : []) expect(sent).not.toContain(':');
  });
});

describe('a tool that a provider runs at a price of its own', () => {
  it.each([
    ['glm-5', [{ type: 'web_search', web_search: { enable: true } }], 'tools[0]'],
    ['kimi-k2.5', [{ type: 'builtin_function', function: { name: '$web_search' } }], 'tools[0]'],
    ['deepseek-v3.2', [{ type: 'function', function: { name: 'f' } }, { type: 'openrouter:web_search' }], 'tools[1]'],
  ])('is refused where it has none here: %s', (model, tools, param) => {
    expect(plan(WAYS.chat!, { model, tools })).toMatchObject({ ok: false, error: { kind: 'invalid_request', param } });
  });

  it('is refused where it asks a model of its own, or a larger machine', () => {
    const advisor = { tools: [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-4-6' }] };
    expect(plan(WAYS.messages!, advisor)).toMatchObject({ ok: false, error: { param: 'tools[0].type' } });
    const drawn = { tools: [{ type: 'image_generation', output_format: 'svg', svg: { model: 'gpt-5.5-pro' } }] };
    expect(plan(WAYS.responses!, drawn)).toMatchObject({ ok: false, error: { param: 'tools[0].output_format' } });
    const inside = {
      input: [
        { role: 'user', content: 'Hi' },
        { type: 'additional_tools', tools: drawn.tools },
      ],
    };
    expect(plan(WAYS.responses!, inside)).toMatchObject({ ok: false, error: { param: 'input[1].tools[0].output_format' } });
    const code = { tools: [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '64g' } }] };
    expect(plan(WAYS.responses!, code)).toMatchObject({ ok: false, error: { param: 'tools[0].container.memory_limit' } });
  });

  it.each([
    [
      'Codex',
      WAYS.responses!,
      [{ type: 'web_search', external_web_access: false }, { type: 'tool_search' }, { type: 'custom', name: 'run' }],
    ],
    ['Claude Code', WAYS.messages!, [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }]],
    ['Gemini CLI', WAYS['gemini, native']!, [{ googleSearch: {} }]],
  ])('passes as real clients send it: %s', (_, way, tools) => {
    expect(plan(way, { tools })).toMatchObject({ ok: true });
  });
});

describe('another model that Anthropic itself would ask', () => {
  const sentWith = (fallbacks: unknown, model = 'claude-haiku-4-5') => {
    const planned = plan(WAYS.messages!, { model, fallbacks });
    return planned.ok
      ? planned.value.targets.map((target) => upstreamRequest(target, 'k', { stream: false, moved: false, storedId: undefined }).body)
      : planned.error;
  };

  it.each(['claude-haiku-4-5', 'claude-opus-9'])('is refused, since its price is another: %s', (model) => {
    expect(sentWith([{ model: 'claude-opus-4-6', speed: 'fast' }], model)).toMatchObject({ kind: 'invalid_request', param: 'fallbacks' });
  });

  it.each(['default', null, []])('is left out where the choice is not the client’s: %j', (fallbacks) => {
    const sent = sentWith(fallbacks);
    expect(sent).not.toHaveLength(0);
    expect(sent).toEqual(sentWith(undefined));
  });
});

it('a search that is turned off is no search', () => {
  expect(plan(WAYS.chat!, { model: 'qwen3-max', enable_search: false }).ok).toBe(true);
  expect(plan(WAYS.chat!, { model: 'qwen3-max', enable_search: true })).toMatchObject({ ok: false, error: { param: 'enable_search' } });
});

it('a body without any of it keeps its bytes', () => {
  const body = ' { "model" : "x", "x":{"models":1} } ';
  expect(withoutUnpriced(body, openrouter)).toBe(body);
  expect(withoutUnpriced('{"model":"x","rout\\u0065":"fallback"}', openrouter)).toBe('{"model":"x"}');
});
