// What every importer collects: providers, their keys, models with their chains, and what could not be carried over.
// Pure.
import { MESSAGES } from './import-places.mjs';

/** The longest chain that is allowed: src/providers/overrides/schema.ts. */
const MOST_PLACES = 20;
export const LANGUAGE_FAMILIES = new Set(['chat', 'messages', 'responses', 'gemini', 'embedding']);

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Parses JSON; undefined if the text is none. Anything but text is returned as it is. */
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
/** Rounds away binary fractions. */
export const rounded = (value) => Number(value.toPrecision(12));
/** USD per token as USD per million. */
export const perMtok = (value) => (Number.isFinite(Number(value)) ? rounded(Number(value) * 1e6) : undefined);
export const keyVariable = (providerId) => `${providerId.toUpperCase().replaceAll('-', '_')}_API_KEY`;

export const uniqueTargets = (targets) => [
  ...new Map(targets.map(({ provider, model }) => [`${provider} ${model}`, { provider, model }])).values(),
];

/** `known`: the gateway's models as `GET /v1/models` lists them, by id. */
export class Gathered {
  providers = new Map();
  /** By variable: the keys found, and descriptions of those that were not. */
  keys = new Map();
  notCarried = [];
  /** For each thing that was left out of entries: how many entries had it. */
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
      // An endpoint's format cannot be told here; Messages are never converted.
      const speaks = place.wires.some((wire) => (wire === MESSAGES) === (family === 'messages'));
      if (!speaks) this.skip(`${id} at ${place.provider}`, `does not serve the ${family} format`);
      return speaks;
    });
    return kept.length > 0 ? { family: known ? undefined : family, kept } : undefined;
  }

  /** For a model without a price in the import: the gateway's own price applies, or none. */
  noPrice(id, why) {
    if (this.known.get(id)?.pricing) return undefined;
    this.skip(`${id}: a price`, `${why}: put one in its place of null, or the model cannot be called`);
    return null;
  }

  /** Adds a name to a model. If another model has it, that one is returned. */
  addAlias(model, alias) {
    const owner = this.known.has(alias) ? alias : this.owners.get(alias);
    if (owner !== undefined && owner !== model.id) return owner;
    // The list replaces the gateway's own.
    const had = model.aliases ?? listOf(this.known.get(model.id)?.aliases);
    if (!had.includes(alias) && alias !== model.id) model.aliases = [...had, alias];
    return undefined;
  }

  /** `alsoUsed`: providers whose keys are imported although no chain names them. */
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

/** The longest name of a key. */
const LONGEST_NAME = 200;

export const keyName = (text) =>
  String(text ?? '')
    .trim()
    .slice(0, LONGEST_NAME) || 'imported';

/** The result for each key: `{ key, notes }`, or `{ skipped }`. */
export const keysAndSkipped = (read) => ({
  keys: read.flatMap(({ key, notes }) => (key ? [{ input: key, notes }] : [])),
  skipped: read.flatMap(({ skipped }) => skipped ?? []),
});
