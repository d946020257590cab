import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importNewApi } from '../../scripts/lib/import-new-api.mjs';
import { readNewApiTokens } from '../../scripts/lib/import-new-api-keys.mjs';
import { admin, errorsOf, listed } from './imported.mjs';

const channel = (id, more) => ({ id, name: `c${id}`, type: 1, status: 1, group: 'default', models: 'm', priority: 0, weight: 0, ...more });
const CHANNELS = [
  channel(1, {
    models: 'gpt-5.5, text-embedding-3-small,dall-e-3',
    key: 'sk-one\nsk-off\nsk-two',
    channel_info: { multi_key_status_list: { 1: 3 } },
  }),
  channel(2, {
    models: 'gpt-5.5,house-model',
    base_url: 'https://relay.example.com/',
    key: 'sk-relay',
    priority: 10,
    weight: 3,
    model_mapping: '{"house-model":"step","step":"meta/llama-70b"}',
    param_override: '{"temperature":0}',
    group: 'default,vip',
  }),
  channel(3, { type: 14, models: 'claude-sonnet-4-6,claude-mine', key: 'sk-ant' }),
  channel(4, { type: 25, models: 'kimi-k2.5', key: 'sk-cn' }),
  channel(5, { models: 'gpt-5.4', status: 3 }),
  channel(6, { type: 33, models: 'nova' }),
];

const RATIOS = {
  success: true,
  data: {
    model_ratio: { 'gpt-5.5': 1.25, 'house-model': 0.05, 'claude-mine': 1.5, 'text-embedding-3-small': 0.01 },
    completion_ratio: { 'gpt-5.5': 8, 'house-model': 3, 'claude-mine': 5 },
    cache_ratio: { 'claude-mine': 0.1 },
    create_cache_ratio: { 'claude-mine': 1.25 },
    model_price: { 'dall-e-3': 0.04 },
  },
};

const imported = importNewApi({ data: { items: CHANNELS } }, listed(), RATIOS);
const modelOf = (id, { catalogue } = imported) => catalogue.models.find((model) => model.id === id);
const left = ({ notCarried } = imported) => notCarried.map(({ where, why }) => `${where}: ${why}`).join('\n');

