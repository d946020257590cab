import { describe, expect, it } from 'vitest';
import type { TokenPrice } from '../../../src/core/money';
import { MODELS } from '../../../src/providers/catalogue';
import { MEDIA_CHAINS } from '../../../src/providers/catalogue/media-chains';
import { mediaTerms } from '../../../src/providers/catalogue/media-terms';
import { FAMILY_PATTERNS } from '../../../src/providers/catalogue/messages';
import { FAL_MODELS } from '../../../src/providers/fal/models';
import { indexModels } from '../../../src/providers/model-index';
import { PROVIDER_SPECS } from '../../../src/providers/registry';
import { REPLICATE_MODELS } from '../../../src/providers/replicate/models';
import type { Price } from '../../../src/providers/types';
import { WAVESPEED_MODELS } from '../../../src/providers/wavespeed/models';
import catalog from '../../fixtures/catalog.json';

const { find: findModel, availableIds: availableModelIds } = indexModels(MODELS);

interface Listed {
  id: string;
  label: string;
  vendor: string;
  family: string;
  usd_per_mtok?: { input: number; output: number };
  usd?: number;
  credits?: number;
  per?: string;
  note?: string;
}
const listed: readonly Listed[] = catalog.models;

/** Turns decimal text into an integer, without a float in between. */
function scaled(amount: number, digits: number): number {
  const [whole = '0', fraction = ''] = String(amount).split('.');
  expect(fraction.length).toBeLessThanOrEqual(digits);
  return Number(whole + fraction.padEnd(digits, '0'));
}

/** Models in the documents' examples that have no price there: they cost what the same model costs under another name. */
const PRICED_AS: Record<string, Price> = {
  'grok-video-t2v': { per: 'clip', micro: 16_000_000 },
  'wan-2-6-i2v': { per: 'second', micro: 10_000_000 },
  'nano-banana-t2i': { per: 'image', micro: 2_400_000 },
};

function expectedPrice(model: Listed): Price | undefined {
  if (PRICED_AS[model.id]) return PRICED_AS[model.id];
  if (model.id === 'wan-video') return { per: 'gpu_second', micro: 2_000_000 };
  if (model.usd_per_mtok) {
    return {
      per: 'token',
      inputMicroPerMtok: scaled(model.usd_per_mtok.input, 8),
      outputMicroPerMtok: scaled(model.usd_per_mtok.output, 8),
    };
  }
  const units = { image: 'image', sec: 'second', clip: 'clip', request: 'request' } as const;
  const per = units[model.per as keyof typeof units];
  if (model.usd !== undefined) return { per, micro: scaled(model.usd, 8) };
  if (model.credits !== undefined) return { per, micro: scaled(model.credits, 6) };
  return undefined;
}

const LANGUAGE = ['chat', 'messages', 'responses', 'gemini', 'embedding'];

