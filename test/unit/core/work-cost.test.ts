import { describe, expect, it } from 'vitest';
import { fromCredits, priceAt, priceOfUsage, tokenCostMicro } from '../../../src/core/money';
import { NO_USAGE, type Usage, withWork } from '../../../src/core/usage';
import { wholePrice } from '../../../src/providers/catalogue/beside';
import { buildRegistry } from '../../../src/providers/registry';

const { models } = buildRegistry({});

function priceOf(id: string) {
  const model = models.find(id)!;
  if (model.price?.per !== 'token') throw new Error(`${id} is not priced by tokens`);
  return wholePrice(model, model.price);
}

/** What the usage costs beyond its tokens, in credits. */
function beside(id: string, usage: Partial<Usage>): number {
  const tokens = { ...NO_USAGE, inputTokens: 1_000, outputTokens: 1_000 };
  const more = tokenCostMicro({ ...tokens, ...usage }, priceOf(id)) - tokenCostMicro(tokens, priceOf(id));
  return more / fromCredits(1);
}

describe('what is billed beside tokens', () => {
  it.each<[string, Partial<Usage>, number]>([
    ['claude-opus-4-6', { webSearches: 100 }, 100],
    ['gpt-5.4', { webSearches: 3 }, 3],
    ['glm-5', { webSearches: 1 }, 1],
    ['gpt-5.3-codex', { fileSearches: 4 }, 1],
    ['gpt-5.4-nano', { containers: 1 }, 3],
    ['claude-haiku-4-5', { containers: 1 }, 1.25],
    ['gpt-5.4-nano', { imageInputTokens: 1_000, imageOutputTokens: 6_240 }, 25.96],
    ['gemini-2.5-flash', { groundedPrompts: 1, groundingQueries: 4 }, 3.5],
    ['gemini-3-flash', { groundedPrompts: 1, groundingQueries: 4 }, 5.6],
    ['gemini-3-flash', { mapPrompts: 1 }, 2.5],
  ])('is on the bill of %s: %j', (id, usage, credits) => {
    expect(beside(id, usage)).toBeCloseTo(credits, 6);
  });

  it('is at least what the provider says, once', () => {
    expect(beside('gpt-5.4', { webSearches: 1, billedBesideMicro: fromCredits(5) })).toBeCloseTo(5, 6);
    expect(beside('gpt-5.4', { webSearches: 7, billedBesideMicro: fromCredits(5) })).toBeCloseTo(7, 6);
    expect(tokenCostMicro({ ...NO_USAGE, inputTokens: 1, billedWholeMicro: fromCredits(100) }, priceOf('gpt-5.4'))).toBe(fromCredits(100));
  });

  it('charges sound at its own price where the model has one', () => {
    const spoken = { ...NO_USAGE, inputTokens: 1_000, outputTokens: 1_000, inputAudioTokens: 400, outputAudioTokens: 900 };
    const { inputMicroPerMtok, outputMicroPerMtok } = priceOf('gpt-audio-1.5-official');
    const text = (600 * inputMicroPerMtok + 100 * outputMicroPerMtok) / 1e6;
    expect(tokenCostMicro(spoken, priceOf('gpt-audio-1.5-official'))).toBe(text + 400 * 3_200 + 900 * 6_400);
    expect(tokenCostMicro(spoken, priceOf('gpt-5.4'))).toBe(
      tokenCostMicro({ ...spoken, inputAudioTokens: 0, outputAudioTokens: 0 }, priceOf('gpt-5.4')),
    );
  });

  it('can be priced otherwise by the operator, model by model', () => {
    const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 2, webSearchUsd: 0.5, audioOutputUsdPerMtok: 7 };
    const own = buildRegistry({ CATALOGUE_OVERRIDES: JSON.stringify({ models: [{ id: 'gpt-5.4', price }] }) }).models.find('gpt-5.4')!;
    expect(own.price).toEqual({
      per: 'token',
      inputMicroPerMtok: 100_000_000,
      outputMicroPerMtok: 200_000_000,
      webSearchMicro: 50_000_000,
      audioOutputMicroPerMtok: 700_000_000,
    });
    expect(own.price?.per === 'token' && wholePrice(own, own.price)).toMatchObject({
      webSearchMicro: 50_000_000,
      fileSearchMicro: 250_000,
    });
  });

  it('is at an account’s own prices as the tokens are, also of a model that lacks some of them', () => {
    const used = { ...NO_USAGE, inputTokens: 1_000_000, webSearches: 2, groundedPrompts: 1 };
    expect(tokenCostMicro(used, priceAt(priceOf('gpt-5.4'), 500))).toBe(tokenCostMicro(used, priceOf('gpt-5.4')) / 2);
  });

  it('leaves no prices on a receipt that its usage has nothing of', () => {
    const { inputMicroPerMtok, outputMicroPerMtok } = priceOf('gpt-5.4');
    expect(priceOfUsage(priceOf('gpt-5.4'), { ...NO_USAGE, inputTokens: 5, fileSearches: 1 })).toEqual({
      inputMicroPerMtok,
      outputMicroPerMtok,
      groundedPromptMicro: undefined,
      fileSearchMicro: 250_000,
      per: 'token',
    });
  });
});

it('work that usage tells of too counts once', () => {
  const work = new Map([
    ['a', { webSearches: 1 }],
    ['b', { webSearches: 1, containers: 1 }],
  ]);
  expect(withWork({ ...NO_USAGE, inputTokens: 3, containers: 4 }, work)).toEqual({
    ...NO_USAGE,
    inputTokens: 3,
    webSearches: 2,
    containers: 4,
  });
  expect(withWork(NO_USAGE, new Map())).toBe(NO_USAGE);
});
