// A LiteLLM configuration as providers and catalogue entries of this gateway, and what could not be carried over. Pure.
import { placeOf } from './litellm-providers.mjs';

/** Parameters that are read, and those that say how to sign or to address, which the place has settled. */
const SILENT = new Set([
  ...['model', 'api_base', 'base_url', 'api_key', 'order', 'input_cost_per_token', 'output_cost_per_token'],
  ...['custom_llm_provider', 'litellm_credential_name', 'api_version', 'base_model'],
]);
const ENVIRONMENT = 'os.environ/';
const CACHE_PRICES = ['cache_read_input_token_cost', 'cache_creation_input_token_cost', 'cache_creation_input_token_cost_above_1hr'];
const MODES = { chat: 'chat', completion: 'chat', responses: 'responses', embedding: 'embedding' };
const CAPABILITIES = {
  supports_vision: 'vision',
  supports_function_calling: 'tools',
  supports_reasoning: 'reasoning',
  supports_response_schema: 'structured_output',
};
const READ_SETTINGS = new Set(['fallbacks', 'model_group_alias']);

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const keyVariable = (providerId) => `${providerId.toUpperCase().replaceAll('-', '_')}_API_KEY`;
const wholeNumber = (value) => (Number.isSafeInteger(value) && value > 0 ? value : undefined);
/** USD a token as USD a million, without the dust of binary fractions. */
const perMtok = (value) => (Number.isFinite(Number(value)) ? Number((Number(value) * 1e6).toPrecision(12)) : undefined);
/** As long as a chain may be: src/providers/overrides/schema.ts. */
const MOST_PLACES = 20;
const given = (input) => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
const listOf = (value) => (Array.isArray(value) ? value : []);

class Import {
  providers = new Map();
  /** By the name of the variable: the texts that stood for the key, a secret or `os.environ/NAME`. */
  keys = new Map();
  /** Built-in providers all of whose models were asked for. */
  whole = new Set();
  notCarried = [];
  groups = new Map();
  /** By what was left out of an entry: how many entries had it. */
  leftOut = new Map();

  constructor(config, { environment = {}, prices = {} }) {
    this.environment = { ...environment, ...(isObject(config.environment_variables) ? config.environment_variables : {}) };
    this.configured = isObject(config.environment_variables) ? config.environment_variables : {};
    this.prices = prices;
    this.credentials = new Map(
      listOf(config.credential_list).map((credential) => [credential?.credential_name, credential?.credential_values ?? {}]),
    );
  }

  skip(where, why) {
    this.notCarried.push({ where, why });
  }

  /** An address may come from the environment, which is looked at where the import runs. */
  address(text) {
    if (typeof text !== 'string' || !text.startsWith(ENVIRONMENT)) return { address: typeof text === 'string' ? text : undefined };
    const name = text.slice(ENVIRONMENT.length);
    const value = this.environment[name];
    return value ? { address: String(value) } : { missing: name };
  }

  /** What LiteLLM's own list of prices says of a model. */
  listed({ model }, info, provider) {
    const plain = model.slice(model.indexOf('/') + 1);
    const names = [info.base_model, model, `${provider}/${plain}`, plain];
    return names.map((name) => this.prices[name]).find(isObject) ?? {};
  }

  entry(entry, index) {
    const where = `model_list[${index}]`;
    const { model_name: id, litellm_params: own } = isObject(entry) ? entry : {};
    if (typeof id !== 'string' || !isObject(own) || typeof own.model !== 'string')
      return this.skip(where, 'has no model_name, or no litellm_params.model');
    const params = { ...this.credentials.get(own.litellm_credential_name), ...own };
    const at = `${where} (${id}) ${params.model}`;
    const { address, missing } = this.address(params.api_base ?? params.base_url);
    if (missing) return this.skip(at, `its address is in the environment: set ${missing} and import again`);
    const place = placeOf(params.model, address, params.custom_llm_provider);
    if (place.refused) return this.skip(at, place.refused);
    const provider = place.id ?? place.provider.id;
    if (place.isPattern || id.includes('*')) return this.pattern(at, place, params);
    const info = { ...this.listed(params, { ...entry.model_info, ...params }, provider), ...entry.model_info };
    const family = MODES[info.mode ?? 'chat'];
    if (!family) return this.skip(at, `of the mode ${info.mode}`);
    if (place.provider) this.providers.set(provider, place.provider);
    this.key(provider, params.api_key, place.keyName);
    for (const name of Object.keys(own))
      if (!SILENT.has(name) && !CACHE_PRICES.includes(name)) this.leftOut.set(name, (this.leftOut.get(name) ?? 0) + 1);
    const group = this.groups.get(id) ?? [];
    const wires = place.provider?.wires ?? (provider === 'anthropic' ? ['anthropic-messages'] : ['openai-chat']);
    group.push({ provider, model: place.model, wires, family, order: Number(params.order ?? 0), costs: { ...info, ...params }, info });
    this.groups.set(id, group);
    return undefined;
  }