describe('channels of new-api', () => {
  it('become chains, the highest priority first, with what a model is called there', () => {
    expect(modelOf('gpt-5.5')).toMatchObject({
      chain: [
        { provider: 'custom-relay-example-com', model: 'gpt-5.5' },
        { provider: 'openai', model: 'gpt-5.5' },
      ],
      price: { inputUsdPerMtok: 2.5, outputUsdPerMtok: 20 },
    });
    expect(modelOf('house-model')).toEqual({
      id: 'house-model',
      family: 'chat',
      chain: [{ provider: 'custom-relay-example-com', model: 'meta/llama-70b' }],
      price: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.3 },
    });
    expect(imported.customProviders).toContainEqual(
      expect.objectContaining({ id: 'custom-relay-example-com', baseUrl: 'https://relay.example.com/v1' }),
    );
  });

  it('bring their keys, but for those that were turned off', () => {
    expect(imported.keys.map(({ name, secrets }) => [name, secrets])).toEqual([
      ['OPENAI_API_KEY', ['sk-one', 'sk-two']],
      ['CUSTOM_RELAY_EXAMPLE_COM_API_KEY', ['sk-relay']],
      ['ANTHROPIC_API_KEY', ['sk-ant']],
      ['CUSTOM_API_MOONSHOT_CN_API_KEY', ['sk-cn']],
    ]);
    const { keys } = importNewApi([channel(7, { key: undefined })]);
    expect(keys).toEqual([{ name: 'OPENAI_API_KEY', secrets: [], wanted: [expect.stringContaining('channel 7 (c7)')] }]);
  });

  it('serve Messages where only Anthropic is asked, with the prices of its cache', () => {
    expect(modelOf('claude-mine')).toMatchObject({
      family: 'messages',
      price: {
        inputUsdPerMtok: 3,
        outputUsdPerMtok: 15,
        cacheReadUsdPerMtok: 0.3,
        cacheWrite5mUsdPerMtok: 3.75,
        cacheWrite1hUsdPerMtok: 6,
      },
    });
  });

  it('lead to the address in China that new-api asks, not to the one that is built in', () => {
    expect(modelOf('kimi-k2.5')).toEqual({ id: 'kimi-k2.5', chain: [{ provider: 'custom-api-moonshot-cn', model: 'kimi-k2.5' }] });
  });

  it('say what was not carried over, and never a secret', () => {
    for (const part of ['channel 5 (c5): turned off', 'channel 6 (c6): AWS', 'dall-e-3: no language model', 'param_override, of 1 channel'])
      expect(left()).toContain(part);
    for (const part of ['groups default, vip', 'weight, of 1 channel']) expect(left()).toContain(part);
    expect(left()).not.toContain('sk-');
  });

  it('pass the check of the gateway', () => {
    expect(errorsOf(imported)).toEqual([]);
  });

  it.each([
    [{ type: 3, base_url: 'https://eu.openai.azure.com', created_time: 1700000000, models: 'gpt-4.1' }, 'custom-azure-eu gpt-41'],
    [{ type: 3, base_url: 'https://eu.openai.azure.com', created_time: 1760000000, models: 'gpt-4.1' }, 'custom-azure-eu gpt-4.1'],
    [{ type: 8, base_url: 'https://a.example.com/x/chat/completions' }, 'custom-a-example-com-x m'],
    [{ type: 14, base_url: 'https://claude.example.com' }, 'custom-claude-example-com m'],
    [{ type: 17 }, 'custom-dashscope-aliyuncs-com-compatible-mode m'],
    [{ type: 20, models: 'a/b' }, 'openrouter a/b'],
    [{ type: 24 }, 'google m'],
    [{ type: 25, base_url: 'https://api.moonshot.ai' }, 'moonshot m'],
    [{ type: 26, base_url: 'glm-coding-plan-international' }, 'custom-glm-coding-plan-international m'],
    [{ type: 26, base_url: 'https://api.z.ai' }, 'zhipu m'],
    [{ type: 40 }, 'custom-api-siliconflow-cn m'],
    [{ type: 43 }, 'deepseek m'],
    [{ type: 45 }, 'custom-ark-cn-beijing-volces-com-api-v3 m'],
    [{ type: 46, key: 'bce|app' }, 'custom-qianfan-baidubce-com-v2 m'],
    [{ type: 48 }, 'xai m'],
  ])('find their place: %j', (more, place) => {
    const found = importNewApi([channel(1, { key: 'k', ...more })]);
    expect(found.catalogue.models.map(({ chain: [{ provider, model }] }) => `${provider} ${model}`)).toEqual([place]);
    expect(errorsOf(found)).toEqual([]);
  });

  it.each([
    [{ type: 3 }, 'address is missing'],
    [{ type: 8, base_url: 'https://a.example.com/{model}' }, '/chat/completions'],
    [{ type: 15 }, 'a format of its own'],
    [{ type: 24, base_url: 'https://g.example.com' }, 'GOOGLE_BASE_URL'],
    [{ type: 41 }, 'Vertex'],
    [{ type: 47 }, 'base_url is missing'],
    [{ type: 50 }, 'pictures'],
    [{ type: 999 }, 'no type 999'],
    [{ base_url: 'http://10.0.0.5:3000' }, 'https'],
    [{ type: 14, models: 'claude-sonnet-4-6-thinking' }, 'how it ends'],
  ])('have none, which is said: %j', (more, why) => {
    const found = importNewApi([channel(1, more)]);
    expect(found.catalogue.models).toEqual([]);
    expect(left(found)).toContain(why);
  });

  it('may be on several pages, of which none may be missing', () => {
    const page = (id) => ({ data: { items: [channel(id, { models: `m${id}` })], total: 2, page: id, page_size: 1 } });
    expect(left(importNewApi(page(1)))).toContain('channels that the file lacks: 1');
    const whole = importNewApi([page(1), page(2)]);
    expect(whole.catalogue.models.map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect(left(whole)).not.toContain('the file lacks');
  });

  it('are no list in other files', () => {
    for (const other of [undefined, null, {}, { data: 3 }, [1]]) expect(importNewApi(other)).toBeUndefined();
  });
});

