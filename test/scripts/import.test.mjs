import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { importLitellm } from '../../scripts/lib/import-litellm.mjs';
import { readLitellmKeys } from '../../scripts/lib/import-litellm-keys.mjs';
import { admin, errorsOf, listed } from './imported.mjs';

const CONFIG = `
model_list:
  - model_name: gpt-5.5
    litellm_params: { model: openai/gpt-5.5, api_key: os.environ/OPENAI_API_KEY, rpm: 100 }
  - model_name: gpt-5.5
    litellm_params: { model: azure/gpt-55-eu, api_base: "https://eu.openai.azure.com", api_key: os.environ/AZURE }
  - model_name: llama-70b
    litellm_params:
      model: hosted_vllm/meta/llama-70b
      api_base: https://llm.example.com/v1
      api_key: sk-it-is-secret
      input_cost_per_token: 0.0000002
      output_cost_per_token: 0.0000006
      order: 2
    model_info: { max_input_tokens: 8192, supports_function_calling: true }
  - model_name: llama-70b
    litellm_params: { model: groq/llama-70b, api_key: sk-of-groq, order: 1 }
  - model_name: our-claude
    litellm_params: { model: anthropic/claude-sonnet-4-6, api_key: os.environ/ANTHROPIC_API_KEY }
    model_info: { input_cost_per_token: 0.000003, output_cost_per_token: 0.000015, cache_read_input_token_cost: 3.0e-7 }
  - model_name: embedder
    litellm_params: { model: text-embedding-3-small }
    model_info: { mode: embedding }
  - model_name: "anything/*"
    litellm_params: { model: "openai/*" }
  - model_name: local
    litellm_params: { model: ollama_chat/qwen, api_base: "http://10.0.0.5:11434" }
router_settings:
  model_group_alias: { llama: llama-70b, lost: local }
  routing_strategy: least-busy
litellm_settings:
  fallbacks: [{ llama-70b: [gpt-5.5, local] }]
general_settings:
  master_key: sk-1234
`;
const KNOWN = new Map([['gpt-5.5', { id: 'gpt-5.5', family: 'chat', pricing: { per: 'mtok' } }]]);

const imported = importLitellm(parse(CONFIG), KNOWN);
const modelOf = (id) => imported.catalogue.models.find((model) => model.id === id);

