import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importPortkey } from '../../scripts/lib/import-portkey.mjs';
import { admin, errorsOf, listed } from './imported.mjs';

const FALLBACK = {
  strategy: { mode: 'fallback', on_status_codes: [429] },
  retry: { attempts: 3 },
  targets: [
    { provider: 'openai', api_key: 'sk-openai', override_params: { model: 'gpt-5.5', temperature: 0 } },
    {
      strategy: { mode: 'loadbalance' },
      targets: [
        { provider: 'groq', virtual_key: 'groq-main', weight: 0.3, override_params: { model: 'gpt-oss-120b' } },
        {
          provider: 'openai',
          custom_host: 'https://llm.example.com/v1',
          api_key: 'sk-own',
          weight: 0.7,
          override_params: { model: 'our/gpt' },
        },
        { provider: 'cerebras', weight: 0, override_params: { model: 'never' } },
      ],
    },
    { provider: 'bedrock', override_params: { model: 'claude' } },
  ],
};

const chainOf = ({ catalogue }, id) =>
  catalogue.models.find((model) => model.id === id)?.chain.map(({ provider, model }) => `${provider} ${model}`);
const left = ({ notCarried }) => notCarried.map(({ where, why }) => `${where}: ${why}`).join('\n');

const when = (query, target) =>
  Object.fromEntries([
    ['query', query],
    ['then', target],
  ]);

describe('a config of Portkey', () => {
  const imported = importPortkey(FALLBACK, listed());

  it('becomes the chain of a model, its targets in order and those that shared the load by weight', () => {
    expect(imported.catalogue.models).toEqual([
      {
        id: 'gpt-5.5',
        chain: [
          { provider: 'openai', model: 'gpt-5.5' },
          { provider: 'custom-llm-example-com', model: 'our/gpt' },
          { provider: 'custom-groq', model: 'gpt-oss-120b' },
        ],
      },
    ]);
  });

  it('brings the keys that it has, and names those that Portkey holds', () => {
    expect(imported.keys).toEqual([
      { name: 'OPENAI_API_KEY', secrets: ['sk-openai'], wanted: [] },
      { name: 'CUSTOM_LLM_EXAMPLE_COM_API_KEY', secrets: ['sk-own'], wanted: [] },
      { name: 'CUSTOM_GROQ_API_KEY', secrets: [], wanted: ['the key that Portkey holds as the virtual key groq-main'] },
    ]);
  });

  it('says what was not carried over, and never a secret', () => {
    for (const part of [
      'loadbalance: the places are asked in order',
      '(bedrock): AWS',
      'retry, of 1 target',
      'override_params.temperature',
    ])
      expect(left(imported)).toContain(part);
    expect(left(imported)).toContain('strategy.on_status_codes, of 1 target');
    expect(left(imported)).not.toContain('sk-');
  });

  it('passes the check of the gateway', () => {
    expect(errorsOf(imported)).toEqual([]);
    expect(errorsOf(importPortkey(FALLBACK, listed(), 'house-model'))).toEqual([]);
  });

  it('gives the model the name that clients ask for, which goes on where a target has none of its own', () => {
    const config = {
      strategy: { mode: 'fallback' },
      targets: [{ provider: 'openai' }, { provider: 'openrouter', override_params: { model: 'a/b' } }],
    };
    expect(chainOf(importPortkey(config, new Map(), 'gpt-5.4'), 'gpt-5.4')).toEqual(['openai gpt-5.4', 'openrouter a/b']);
    expect(chainOf(importPortkey({ name: 'smart', config }), 'smart')).toEqual(['openrouter a/b']);
    expect(left(importPortkey(config))).toContain('--model');
  });

  it('asks a single target, whatever stands behind it, with what it has from its config', () => {
    const config = {
      override_params: { model: 'm' },
      customHost: 'https://h.example.com/v1',
      targets: [{ provider: 'openai' }, { provider: 'groq' }],
    };
    expect(chainOf(importPortkey(config), 'm')).toEqual(['custom-h-example-com m']);
  });

  it('is a model of its own for each condition on the name of the model', () => {
    const config = {
      strategy: {
        mode: 'conditional',
        conditions: [
          when({ 'params.model': { $eq: 'fast' } }, 'small'),
          when({ model: { $in: ['best', 'gpt-5.4'] } }, 'large'),
          when({ 'metadata.plan': { $eq: 'paid' } }, 'large'),
          when({ model: 'lost' }, 'nowhere'),
        ],
        default: 'large',
      },
      targets: [
        { name: 'small', provider: 'openai', override_params: { model: 'gpt-5.4-mini' } },
        { name: 'large', provider: 'openai' },
      ],
    };
    const imported = importPortkey({ name: 'routes', config });
    expect(chainOf(imported, 'fast')).toEqual(['openai gpt-5.4-mini']);
    expect([chainOf(imported, 'best'), chainOf(imported, 'gpt-5.4')]).toEqual([['openai best'], ['openai gpt-5.4']]);
    expect(chainOf(imported, 'routes')).toBeUndefined();
    for (const part of ['conditions[2]: only the model', 'conditions[3]: there is no target nowhere', 'names no model'])
      expect(left(imported)).toContain(part);
  });

  it.each([
    [{ provider: 'anthropic' }, 'anthropic m'],
    [{ provider: 'azure-openai', resource_name: 'eu', deployment_id: 'gpt-eu' }, 'custom-azure-eu gpt-eu'],
    [{ provider: 'dashscope' }, 'alibaba m'],
    [{ provider: 'google' }, 'google m'],
    [{ provider: 'moonshot' }, 'custom-moonshot m'],
    [{ provider: 'moonshot', customHost: 'https://api.moonshot.ai' }, 'moonshot m'],
    [{ provider: 'ollama', custom_host: 'http://localhost:11434' }, 'custom-localhost-11434 m'],
    [{ provider: 'openrouter' }, 'openrouter m'],
    [{ provider: 'together-ai' }, 'custom-together-ai m'],
    [{ provider: '@anthropic-prod' }, 'anthropic m'],
    [{ override_params: { model: '@openai/gpt-5.4' } }, 'openai gpt-5.4'],
    [{ virtual_key: 'mistral-ai-4110dd' }, 'custom-mistral-ai m'],
  ])('finds the place of %j', (target, place) => {
    const imported = importPortkey({ override_params: { model: 'm' }, api_key: 'k', ...target });
    expect(imported.catalogue.models.flatMap(({ chain }) => chain).map(({ provider, model }) => `${provider} ${model}`)).toEqual([place]);
    expect(errorsOf(imported)).toEqual([]);
  });

  it.each([
    [{ provider: '@team-a' }, 'stands in Portkey alone'],
    [{ api_key: 'k' }, 'names no provider'],
    [{ provider: 'azure-openai' }, 'address is missing'],
    [{ provider: 'google', custom_host: 'https://g.example.com' }, 'GOOGLE_BASE_URL'],
    [{ provider: 'ollama' }, 'custom_host is missing'],
    [{ provider: 'palm' }, 'no provider palm'],
  ])('says why there is none for %j', (target, why) => {
    const imported = importPortkey({ override_params: { model: 'm' }, ...target });
    expect(imported.catalogue.models).toEqual([]);
    expect(left(imported)).toContain(why);
  });

  it('says what it guessed from a slug', () => {
    expect(left(importPortkey({ provider: '@openai-prod', override_params: { model: 'm' } }))).toContain('taken for openai by its name');
  });
});

