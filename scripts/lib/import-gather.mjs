// What every importer gathers: providers, their keys, models with their chains, and what could not be carried over. Pure.
import { MESSAGES } from './import-places.mjs';

/** As long as a chain may be: src/providers/overrides/schema.ts. */
const MOST_PLACES = 20;
const LANGUAGE_FAMILIES = new Set(['chat', 'messages', 'responses', 'gemini', 'embedding']);

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** What a text of JSON holds; undefined when it is none. Anything but a text is there already. */
export function parsed(value) {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** The object that a value, or its text, is; else an empty one. */
export const objectOf = (value) => {
  const read = parsed(value);
  return isObject(read) ? read : {};
};

export const listOf = (value) => (Array.isArray(value) ? value : []);
export const wholeNumber = (value) => (Number.isSafeInteger(value) && value > 0 ? value : undefined);
/** Without the dust of binary fractions. */
export const rounded = (value) => Number(value.toPrecision(12));
/** USD a token as USD a million. */
export const perMtok = (value) => (Number.isFinite(Number(value)) ? rounded(Number(value) * 1e6) : undefined);
export const keyVariable = (providerId) => `${providerId.toUpperCase().replaceAll('-', '_')}_API_KEY`;

export const uniqueTargets = (targets) => [
  ...new Map(targets.map(({ provider, model }) => [`${provider} ${model}`, { provider, model }])).values(),
];

/** `known`: the models that the gateway has, as `GET /v1/models` lists them, by id. */
export class Gathered {
  providers = new Map();
  /** By the name of the variable: the keys that were there, and in words those that were not. */
  keys = new Map();
  notCarried = [];
  /** By what was left out of an entry: how many entries had it. */
  leftOut = new Map();

  constructor(known = new Map()) {
    this.known = known;
    this.owners = new Map([...known.values()].flatMap(({ id, aliases }) => listOf(aliases).map((alias) => [alias, id])));
  }

  skip(where, why) {
    this.notCarried.push({ where, why });
  }

  leave(name) {
    this.leftOut.set(name, (this.leftOut.get(name) ?? 0) + 1);
  }

  skipLeftOut(what, why) {
    for (const [name, count] of this.leftOut) this.skip(`${name}, of ${count} ${count === 1 ? what[0] : what[1]}`, why);
  }

  key(providerId, { secret, wanted }) {
    const name = keyVariable(providerId);
    const entry = this.keys.get(name) ?? { name, secrets: [], wanted: [] };
    this.keys.set(name, entry);
    const [list, text] = secret === undefined ? [entry.wanted, wanted] : [entry.secrets, secret];
    if (!list.includes(text)) list.push(text);
  }

  /** The model's family and those of its places that serve it, or undefined; each place has `wires` and `family`. */
  serving(id, places) {
    const known = this.known.get(id);
    if (known && !LANGUAGE_FAMILIES.has(known.family))
      return this.skip(id, `it is a model of the ${known.family} family here, with places of its own`);
    const onlyMessages = places.every(({ wires }) => wires.every((wire) => wire === MESSAGES));
    const family = known?.family ?? (onlyMessages && places[0].family === 'chat' ? 'messages' : places[0].family);
    const kept = places.filter((place) => {
      // What OpenAI's endpoint and others serve cannot be told apart here; Messages are never converted.
      const speaks = place.wires.some((wire) => (wire === MESSAGES) === (family === 'messages'));
      if (!speaks) this.skip(`${id} at ${place.provider}`, `does not serve the ${family} format`);
      return speaks;
    });
    return kept.length > 0 ? { family: known ? undefined : family, kept } : undefined;
  }

  /** For a model without a price in what is imported: the gateway's own stands, or there is none. */
  noPrice(id, why) {
    if (this.known.get(id)?.pricing) return undefined;
    this.skip(`${id}: a price`, `${why}: put one in its place of null, or the model cannot be called`);
    return null;
  }

  /** One more name for a model. Whose it is already is returned where that is another model. */
  addAlias(model, alias) {
    const owner = this.known.has(alias) ? alias : this.owners.get(alias);
    if (owner !== undefined && owner !== model.id) return owner;
    // The list replaces the one that the gateway has.
    const had = model.aliases ?? listOf(this.known.get(model.id)?.aliases);
    if (!had.includes(alias) && alias !== model.id) model.aliases = [...had, alias];
    return undefined;
  }

  /** `alsoUsed`: providers whose keys come along though no chain names them. */
  result(models, alsoUsed = []) {
    for (const model of models) {
      const tooMany = (model.chain?.length ?? 0) - MOST_PLACES;
      if (tooMany > 0) {
        this.skip(`${model.id}: the last ${tooMany} of its places`, `a chain has ${MOST_PLACES} at most`);
        model.chain = model.chain.slice(0, MOST_PLACES);
      }
    }
    const used = new Set([...alsoUsed, ...models.flatMap(({ chain }) => listOf(chain).map(({ provider }) => provider))]);
    const variables = new Set([...used].map(keyVariable));
    return {
      customProviders: [...this.providers.values()].filter(({ id }) => used.has(id)),
      keys: [...this.keys.values()].filter(({ name }) => variables.has(name)),
      catalogue: { models },
      notCarried: this.notCarried,
    };
  }
}

/** As long as a key's name may be. */
const LONGEST_NAME = 200;

export const keyName = (text) =>
  String(text ?? '')
    .trim()
    .slice(0, LONGEST_NAME) || 'imported';

/** What was read of each key: `{ key, notes }`, or `{ skipped }`. */
export const keysAndSkipped = (read) => ({
  keys: read.flatMap(({ key, notes }) => (key ? [{ input: key, notes }] : [])),
  skipped: read.flatMap(({ skipped }) => skipped ?? []),
});
