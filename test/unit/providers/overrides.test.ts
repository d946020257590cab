import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/core/json-position';
import { usdPerMtok } from '../../../src/core/money';
import { wholePrice } from '../../../src/providers/catalogue/beside';
import { errorText } from '../../../src/providers/overrides/schema';
import { buildRegistry, type Registry, withOverrides } from '../../../src/providers/registry';

const base = buildRegistry({
  OPENAI_API_KEY: 'k',
  CUSTOM_PROVIDERS: '[{"id":"custom-cluster","baseUrl":"https://llm.example.com/v1"}]',
});

function applied(models: unknown, registry = base): Registry {
  const result = withOverrides(registry, JSON.stringify({ models }));
  if (!result.ok) throw new Error(result.errors.map(errorText).join('\n'));
  return result.value.registry;
}

function refusal(text: string): string {
  const result = withOverrides(base, text);
  if (result.ok) throw new Error('it was taken');
  return result.errors.map(errorText).join('\n');
}

describe('an override', () => {
  it('changes the price of a model and nothing else', () => {
    const before = base.models.find('gpt-5.5')!;
    const after = applied([{ id: 'gpt-5.5', price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2, cacheReadUsdPerMtok: 0.1 } }]);
    expect(after.models.find('gpt-5.5')).toEqual({
      ...before,
      price: { per: 'token', inputMicroPerMtok: 100_000_000, outputMicroPerMtok: 200_000_000, cacheReadMicroPerMtok: 10_000_000 },
    });
    expect(base.models.find('gpt-5.5')).toBe(before);
    expect(after.models.all).toHaveLength(base.models.all.length);
  });

  it('changes a chain, limits and names', () => {
    const chain = [{ provider: 'custom-cluster', model: 'mine' }];
    const registry = applied([{ id: 'gpt-5.5', chain, label: 'Ours', aliases: ['our-best'], maxOutputTokens: 10 }]);
    expect(registry.models.find('our-best')).toMatchObject({ id: 'gpt-5.5', chain, label: 'Ours', maxOutputTokens: 10 });
  });

  it('changes the formats in which a provider is asked, to any that it speaks', () => {
    const chain = [{ provider: 'openai', model: 'mine', wires: ['openai-responses'], toolWires: ['openai-chat'] }];
    expect(applied([{ id: 'gpt-5.5', chain }]).models.find('gpt-5.5')).toMatchObject({ chain });
    const unknown = refusal(JSON.stringify({ models: [{ id: 'gpt-5.5', chain: [{ ...chain[0], provider: 'nobody' }] }] }));
    expect(unknown).toMatch(/there is no provider nobody/);
  });

  it('adds a model', () => {
    const model = { id: 'llama-70b', family: 'chat', chain: [{ provider: 'custom-cluster', model: 'meta/llama' }] };
    const registry = applied([{ ...model, price: { inputUsdPerMtok: 0.2, outputUsdPerMtok: 0.6 } }]);
    expect(registry.models.find('llama-70b')).toMatchObject({ ...model, price: { per: 'token', inputMicroPerMtok: 20_000_000 } });
    expect(registry.models.availableIds(['chat'])).toContain('llama-70b');
  });

  it('prices media by the unit', () => {
    const registry = applied([{ id: 'kling-v3', price: { per: 'second', usd: 0.29 } }]);
    expect(registry.models.find('kling-v3')!.price).toEqual({ per: 'second', micro: 29_000_000 });
    const tiered = applied([{ id: 'kling-v3', price: { per: 'second', usd: 0.1, tiersUsd: { '720p': 0.1, '1080p': 0.15 } } }]);
    expect(tiered.models.find('kling-v3')!.price).toMatchObject({ tierMicro: { '720p': 10_000_000, '1080p': 15_000_000 } });
    const flat = applied([{ id: 'gpt-image-2', price: { per: 'image', usd: 0.05 } }]);
    expect(flat.models.find('gpt-image-2')!.price).toEqual({ per: 'image', micro: 5_000_000 });
  });

  it('prices long prompts, and their cache as much dearer as they are where it has no price of its own', () => {
    const short = { inputUsdPerMtok: 3, outputUsdPerMtok: 15, cacheReadUsdPerMtok: 0.3, cacheWrite5mUsdPerMtok: 3.75 };
    const longPrompts = [{ aboveTokens: 200_000, inputUsdPerMtok: 6, outputUsdPerMtok: 22.5, cacheWrite5mUsdPerMtok: 8 }];
    const registry = applied([{ id: 'gpt-5.5', price: { ...short, longPrompts } }]);
    expect(registry.models.find('gpt-5.5')!.price).toEqual({
      per: 'token',
      inputMicroPerMtok: usdPerMtok(3),
      outputMicroPerMtok: usdPerMtok(15),
      cacheReadMicroPerMtok: usdPerMtok(0.3),
      cacheWrite5mMicroPerMtok: usdPerMtok(3.75),
      longPrompts: [
        {
          aboveTokens: 200_000,
          inputMicroPerMtok: usdPerMtok(6),
          outputMicroPerMtok: usdPerMtok(22.5),
          cacheReadMicroPerMtok: usdPerMtok(0.6),
          cacheWrite5mMicroPerMtok: usdPerMtok(8),
        },
      ],
    });
  });

  it('multiplies all prices but those that it gives, and what runs beside tokens with them', () => {
    const of = (text: string) => {
      const result = withOverrides(base, text);
      if (!result.ok) throw new Error(result.errors.map(errorText).join('\n'));
      return result.value;
    };
    const given = { id: 'gpt-5.5', price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2 } };
    const { registry, changedIds } = of(JSON.stringify({ priceFactor: 1.25, models: [given] }));
    expect(registry.models.find('gpt-5.5')!.price).toEqual({
      per: 'token',
      inputMicroPerMtok: 100_000_000,
      outputMicroPerMtok: 200_000_000,
    });
    for (const before of base.models.all.filter(({ id, price }) => id !== 'gpt-5.5' && price)) {
      const after = registry.models.find(before.id)!;
      expect(changedIds).toContain(before.id);
      if (before.price?.per === 'token' && after.price?.per === 'token') {
        expect(after.price.inputMicroPerMtok, before.id).toBe(Math.ceil(before.price.inputMicroPerMtok * 1.25));
        const [whole, dearer] = [wholePrice(before, before.price), wholePrice(after, after.price)];
        for (const name of ['webSearchMicro', 'containerMicro', 'mapPromptMicro', 'imageOutputMicroPerMtok'] as const)
          expect(dearer[name], `${before.id} ${name}`).toBe(Math.ceil(whole[name]! * 1.25));
      } else if (before.price?.per !== 'token' && after.price?.per !== 'token') {
        expect(after.price!.micro, before.id).toBe(Math.ceil(before.price!.micro * 1.25));
        const tiers = Object.entries(before.price!.tierMicro ?? {}).map(([tier, micro]) => [tier, Math.ceil(micro * 1.25)]);
        expect(Object.entries(after.price!.tierMicro ?? {}), before.id).toEqual(tiers);
      }
    }
    for (const { id } of base.models.all.filter(({ price }) => !price)) expect(registry.models.find(id)!.price).toBeUndefined();
    expect(of('{"priceFactor":1,"models":[]}')).toMatchObject({ changedIds: [] });
  });

  it('takes a model off sale, and puts one on that had no price', () => {
    const off = applied([{ id: 'gpt-5.5', price: null }]);
    expect(off.models.find('gpt-5.5')).toMatchObject({ note: 'Listed without a price.' });
    expect(off.models.availableIds(['chat'])).not.toContain('gpt-5.5');
    const on = applied([{ id: 'gpt-5.5', price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2 } }], off);
    expect(on.models.find('gpt-5.5')!.note).toBeUndefined();
  });

  it('has a version that says which texts are in force', () => {
    expect(base.catalogueVersion).toBeUndefined();
    const first = applied([{ id: 'gpt-5.5', label: 'A' }]);
    const second = applied([{ id: 'gpt-5.5', label: 'B' }]);
    expect(first.catalogueVersion).toMatch(/^[0-9a-f]{8}$/);
    expect(second.catalogueVersion).not.toBe(first.catalogueVersion);
    expect(applied([{ id: 'gpt-5.5', label: 'B' }], first).catalogueVersion).toBe(`${first.catalogueVersion}.${second.catalogueVersion}`);
  });

  it('comes by the variable too, as text or already parsed, and stops the gateway when it is wrong', () => {
    const models = [{ id: 'gpt-5.5', label: 'A' }];
    for (const value of [JSON.stringify({ models }), { models }])
      expect(buildRegistry({ CATALOGUE_OVERRIDES: value }).models.find('gpt-5.5')!.label).toBe('A');
    expect(() => buildRegistry({ CATALOGUE_OVERRIDES: '{"models": [\n{"id": ""}]}' })).toThrow(
      'CATALOGUE_OVERRIDES: line 2, models[0].id: ',
    );
  });
});