describe('configs of Portkey', () => {
  const one = (model) => ({ provider: 'openai', override_params: { model } });

  it.each([
    [{ data: { config: one('a') } }, ['a']],
    [{ data: { name: 'Chat Bot', slug: 'pc-chat-1', config: JSON.stringify(one('a')) } }, ['pc-chat-1']],
    [
      [one('a'), { name: 'b', config: one('x') }],
      ['a', 'b'],
    ],
    [{ fast: one('x'), smart: one('y') }, ['fast', 'smart']],
    [[one('a'), one('a')], ['a']],
  ])('are found in %j', (exported, ids) => {
    expect(importPortkey(exported).catalogue.models.map(({ id }) => id)).toEqual(ids);
  });

  it('are missing in the list that the API gives, which is told', () => {
    expect(left(importPortkey({ data: [{ name: 'a', slug: 'pc-a' }] }))).toContain('GET /v1/configs/{slug}');
  });

  it.each([undefined, null, [], {}, 'x', [1], { a: 1 }])('are none in %j', (exported) => {
    expect(importPortkey(exported)).toBeUndefined();
  });
});

describe('import portkey', () => {
  let folder;
  const file = (name) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-portkey-test-'));
    for (const [name, json] of Object.entries({ config: FALLBACK, many: { a: FALLBACK, b: FALLBACK }, other: {} }))
      writeFileSync(file(`${name}.json`), JSON.stringify(json));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes two files and prints no secret', async () => {
    const { code, output } = await admin('import', 'portkey', file('config.json'), '--model', 'house', '--out', folder);
    expect(code).toBe(0);
    expect(output).not.toContain('sk-');
    expect(JSON.parse(readFileSync(file('catalogue.json'), 'utf8')).models).toMatchObject([{ id: 'house', price: null }]);
    expect(parseEnv(readFileSync(file('variables.env'), 'utf8'))).toMatchObject({ OPENAI_API_KEY: 'sk-openai', CUSTOM_GROQ_API_KEY: '' });
  });

  it('is 2 for a file without a config, and for one name for several', async () => {
    expect((await admin('import', 'portkey', file('other.json'))).code).toBe(2);
    expect((await admin('import', 'portkey', file('many.json'), '--model', 'house')).code).toBe(2);
  });
});
