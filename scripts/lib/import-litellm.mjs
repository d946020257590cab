// A LiteLLM configuration as providers and catalogue entries of this gateway, and what could not be carried over. Pure.
import { given, set } from './given.mjs';
import { Gathered, isObject, listOf, perMtok, uniqueTargets, wholeNumber } from './import-gather.mjs';
import { wiresOf } from './import-places.mjs';
import { placeOf } from './litellm-providers.mjs';

/** Parameters that are read, and those that say how to sign or to address, which the place has settled. */
const SILENT = new Set([
  ...['model', 'api_base', 'base_url', 'api_key', 'order', 'input_cost_per_token', 'output_cost_per_token'],
  ...['custom_llm_provider', 'litellm_credential_name', 'api_version', 'base_model'],
]);
const ENVIRONMENT = 'os.environ/';
const CACHE_PRICES = ['cache_read_input_token_cost', 'cache_creation_input_token_cost', 'cache_creation_input_token_cost_above_1hr'];
/** What a longer prompt costs, by the thousand tokens that it must have more than. */
const LONG_PRICE =
  /^(?:input|output|cache_read_input|cache_creation_input)(?:_cost_per_token|_token_cost)(?:_above_1hr)?_above_(\d+)k_tokens$/;
const isPrice = (name) => CACHE_PRICES.includes(name) || name === 'tiered_pricing' || LONG_PRICE.test(name);
const MODES = { chat: 'chat', completion: 'chat', responses: 'responses', embedding: 'embedding' };
const CAPABILITIES = {
  supports_vision: 'vision',
  supports_function_calling: 'tools',
  supports_reasoning: 'reasoning',
  supports_response_schema: 'structured_output',
};
const READ_SETTINGS = new Set(['fallbacks', 'model_group_alias']);

class Import extends Gathered {
  /** Built-in providers all of whose models were asked for. */
  whole = new Set();
  groups = new Map();

  constructor(config, known, { environment = {}, prices = {} }) {
    super(known);
    this.environment = { ...environment, ...(isObject(config.environment_variables) ? config.environment_variables : {}) };
    this.configured = isObject(config.environment_variables) ? config.environment_variables : {};
    this.prices = prices;
    this.credentials = new Map(
      listOf(config.credential_list).map((credential) => [credential?.credential_name, credential?.credential_values ?? {}]),
    );
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
    return set(names.map((name) => this.prices[name]).find(isObject));
  }

  entry(entry, index) {
    const where = `model_list[${index}]`;
    const { model_name: id, litellm_params: own } = isObject(entry) ? entry : {};
    if (typeof id !== 'string' || !isObject(own) || typeof own.model !== 'string')
      return this.skip(where, 'has no model_name, or no litellm_params.model');
    const params = { ...this.credentials.get(own.litellm_credential_name), ...set(own) };
    const at = `${where} (${id}) ${params.model}`;
    const { address, missing } = this.address(params.api_base ?? params.base_url);
    if (missing) return this.skip(at, `its address is in the environment: set ${missing} and import again`);
    const place = placeOf(params.model, address, params.custom_llm_provider);
    if (place.refused) return this.skip(at, place.refused);
    const provider = place.id ?? place.provider.id;
    if (place.isPattern || id.includes('*')) return this.pattern(at, place, params);
    const about = set(entry.model_info);
    const info = { ...this.listed(params, { ...about, ...params }, provider), ...about };
    const family = MODES[info.mode ?? 'chat'];
    if (!family) return this.skip(at, `of the mode ${info.mode}`);
    if (place.provider) this.providers.set(provider, place.provider);
    this.keyOf(provider, params.api_key, place.keyName);
    for (const name of Object.keys(set(own))) if (!SILENT.has(name) && !isPrice(name)) this.leave(`litellm_params.${name}`);
    const group = this.groups.get(id) ?? [];
    const wires = place.provider?.wires ?? wiresOf(provider);
    group.push({ provider, model: place.model, wires, family, order: Number(params.order ?? 0), costs: { ...info, ...params }, info });
    this.groups.set(id, group);
    return undefined;
  }

  /** `openai/*`: the catalogue names its models one by one, and has those of the built-in providers already. */
  pattern(at, { id, keyName }, params) {
    if (!id) return this.skip(at, 'a pattern: name each model');
    this.whole.add(id);
    this.keyOf(id, params.api_key, keyName);
    return this.skip(at, `a pattern: with its key, the catalogue's own models of ${id} are there under their own names; name any others`);
  }

  keyOf(provider, text, keyName) {
    // Where nothing is said, LiteLLM looks into the environment.
    const source = typeof text === 'string' && text !== '' ? text : `${ENVIRONMENT}${keyName}`;
    if (!source.startsWith(ENVIRONMENT)) return this.key(provider, { secret: source });
    const variable = source.slice(ENVIRONMENT.length);
    const secret = this.configured[variable];
    return this.key(provider, secret === undefined ? { wanted: `the value of ${variable}` } : { secret: String(secret) });
  }