const lines = (...models: string[]): string => `{\n  "models": [\n${models.join(',\n')}\n  ]\n}`;

describe('an error names line and field', () => {
  it.each<[string, string, string]>([
    ['a factor of nothing', '{\n  "priceFactor": 0,\n  "models": []\n}', 'line 2, priceFactor: Too small: expected number to be >=0.01'],
    ['no JSON', '{\n  "models": [\n  ],\n}', 'line 4: not valid JSON: a name in double quotes is missing here'],
    ['a comma too few', '{\n  "models": []\n  "a": 1}', 'line 3: not valid JSON: a comma or the closing brace is missing here'],
    ['something behind', '{"models": []}\n{}', 'line 2: something follows the end'],
    ['a name twice', '{"models": [],\n "models": []}', 'line 2: the name "models" is there twice'],
    ['a single quote', "{'models': []}", 'line 1: not valid JSON: a name in double quotes'],
    ['an unknown field', lines('{"id": "gpt-5.5",\n"prize": 1}'), 'line 4, models[0].prize: there is no such field'],
    [
      'an unknown price',
      lines('{"id": "gpt-5.5"}', '{"id": "gpt-5",\n"price": {"inputUsd": 1}}'),
      'line 5, models[1].price.inputUsd: there',
    ],
    ['half a price', lines('{"id": "gpt-5.5",\n"price": {"inputUsdPerMtok": 1}}'), 'line 4, models[0].price.outputUsdPerMtok: needed'],
    [
      'a negative price',
      lines('{"id": "gpt-5.5", "price": {"inputUsdPerMtok":\n-1, "outputUsdPerMtok": 1}}'),
      'line 3, models[0].price.inputUsd',
    ],
    [
      'long prompts out of order',
      lines(
        `{"id": "gpt-5.5", "price": {"inputUsdPerMtok": 1, "outputUsdPerMtok": 1, "longPrompts": [${[9, 9].map((aboveTokens) => JSON.stringify({ aboveTokens, inputUsdPerMtok: 2, outputUsdPerMtok: 2 })).join()}]}}`,
      ),
      'models[0].price.longPrompts: must name the lengths from the shortest to the longest',
    ],
    [
      'half a price of long prompts',
      lines(
        '{"id": "gpt-5.5", "price": {"inputUsdPerMtok": 1, "outputUsdPerMtok": 1, "longPrompts": [{"aboveTokens": 9, "inputUsdPerMtok": 2}]}}',
      ),
      'models[0].price.longPrompts[0].outputUsdPerMtok: needed',
    ],
    [
      'a price of another kind',
      lines('{"id": "gpt-5.5",\n"price": {"per": "image", "usd": 1}}'),
      'line 4, models[0].price: a model of the chat',
    ],
    [
      'a price by tokens for video',
      lines('{"id": "kling-v3", "price": {"inputUsdPerMtok": 1, "outputUsdPerMtok": 1}}'),
      'has a price per unit',
    ],
    [
      'a tier of no pictures or films',
      lines('{"id": "kling-v3", "price": {"per": "second", "usd": 1, "tiersUsd": {"huge": 2}}}'),
      'must name tiers such as 2K or 1080p',
    ],
    ['a new model without a family', lines('{"id": "mine", "price": null}'), 'line 3, models[0].family: needed, since mine is a new model'],
    ['a new model without a price', lines('{"id": "mine", "family": "chat"}'), 'line 3, models[0].price: needed'],
    ['another family', lines('{"id": "gpt-5.5", "family": "messages"}'), 'line 3, models[0].family: gpt-5.5 is a model of the chat family'],
    ['a model twice', lines('{"id": "gpt-5.5"}', '{"id": "gpt-5.5"}'), 'line 4, models[1].id: gpt-5.5 is there twice'],
    [
      'an unknown provider',
      lines('{"id": "gpt-5.5", "chain": [\n{"provider": "opena1", "model": "a"}]}'),
      'line 4, models[0].chain[0].provider: there is no provider opena1; there are openai,',
    ],
    ['the sandbox', lines('{"id": "gpt-5.5", "chain": [{"provider": "sandbox", "model": "a"}]}'), 'makes its answers up'],
    [
      'a provider without media',
      lines('{"id": "kling-v3", "chain": [{"provider": "deepseek", "model": "a"}]}'),
      'serves no models of the video',
    ],
    [
      'a format that is not spoken',
      lines('{"id": "gpt-5.5", "chain": [{"provider": "openai", "model": "a", "wires": ["gemini"]}]}'),
      'chain[0].wires: openai does not speak gemini',
    ],
    [
      'a format for tools that is not spoken',
      lines('{"id": "gpt-5.5", "chain": [{"provider": "deepseek", "model": "a", "toolWires": ["openai-responses"]}]}'),
      'chain[0].toolWires: deepseek does not speak openai-responses',
    ],
    [
      "another model's id for an alias",
      lines('{"id": "gpt-5.5", "aliases": [\n"gpt-5"]}'),
      'line 4, models[0].aliases[0]: gpt-5 already stands',
    ],
    [
      'an alias that two models claim',
      lines('{"id": "gpt-5.5", "aliases": ["ours"]}', '{"id": "gpt-5.4", "aliases": ["ours"]}'),
      'aliases[0]: ours already stands for gpt-5.4',
    ],
    ['a list of models by another name', '{"modles": []}', 'line 1, models: needed'],
    ['a list', '[]', 'line 1: Invalid input: expected object'],
  ])('of %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('reports all of them at once', () => {
    expect(refusal(lines('{"id": "a"}', '{"id": "b"}')).split('\n')).toHaveLength(2);
  });
});

describe('readJson', () => {
  it('agrees with JSON.parse about what is JSON', () => {
    const texts = [
      '',
      ' ',
      '{}',
      '[1,]',
      '[01]',
      '"a\tb"',
      '"\\x"',
      '-1.5e3',
      '[1 2]',
      '{"a":1,}',
      '{"a"}',
      'nul',
      '[[[]]]',
      '"\\u00e9"',
      '{"":[{}]}',
    ];
    for (const text of texts) {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect(readJson(text).ok, text).toBe(isJson);
    }
  });
});