describe('ratios of new-api', () => {
  const priceOf = (ratios, more) => {
    const found = importNewApi([channel(1, { models: 'mine', ...more })], new Map(), ratios);
    return { price: found.catalogue.models[0]?.price, why: left(found) };
  };

  it.each([
    [{ data: [{ model_name: 'mine', quota_type: 0, model_ratio: 2, completion_ratio: 4, cache_ratio: 0.5 }], group_ratio: { vip: 0.5 } }],
    [{ ModelRatio: '{"mine": 2}', CompletionRatio: '{"mine": 4}', CacheRatio: '{"mine": 0.5}' }],
    [
      {
        data: [
          { key: 'ModelRatio', value: '{"mine": 2}' },
          { key: 'CompletionRatio', value: '{"mine": 9}' },
          { key: 'CompletionRatioMeta', value: '{"mine": {"ratio": 4, "locked": true}}' },
          { key: 'CacheRatio', value: '{"mine": 0.5}' },
        ],
      },
    ],
  ])('are read from %j', (ratios) => {
    expect(priceOf(ratios).price).toEqual({ inputUsdPerMtok: 4, outputUsdPerMtok: 16, cacheReadUsdPerMtok: 2 });
  });

  it.each([
    [undefined, 'there is no --ratios'],
    [{ model_ratio: { other: 1 } }, 'the ratios name none'],
    [{ model_ratio: { mine: 1 } }, 'built into new-api'],
    [{ model_ratio: {}, model_price: { mine: 0.1 } }, 'a call costs 0.1 USD'],
    [{ data: [{ model_name: 'mine', billing_mode: 'tiered_expr', model_ratio: 1, completion_ratio: 1 }] }, 'an expression'],
  ])('give no price, which is said: %j', (ratios, why) => {
    const found = priceOf(ratios);
    expect(found.price).toBeNull();
    expect(found.why).toContain(why);
  });

  it('of groups are told, and what /api/pricing says that a model serves goes before its name', () => {
    const data = [{ model_name: 'mine', model_ratio: 1, completion_ratio: 1, supported_endpoint_types: ['image-generation'] }];
    const found = priceOf({ data, group_ratio: { default: 1, vip: 0.5 } });
    expect(found.price).toBeUndefined();
    expect(found.why).toContain('group ratios vip 0.5');
    expect(found.why).toContain('prices set ACCOUNT');
  });

  it('are none in other files', () => {
    expect(importNewApi([], new Map(), { data: [] })).toBeUndefined();
  });
});

