// Prices of new-api in USD a million tokens. Pure. The shapes: controller/pricing.go, controller/ratio_config.go and
// controller/option.go in QuantumNous/new-api.
import { given } from './given.mjs';
import { isObject, listOf, objectOf, rounded } from './import-gather.mjs';

/** Ratio 1 is 2 USD a million tokens of input. */
const USD_PER_RATIO = 2;
/** An hour's cache beside one of five minutes: relay/helper/price.go. */
const HOUR_OVER_5_MINUTES = 6 / 3.75;

const OPTIONS = {
  ModelRatio: 'model_ratio',
  ModelPrice: 'model_price',
  CompletionRatio: 'completion_ratio',
  CacheRatio: 'cache_ratio',
  CreateCacheRatio: 'create_cache_ratio',
  GroupRatio: 'group_ratio',
};

/** `{ ModelRatio: '{…}' }`, or the rows of the table `options`, with the field names of the API. */
function fromOptions(options) {
  const fields = Object.entries(OPTIONS).map(([option, field]) => [field, objectOf(options[option])]);
  // What new-api has built in stands above what is configured, so it counts for more here as well.
  const builtIn = Object.entries(objectOf(options.CompletionRatioMeta)).map(([model, meta]) => [model, meta?.ratio]);
  const all = Object.fromEntries(fields);
  return { ...all, completion_ratio: { ...all.completion_ratio, ...Object.fromEntries(builtIn) } };
}

/** The answer of `/api/pricing`: one entry a model. */
function fromPricing(entries, groupRatio) {
  const named = entries.filter((entry) => isObject(entry) && typeof entry.model_name === 'string');
  const column = (field, from = named) => Object.fromEntries(from.map((entry) => [entry.model_name, entry[field]]));
  return {
    model_ratio: column(
      'model_ratio',
      named.filter(({ quota_type }) => quota_type !== 1),
    ),
    model_price: column(
      'model_price',
      named.filter(({ quota_type }) => quota_type === 1),
    ),
    completion_ratio: column('completion_ratio'),
    cache_ratio: column('cache_ratio'),
    create_cache_ratio: column('create_cache_ratio'),
    endpoints: column('supported_endpoint_types'),
    tiered: column('billing_mode'),
    group_ratio: objectOf(groupRatio),
  };
}

/** What a file of ratios holds, by field and model; undefined when it holds none. */
export function readRatios(exported) {
  const data = exported?.data ?? exported;
  if (Array.isArray(data)) {
    if (data.some((entry) => entry?.model_name !== undefined)) return fromPricing(data, exported.group_ratio);
    const rows = data.filter((row) => row?.key !== undefined);
    return rows.length > 0 ? fromOptions(Object.fromEntries(rows.map(({ key, value }) => [key, value]))) : undefined;
  }
  if (!isObject(data)) return undefined;
  if (Object.keys(OPTIONS).some((option) => option in data)) return fromOptions(data);
  return isObject(data.model_ratio) || isObject(data.model_price) ? data : undefined;
}

/** The endpoints that new-api says a model has, where it does. */
export const endpointsOf = (ratios, model) => listOf(ratios?.endpoints?.[model]);

const numberIn = (ratios, field, model) => {
  const value = ratios[field]?.[model];
  return typeof value === 'number' && value >= 0 ? value : undefined;
};

/** `{ price }` of a model, or `{ why }` it has none. */
export function priceOf(ratios, model, isEmbedding) {
  if (!ratios) return { why: 'the channels name none, and there is no --ratios' };
  if (ratios.tiered?.[model] === 'tiered_expr') return { why: 'its price is an expression' };
  const fixed = numberIn(ratios, 'model_price', model);
  if (fixed !== undefined) return { why: `a call costs ${fixed} USD, and language models are priced by tokens here` };
  const ratio = numberIn(ratios, 'model_ratio', model);
  if (ratio === undefined) return { why: 'the ratios name none' };
  const completion = numberIn(ratios, 'completion_ratio', model) ?? (isEmbedding ? 0 : undefined);
  if (completion === undefined)
    return { why: 'its completion ratio is not in the file, but built into new-api: the answer to /api/pricing has it' };
  const input = ratio * USD_PER_RATIO;
  const times = (factor) => (factor === undefined ? undefined : rounded(input * factor));
  const write = numberIn(ratios, 'create_cache_ratio', model);
  return {
    price: given({
      inputUsdPerMtok: rounded(input),
      outputUsdPerMtok: times(completion),
      cacheReadUsdPerMtok: times(numberIn(ratios, 'cache_ratio', model)),
      cacheWrite5mUsdPerMtok: times(write),
      cacheWrite1hUsdPerMtok: write === undefined ? undefined : times(write * HOUR_OVER_5_MINUTES),
    }),
  };
}