describe('catalogue', () => {
  it('lists the models of the reference, and no others but those for embeddings', () => {
    const ids = MODELS.filter(({ family }) => family !== 'embedding').map((model) => model.id);
    expect(ids.sort()).toEqual(listed.map((model) => model.id).sort());
  });

  it.each(listed)('has $id as the reference has it', (reference) => {
    const model = MODELS.find(({ id }) => id === reference.id)!;
    expect(model).toMatchObject({ label: reference.label, vendor: reference.vendor, family: reference.family });
    const { cacheReadMicroPerMtok, cacheWrite5mMicroPerMtok, cacheWrite1hMicroPerMtok, tierMicro, ...price } = {
      ...model.price,
    } as Partial<TokenPrice> & { tierMicro?: Record<string, number>; micro?: number };
    expect(model.price && price).toEqual(expectedPrice(reference));
    // The documents give the price of the usual size.
    if (tierMicro) expect(tierMicro['1K']).toBe(price.micro);
    if (model.price === undefined) expect(model.note).toContain('without a price');
  });

  it('uses each id and alias for one model only', () => {
    const names = MODELS.flatMap((model) => [model.id, ...(model.aliases ?? [])]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("knows Google's own ids, and gives them the official grade at its price", () => {
    const official = MODELS.filter(({ family, id }) => family === 'gemini' && id.endsWith('-official'));
    for (const model of official) expect(findModel(model.id.replace(/-official$/, ''))).toBe(model);
    // Models that Gemini CLI asks for by itself.
    for (const id of ['gemini-3-flash-preview', 'gemini-3-pro-preview', 'gemini-2.5-flash-lite', 'gemini-2.5-flash', 'gemini-2.5-pro'])
      expect(findModel(id)?.id).toBe(`${id}-official`);
    // Newer names, which Gemini CLI 0.61 puts in place of some of these.
    expect(findModel('gemini-3.8-flash')?.id).toBe('gemini-3-flash-official');
    expect(findModel('gemini-3.5-flash-lite')?.id).toBe('gemini-3.1-flash-lite-preview-official');
    expect(findModel('gemini-3.1-pro-preview-customtools')?.id).toBe('gemini-3.1-pro-preview-official');
    expect(findModel('gemini-3.1-pro')?.id).toBe('gemini-3.1-pro');
  });

  it('answers to the only names that many programs have for speech and hearing', () => {
    for (const id of ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts']) expect(findModel(id)?.id).toBe('audio-tts');
    expect(findModel('whisper-1')?.id).toBe('audio-asr');
  });

  it('chains to known providers only, and to no target twice', () => {
    const providers = new Set(PROVIDER_SPECS.map(({ id }) => id));
    for (const { id, chain } of MODELS) {
      const targets = chain.map((target) => `${target.provider}/${target.model}`);
      expect(new Set(targets).size, id).toBe(targets.length);
      for (const target of chain) expect(providers, id).toContain(target.provider);
    }
  });

  it("keeps the gateway's own suffixes out of upstream ids", () => {
    for (const { chain } of MODELS) for (const { model } of chain) expect(model).not.toMatch(/-(official|vip)$/);
  });

  it('has a chain for every language model but those that no provider is wired for', () => {
    const without = MODELS.filter(({ family, chain }) => LANGUAGE.includes(family) && chain.length === 0);
    expect(without.map(({ id }) => id)).toEqual(['gpt-realtime-1.5-official']);
  });

  it('has a chain for every media model but those of which no vendor has one', () => {
    const without = MODELS.filter(({ family, chain }) => !LANGUAGE.includes(family) && chain.length === 0);
    expect(without.map(({ id }) => id)).toEqual([
      'gpt-4o-image',
      'doubao-seedream-5-0',
      'gemini-2.5-flash-image-official',
      'gemini-3.1-fast-imagen',
      'gemini-3.1-thinking-imagen',
      'gemini_omni',
      'sora-2-i2v',
      'sdxl',
      'wan-video',
    ]);
  });

  it('has no chain for a model that is not there', () => {
    const ids = new Set(MODELS.map(({ id }) => id));
    expect(Object.keys(MEDIA_CHAINS).filter((id) => !ids.has(id))).toEqual([]);
  });

  it.each([
    ['wavespeed', WAVESPEED_MODELS],
    ['fal', FAL_MODELS],
    ['replicate', REPLICATE_MODELS],
  ])('chains to models of %s whose fields are known', (provider, known) => {
    const targets = MODELS.flatMap(({ chain }) => chain).filter((target) => target.provider === provider);
    const used = new Set(targets.flatMap(({ model, modelWithReferences }) => [model, modelWithReferences ?? model]));
    expect([...used].filter((id) => known[id] === undefined)).toEqual([]);
  });

  it('sends media to providers that make that kind', () => {
    for (const model of MODELS) {
      const kind = mediaTerms(model)?.kind;
      if (kind === undefined) continue;
      for (const { provider } of model.chain) {
        const spec = PROVIDER_SPECS.find(({ id }) => id === provider);
        expect(spec?.media?.kinds, `${model.id} at ${provider}`).toContain(kind);
      }
    }
  });

  it('sends films of the full Seedance 1.0 to nobody who makes them with its fast model', () => {
    expect(MEDIA_CHAINS['doubao-seedance-1-0-pro-quality']).toEqual([{ provider: 'replicate', model: 'bytedance/seedance-1-pro' }]);
  });

  it("sends Google's own pictures to Google alone", () => {
    const official = MODELS.filter(({ family, id }) => family === 'image' && id.endsWith('-official'));
    for (const { chain } of official) for (const { provider } of chain) expect(provider).toBe('google');
  });

  it('makes 4K of a model that is sold as such, with every provider', () => {
    const { chain } = MODELS.find(({ id }) => id === 'gemini-3-pro-image-preview-4K')!;
    expect(chain.map(({ provider, defaults }) => [provider, defaults])).toEqual([
      ['google', { imageSize: '4K' }],
      ['fal', { resolution: '4K' }],
      ['wavespeed', { resolution: '4k' }],
      ['replicate', { resolution: '4K' }],
    ]);
  });

  it('asks OpenAI for its codex models by the Responses API alone', () => {
    for (const { family, chain } of MODELS.filter((model) => model.family === 'responses')) {
      expect(chain.map(({ provider }) => provider)).toEqual(['openai', 'openrouter']);
      expect(chain[0]!.wires, family).toEqual(['openai-responses']);
    }
  });

  it('keeps the dearest models for the growth tier', () => {
    const dearest = MODELS.filter(({ price }) => price?.per === 'token' && price.outputMicroPerMtok > 100 * 100_000_000);
    expect(dearest.map(({ id }) => id)).toEqual(['gpt-5.4-pro-official', 'gpt-5-pro-official']);
    expect(MODELS.filter(({ minimumTier }) => minimumTier !== undefined)).toEqual(dearest);
    expect(dearest.map(({ minimumTier }) => minimumTier)).toEqual(['growth', 'growth']);
  });

  it('never allows more output than the context holds', () => {
    for (const { contextTokens, maxOutputTokens, id } of MODELS) {
      if (contextTokens && maxOutputTokens) expect(maxOutputTokens, id).toBeLessThanOrEqual(contextTokens);
    }
  });
});

describe('findModel', () => {
  it.each([
    ['gpt-5', 'gpt-5'],
    ['nano-banana-2', 'nano-banana-2'],
    ['nano_banana_2', 'nano_banana_2'],
    ['claude-sonnet-4-6', 'claude-sonnet-4-6'],
    ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-6'],
    ['claude-3-5-sonnet-20241022', 'claude-sonnet-4-6'],
    ['claude-sonnet-4-20250514', 'claude-sonnet-4-6'],
    ['claude-sonnet-5-5', 'claude-sonnet-4-6'],
    ['claude-3-5-haiku-20241022', 'claude-haiku-4-5'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['claude-haiku-5-5', 'claude-haiku-4-5'],
    ['claude-opus-4-1-20250805', 'claude-opus-4-6'],
    ['claude-opus-5-5', 'claude-opus-4-6'],
    ['claude-opus-9-20300101', 'claude-opus-4-6'],
    ['claude-sonnet-4-6[1m]', 'claude-sonnet-4-6'],
    ['claude-haiku-latest', 'claude-haiku-4-5'],
    ['claude-3-7-sonnet-thinking', 'claude-sonnet-4-6'],
    ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4-6'],
    ['anthropic/claude-3.7-sonnet', 'claude-sonnet-4-6'],
    ['anthropic/claude-opus-4.1', 'claude-opus-4-6'],
    ['anthropic/claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
  ])('finds %s as %s', (id, found) => {
    expect(findModel(id)?.id).toBe(found);
  });

  it.each([
    '',
    'gpt-99',
    'GPT-5',
    'claude',
    'claude-2.1',
    'claude-instant-1.2',
    'claude-opus',
    'anthropic/claude-2.1',
    'anthropic/claude-3.7-sonnet:thinking',
    'toString',
    '__proto__',
  ])('finds nothing for %j', (id) => {
    expect(findModel(id)).toBeUndefined();
  });

  it('points every pattern at a model that is there', () => {
    for (const { id, prefix } of FAMILY_PATTERNS) expect(findModel(`${prefix}x`)?.id).toBe(id);
  });
});

describe('availableModelIds', () => {
  it('gives the ids of the families that were asked for', () => {
    expect(availableModelIds(['messages'])).toEqual(['claude-opus-4-6', 'claude-sonnet-4-6', 'claude-haiku-4-5']);
    expect(availableModelIds(['chat', 'gpu'])).toContain('wan-video');
    expect(availableModelIds([])).toEqual([]);
  });

  it('leaves out what has no price', () => {
    expect(availableModelIds(['gemini'])).not.toContain('gemini-3.5-fast');
    expect(availableModelIds(['gemini'])).toContain('gemini-3.1-pro');
  });
});

describe('a name that a model has at OpenRouter', () => {
  it.each([
    ['openai/gpt-5.5', 'gpt-5.5'],
    ['openai/gpt-5.3-codex', 'gpt-5.3-codex'],
    ['deepseek/deepseek-v3.2', 'deepseek-v3.2'],
    ['google/gemini-3-flash-preview', findModel('gemini-3-flash-preview')!.id],
    ['openai/gpt-5.3-chat', 'gpt-5.3'],
  ])('leads to it, or of several to its namesake here: %s', (name, id) => {
    expect(findModel(name)?.id).toBe(id);
  });

  it('leads nowhere where no chain has it', () => {
    for (const name of ['openai/none', 'openai/', '/', 'gpt-5.5/']) expect(findModel(name)).toBeUndefined();
  });
});
