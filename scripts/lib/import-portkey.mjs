// Configs of Portkey as providers and catalogue entries of this gateway. Pure.
// Fields: src/types/requestBody.ts and src/handlers/handlerUtils.ts in Portkey-AI/gateway, and
// https://portkey.ai/docs/api-reference/admin-api/control-plane/configs/retrieve-config
import { given } from './given.mjs';
import { Gathered, isObject, listOf, parsed, uniqueTargets } from './import-gather.mjs';
import { slug, wiresOf } from './import-places.mjs';
import { placeOfTarget, vendorIn } from './portkey-providers.mjs';

/** Fields that are read, or that name and address a target. */
const SILENT = new Set([
  ...['strategy', 'targets', 'provider', 'api_key', 'virtual_key', 'custom_host', 'override_params', 'weight', 'name', 'id'],
  ...['resource_name', 'deployment_id', 'api_version', 'azure_foundry_url', 'slug', 'index'],
]);
const CONFIG_FIELDS = ['strategy', 'targets', 'provider', 'virtual_key', 'virtualKey', 'api_key', 'apiKey', 'retry', 'cache'];

/** Portkey takes both `override_params` and `overrideParams`. */
const inSnakeCase = (target) =>
  Object.fromEntries(
    Object.entries(target).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );

const ONLY_MODELS_DECIDE = 'only the model that is asked for decides here';

const isConfig = (value) => isObject(value) && CONFIG_FIELDS.some((field) => field in value);
const nameOf = ({ name, slug: id }) =>
  [name, id].find((text) => typeof text === 'string' && /^\S+$/.test(text)) ?? (name ? slug(String(name)) : undefined);

/** `{ name, config }` of one config, of a list, of the API's answers, or of an object of configs by name. */
function readConfigs(exported) {
  const data = exported?.data ?? exported;
  if (Array.isArray(data)) return data.every(isObject) ? data.flatMap((entry) => readConfigs(entry) ?? []) : undefined;
  if (!isObject(data)) return undefined;
  if (isConfig(data)) return [{ name: nameOf(data), config: data }];
  if ('config' in data || 'slug' in data) return [{ name: nameOf(data), config: parsed(data.config) }];
  const named = Object.entries(data).map(([name, config]) => ({ name, config: parsed(config) }));
  return named.length > 0 && named.every(({ config }) => isObject(config)) ? named : undefined;
}

/** The names in a condition on nothing but the request's model. */
function modelsIn(query) {
  const [[field, value] = [], ...others] = Object.entries(isObject(query) ? query : {});
  if (others.length > 0 || (field !== 'params.model' && field !== 'model')) return undefined;
  const [[operator, operand] = [], ...more] = isObject(value) ? Object.entries(value) : [['$eq', value]];
  const names = operator === '$in' ? listOf(operand) : operator === '$eq' ? [operand] : [];
  return more.length === 0 && names.length > 0 && names.every((name) => typeof name === 'string') ? names : undefined;
}

/** A target with what it has from the one that it is in. */
const inherited = (own, around) => ({
  ...own,
  custom_host: own.custom_host ?? around?.custom_host,
  override_params: { ...around?.override_params, ...own.override_params },
});

class Import extends Gathered {
  models = new Map();

  leaveOut(target) {
    for (const field of Object.keys(target)) if (!SILENT.has(field)) this.leave(field);
    for (const field of Object.keys(target.override_params ?? {})) if (field !== 'model') this.leave(`override_params.${field}`);
    if (target.strategy?.on_status_codes ?? target.strategy?.onStatusCodes) this.leave('strategy.on_status_codes');
  }

  /** The places of a target, in order; `around`: the target that it is in. */
  places(given, at, around) {
    if (!isObject(given)) return [];
    const own = inSnakeCase(given);
    this.leaveOut(own);
    const target = inherited(own, around);
    const targets = listOf(target.targets).filter(isObject);
    if (targets.length === 0) return this.leaf(target, at);
    if (around && target.strategy?.mode === 'conditional') this.skip(`${at}: conditions`, ONLY_MODELS_DECIDE);
    return this.ordered(target, targets, at).flatMap((one) => this.places(one, `${at}.targets[${targets.indexOf(one)}]`, target));
  }

  /** Which targets are asked, and in which order. */
  ordered({ strategy }, targets, at) {
    switch (strategy?.mode) {
      case 'fallback':
        return targets;
      case 'loadbalance':
        this.skip(`${at}: loadbalance`, 'the places are asked in order, the heaviest first; several keys of one provider are used in turn');
        return targets.filter(({ weight }) => weight !== 0).toSorted((a, b) => (b.weight ?? 1) - (a.weight ?? 1));
      case 'conditional':
        return targets.filter(({ name }) => name === strategy.default);
      default:
        return targets.slice(0, 1);
    }
  }

