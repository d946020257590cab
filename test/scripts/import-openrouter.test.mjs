import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importOpenrouter } from '../../scripts/lib/import-openrouter.mjs';
import { MODELS } from '../../src/providers/catalogue';
import { admin, errorsOf, listed } from './imported.mjs';

const text = { input_modalities: ['text'], output_modalities: ['text'] };
const LIST = {
  data: [
    { id: 'openai/gpt-5.5', name: 'OpenAI: GPT-5.5', architecture: text, pricing: { prompt: '0.000005', completion: '0.00003' } },
    { id: 'anthropic/claude-sonnet-4.6', architecture: text, pricing: { prompt: '0.000003', completion: '0.000015' } },
    {
      id: 'acme/seer-2',
      name: 'Acme: Seer 2',
      context_length: 131072,
      architecture: { input_modalities: ['text', 'image', 'audio', 'file'], output_modalities: ['text'] },
      pricing: {
        prompt: '0.00000125',
        completion: '0.00001',
        request: '0',
        image: '0.001',
        web_search: '0',
        internal_reasoning: '0.00001',
        input_cache_read: '0.000000125',
        input_cache_write: '0.000001625',
        input_cache_write_1h: '0.0000025',
        discount: 0.5,
      },
      top_provider: { context_length: 131072, max_completion_tokens: 65536, is_moderated: false },
      supported_parameters: ['max_tokens', 'tools', 'tool_choice', 'reasoning', 'include_reasoning', 'structured_outputs'],
    },
    { id: 'acme/seer-2:free', name: 'Acme: Seer 2 (free)', architecture: text, pricing: { prompt: '0', completion: '0' } },
    { id: 'acme/finder', architecture: text, pricing: { prompt: '0.000001', completion: '0.000001', request: '0.005' } },
    { id: 'openrouter/auto', architecture: text, pricing: { prompt: '-1', completion: '-1' } },
    {
      id: 'acme/painter',
      architecture: { input_modalities: ['text'], output_modalities: ['image', 'text'] },
      pricing: { prompt: '0.000001', completion: '0.000001' },
    },
    {
      id: 'acme/embed',
      architecture: { input_modalities: ['text'], output_modalities: ['embeddings'] },
      pricing: { prompt: '0.0000001', completion: '0' },
      top_provider: { max_completion_tokens: null },
    },
  ],
};

const read = (...only) => importOpenrouter(LIST, listed(), only);
const modelOf = (id, { catalogue }) => catalogue.models.find((model) => model.id === id);
const whyNot = ({ notCarried }, where) => notCarried.find((left) => left.where === where)?.why;