describe('a configuration of LiteLLM', () => {
  it('keeps the price of a model that the gateway has', () => {
    const chain = [
      { provider: 'openai', model: 'gpt-5.5' },
      { provider: 'custom-azure-eu', model: 'gpt-55-eu' },
    ];
    expect(modelOf('gpt-5.5')).toEqual({ id: 'gpt-5.5', chain });
  });

  it('becomes a model with its places in order, behind them those of its fallbacks', () => {
    expect(modelOf('llama-70b')).toEqual({
      id: 'llama-70b',
      family: 'chat',
      chain: [
        { provider: 'custom-groq', model: 'llama-70b' },
        { provider: 'custom-llm-example-com', model: 'meta/llama-70b' },
        { provider: 'openai', model: 'gpt-5.5' },
        { provider: 'custom-azure-eu', model: 'gpt-55-eu' },
      ],
      price: { inputUsdPerMtok: 0.2, outputUsdPerMtok: 0.6 },
      aliases: ['llama'],
    });
  });

  it('has Messages for what only Anthropic serves, with the prices of its cache', () => {
    expect(modelOf('our-claude')).toMatchObject({
      family: 'messages',
      price: { inputUsdPerMtok: 3, outputUsdPerMtok: 15, cacheReadUsdPerMtok: 0.3 },
    });
  });

  it('has the prices of long prompts, as LiteLLM has them of some models and as it has them of others', () => {
    const bounds = { input_cost_per_token_above_200k_tokens: 0.000006, output_cost_per_token_above_200k_tokens: 0.0000225 };
    const cached = { cache_read_input_token_cost: 3e-7, cache_read_input_token_cost_above_200k_tokens: 6e-7 };
    const tiered_pricing = [
      { range: [0, 32_000], input_cost_per_token: 0.0000012, output_cost_per_token: 0.000006 },
      { range: [32_000, 128_000], input_cost_per_token: 0.0000024, output_cost_per_token: 0.000012 },
      { range: [128_000, 252_000], input_cost_per_token: 0.000003, output_cost_per_token: 0.000015 },
    ];
    const found = importLitellm(
      {
        model_list: [
          { model_name: 'a', litellm_params: { model: 'openai/a', ...bounds } },
          { model_name: 'b', litellm_params: { model: 'dashscope/qwen3-max' } },
        ],
      },
      new Map(),
      {
        prices: {
          'openai/a': { input_cost_per_token: 0.000003, output_cost_per_token: 0.000015, ...cached },
          'qwen3-max': { tiered_pricing },
        },
      },
    );
    expect(found.catalogue.models.map(({ price }) => price)).toEqual([
      {
        inputUsdPerMtok: 3,
        outputUsdPerMtok: 15,
        cacheReadUsdPerMtok: 0.3,
        longPrompts: [{ aboveTokens: 200_000, inputUsdPerMtok: 6, outputUsdPerMtok: 22.5, cacheReadUsdPerMtok: 0.6 }],
      },
      {
        inputUsdPerMtok: 1.2,
        outputUsdPerMtok: 6,
        longPrompts: [
          { aboveTokens: 32_000, inputUsdPerMtok: 2.4, outputUsdPerMtok: 12 },
          { aboveTokens: 128_000, inputUsdPerMtok: 3, outputUsdPerMtok: 15 },
        ],
      },
    ]);
    expect(found.notCarried.map(({ where }) => where).join()).not.toContain('above');
  });

  it('has no price where it has none', () => {
    expect(modelOf('embedder')).toMatchObject({ family: 'embedding', price: null });
  });

  it('does not go on from one format to another', () => {
    const served = (model) => ({ model_name: model, litellm_params: { model } });
    const { catalogue, notCarried } = importLitellm({
      model_list: ['openai/a', 'anthropic/claude-x', 'gemini/g'].map(served),
      router_settings: { fallbacks: [{ 'openai/a': ['anthropic/claude-x', 'gemini/g'] }] },
    });
    expect(catalogue.models[0].chain.map(({ provider }) => provider)).toEqual(['openai', 'google']);
    expect(notCarried).toContainEqual({
      where: 'fallbacks: openai/a to anthropic/claude-x',
      why: 'one of the two answers at /v1/messages alone, and Messages are never converted',
    });
  });

  it('has what LiteLLM’s list says where nobody set a price, and is never given away', () => {
    const priced = (
      own,
      info,
      prices = { a: { input_cost_per_token: 0.000002, output_cost_per_token: 0.000008, cache_read_input_token_cost: null } },
    ) =>
      importLitellm({ model_list: [{ model_name: 'a', litellm_params: { model: 'openai/a', ...own }, model_info: info }] }, new Map(), {
        prices,
      }).catalogue.models[0].price;
    const nulls = { input_cost_per_token: null, output_cost_per_token: null };
    for (const price of [priced(nulls), priced({}, nulls), priced({ input_cost_per_token: '' })])
      expect(price).toEqual({ inputUsdPerMtok: 2, outputUsdPerMtok: 8 });
    expect(priced(nulls, nulls, {})).toBeNull();
    expect(priced({ input_cost_per_token: 0.000001 }, {}, {})).toBeNull();
    expect(priced({ input_cost_per_token: '1e-6' }, { mode: 'embedding' }, {})).toEqual({ inputUsdPerMtok: 1, outputUsdPerMtok: 0 });
  });

  it('says what was not carried over, and never a secret', () => {
    const left = imported.notCarried.map(({ where, why }) => `${where}: ${why}`).join('\n');
    for (const part of ['rpm, of 1 entry', 'anything/*', '10.0.0.5', 'model_group_alias.lost', 'llama-70b to local', 'embedder: a price'])
      expect(left).toContain(part);
    for (const part of ['general_settings: master_key', 'router_settings: routing_strategy', 'own prices of gpt-5.5 for llama-70b'])
      expect(left).toContain(part);
    expect(left).not.toContain('sk-');
  });

  const placesOf = (entries, more, settings = {}) => {
    const model_list = entries.map((litellm_params, index) => ({ model_name: `m${index}`, litellm_params }));
    return importLitellm({ ...settings, model_list }, new Map(), more);
  };
  const chainsOf = ({ catalogue }) => catalogue.models.map(({ chain: [{ provider, model }] }) => `${provider} ${model}`);

  it.each([
    [{ model: 'azure/gpt-4o', api_base: 'https://my-eu.openai.azure.com/', api_version: '2024-06-01' }, 'custom-azure-my-eu gpt-4o'],
    [{ model: 'azure_ai/grok-4', api_base: 'https://x.services.ai.azure.com/models' }, 'custom-azure-x grok-4'],
    [{ model: 'claude-sonnet-4-6' }, 'anthropic claude-sonnet-4-6'],
    [{ model: 'gpt-4o' }, 'openai gpt-4o'],
    [{ model: 'openai/x-ai/grok', api_base: 'https://openrouter.ai/api/v1' }, 'openrouter x-ai/grok'],
    [{ model: 'openrouter/a/b:free', api_base: 'https://openrouter.ai/api/v1' }, 'openrouter a/b:free'],
    [{ model: 'cohere/command-a' }, 'custom-cohere command-a'],
    [{ model: 'mine', custom_llm_provider: 'openai', api_base: 'https://llm.example.com' }, 'custom-llm-example-com mine'],
    [{ model: 'github/gpt-4.1-mini' }, 'custom-github gpt-4.1-mini'],
    [{ model: 'openai/glm-5', api_base: 'https://api.z.ai/api/coding/paas/v4' }, 'custom-api-z-ai-api-coding-paas-v4 glm-5'],
  ])('finds the place of %j', (params, place) => {
    expect(chainsOf(placesOf([params]))).toEqual([place]);
  });

  it.each([
    [{ model: 'azure/gpt-4o' }, 'address is missing'],
    [{ model: 'azure_ai/claude-opus-4', api_base: 'https://x.services.ai.azure.com' }, '/openai/v1'],
    [{ model: 'bedrock/anthropic.claude' }, 'AWS'],
    [{ model: 'gemini-2.5-pro' }, 'Vertex'],
    [{ model: 'hosted_vllm/a' }, 'api_base is missing'],
    [{ model: 'ollama/a', api_base: 'os.environ/OLLAMA_HOST' }, 'set OLLAMA_HOST and import again'],
  ])('says why there is none for %j', (params, why) => {
    const { catalogue, notCarried } = placesOf([params]);
    expect(catalogue.models).toEqual([]);
    expect(notCarried[0].why).toContain(why);
  });

  it('takes addresses from the environment or the configuration, and keys from named credentials', () => {
    const entries = [
      { model: 'openai/a', api_base: 'os.environ/LLM_URL', api_key: 'os.environ/LLM_KEY' },
      { model: 'openai/b', litellm_credential_name: 'shared' },
    ];
    const credential_list = [{ credential_name: 'shared', credential_values: { api_base: 'https://b.example.com/v1', api_key: 'sk-b' } }];
    const settings = { credential_list, environment_variables: { LLM_KEY: 'sk-a' } };
    const imported = placesOf(entries, { environment: { LLM_URL: 'https://a.example.com/v1' } }, settings);
    expect(chainsOf(imported)).toEqual(['custom-a-example-com a', 'custom-b-example-com b']);
    expect(imported.keys).toEqual([
      { name: 'CUSTOM_A_EXAMPLE_COM_API_KEY', secrets: ['sk-a'], wanted: [] },
      { name: 'CUSTOM_B_EXAMPLE_COM_API_KEY', secrets: ['sk-b'], wanted: [] },
    ]);
  });

  it('names the variable that LiteLLM would have looked at where a key is not named', () => {
    const { keys } = placesOf([{ model: 'gemini/gemini-3-flash' }, { model: 'groq/llama' }]);
    expect(keys).toEqual([
      { name: 'GOOGLE_API_KEY', secrets: [], wanted: ['the value of GEMINI_API_KEY'] },
      { name: 'CUSTOM_GROQ_API_KEY', secrets: [], wanted: ['the value of GROQ_API_KEY'] },
    ]);
  });

  it('has the dearest price of its deployments, in whatever order they come', () => {
    const at = (cost) => ({ input_cost_per_token: cost, output_cost_per_token: 4 * cost });
    const group = [1e-6, 3e-6, 2e-6].map((cost) => ({ model_name: 'a', litellm_params: { model: 'groq/m', ...at(cost) } }));
    for (const model_list of [group, group.toReversed()])
      expect(importLitellm({ model_list }).catalogue.models[0].price).toMatchObject({ inputUsdPerMtok: 3, outputUsdPerMtok: 12 });
  });

  it('has no chain longer than the gateway takes', () => {
    const model_list = Array.from({ length: 25 }, (_, at) => ({ model_name: 'a', litellm_params: { model: `groq/m${at}` } }));
    const { catalogue, notCarried } = importLitellm({ model_list });
    expect(catalogue.models[0].chain).toHaveLength(20);
    expect(notCarried).toContainEqual({ where: 'a: the last 5 of its places', why: 'a chain has 20 at most' });
  });

  it('keeps the key of a provider all of whose models were asked for', () => {
    const { keys, catalogue, notCarried } = importLitellm({
      model_list: [{ model_name: 'openai/*', litellm_params: { model: 'openai/*', api_key: 'os.environ/KEY' } }],
    });
    expect([keys, catalogue.models]).toEqual([[{ name: 'OPENAI_API_KEY', secrets: [], wanted: ['the value of KEY'] }], []]);
    expect(notCarried[0].why).toContain("the catalogue's own models of openai");
  });

  it("takes prices and limits from LiteLLM's list of them", () => {
    const prices = {
      'groq/llama': {
        input_cost_per_token: 1e-7,
        output_cost_per_token: 2e-7,
        max_input_tokens: 8192,
        supports_vision: true,
        mode: 'chat',
      },
      'dall-e': { mode: 'image_generation' },
    };
    const { catalogue, notCarried } = placesOf([{ model: 'groq/llama' }, { model: 'openai/dall-e' }], { prices });
    expect(catalogue.models).toEqual([
      {
        id: 'm0',
        family: 'chat',
        chain: [{ provider: 'custom-groq', model: 'llama' }],
        price: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.2 },
        contextTokens: 8192,
        capabilities: ['vision'],
      },
    ]);
    expect(notCarried[0].why).toBe('of the mode image_generation');
  });

  it('passes the check of the gateway, with all of its models', () => {
    expect(errorsOf(importLitellm(parse(CONFIG), listed()))).toEqual([]);
  });

  it('keeps the other names of a model that gets one more, and takes none from another', () => {
    const { catalogue, notCarried } = importLitellm(
      {
        model_list: [{ model_name: 'claude-sonnet-4-6', litellm_params: { model: 'openrouter/anthropic/claude-sonnet-4.6' } }],
        router_settings: { model_group_alias: { sonnet: 'claude-sonnet-4-6', 'claude-opus-4-5': 'claude-sonnet-4-6' } },
      },
      listed(),
    );
    expect(catalogue.models[0].aliases).toEqual([...listed().get('claude-sonnet-4-6').aliases, 'sonnet']);
    expect(notCarried).toContainEqual({ where: 'model_group_alias.claude-opus-4-5', why: 'it stands for claude-opus-4-6' });
  });

  it('leaves models of other families to their own places', () => {
    const { catalogue, notCarried } = importLitellm(
      { model_list: [{ model_name: 'kling-v3', litellm_params: { model: 'openai/kling' } }] },
      listed(),
    );
    expect([catalogue.models, notCarried[0].where]).toEqual([[], 'kling-v3']);
  });

  it.each([undefined, null, [], {}, { model_list: [null, 3, {}] }])('survives %j', (config) => {
    expect(importLitellm(config).catalogue).toEqual({ models: [] });
  });
});

