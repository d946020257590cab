import type { Family } from '../core/family';
import { shortHash } from '../core/hex';
import { usdPerMtok } from '../core/money';
import type { WireId } from '../core/wire-id';
import { alibaba } from './alibaba/spec';
import { anthropic } from './anthropic/spec';
import { MODELS } from './catalogue';
import { UNPRICED } from './catalogue/terms';
import { readApiKeys, readBaseUrl, variableName, variableText } from './config';
import { type CustomModel, type CustomProvider, readCustomProviders } from './custom';
import { withOwnTargets } from './custom-config';
import { readCustomMediaProviders, withMediaTargets } from './custom-media/read';
import { deepseek } from './deepseek/spec';
import { fal } from './fal/spec';
import { fishAudio } from './fish-audio/spec';
import { google } from './google/spec';
import { minimax } from './minimax/spec';
import { indexModels, type ModelIndex } from './model-index';
import { moonshot } from './moonshot/spec';
import { openai } from './openai/spec';
import { openrouter } from './openrouter/spec';
import { applyOverrides } from './overrides/apply';
import { errorText, type OverridesResult } from './overrides/schema';
import { replicate } from './replicate/spec';
import { withRunpodEndpoints } from './runpod/endpoints';
import { runpod } from './runpod/spec';
import { sandbox } from './sandbox/spec';
import type { Model, Price, Provider, ProviderSpec, Target } from './types';
import { wavespeed } from './wavespeed/spec';
import { xai } from './xai/spec';
import { zhipu } from './zhipu/spec';

/** Every provider that the gateway knows, configured or not. */
export const PROVIDER_SPECS: readonly ProviderSpec[] = [
  openai,
  anthropic,
  openrouter,
  deepseek,
  moonshot,
  zhipu,
  alibaba,
  minimax,
  xai,
  google,
  wavespeed,
  fal,
  replicate,
  fishAudio,
  runpod,
  sandbox,
];

export interface Registry {
  /** Those that can be called: with a key, the operator's own (with or without a key), or in-process. */
  providers: ReadonlyMap<string, Provider>;
  /** The catalogue and the operator's own models. */
  models: ModelIndex;
  /** Providers over the network, without those that answer in-process. */
  configuredProviders: string[];
  /** Which overrides are in force, for receipts; undefined without any. */
  catalogueVersion?: string;
}

/** The variable with a provider's keys. */
export const keyVariable = (providerId: string): string => variableName(providerId, 'API_KEY');

function configure(spec: ProviderSpec, env: Record<string, unknown>): Provider {
  const urlVariable = variableName(spec.id, 'BASE_URL');
  const url = variableText(env, urlVariable);
  const webhookSecret = variableText(env, variableName(spec.id, 'WEBHOOK_SECRET'));
  const deploymentsVariable = variableName(spec.id, 'DEPLOYMENTS_BASE_URL');
  const deploymentsUrl = spec.media?.deployments && variableText(env, deploymentsVariable);
  return {
    spec,
    baseUrl: url === undefined ? spec.baseUrl : readBaseUrl(url, urlVariable),
    apiKeys: readApiKeys(variableText(env, keyVariable(spec.id)), keyVariable(spec.id)),
    ...(deploymentsUrl !== undefined && { deploymentsBaseUrl: readBaseUrl(deploymentsUrl, deploymentsVariable) }),
    ...(webhookSecret !== undefined && { webhookSecret }),
  };
}

/** Families that a custom provider can serve. */
const LANGUAGE_FAMILIES: ReadonlySet<Family> = new Set(['chat', 'messages', 'responses', 'gemini', 'embedding']);

/** The family of an operator's own model, by the first format that its provider speaks. */
const FAMILY_BY_WIRE: Readonly<Record<WireId, Family>> = {
  'openai-chat': 'chat',
  'openai-completions': 'chat',
  'openai-responses': 'responses',
  'anthropic-messages': 'messages',
  gemini: 'gemini',
  'openai-embeddings': 'embedding',
  'gemini-embeddings': 'embedding',
};

function customPrice(model: CustomModel, path: string): Price {
  const { inputUsdPerMtok, outputUsdPerMtok, cacheReadUsdPerMtok } = model;
  if (inputUsdPerMtok === undefined || outputUsdPerMtok === undefined) {
    const missing = inputUsdPerMtok === undefined ? 'inputUsdPerMtok' : 'outputUsdPerMtok';
    throw new Error(`${path}.${missing}: needed, since nothing else gives ${model.id} a price.`);
  }
  return {
    per: 'token',
    inputMicroPerMtok: usdPerMtok(inputUsdPerMtok),
    outputMicroPerMtok: usdPerMtok(outputUsdPerMtok),
    ...(cacheReadUsdPerMtok !== undefined && { cacheReadMicroPerMtok: usdPerMtok(cacheReadUsdPerMtok) }),
  };
}

