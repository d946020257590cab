// OpenRouter's list of models as names and models of this gateway. Pure.
// Fields: https://openrouter.ai/docs/models, prices: https://openrouter.ai/docs/client-sdks/typescript/models/publicpricing
import { given } from './given.mjs';
import { Gathered, isObject, LANGUAGE_FAMILIES, listOf, perMtok, rounded, wholeNumber } from './import-gather.mjs';

/** Families of models that a client of Chat Completions can ask for. */
const CHAT_FAMILIES = new Set(['chat', 'responses', 'gemini']);
const TOKEN_PRICES = {
  inputUsdPerMtok: 'prompt',
  outputUsdPerMtok: 'completion',
  cacheReadUsdPerMtok: 'input_cache_read',
  cacheWrite5mUsdPerMtok: 'input_cache_write',
  cacheWrite1hUsdPerMtok: 'input_cache_write_1h',
};
/** Read elsewhere; `discount` is a share that is taken off. */
const NO_PRICE = new Set(['discount', 'request', ...Object.values(TOKEN_PRICES)]);
const PARAMETERS = { tools: 'tools', reasoning: 'reasoning', structured_outputs: 'structured_output' };
const MODALITIES = { image: 'vision', audio: 'audio' };
const LONGEST_NAME = 200;

/** `anthropic/claude-sonnet-4.6` and `claude-sonnet-4-6` are one name; a suffix such as `:free` makes it another. */
const plainName = (id) =>
  id
    .slice(id.indexOf('/') + 1)
    .toLowerCase()
    .replaceAll('.', '-');

/** By its plain name: a model that the gateway has. */
function byPlainName(known) {
  const models = [...known.values()];
  const aliases = models.flatMap((model) => listOf(model.aliases).map((alias) => [plainName(alias), model]));
  return new Map([...aliases, ...models.map((model) => [plainName(model.id), model])]);
}

