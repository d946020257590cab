import { describe, expect, it } from 'vitest';
import guide from '../../../docs/providers.md?raw';
import { MODELS } from '../../../src/providers/catalogue';
import { buildRegistry, PROVIDER_SPECS } from '../../../src/providers/registry';

const model = { id: 'my-model', inputUsdPerMtok: 0.5, outputUsdPerMtok: 1.5 };
const local = { id: 'custom-local', baseUrl: 'http://localhost:11434/v1/', models: [model] };
const custom = (...providers: object[]) => ({ CUSTOM_PROVIDERS: JSON.stringify(providers) });

describe('provider specs', () => {
  it('have ids of their own and base URLs without a trailing slash', () => {
    expect(new Set(PROVIDER_SPECS.map(({ id }) => id)).size).toBe(PROVIDER_SPECS.length);
    for (const { baseUrl } of PROVIDER_SPECS) expect(baseUrl).toMatch(/^https:\/\/[^?#]*[^/]$/);
  });

  it('cancel only where hanging up stops the meter', () => {
    const policies = Object.fromEntries(PROVIDER_SPECS.map(({ id, onDisconnect }) => [id, onDisconnect]));
    expect(policies).toMatchObject({
      openai: 'cancel',
      openrouter: 'cancel',
      deepseek: 'cancel',
      xai: 'cancel',
      google: 'drain',
      minimax: 'drain',
      alibaba: 'drain',
      moonshot: 'drain',
      zhipu: 'drain',
    });
  });
});

describe('buildRegistry', () => {
  it('offers the sandbox alone when nothing is configured', () => {
    const registry = buildRegistry({});
    expect([...registry.providers.keys()]).toEqual(['sandbox']);
    expect(registry.configuredProviders).toEqual([]);
    expect(registry.models.all).toEqual(MODELS);
  });

  it('knows by what a provider signs its callbacks', () => {
    const { providers } = buildRegistry({ WAVESPEED_API_KEY: 'k', WAVESPEED_WEBHOOK_SECRET: 'whsec_x', FAL_API_KEY: 'k' });
    expect([providers.get('wavespeed')!.webhookSecret, providers.get('fal')!.webhookSecret]).toEqual(['whsec_x', undefined]);
  });

  it('knows where deployments are asked for', () => {
    const at = { RUNPOD_API_KEY: 'k', RUNPOD_DEPLOYMENTS_BASE_URL: 'https://rest.example/v1/', FAL_DEPLOYMENTS_BASE_URL: 'https://x.test' };
    const { providers } = buildRegistry({ ...at, FAL_API_KEY: 'k' });
    expect(providers.get('runpod')!.deploymentsBaseUrl).toBe('https://rest.example/v1');
    expect(providers.get('fal')).not.toHaveProperty('deploymentsBaseUrl');
  });

  it('ignores blank variables and bindings', () => {
    expect(
      buildRegistry({ OPENAI_API_KEY: ' , ', XAI_API_KEY: '', DB: {}, GOOGLE_API_KEY: {}, CUSTOM_PROVIDERS: ' ' }).configuredProviders,
    ).toEqual([]);
  });

  it('takes several keys, trimmed and each once', () => {
    const registry = buildRegistry({ OPENAI_API_KEY: ' sk-one, sk-two ,,sk-one\n' });
    expect(registry.configuredProviders).toEqual(['openai']);
    expect(registry.providers.get('openai')).toMatchObject({ apiKeys: ['sk-one', 'sk-two'], baseUrl: 'https://api.openai.com/v1' });
  });

  it.each([
    ['https://proxy.test/openai/v1/', 'https://proxy.test/openai/v1'],
    ['https://proxy.test', 'https://proxy.test'],
    ['http://localhost:8080/v1//', 'http://localhost:8080/v1'],
    ['http://127.0.0.1:9', 'http://127.0.0.1:9'],
    ['http://127.1/v1', 'http://127.0.0.1/v1'],
    ['http://[::1]:9/v1', 'http://[::1]:9/v1'],
    ['http://mock.localhost/v1', 'http://mock.localhost/v1'],
  ])('takes %s for a base URL', (url, baseUrl) => {
    expect(buildRegistry({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url }).providers.get('openai')!.baseUrl).toBe(baseUrl);
  });

  it.each([
    ['not a url', 'not a valid http or https URL'],
    ['ftp://host/v1', 'not a valid http or https URL'],
    ['http://api.openai.com/v1', 'plain http is for loopback'],
    ['http://10.0.0.1/v1', 'plain http is for loopback'],
    ['http://localhost.evil.test/v1', 'plain http is for loopback'],
    ['http://127.0.0.1.evil.test/v1', 'plain http is for loopback'],
    ['https://user:hunter2@host/v1', 'credentials belong in the API key'],
    ['https://host/v1?x=1', 'neither query nor fragment'],
  ])('refuses %s for a base URL, by the name of the variable', (url, message) => {
    const build = () => buildRegistry({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url });
    expect(build).toThrow(/^OPENAI_BASE_URL: /);
    expect(build).toThrow(message);
    expect(build).not.toThrow('hunter2');
  });

  it('refuses a key that no header may carry, without repeating it', () => {
    expect(() => buildRegistry({ XAI_API_KEY: 'good,b ad' })).toThrow(/^XAI_API_KEY: a key has white space/);
    expect(() => buildRegistry({ XAI_API_KEY: 'good,b ad' })).not.toThrow('b ad');
  });
});

describe('custom providers', () => {
  it('add models of their own, with a key, without one, or with one from a variable', () => {
    const registry = buildRegistry({
      ...custom(
        {
          ...local,
          label: 'Local',
          headers: { 'x-team': 'a' },
          models: [{ ...model, cacheReadUsdPerMtok: 0.05, contextTokens: 8192, maxOutputTokens: 2048 }],
        },
        {
          id: 'custom-my-host',
          baseUrl: 'https://host.test/v1',
          apiKey: 'k1',
          onDisconnect: 'cancel',
          models: [{ id: 'my-model', upstreamModel: 'up' }],
        },
      ),
      CUSTOM_MY_HOST_API_KEY: 'k2,k1',
    });
    expect(registry.configuredProviders).toEqual(['custom-local', 'custom-my-host']);
    expect(registry.providers.get('custom-local')).toMatchObject({
      baseUrl: 'http://localhost:11434/v1',
      apiKeys: [],
      spec: { label: 'Local', onDisconnect: 'drain', headers: { 'x-team': 'a' } },
    });
    expect(registry.providers.get('custom-my-host')).toMatchObject({ apiKeys: ['k2', 'k1'], spec: { onDisconnect: 'cancel' } });
    expect(registry.models.availableIds(['chat'])).toContain('my-model');
    expect(registry.models.find('my-model')).toMatchObject({
      price: { inputMicroPerMtok: 50_000_000, outputMicroPerMtok: 150_000_000, cacheReadMicroPerMtok: 5_000_000 },
      contextTokens: 8192,
      maxOutputTokens: 2048,
    });
  });

  it('make one model of one id that two of them have at one price', () => {
    const other = { id: 'custom-other', baseUrl: 'https://host.test/v1', models: [{ ...model, upstreamModel: 'up' }] };
    expect(buildRegistry(custom(local, other)).models.find('my-model')).toEqual({
      id: 'my-model',
      label: 'my-model',
      vendor: 'custom-local',
      family: 'chat',
      chain: [
        { provider: 'custom-local', model: 'my-model' },
        { provider: 'custom-other', model: 'up' },
      ],
      price: { per: 'token', inputMicroPerMtok: 50_000_000, outputMicroPerMtok: 150_000_000 },
    });
    const dearer = { ...other, models: [{ ...model, outputUsdPerMtok: 2 }] };
    expect(() => buildRegistry(custom(local, dearer))).toThrow('CUSTOM_PROVIDERS[1].models[0]: my-model has another price');
  });

  it('go first in the chain of a model of the catalogue, at its price', () => {
    const registry = buildRegistry(
      custom({ ...local, models: [{ id: 'gpt-5', upstreamModel: 'up', inputUsdPerMtok: 99, outputUsdPerMtok: 99 }] }),
    );
    const catalogued = MODELS.find(({ id }) => id === 'gpt-5')!;
    expect(registry.models.find('gpt-5')).toEqual({
      ...catalogued,
      chain: [{ provider: 'custom-local', model: 'up' }, ...catalogued.chain],
    });
    expect(registry.models.all).toHaveLength(MODELS.length);
    expect(MODELS.find(({ id }) => id === 'gpt-5')!.chain[0]!.provider).toBe('openai');
  });

  it('need no price for a model that has one, and are found by its aliases', () => {
    const registry = buildRegistry(custom({ ...local, models: [{ id: 'claude-sonnet-4-6' }] }));
    expect(registry.models.find('claude-3-5-sonnet-20241022')?.chain[0]).toEqual({ provider: 'custom-local', model: 'claude-sonnet-4-6' });
  });

  it('give a price to a model that is listed without one', () => {
    const registry = buildRegistry(custom({ ...local, models: [{ ...model, id: 'gemini-3.5-fast' }] }));
    const found = registry.models.find('gemini-3.5-fast')!;
    expect(found.price).toMatchObject({ inputMicroPerMtok: 50_000_000 });
    expect(found.note).toBeUndefined();
  });

  it('win over an alias and a pattern by their id', () => {
    const registry = buildRegistry(custom({ ...local, models: [{ ...model, id: 'claude-opus-4-1' }] }));
    expect(registry.models.find('claude-opus-4-1')?.id).toBe('claude-opus-4-1');
    expect(registry.models.find('claude-opus-4-5')?.id).toBe('claude-opus-4-6');
  });

  it('may come already parsed, as wrangler hands over JSON variables', () => {
    expect(buildRegistry({ CUSTOM_PROVIDERS: [local] }).configuredProviders).toEqual(['custom-local']);
  });

  it.each<[string, unknown, string]>([
    ['text that is no JSON', '[{"apiKey":"hunter2"', 'CUSTOM_PROVIDERS: not valid JSON.'],
    ['an object', '{}', 'CUSTOM_PROVIDERS: '],
    ['an id without its prefix', [{ ...local, id: 'local' }], 'CUSTOM_PROVIDERS[0].id: must look like "custom-name"'],
    ['a provider twice', [local, local], 'CUSTOM_PROVIDERS[1].id: custom-local is there twice.'],
    ['no base URL', [{ ...local, baseUrl: undefined }], 'CUSTOM_PROVIDERS[0].baseUrl: '],
    ['a plain base URL', [{ ...local, baseUrl: 'http://host.test' }], 'CUSTOM_PROVIDERS[0].baseUrl: plain http'],
    ['an unknown field', [{ ...local, apikey: 'hunter2' }], 'CUSTOM_PROVIDERS[0]: '],
    ['a key that no header may carry', [{ ...local, apiKey: 'hunter2 x' }], 'CUSTOM_PROVIDERS[0].apiKey: '],
    ['another policy', [{ ...local, onDisconnect: 'wait' }], 'CUSTOM_PROVIDERS[0].onDisconnect: '],
    ["one of the gateway's headers", [{ ...local, headers: { Authorization: 'hunter2' } }], 'CUSTOM_PROVIDERS[0].headers.Authorization: '],
    ['a header over two lines', [{ ...local, headers: { a: 'b\r\nc: d' } }], 'CUSTOM_PROVIDERS[0].headers.a: not a header value'],
    ['no models', [{ ...local, models: [] }], 'CUSTOM_PROVIDERS[0].models: '],
    ['a model without an id', [{ ...local, models: [model, { ...model, id: '' }] }], 'CUSTOM_PROVIDERS[0].models[1].id: '],
    ['a negative price', [{ ...local, models: [{ ...model, inputUsdPerMtok: -1 }] }], 'CUSTOM_PROVIDERS[0].models[0].inputUsdPerMtok: '],
    [
      'a new model without a price',
      [{ ...local, models: [{ id: 'my-model', inputUsdPerMtok: 1 }] }],
      'CUSTOM_PROVIDERS[0].models[0].outputUsdPerMtok: needed, since nothing else gives my-model a price.',
    ],
    [
      'an image model',
      [{ ...local, models: [{ ...model, id: 'gpt-image-2' }] }],
      'CUSTOM_PROVIDERS[0].models[0].id: gpt-image-2 is a model of the image family',
    ],
    ['a fraction of a token', [{ ...local, models: [{ ...model, contextTokens: 1.5 }] }], 'CUSTOM_PROVIDERS[0].models[0].contextTokens: '],
  ])('are refused with %s, by their path', (_, value, message) => {
    const build = () => buildRegistry({ CUSTOM_PROVIDERS: typeof value === 'string' ? value : JSON.stringify(value) });
    expect(build).toThrow(message);
    expect(build).not.toThrow('hunter2');
  });
});

it('takes the examples of docs/providers.md as they are printed', () => {
  const [CUSTOM_PROVIDERS, CUSTOM_MEDIA_PROVIDERS] = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => text);
  const { configuredProviders, models } = buildRegistry({ CUSTOM_PROVIDERS, CUSTOM_MEDIA_PROVIDERS });
  expect(configuredProviders).toEqual(['custom-cluster', 'custom-farm']);
  expect(['llama-70b', 'glm-5', 'flux-2-pro', 'kling-v3'].map((id) => models.find(id)?.chain[0]?.provider)).toEqual([
    'custom-cluster',
    'custom-cluster',
    'custom-farm',
    'custom-farm',
  ]);
});