  /** The model of a group, as its first entry has it, with a chain of all of them. */
  model(id, group) {
    const { family, kept } =
      this.serving(
        id,
        group.toSorted((a, b) => a.order - b.order),
      ) ?? {};
    if (!kept) return undefined;
    const { info } = kept[0];
    const capabilities = Object.entries(CAPABILITIES).flatMap(([name, capability]) => (info[name] === true ? [capability] : []));
    return given({
      id,
      family,
      chain: uniqueTargets(kept),
      price: this.price(id, kept),
      contextTokens: wholeNumber(info.max_input_tokens),
      maxOutputTokens: wholeNumber(info.max_output_tokens ?? info.max_tokens),
      capabilities: capabilities.length > 0 ? capabilities : undefined,
    });
  }

  price(id, group) {
    const prices = group.flatMap(({ costs }) => priceOf(costs) ?? []);
    if (prices.length === 0) return this.noPrice(id, 'the configuration names none');
    const dearest = prices.reduce((best, price) => (price.outputUsdPerMtok > best.outputUsdPerMtok ? price : best));
    if (new Set(prices.map((price) => JSON.stringify(price))).size > 1)
      this.skip(`${id}: prices of its single deployments`, 'a model has one price here, whoever serves it; it got the dearest');
    return dearest;
  }
}

/** Of one of the two alone LiteLLM takes no notice; without an answer's price, answers would be given away. */
function textPrice(costs) {
  const input = perMtok(costs.input_cost_per_token);
  const output = perMtok(costs.output_cost_per_token ?? (costs.mode === 'embedding' ? 0 : undefined));
  if (input === undefined || output === undefined) return undefined;
  const [read, write5m, write1h] = CACHE_PRICES.map((name) => (costs[name] === undefined ? undefined : perMtok(costs[name])));
  return given({
    inputUsdPerMtok: input,
    outputUsdPerMtok: output,
    cacheReadUsdPerMtok: read,
    cacheWrite5mUsdPerMtok: write5m,
    cacheWrite1hUsdPerMtok: write1h,
  });
}

/** By what a prompt has more tokens than: of its two ways to say so, LiteLLM's list has one or the other of a model. */
function longCosts(costs) {
  const tiers = listOf(costs.tiered_pricing).filter(isObject);
  if (tiers.length > 0) return tiers.map(({ range, ...tier }) => [Number(listOf(range)[0]), tier]);
  const lengths = Object.keys(costs).flatMap((name) => LONG_PRICE.exec(name)?.[1] ?? []);
  return [...new Set(lengths)].map((length) => {
    const suffix = `_above_${length}k_tokens`;
    const named = Object.entries(costs).flatMap(([name, cost]) => (name.endsWith(suffix) ? [[name.slice(0, -suffix.length), cost]] : []));
    const { input_cost_per_token, output_cost_per_token } = costs;
    return [Number(length) * 1_000, { input_cost_per_token, output_cost_per_token, ...Object.fromEntries(named) }];
  });
}

function priceOf(costs) {
  const steps = longCosts(costs).toSorted(([a], [b]) => a - b);
  const first = steps.find(([aboveTokens]) => aboveTokens === 0)?.[1];
  const base = textPrice({ ...first, ...costs });
  const long = steps.flatMap(([aboveTokens, step]) => {
    const price = aboveTokens > 0 ? textPrice({ mode: costs.mode, ...step }) : undefined;
    return price ? [{ aboveTokens, ...price }] : [];
  });
  return base && given({ ...base, longPrompts: long.length > 0 ? long : undefined });
}

/** `model_group_alias` gives a model more names; a fallback's places go behind those of its model, at its price. */
function applyRouting(work, models, settings) {
  for (const [alias, target] of Object.entries(settings.model_group_alias ?? {})) {
    const model = models.get(isObject(target) ? target.model : target);
    const taken = model && (models.has(alias) ? alias : work.addAlias(model, alias));
    if (!model) work.skip(`model_group_alias.${alias}`, 'its model was not carried over');
    else if (taken) work.skip(`model_group_alias.${alias}`, `it stands for ${taken}`);
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
  work.skipLeftOut(['entry', 'entries'], 'not a matter of the catalogue here');
}

/**
 * `known`: the models that the gateway has, as `GET /v1/models` lists them, by id. `environment`: where addresses may
 * come from. `prices`: LiteLLM's model_prices_and_context_window.json.
 */
export function importLitellm(given, known = new Map(), more = {}) {
  const config = isObject(given) ? given : {};
  const work = new Import(config, known, more);
  for (const [index, entry] of listOf(config.model_list).entries()) work.entry(entry, index);
  const models = new Map();
  for (const [id, group] of work.groups) {
    const model = work.model(id, group);
    if (model) models.set(id, model);
  }
  const { litellm_settings: library, router_settings: router } = config;
  applyRouting(work, models, {
    fallbacks: [...listOf(library?.fallbacks), ...listOf(router?.fallbacks)],
    model_group_alias: { ...library?.model_group_alias_map, ...router?.model_group_alias },
  });
  skipSettings(work, config);
  return work.result([...models.values()], work.whole);
}