describe('keys of LiteLLM', () => {
  const nowMs = Date.UTC(2031, 0, 1);
  const read = (key) => readLitellmKeys([key], nowMs);

  it('keep their names, budgets and models', () => {
    const key = {
      key_alias: 'ci',
      max_budget: 5,
      budget_duration: '30d',
      models: ['gpt-5.5'],
      expires: '2031-02-01T00:00:00Z',
      rpm_limit: 3,
    };
    expect(read(key)).toEqual({
      keys: [
        {
          input: {
            name: 'ci',
            mode: 'live',
            spendingLimit: 500,
            limitPeriod: 'month',
            models: ['gpt-5.5'],
            expiresAt: '2031-02-01T00:00:00.000Z',
          },
          notes: ['not carried over: rpm_limit'],
        },
      ],
      skipped: [],
      pages: 1,
    });
  });

  it.each([
    [{ max_budget: 5, spend: 2 }, 300, 'total', ''],
    [{ max_budget: 0.004, spend: 0.0005 }, 0.35, 'total', ''],
    [{ max_budget: 1, budget_duration: '24h' }, 100, 'day', ''],
    [{ max_budget: 1, budget_duration: '1w' }, 100, 'week', ''],
    [{ max_budget: 1, budget_duration: '1mo' }, 100, 'month', ''],
    [{ max_budget: 1, budget_duration: '10d' }, 300, undefined, 'its budget for 10d is now as much a month: 300 credits'],
    [{ max_budget: 1, budget_duration: '86400s' }, 100, 'day', ''],
    [{ max_budget: 1, budget_duration: '10080m' }, 100, 'week', ''],
    [{ max_budget: 1, budget_duration: 'weekly' }, 100, undefined, 'its budget for weekly is now its limit a month'],
    [{ max_budget: null, models: ['gpt-5.5', 'all-proxy-models'] }, undefined, undefined, ''],
  ])('have their limit: %j', (key, limit, period, note) => {
    const [{ input, notes }] = read(key).keys;
    expect([input.spendingLimit, input.limitPeriod, input.models]).toEqual([limit, period, undefined]);
    expect(notes.join()).toBe(note);
  });

  it('have the budget of the table that they share, and lose what a key cannot have here', () => {
    const key = {
      key_alias: 'team',
      max_budget: null,
      litellm_budget_table: { max_budget: 2, budget_duration: '1mo' },
      model_max_budget: { a: 1 },
    };
    expect(read(key).keys).toEqual([
      { input: { name: 'team', mode: 'live', spendingLimit: 200, limitPeriod: 'month' }, notes: ['not carried over: model_max_budget'] },
    ]);
  });

  it('are left out when they are dead', () => {
    for (const key of [{ blocked: true }, { expires: '2020-01-01T00:00:00Z' }, { models: ['no-default-models'] }, { models: ['a', 'b/*'] }])
      expect(read(key)).toMatchObject({ keys: [], skipped: [{ name: 'imported' }] });
    for (const keys of [['hash'], [{}, 'hash']]) expect(readLitellmKeys({ keys })).toBeUndefined();
  });
});

