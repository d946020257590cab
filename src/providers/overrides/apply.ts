/** Applies the operator's changes to a catalogue: all of them or, if one is wrong, none. */
import type { Family } from '../../core/family';
import { type LongPromptPrice, MICRO_PER_USD, permilleOf, usdPerMtok } from '../../core/money';
import { modelAt } from '../catalogue/beside';
import { UNPRICED } from '../catalogue/terms';
import type { Model, Price, ProviderSpec } from '../types';
import { type CatalogueError, type ModelOverride, type OverridesResult, parseOverrides } from './schema';

const TOKEN_FAMILIES: ReadonlySet<Family> = new Set(['chat', 'messages', 'responses', 'gemini', 'embedding']);

type Fault = [path: readonly PropertyKey[], message: string];
type GivenPrice = Exclude<NonNullable<ModelOverride['price']>, { per: unknown }>;
type GivenLongPrice = NonNullable<GivenPrice['longPrompts']>[number];

type InMicro<T> = {
  [Name in keyof T as Name extends `${infer Of}Usd${infer Unit}` ? `${Of}Micro${Unit}` : Name]: Exclude<T[Name], undefined>;
};

/** Converts USD to micro-credits, field by field. */
const inMicro = <T extends Readonly<Record<string, number | undefined>>>(usd: T): InMicro<T> =>
  Object.fromEntries(
    Object.entries(usd).flatMap(([name, amount]) => (amount === undefined ? [] : [[name.replace('Usd', 'Micro'), usdPerMtok(amount)]])),
  ) as InMicro<T>;

/** Cache prices of long prompts that are not given rise in the same proportion as the prompt's price. */
function longPriceOf({ aboveTokens, ...long }: GivenLongPrice, short: GivenPrice): LongPromptPrice {
  const dearer = short.inputUsdPerMtok > 0 ? long.inputUsdPerMtok / short.inputUsdPerMtok : 1;
  const scaled = (usd: number | undefined) => usd && usd * dearer;
  return {
    aboveTokens,
    ...inMicro({
      ...long,
      cacheReadUsdPerMtok: long.cacheReadUsdPerMtok ?? scaled(short.cacheReadUsdPerMtok),
      cacheWrite5mUsdPerMtok: long.cacheWrite5mUsdPerMtok ?? scaled(short.cacheWrite5mUsdPerMtok),
      cacheWrite1hUsdPerMtok: long.cacheWrite1hUsdPerMtok ?? scaled(short.cacheWrite1hUsdPerMtok),
    }),
  };
}

function priceOf(given: NonNullable<ModelOverride['price']>): Price {
  if ('per' in given) {
    const micro = (usd: number): number => Math.round(usd * MICRO_PER_USD);
    const tiers = Object.entries(given.tiersUsd ?? {}).map(([tier, usd]) => [tier, micro(usd)] as const);
    return { per: given.per, micro: micro(given.usd), ...(tiers.length > 0 && { tierMicro: Object.fromEntries(tiers) }) };
  }
  const { longPrompts, ...short } = given;
  const long = longPrompts?.map((step) => longPriceOf(step, given));
  return { per: 'token', ...inMicro(short), ...(long && { longPrompts: long }) };
}

/** Checks that the schema cannot make: that families and providers exist. */
function* faultsOf(override: ModelOverride, known: Model | undefined, providers: ReadonlyMap<string, ProviderSpec>): Generator<Fault> {
  if (known && override.family !== undefined && override.family !== known.family)
    yield [['family'], `${override.id} is a model of the ${known.family} family; give a new model another id`];
  const family = known?.family ?? override.family;
  if (family === undefined) return yield [['family'], `needed, since ${override.id} is a new model`];
  const isLanguage = TOKEN_FAMILIES.has(family);
  if (!known && override.price === undefined) yield [['price'], `needed, since ${override.id} is a new model; null lists it without one`];
  if (override.price && 'per' in override.price === isLanguage)
    yield [
      ['price'],
      isLanguage ? `a model of the ${family} family is priced by tokens` : `a model of the ${family} family has a price per unit`,
    ];
  for (const [index, target] of (override.chain ?? []).entries()) {
    const path = ['chain', index];
    const spec = providers.get(target.provider);
    if (!spec) yield [[...path, 'provider'], `there is no provider ${target.provider}; there are ${[...providers.keys()].join(', ')}`];
    else if (spec.serve) yield [[...path, 'provider'], `${target.provider} makes its answers up, so they cannot be sold`];
    else if (isLanguage ? spec.wires.length === 0 : !spec.media)
      yield [[...path, 'provider'], `${target.provider} serves no models of the ${family} family`];
    for (const field of ['wires', 'toolWires'] as const)
      for (const wire of target[field] ?? [])
        if (spec && !spec.wires.some(({ id }) => id === wire)) yield [[...path, field], `${target.provider} does not speak ${wire}`];
  }
}

function changed(known: Model, { price, ...given }: ModelOverride): Model {
  const { price: oldPrice, note: oldNote, ...rest } = known;
  const newPrice = price === undefined ? oldPrice : price === null ? undefined : priceOf(price);
  const note = newPrice === undefined ? (oldNote ?? UNPRICED) : oldNote === UNPRICED ? undefined : oldNote;
  return { ...rest, ...(note !== undefined && { note }), ...(newPrice && { price: newPrice }), ...given } as Model;
}

const blank = ({ id, vendor, family }: ModelOverride): Model => ({ id, label: id, vendor: vendor ?? 'Own', family: family!, chain: [] });

/** An alias that two models claim would mean whichever came last. */
function* aliasFaults(models: ReadonlyMap<string, Model>, overrides: readonly ModelOverride[]): Generator<[number, Fault]> {
  const owners = new Map<string, string>();
  for (const { id, aliases } of models.values()) for (const alias of aliases ?? []) if (!owners.has(alias)) owners.set(alias, id);
  for (const [index, { id, aliases }] of overrides.entries())
    for (const [position, alias] of (aliases ?? []).entries()) {
      const owner = models.has(alias) ? alias : owners.get(alias);
      if (owner !== undefined && owner !== id) yield [index, [['aliases', position], `${alias} already stands for ${owner}`]];
    }
}

/** The changed models, or all errors. */
export function applyOverrides(
  models: readonly Model[],
  text: string,
  providers: ReadonlyMap<string, ProviderSpec>,
): OverridesResult<{ models: readonly Model[]; changedIds: readonly string[] }> {
  const parsed = parseOverrides(text);
  if (!parsed.ok) return parsed;
  const { priceFactor = 1, models: overrides, errorAt } = parsed.value;
  const merged = new Map(models.map((model) => [model.id, modelAt(model, permilleOf(priceFactor))]));
  const errors: CatalogueError[] = [];
  const seen = new Set<string>();
  const report = (index: number, [path, message]: Fault) => errors.push(errorAt(['models', index, ...path], message));
  for (const [index, override] of overrides.entries()) {
    if (seen.has(override.id)) report(index, [['id'], `${override.id} is there twice`]);
    seen.add(override.id);
    const known = merged.get(override.id);
    const faults = [...faultsOf(override, known, providers)];
    for (const fault of faults) report(index, fault);
    if (faults.length === 0) merged.set(override.id, changed(known ?? blank(override), override));
  }
  if (errors.length === 0) for (const [index, fault] of aliasFaults(merged, overrides)) report(index, fault);
  if (errors.length > 0) return { ok: false, errors };
  const repriced = models.flatMap((model) => (merged.get(model.id) === model ? [] : [model.id]));
  return { ok: true, value: { models: [...merged.values()], changedIds: [...new Set([...seen, ...repriced])] } };
}