  /** `openai/*`: the catalogue names its models one by one, and has those of the built-in providers already. */
  pattern(at, { id, keyName }, params) {
    if (!id) return this.skip(at, 'a pattern: name each model');
    this.whole.add(id);
    this.key(id, params.api_key, keyName);
    return this.skip(at, `a pattern: with its key, the catalogue's own models of ${id} are there under their own names; name any others`);
  }

  key(provider, text, keyName) {
    const name = keyVariable(provider);
    const known = this.keys.get(name) ?? [];
    // Where nothing is said, LiteLLM looks into the environment.
    const source = typeof text === 'string' && text !== '' ? text : `${ENVIRONMENT}${keyName}`;
    const value = source.startsWith(ENVIRONMENT) ? (this.configured[source.slice(ENVIRONMENT.length)] ?? source) : source;
    if (!known.includes(value)) known.push(String(value));
    this.keys.set(name, known);
  }

  /** The model of a group, as its first entry has it, with a chain of all of them. */
  model(id, group, known) {
    const sorted = group.toSorted((a, b) => a.order - b.order);
    const isMessages = sorted.every(({ wires }) => wires[0] === 'anthropic-messages');
    const family = known?.family ?? (isMessages && sorted[0].family === 'chat' ? 'messages' : sorted[0].family);
    const speaks = (target) => (target.wires[0] === 'anthropic-messages') === (family === 'messages');
    const kept = sorted.filter((target) => {
      // What OpenAI's endpoint and others serve cannot be told apart here; Messages are never converted.
      if (!speaks(target)) this.skip(`${id} at ${target.provider}`, `does not serve the ${family} format`);
      return speaks(target);
    });
    if (kept.length === 0) return undefined;
    const { info } = kept[0];
    const capabilities = Object.entries(CAPABILITIES).flatMap(([name, capability]) => (info[name] === true ? [capability] : []));
    return given({
      id,
      family: known ? undefined : family,
      chain: uniqueTargets(kept),
      price: this.price(id, kept, known),
      contextTokens: wholeNumber(info.max_input_tokens),
      maxOutputTokens: wholeNumber(info.max_output_tokens ?? info.max_tokens),
      capabilities: capabilities.length > 0 ? capabilities : undefined,
    });
  }

  price(id, group, known) {
    const prices = group.flatMap(({ costs }) => priceOf(costs) ?? []);
    if (prices.length > 0) {
      const dearest = prices.reduce((best, price) => (price.outputUsdPerMtok > best.outputUsdPerMtok ? price : best));
      if (new Set(prices.map((price) => JSON.stringify(price))).size > 1)
        this.skip(`${id}: prices of its single deployments`, 'a model has one price here, whoever serves it; it got the dearest');
      return dearest;
    }
    if (known?.pricing) return undefined;
    this.skip(`${id}: a price`, 'the configuration names none: put one in its place of null, or the model cannot be called');
    return null;
  }
}

const uniqueTargets = (targets) => [
  ...new Map(targets.map(({ provider, model }) => [`${provider} ${model}`, { provider, model }])).values(),
];

