import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runAdmin } from '../../scripts/lib/admin-cli.mjs';
import { importLitellm } from '../../scripts/lib/import-litellm.mjs';
import { readLitellmKeys } from '../../scripts/lib/import-litellm-keys.mjs';

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
    expect(modelOf('gpt-5.5')).toEqual({ id: 'gpt-5.5', chain: [{ provider: 'openai', model: 'gpt-5.5' }] });
  });

  it('becomes a model with its places in order, behind them those of its fallbacks', () => {
    expect(modelOf('llama-70b')).toEqual({
      id: 'llama-70b',
      family: 'chat',
      chain: [
        { provider: 'custom-groq', model: 'llama-70b' },
        { provider: 'custom-llm-example-com', model: 'meta/llama-70b' },
        { provider: 'openai', model: 'gpt-5.5' },
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

  it('has no price where it has none', () => {
    expect(modelOf('embedder')).toMatchObject({ family: 'embedding', price: null });
  });

  it('says what was not carried over, and never a secret', () => {
    const left = imported.notCarried.map(({ where, why }) => `${where}: ${why}`).join('\n');
    for (const part of ['gpt-55-eu', 'rpm', 'anything/*', '10.0.0.5', 'model_group_alias.lost', 'llama-70b to local', 'embedder: a price'])
      expect(left).toContain(part);
    for (const part of ['general_settings.master_key', 'router_settings.routing_strategy', 'the price of gpt-5.5'])
      expect(left).toContain(part);
    expect(left).not.toContain('sk-');
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
          input: { name: 'ci', mode: 'live', spendingLimit: 500, models: ['gpt-5.5'], expiresAt: '2031-02-01T00:00:00.000Z' },
          notes: ['not carried over: rpm_limit'],
        },
      ],
      skipped: [],
    });
  });

  it.each([
    [{ max_budget: 5, spend: 2 }, 300, 'for all time'],
    [{ max_budget: 1, budget_duration: '1d' }, 3000, '3000 credits'],
    [{ max_budget: 1, budget_duration: '1mo' }, 100, undefined],
    [{ max_budget: null, models: ['all-proxy-models'] }, undefined, undefined],
  ])('have a limit a month: %j', (key, limit, note) => {
    const [{ input, notes }] = read(key).keys;
    expect([input.spendingLimit, input.models]).toEqual([limit, undefined]);
    expect(notes.join()).toContain(note ?? '');
  });

  it('are left out when they are dead', () => {
    for (const key of [{ blocked: true }, { expires: '2020-01-01T00:00:00Z' }, { models: ['no-default-models'] }])
      expect(read(key)).toMatchObject({ keys: [], skipped: [{ name: 'imported' }] });
    expect(readLitellmKeys({ keys: ['hash'] })).toBeUndefined();
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

  async function admin(...argv) {
    const printed = [];
    const bodies = [];
    const fetch = async (address, { body }) => {
      if (body) bodies.push(JSON.parse(body));
      return Response.json(address.endsWith('/v1/models') ? { data: [...KNOWN.values()] } : { ...bodies.at(-1), key: 'ck_new' });
    };
    const code = await runAdmin(argv, {
      env: { ADMIN_TOKEN: 'token' },
      print: (text) => printed.push(text),
      printError: (text) => printed.push(text),
      fetch,
    });
    return { code, output: printed.join('\n'), bodies };
  }

  it('import litellm writes two files and prints no secret', async () => {
    const { code, output } = await admin('import', 'litellm', join(folder, 'config.yaml'), '--out', folder);
    expect(code).toBe(0);
    expect(output).not.toContain('sk-');
    expect(JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8'))).toEqual(imported.catalogue);
    const variables = parseEnv(readFileSync(join(folder, 'variables.env'), 'utf8'));
    expect(variables).toMatchObject({
      CUSTOM_GROQ_API_KEY: 'sk-of-groq',
      CUSTOM_LLM_EXAMPLE_COM_API_KEY: 'sk-it-is-secret',
      OPENAI_API_KEY: '',
    });
    expect(JSON.parse(variables.CUSTOM_PROVIDERS).map(({ id }) => id)).toEqual(['custom-llm-example-com', 'custom-groq']);
  });

  it('import litellm-keys makes keys, and none with --dry-run', async () => {
    const dry = await admin('import', 'litellm-keys', 'acc_1', join(folder, 'keys.json'), '--dry-run');
    expect([dry.code, dry.bodies]).toEqual([0, []]);
    const { code, output, bodies } = await admin('import', 'litellm-keys', 'acc_1', join(folder, 'keys.json'));
    expect([code, bodies]).toEqual([0, [{ name: 'ci', mode: 'live', spendingLimit: 100 }]]);
    expect(output).toContain('ck_new');
  });

  it.each(['none.yaml', 'broken.yaml', 'keys.json'])('is 2 for %s', async (name) => {
    expect((await admin('import', 'litellm', join(folder, name), '--out', folder)).code).toBe(2);
  });
});