/** `deepseek/*` as a test of ids; without a star, the whole id. */
function matcher(patterns) {
  const literal = (text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  const tests = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`, 'i'));
  return (id) => tests.some((test) => test.test(id));
}

function familyOf({ architecture }) {
  const outputs = listOf(architecture?.output_modalities);
  if (outputs.length === 1 && outputs[0] === 'embeddings') return 'embedding';
  return outputs.every((output) => output === 'text') ? 'chat' : undefined;
}

function capabilitiesOf({ architecture, supported_parameters }) {
  const named = (table, names) => listOf(names).flatMap((name) => table[name] ?? []);
  const found = [...new Set([...named(MODALITIES, architecture?.input_modalities), ...named(PARAMETERS, supported_parameters)])];
  return found.length > 0 ? found : undefined;
}

const answersAlike = (known, entry) => (familyOf(entry) === 'embedding' ? known.family === 'embedding' : CHAT_FAMILIES.has(known.family));

const isCharged = (value) => Number(value) > 0;

/** Why a price by tokens does not hold for it. */
function unpriceable({ pricing }) {
  const tokens = [pricing?.prompt, pricing?.completion].map(Number);
  if (tokens.some((price) => Number.isNaN(price) || price < 0)) return 'its price depends on the model that answers';
  return isCharged(pricing.request)
    ? `a call costs ${pricing.request} USD beside its tokens, which a price by tokens cannot say`
    : undefined;
}

const isByTokens = (known) => LANGUAGE_FAMILIES.has(known?.family) && Boolean(known.pricing);

class Import extends Gathered {
  models = [];
  /** Of models that the gateway has, by id. */
  repriced = new Set();

  constructor(known, factor) {
    super(known);
    this.names = byPlainName(known);
    this.factor = factor;
  }

  /** What is in the import of a model that the gateway has. */
  changes({ id }) {
    const begun = this.models.find((model) => model.id === id);
    if (begun) return begun;
    this.models.push({ id });
    return this.models.at(-1);
  }

  /** The price of the list for what the gateway calls by this name, as the plain model and as its maker's own. */
  reprice({ id, ...entry }) {
    const own = [this.names.get(plainName(id)), this.names.get(`${plainName(id)}-official`)];
    if (unpriceable(entry) || !(isCharged(entry.pricing.prompt) || isCharged(entry.pricing.completion))) return;
    for (const model of new Set(own.filter(isByTokens))) {
      const price = Object.entries(this.price(model.id, entry.pricing)).map(([name, usd]) => [name, rounded(usd * this.factor)]);
      this.changes(model).price = Object.fromEntries(price);
      this.repriced.add(model.id);
    }
  }

  /** A price that nobody looked at may be below what its provider takes. */
  sayUnpriced(isWanted) {
    for (const model of isWanted ? [] : this.known.values()) {
      if (isByTokens(model) && !this.repriced.has(model.id)) this.skip(`${model.id}: a price`, 'the list has none: it stays as it was');
    }
  }

  entry(entry, isWanted) {
    const { id } = entry;
    if (isWanted && !isWanted(id)) return undefined;
    if (this.factor !== undefined) this.reprice(entry);
    const known = this.names.get(plainName(id));
    if (known && answersAlike(known, entry)) return this.name(known, id);
    if (isWanted) return this.model(entry);
    if (known?.family === 'messages')
      return this.skip(id, 'its model here answers at /v1/messages alone: with --only it comes along for Chat Completions');
    return this.skip(id, 'not a model of this gateway: --only brings it along, as id or with * as pattern');
  }

  /** The same model, asked for by OpenRouter's name as well. */
  name({ id }, alias) {
    const begun = this.models.find((model) => model.id === id);
    const model = begun ?? { id };
    const owner = this.addAlias(model, alias);
    if (owner) return this.skip(alias, `it stands for ${owner}`);
    if (!begun && model.aliases) this.models.push(model);
    return undefined;
  }

  model(entry) {
    const { id, name, context_length: context, top_provider: top } = entry;
    const family = familyOf(entry);
    if (!family) return this.skip(id, `it makes ${entry.architecture.output_modalities.join(' and ')}, which has prices of its own`);
    const why = unpriceable(entry);
    if (why && !isCharged(entry.pricing?.request)) return this.skip(id, why);
    const label = typeof name === 'string' && name.trim() !== '' ? name.trim() : id;
    this.models.push(
      given({
        id,
        label: label.slice(0, LONGEST_NAME),
        vendor: (/^([^:]+): /.exec(label)?.[1] ?? id.split('/')[0]).slice(0, LONGEST_NAME),
        family,
        chain: [{ provider: 'openrouter', model: id }],
        price: why ? this.noPrice(id, why) : this.price(id, entry.pricing),
        contextTokens: wholeNumber(context),
        maxOutputTokens: wholeNumber(top?.max_completion_tokens),
        capabilities: capabilitiesOf(entry),
      }),
    );
    return undefined;
  }

  price(id, pricing) {
    const price = Object.fromEntries(
      Object.entries(TOKEN_PRICES).flatMap(([name, field]) => {
        const isGiven = pricing[field] !== undefined && (isCharged(pricing[field]) || !field.startsWith('input_cache'));
        return isGiven ? [[name, perMtok(pricing[field])]] : [];
      }),
    );
    if (price.inputUsdPerMtok === 0 && price.outputUsdPerMtok === 0)
      this.skip(`${id}: a price`, 'OpenRouter gives it away, in limits a day, and so would this gateway');
    const others = Object.keys(pricing).filter((field) => !NO_PRICE.has(field) && this.isDearer(pricing, field));
    if (others.length > 0)
      this.skip(`${id}: prices of ${others.join(', ')}`, 'they are not charged here: a price by tokens has no place for them');
    return price;
  }

  /** Reasoning is charged as output here, which is enough where it costs no more; so are parts of the input. */
  isDearer(pricing, field) {
    const value = pricing[field];
    if (field === 'overrides') return listOf(value).length > 0;
    const covering = field === 'internal_reasoning' ? pricing.completion : pricing.prompt;
    return Number(value) > Number(covering);
  }
}

/**
 * Models that the gateway has get OpenRouter's name as an alias. Others come along where `only` (patterns) names them:
 * a list of hundreds of models at OpenRouter's own prices is hardly what a gateway means to sell. With a `factor`, those that
 * it has get the list's prices times it.
 */
export function importOpenrouter(exported, known = new Map(), only = [], factor = undefined) {
  const list = Array.isArray(exported) ? exported : exported?.data;
  if (!Array.isArray(list)) return undefined;
  const work = new Import(known, factor);
  const isWanted = only.length > 0 ? matcher(only) : undefined;
  const entries = list.filter((entry) => isObject(entry) && typeof entry.id === 'string' && entry.id.length <= LONGEST_NAME);
  for (const entry of new Map(entries.map((one) => [one.id, one])).values()) work.entry(entry, isWanted);
  if (factor !== undefined) work.sayUnpriced(isWanted);
  for (const pattern of only) {
    const matches = matcher([pattern]);
    if (!entries.some(({ id }) => matches(id))) work.skip(`--only ${pattern}`, 'no model of the list matches it');
  }
  return work.result(work.models);
}