function priceOf(costs) {
  const input = perMtok(costs.input_cost_per_token);
  if (costs.input_cost_per_token === undefined || input === undefined) return undefined;
  const [read, write5m, write1h] = CACHE_PRICES.map((name) => (costs[name] === undefined ? undefined : perMtok(costs[name])));
  return given({
    inputUsdPerMtok: input,
    outputUsdPerMtok: perMtok(costs.output_cost_per_token ?? 0),
    cacheReadUsdPerMtok: read,
    cacheWrite5mUsdPerMtok: write5m,
    cacheWrite1hUsdPerMtok: write1h,
  });
}

/** `model_group_alias` gives a model more names; a fallback's places go behind those of its model, at its price. */
function applyRouting(work, models, settings) {
  for (const [alias, target] of Object.entries(settings.model_group_alias ?? {})) {
    const model = models.get(isObject(target) ? target.model : target);
    if (model && !models.has(alias)) model.aliases = [...(model.aliases ?? []), alias];
    else work.skip(`model_group_alias.${alias}`, model ? 'a model has that name' : 'its model was not carried over');
  }
  const chains = new Map([...models].map(([id, { chain }]) => [id, chain]));
  const borrowed = [];
  for (const [id, others] of (settings.fallbacks ?? []).flatMap((fallback) => Object.entries(fallback ?? {}))) {
    const model = models.get(id);
    for (const other of [others].flat()) {
      const chain = chains.get(other);
      if (!model || !chain) work.skip(`fallbacks: ${id} to ${other}`, 'one of the two was not carried over');
      else {
        model.chain = uniqueTargets([...model.chain, ...chain]);
        borrowed.push(`${other} for ${id}`);
      }
    }
  }
  if (borrowed.length > 0) {
    const more = borrowed.length > 2 ? ` and ${borrowed.length - 2} more` : '';
    work.skip(
      `fallbacks: own prices of ${borrowed.slice(0, 2).join(', ')}${more}`,
      'such calls cost what the model costs that was asked for',
    );
  }
}

/** What is left of the settings, a line a section. */
function skipSettings(work, config) {
  for (const section of ['litellm_settings', 'router_settings', 'general_settings']) {
    const names = Object.keys(isObject(config[section]) ? config[section] : {}).filter((name) => !READ_SETTINGS.has(name));
    if (names.length > 0) work.skip(`${section}: ${names.join(', ')}`, 'not a matter of providers and models');
  }
  for (const [name, count] of work.leftOut)
    work.skip(`litellm_params.${name}, of ${count} ${count === 1 ? 'entry' : 'entries'}`, 'not a matter of the catalogue here');
}

/**
 * `known`: the models that the gateway has, as `GET /v1/models` lists them, by id. `environment`: where addresses may
 * come from. `prices`: LiteLLM's model_prices_and_context_window.json.
 */
export function importLitellm(given, known = new Map(), more = {}) {
  const config = isObject(given) ? given : {};
  const work = new Import(config, more);
  for (const [index, entry] of listOf(config.model_list).entries()) work.entry(entry, index);
  const models = new Map();
  for (const [id, group] of work.groups) {
    const model = work.model(id, group, known.get(id));
    if (model) models.set(id, model);
  }
  const { litellm_settings: library, router_settings: router } = config;
  applyRouting(work, models, {
    fallbacks: [...listOf(library?.fallbacks), ...listOf(router?.fallbacks)],
    model_group_alias: { ...library?.model_group_alias_map, ...router?.model_group_alias },
  });
  for (const [id, model] of models) {
    const tooMany = model.chain.length - MOST_PLACES;
    if (tooMany > 0) work.skip(`${id}: the last ${tooMany} of its places`, `a chain has ${MOST_PLACES} at most`);
    model.chain = model.chain.slice(0, MOST_PLACES);
  }
  skipSettings(work, config);
  const used = new Set([...models.values()].flatMap(({ chain }) => chain.map(({ provider }) => provider)).concat([...work.whole]));
  return {
    customProviders: [...work.providers.values()].filter(({ id }) => used.has(id)),
    keys: [...work.keys].filter(([name]) => [...used].some((id) => keyVariable(id) === name)).map(([name, texts]) => ({ name, texts })),
    catalogue: { models: [...models.values()] },
    notCarried: work.notCarried,
  };
}