/** A model that is not in the catalogue, without its chain. */
function newModel(model: CustomModel, provider: Provider, price: Price): Model {
  return {
    id: model.id,
    label: model.label ?? model.id,
    vendor: provider.spec.label,
    family: FAMILY_BY_WIRE[provider.spec.wires[0]!.id],
    chain: [],
    price,
    ...(model.contextTokens !== undefined && { contextTokens: model.contextTokens }),
    ...(model.maxOutputTokens !== undefined && { maxOutputTokens: model.maxOutputTokens }),
  };
}

/** A catalogue model that had no price, with one. */
function priced({ note, ...model }: Model, price: Price): Model {
  return { ...model, price, ...(note !== undefined && note !== UNPRICED && { note }) };
}

/**
 * Puts the operator's targets first in the catalogue's chains, and adds models that only the operator has. A catalogue
 * price stands; custom providers that price the same model must agree.
 */
function mergeModels(customs: readonly CustomProvider[]): Model[] {
  const merged = new Map<string, Model>(MODELS.map((model) => [model.id, model]));
  const catalogued = new Map(merged);
  const targets = new Map<string, Target[]>();
  for (const { provider, models, path } of customs) {
    for (const [index, model] of models.entries()) {
      const at = `${path}.models[${index}]`;
      const known = merged.get(model.id);
      if (known !== undefined && !LANGUAGE_FAMILIES.has(known.family)) {
        throw new Error(`${at}.id: ${model.id} is a model of the ${known.family} family, which a custom provider cannot serve.`);
      }
      const repeats = known?.price !== undefined && model.inputUsdPerMtok === undefined && model.outputUsdPerMtok === undefined;
      if (catalogued.get(model.id)?.price === undefined && !repeats) {
        const price = customPrice(model, at);
        if (known?.price !== undefined && JSON.stringify(known.price) !== JSON.stringify(price)) {
          throw new Error(`${at}: ${model.id} has another price in a provider before this one.`);
        }
        merged.set(model.id, known === undefined ? newModel(model, provider, price) : priced(known, price));
      }
      const own = targets.get(model.id) ?? [];
      own.push({ provider: provider.spec.id, model: model.upstreamModel ?? model.id });
      targets.set(model.id, own);
    }
  }
  return withOwnTargets([...merged.values()], targets);
}

/** In a local run without any provider, the sandbox stands in for all of them. */
export const sandboxAnswers = ({
  settings,
  registry,
}: {
  settings: { LOCAL: string };
  registry: Pick<Registry, 'configuredProviders'>;
}): boolean => settings.LOCAL === '1' && registry.configuredProviders.length === 0;

const OVERRIDES = 'CATALOGUE_OVERRIDES';

/** The variable's text; Wrangler parses a variable that is written as JSON in its configuration. */
function overridesVariable(env: Record<string, unknown>): string | undefined {
  const value = env[OVERRIDES];
  if (value === undefined || value === null || typeof value === 'string') return variableText(env, OVERRIDES);
  return JSON.stringify(value, null, 2);
}

/** The registry with the operator's changes to its models, or every error in them. Neither input is modified. */
export function withOverrides(registry: Registry, text: string): OverridesResult<{ registry: Registry; changedIds: readonly string[] }> {
  const customs = [...registry.providers.values()].map(({ spec }) => spec);
  const specs = new Map([...PROVIDER_SPECS, ...customs].map((spec) => [spec.id, spec]));
  const applied = applyOverrides(registry.models.all, text, specs);
  if (!applied.ok) return applied;
  const { models, changedIds } = applied.value;
  const catalogueVersion = [registry.catalogueVersion, shortHash(text)].filter((part) => part !== undefined).join('.');
  return { ok: true, value: { registry: { ...registry, models: indexModels(models), catalogueVersion }, changedIds } };
}

/** Throws an error that names the faulty variable and, where possible, line and field. */
export function buildRegistry(env: Record<string, unknown>): Registry {
  const base = baseRegistry(env);
  const text = overridesVariable(env);
  if (text === undefined) return base;
  const applied = withOverrides(base, text);
  if (applied.ok) return applied.value.registry;
  throw new Error(applied.errors.map((error) => `${OVERRIDES}: ${errorText(error)}`).join('\n'));
}

/** The registry without the operator's changes to the catalogue. */
function baseRegistry(env: Record<string, unknown>): Registry {
  const customs = readCustomProviders(env);
  const builtIn = PROVIDER_SPECS.map((spec) => configure(spec, env)).filter(
    ({ spec, apiKeys }) => apiKeys.length > 0 || spec.serve !== undefined,
  );
  const own = customs.map(({ provider }) => provider);
  const ownMedia = readCustomMediaProviders(
    env,
    own.map(({ spec }) => spec.id),
  );
  const all = [...builtIn, ...own, ...ownMedia.map(({ provider }) => provider)];
  return {
    providers: new Map(all.map((provider) => [provider.spec.id, provider])),
    models: indexModels(withMediaTargets(withRunpodEndpoints(mergeModels(customs), env), ownMedia)),
    configuredProviders: all.filter(({ spec }) => spec.serve === undefined).map(({ spec }) => spec.id),
  };
}