  leaf(target, at) {
    const { slugged, model } = this.modelOf(target);
    const provider = typeof target.provider === 'string' ? target.provider : slugged;
    const name = (provider ?? target.virtual_key)?.replace(/^@/, '');
    if (!name) return this.refuse(at, 'names no provider');
    const isSlug = provider === undefined || provider.startsWith('@');
    const vendor = isSlug ? vendorIn(name) : name;
    if (!vendor) return this.refuse(at, `whose ${name} is stands in Portkey alone: name the provider in its place, and import again`);
    const place = placeOfTarget(vendor, target);
    if (place.refused) return this.refuse(`${at} (${name})`, place.refused);
    if (isSlug && name !== vendor) this.skip(`${at} (${name})`, `taken for ${vendor} by its name: see that it is`);
    const id = place.id ?? place.provider.id;
    if (place.provider) this.providers.set(id, place.provider);
    this.keyOf(id, target, isSlug ? name : undefined);
    return [{ provider: id, model: target.deployment_id ?? model, wires: place.provider?.wires ?? wiresOf(id), family: 'chat' }];
  }

  refuse(at, why) {
    this.skip(at, why);
    return [];
  }

  /** `@openai-prod/gpt-5.5` names a provider as well. */
  modelOf({ override_params }) {
    const model = typeof override_params.model === 'string' ? override_params.model : undefined;
    const [, slugged, plain] = /^(@[^/]+)\/(.+)$/.exec(model ?? '') ?? [];
    return { slugged, model: plain ?? model };
  }

  keyOf(id, { api_key, virtual_key }, slugged) {
    if (typeof api_key === 'string' && api_key !== '') return this.key(id, { secret: api_key });
    const held = virtual_key ? `the virtual key ${virtual_key}` : slugged ? `@${slugged}` : undefined;
    return this.key(id, { wanted: held ? `the key that Portkey holds as ${held}` : 'a key, which the config does not name' });
  }

  config({ name, config }, at, wanted) {
    if (!isObject(config)) return this.skip(at, 'the config itself is not in the list: GET /v1/configs/{slug} has it');
    const strategy = inSnakeCase(config).strategy;
    if (strategy?.mode === 'conditional') this.conditions(config, strategy, at);
    const places = this.places(config, at);
    const id = wanted ?? name ?? places.find(({ model }) => model !== undefined)?.model;
    if (places.length > 0) this.add(id, places, at, wanted);
    return undefined;
  }

  /** A condition on the model's name is a model of that name. */
  conditions(config, strategy, at) {
    const targets = listOf(config.targets);
    for (const [index, { query, then } = {}] of listOf(strategy.conditions).entries()) {
      const where = `${at}.strategy.conditions[${index}]`;
      const names = modelsIn(query);
      const target = targets.find((one) => one?.name === then);
      if (!names || !target) this.skip(where, names ? `there is no target ${then}` : ONLY_MODELS_DECIDE);
      else {
        const places = this.places(target, `${at}.targets[${targets.indexOf(target)}]`, inherited(inSnakeCase(config)));
        for (const name of names) if (places.length > 0) this.add(name, places, where, name);
      }
    }
  }

  /** `asked`: what clients call the model, where that is known to be what goes on upstream. */
  add(id, places, at, asked) {
    const usable = places.flatMap((place) => {
      const model = place.model ?? asked;
      if (model === undefined)
        this.skip(`${at} at ${place.provider}`, 'names no model: import with --model and the one that clients ask for');
      return model === undefined ? [] : [{ ...place, model }];
    });
    if (usable.length === 0) return;
    if (this.models.has(id)) return this.skip(at, `${id} has its places from a config before it`);
    const { family, kept } = this.serving(id, usable) ?? {};
    if (kept) this.models.set(id, given({ id, family, chain: uniqueTargets(kept), price: this.noPrice(id, 'configs name none') }));
  }
}

/** `model`: what clients call the model of a config that is alone. Undefined when there is no config. */
export function importPortkey(exported, known = new Map(), model = undefined) {
  const configs = readConfigs(exported);
  if (!configs?.length) return undefined;
  const work = new Import(known);
  for (const [index, entry] of configs.entries())
    work.config(entry, entry.name ?? (configs.length > 1 ? `configs[${index}]` : 'the config'), configs.length === 1 ? model : undefined);
  work.skipLeftOut(['target', 'targets'], 'not a matter of the catalogue here');
  return { ...work.result([...work.models.values()]), configs: configs.length };
}