describe('tokens of new-api', () => {
  const nowMs = Date.UTC(2031, 0, 1);
  const token = (more) => ({ name: 'ci', status: 1, unlimited_quota: true, remain_quota: 0, expired_time: -1, ...more });
  const read = (more) => readNewApiTokens({ data: { items: [token(more)] } }, { nowMs });

  it('keep their names, models, addresses and ends', () => {
    const more = {
      model_limits_enabled: 1,
      model_limits: 'gpt-5.5,gpt-5.4',
      allow_ips: '192.0.2.7\n198.51.100.0/24',
      expired_time: nowMs / 1000 + 60,
      group: 'vip',
    };
    expect(read(more).keys).toEqual([
      {
        input: {
          name: 'ci',
          mode: 'live',
          models: ['gpt-5.5', 'gpt-5.4'],
          ips: ['192.0.2.7', '198.51.100.0/24'],
          expiresAt: '2031-01-01T00:01:00.000Z',
        },
        notes: ['not carried over: group vip'],
      },
    ]);
  });

  it('spend what is left of their quota, and no more', () => {
    const [{ input, notes }] = read({ unlimited_quota: false, remain_quota: 1_250_000 }).keys;
    expect([input, notes]).toEqual([{ name: 'ci', mode: 'live', spendingLimit: 250, limitPeriod: 'total' }, []]);
  });

  it.each([
    [{ status: 2 }, 'turned off'],
    [{ status: 4 }, 'used up'],
    [{ unlimited_quota: 0, remain_quota: 0 }, 'used up'],
    [{ expired_time: nowMs / 1000 - 1 }, 'expired'],
    [{ DeletedAt: '2030-01-01T00:00:00Z' }, 'deleted'],
    [{ model_limits_enabled: true, model_limits: '' }, 'no model'],
    [{ allow_ips: 'office.example.com' }, 'addresses'],
  ])('are left out: %j', (more, why) => {
    expect(read(more)).toMatchObject({ keys: [], skipped: [{ name: 'ci', why: expect.stringContaining(why) }] });
  });

  it('are of users, of whom one may be picked', () => {
    const rows = [token({ user_id: 1 }), token({ user_id: 2, name: 'other' })];
    expect(readNewApiTokens(rows).users).toEqual(['1', '2']);
    expect(readNewApiTokens(rows, { userId: '2' }).keys.map(({ input }) => input.name)).toEqual(['other']);
    expect(readNewApiTokens({ data: [{ id: 1 }] })).toBeUndefined();
  });
});

describe('the commands', () => {
  let folder;
  const file = (name) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-new-api-test-'));
    const tokens = [1, 2].map((user_id) => ({ user_id, name: `of-${user_id}`, status: 1, unlimited_quota: true, expired_time: -1 }));
    for (const [name, json] of Object.entries({ channels: CHANNELS, ratios: RATIOS, tokens, other: {} }))
      writeFileSync(file(`${name}.json`), JSON.stringify(json));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('import new-api writes two files and prints no secret', async () => {
    const { code, output } = await admin('import', 'new-api', file('channels.json'), '--ratios', file('ratios.json'), '--out', folder);
    expect(code).toBe(0);
    expect(output).not.toContain('sk-');
    expect(parseEnv(readFileSync(file('variables.env'), 'utf8'))).toMatchObject({ OPENAI_API_KEY: 'sk-one,sk-two' });
    expect(JSON.parse(readFileSync(file('catalogue.json'), 'utf8'))).toEqual(imported.catalogue);
  });

  it('import new-api-keys makes the keys of one user, and none with --dry-run', async () => {
    const tokens = file('tokens.json');
    expect((await admin('import', 'new-api-keys', 'acc_1', tokens)).code).toBe(2);
    const dry = await admin('import', 'new-api-keys', 'acc_1', tokens, '--user', '2', '--dry-run');
    expect([dry.bodies, dry.output.trim().split('\n').at(-1)]).toEqual([[], 'Nothing was made.']);
    const { code, output, bodies } = await admin('import', 'new-api-keys', 'acc_1', tokens, '--user', '2');
    expect([code, bodies]).toEqual([0, [{ name: 'of-2', mode: 'live' }]]);
    expect(output).toContain('ck_new');
  });

  it('are 2 for files that are something else', async () => {
    expect((await admin('import', 'new-api', file('other.json'))).code).toBe(2);
    expect((await admin('import', 'new-api', file('channels.json'), '--ratios', file('other.json'), '--out', folder)).code).toBe(2);
    expect((await admin('import', 'new-api-keys', 'acc_1', file('other.json'))).code).toBe(2);
  });
});
