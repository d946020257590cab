// A LiteLLM configuration as providers and catalogue entries of this gateway, and what could not be carried over. Pure.
import { placeOf } from './litellm-providers.mjs';

/** Parameters that this gateway has no use for, or does by itself. */
const SILENT = new Set(['model', 'api_base', 'base_url', 'api_key', 'order', 'input_cost_per_token', 'output_cost_per_token']);
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
const given = (input) => Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));

class Import {
  providers = new Map();
  /** By the name of the variable: the texts that stood for the key, a secret or `os.environ/NAME`. */
  keys = new Map();
  notCarried = [];
  groups = new Map();

  skip(where, why) {
    this.notCarried.push({ where, why });
  }

  entry(entry, index) {
    const where = `model_list[${index}]`;
    const { model_name: id, litellm_params: params, model_info: info = {} } = isObject(entry) ? entry : {};
    if (typeof id !== 'string' || !isObject(params) || typeof params.model !== 'string')
      return this.skip(where, 'has no model_name, or no litellm_params.model');
    const at = `${where} (${id})`;
    if (id.includes('*')) return this.skip(at, 'a pattern: name each model');
    const family = MODES[info?.mode ?? 'chat'];
    if (!family) return this.skip(at, `of the mode ${info.mode}`);
    const place = placeOf(params.model, params.api_base ?? params.base_url);
    if (place.refused) return this.skip(`${at} ${params.model}`, place.refused);
    const provider = place.id ?? place.provider.id;
    if (place.provider) this.providers.set(provider, place.provider);
    this.key(provider, params.api_key);
    const rest = Object.keys(params).filter((name) => !SILENT.has(name) && !CACHE_PRICES.includes(name));
    if (rest.length > 0) this.skip(at, `${rest.join(', ')}: not a matter of the catalogue here`);
    const group = this.groups.get(id) ?? [];
    const wires = place.provider?.wires ?? (provider === 'anthropic' ? ['anthropic-messages'] : ['openai-chat']);
    group.push({ provider, model: place.model, wires, family, order: Number(params.order ?? 0), costs: { ...info, ...params }, info });
    this.groups.set(id, group);
  }

  key(provider, text) {
    const name = keyVariable(provider);
    const known = this.keys.get(name) ?? [];
    if (typeof text === 'string' && text !== '' && !known.includes(text)) known.push(text);
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
  for (const [id, others] of (settings.fallbacks ?? []).flatMap((fallback) => Object.entries(fallback ?? {}))) {
    const model = models.get(id);
    for (const other of [others].flat()) {
      const chain = chains.get(other);
      if (!model || !chain) work.skip(`fallbacks: ${id} to ${other}`, 'one of the two was not carried over');
      else {
        model.chain = uniqueTargets([...model.chain, ...chain]);
        work.skip(`fallbacks: the price of ${other} when it answers for ${id}`, `such calls cost what ${id} costs`);
      }
    }
  }
}

/** `known`: the models that the gateway has, as `GET /v1/models` lists them, by id. */
export function importLitellm(config, known = new Map()) {
  const work = new Import();
  const list = isObject(config) && Array.isArray(config.model_list) ? config.model_list : [];
  for (const [index, entry] of list.entries()) work.entry(entry, index);
  const models = new Map();
  for (const [id, group] of work.groups) {
    const model = work.model(id, group, known.get(id));
    if (model) models.set(id, model);
  }
  const { litellm_settings: library = {}, router_settings: router = {} } = isObject(config) ? config : {};
  applyRouting(work, models, {
    fallbacks: [...(library?.fallbacks ?? []), ...(router?.fallbacks ?? [])],
    model_group_alias: router?.model_group_alias,
  });
  for (const section of ['litellm_settings', 'router_settings', 'general_settings', 'environment_variables'])
    for (const name of Object.keys(config?.[section] ?? {}))
      if (!READ_SETTINGS.has(name)) work.skip(`${section}.${name}`, 'not a matter of providers and models');
  const used = new Set([...models.values()].flatMap(({ chain }) => chain.map(({ provider }) => provider)));
  return {
    customProviders: [...work.providers.values()].filter(({ id }) => used.has(id)),
    keys: [...work.keys].filter(([name]) => [...used].some((id) => keyVariable(id) === name)).map(([name, texts]) => ({ name, texts })),
    catalogue: { models: [...models.values()] },
    notCarried: work.notCarried,
  };
}