describe('the list of OpenRouter', () => {
  it('gives models that the gateway has one more name, and brings no others along unless they are named', () => {
    const imported = read();
    expect(imported.catalogue.models).toEqual([{ id: 'gpt-5.5', aliases: ['openai/gpt-5.5'] }]);
    expect(whyNot(imported, 'acme/seer-2')).toContain('--only');
    expect(whyNot(imported, 'anthropic/claude-sonnet-4.6')).toContain('/v1/messages alone');
  });

  it('keeps the names that a model has', () => {
    const known = new Map([['gpt-5.5', { id: 'gpt-5.5', family: 'chat', aliases: ['gpt-latest'], pricing: {} }]]);
    expect(importOpenrouter(LIST, known).catalogue.models).toEqual([{ id: 'gpt-5.5', aliases: ['gpt-latest', 'openai/gpt-5.5'] }]);
    known.get('gpt-5.5').aliases.push('openai/gpt-5.5');
    expect(importOpenrouter(LIST, known).catalogue.models).toEqual([]);
  });

  it('makes models of what is named, with prices, limits and abilities', () => {
    expect(modelOf('acme/seer-2', read('acme/*'))).toEqual({
      id: 'acme/seer-2',
      label: 'Acme: Seer 2',
      vendor: 'Acme',
      family: 'chat',
      chain: [{ provider: 'openrouter', model: 'acme/seer-2' }],
      price: {
        inputUsdPerMtok: 1.25,
        outputUsdPerMtok: 10,
        cacheReadUsdPerMtok: 0.125,
        cacheWrite5mUsdPerMtok: 1.625,
        cacheWrite1hUsdPerMtok: 2.5,
      },
      contextTokens: 131072,
      maxOutputTokens: 65536,
      capabilities: ['vision', 'audio', 'tools', 'reasoning', 'structured_output'],
    });
    expect(modelOf('acme/embed', read('acme/embed'))).toMatchObject({
      family: 'embedding',
      price: { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0 },
    });
  });

  it('takes a pattern as the whole name but for its stars, and says when none matches', () => {
    const ids = (...only) => read(...only).catalogue.models.map(({ id }) => id);
    expect(ids('acme/seer-2')).toEqual(['acme/seer-2']);
    expect(ids('ACME/*:free', 'openai/*')).toEqual(['gpt-5.5', 'acme/seer-2:free']);
    expect(whyNot(read('acme/s.er-2'), '--only acme/s.er-2')).toContain('no model');
  });

  it('serves what answers at Messages here to clients of Chat Completions, where it is named', () => {
    expect(modelOf('anthropic/claude-sonnet-4.6', read('anthropic/*'))).toMatchObject({
      family: 'chat',
      chain: [{ provider: 'openrouter', model: 'anthropic/claude-sonnet-4.6' }],
    });
  });

  it('says what a price by tokens cannot hold', () => {
    const imported = read('*');
    expect(modelOf('acme/finder', imported).price).toBeNull();
    expect(whyNot(imported, 'acme/finder: a price')).toContain('0.005 USD');
    expect(whyNot(imported, 'acme/seer-2: prices of image')).toContain('not charged here');
    expect(modelOf('acme/seer-2:free', imported).price).toEqual({ inputUsdPerMtok: 0, outputUsdPerMtok: 0 });
    expect(whyNot(imported, 'acme/seer-2:free: a price')).toContain('gives it away');
    for (const [id, why] of [
      ['openrouter/auto', 'depends on the model'],
      ['acme/painter', 'makes image and text'],
    ]) {
      expect(modelOf(id, imported)).toBeUndefined();
      expect(whyNot(imported, id)).toContain(why);
    }
  });

  it('gives models that the gateway has its prices, times a factor, where it is asked for them', () => {
    const imported = importOpenrouter(LIST, listed(), [], 1.2);
    expect(modelOf('gpt-5.5', imported)).toEqual({
      id: 'gpt-5.5',
      price: { inputUsdPerMtok: 6, outputUsdPerMtok: 36 },
      aliases: ['openai/gpt-5.5'],
    });
    expect(modelOf('claude-sonnet-4-6', imported).price).toEqual({ inputUsdPerMtok: 3.6, outputUsdPerMtok: 18 });
    expect(whyNot(imported, 'gpt-5.4-mini: a price')).toBe('the list has none: it stays as it was');
    expect(errorsOf(imported)).toEqual([]);
    const [, claude] = LIST.data;
    const given = {
      data: [
        { ...claude, id: 'openai/gpt-5.4' },
        { ...LIST.data[3], id: 'openai/gpt-5.5' },
      ],
    };
    const { models } = importOpenrouter(given, listed(), [], 1).catalogue;
    expect(models.filter(({ price }) => price).map(({ id }) => id)).toEqual(['gpt-5.4', 'gpt-5.4-official']);
  });

  it('passes the check of the gateway', () => {
    expect(errorsOf(read('*'))).toEqual([]);
  });

  it('names only models whose chain asks OpenRouter for that very model', () => {
    const ids = MODELS.flatMap(({ chain }) => chain.flatMap(({ provider, model }) => (provider === 'openrouter' ? [model] : [])));
    const { models } = importOpenrouter({ data: ids.map((id) => ({ id, architecture: text })) }, listed()).catalogue;
    expect(models.length).toBeGreaterThan(10);
    const wrong = models.flatMap(({ id, aliases }) => {
      const { chain, aliases: had = [] } = MODELS.find((model) => model.id === id);
      return aliases.filter((alias) => !had.includes(alias) && !chain.some(({ model }) => model === alias));
    });
    expect(wrong).toEqual([]);
  });

  it.each([undefined, null, {}, 'x'])('is none in %j', (exported) => {
    expect(importOpenrouter(exported)).toBeUndefined();
  });
});

describe('import openrouter', () => {
  let folder;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'import-openrouter-test-'));
    writeFileSync(join(folder, 'models.json'), JSON.stringify(LIST));
    writeFileSync(join(folder, 'other.json'), '{}');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the catalogue, and no variables, since there are none', async () => {
    const { code, output } = await admin('import', 'openrouter', join(folder, 'models.json'), '--only', 'acme/seer-*', '--out', folder);
    expect(code).toBe(0);
    expect(output).toContain('Next: npm run admin -- catalogue check');
    const { models } = JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8'));
    expect(models.map(({ id }) => id)).toEqual(['acme/seer-2', 'acme/seer-2:free']);
    expect(existsSync(join(folder, 'variables.env'))).toBe(false);
  });

  it('is 2 for a file that is no such list', async () => {
    expect((await admin('import', 'openrouter', join(folder, 'other.json'))).code).toBe(2);
  });
});