describe('the commands', () => {
  let folder;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-test-'));
    writeFileSync(join(folder, 'config.yaml'), CONFIG);
    writeFileSync(join(folder, 'broken.yaml'), 'model_list: [');
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [{ key_alias: 'ci', max_budget: 1, budget_duration: '30d' }] }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('import litellm writes two files and prints no secret', async () => {
    const { code, output } = await admin('import', 'litellm', join(folder, 'config.yaml'), '--out', folder);
    expect(code).toBe(0);
    expect(output).not.toContain('sk-');
    const { models } = JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8'));
    expect(models.map(({ id }) => id)).toEqual(['gpt-5.5', 'llama-70b', 'our-claude', 'embedder']);
    const variables = parseEnv(readFileSync(join(folder, 'variables.env'), 'utf8'));
    expect(variables).toMatchObject({
      CUSTOM_GROQ_API_KEY: 'sk-of-groq',
      CUSTOM_LLM_EXAMPLE_COM_API_KEY: 'sk-it-is-secret',
      OPENAI_API_KEY: '',
    });
    expect(JSON.parse(variables.CUSTOM_PROVIDERS).map(({ id }) => id)).toEqual([
      'custom-azure-eu',
      'custom-llm-example-com',
      'custom-groq',
    ]);
  });

  it('import litellm reads the files that a configuration includes', async () => {
    writeFileSync(join(folder, 'main.yaml'), 'include: [part.yaml]\nmodel_list: []\n');
    writeFileSync(join(folder, 'part.yaml'), 'include: [main.yaml]\nmodel_list:\n  - {model_name: a, litellm_params: {model: groq/a}}\n');
    writeFileSync(join(folder, 'prices.json'), JSON.stringify({ 'groq/a': { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 } }));
    const { code } = await admin('import', 'litellm', join(folder, 'main.yaml'), '--out', folder, '--prices', join(folder, 'prices.json'));
    expect(code).toBe(0);
    const { models } = JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8'));
    expect(models).toMatchObject([{ id: 'a', price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2 } }]);
  });

  it('import litellm-keys says when there are more pages', async () => {
    writeFileSync(
      join(folder, 'page.json'),
      JSON.stringify({ keys: [{ key_alias: 'ci' }], total_count: 150, current_page: 1, total_pages: 2 }),
    );
    expect((await admin('import', 'litellm-keys', 'acc_1', join(folder, 'page.json'))).output).toContain('has 2 pages');
  });

  it('import litellm-keys makes keys, and none with --dry-run', async () => {
    const dry = await admin('import', 'litellm-keys', 'acc_1', join(folder, 'keys.json'), '--dry-run');
    expect([dry.code, dry.bodies]).toEqual([0, []]);
    const { code, output, bodies } = await admin('import', 'litellm-keys', 'acc_1', join(folder, 'keys.json'));
    expect([code, bodies]).toEqual([0, [{ name: 'ci', mode: 'live', spendingLimit: 100, limitPeriod: 'month' }]]);
    expect(output).toContain('ck_new');
  });

  it('import litellm-keys shows the secrets of those that it made, whatever becomes of the others', async () => {
    const keys = [{ key_alias: 'first' }, { key_alias: 'second', models: ['none'] }, { key_alias: 'third' }];
    writeFileSync(join(folder, 'three.json'), JSON.stringify({ keys }));
    const { code, output } = await admin('import', 'litellm-keys', 'acc_1', join(folder, 'three.json'));
    expect([code, output.match(/ck_new/g)]).toEqual([1, ['ck_new', 'ck_new']]);
    expect(output).toContain('Refused: second. There is no none.');
  });

  it.each(['none.yaml', 'broken.yaml', 'keys.json'])('is 2 for %s', async (name) => {
    expect((await admin('import', 'litellm', join(folder, name), '--out', folder)).code).toBe(2);
  });
});
