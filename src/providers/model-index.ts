import type { Family } from '../core/family';
import { FAMILY_PATTERNS } from './catalogue/messages';
import type { Model } from './types';

/** Finds models by name: ids first, then aliases, then their names at OpenRouter, then patterns. */
export interface ModelIndex {
  all: readonly Model[];
  find(id: string): Model | undefined;
  /** The ids of the models that have a price, and so can be called. */
  availableIds(families: readonly Family[]): string[];
}

/**
 * OpenRouter's users have `vendor/model` in all their code. Where several models here are one model there, the name
 * means the one of the same name, else the first.
 */
function namesElsewhere(models: readonly Model[], byName: ReadonlyMap<string, Model>): ReadonlyMap<string, Model> {
  const found = new Map<string, Model>();
  for (const model of models) {
    for (const { provider, model: theirs } of model.chain) {
      if (provider !== 'openrouter' || found.has(theirs)) continue;
      const namesake = byName.get(theirs.slice(theirs.indexOf('/') + 1));
      const isSame = namesake?.chain.some((target) => target.provider === provider && target.model === theirs);
      found.set(theirs, isSame ? namesake! : model);
    }
  }
  return found;
}

const MAKER = 'anthropic/';

/** An id in the spelling of the patterns; OpenRouter writes `anthropic/claude-3.7-sonnet`. */
function lineOf(id: string): string {
  const isElsewheres = id.startsWith(MAKER) && !id.includes(':');
  return isElsewheres ? `${id.slice(MAKER.length).replaceAll('.', '-')}-` : id;
}

export function indexModels(models: readonly Model[]): ModelIndex {
  const byName = new Map<string, Model>();
  for (const model of models) for (const alias of model.aliases ?? []) byName.set(alias, model);
  for (const model of models) byName.set(model.id, model);
  const elsewhere = namesElsewhere(models, byName);
  return {
    all: models,
    find(id) {
      const known = byName.get(id) ?? elsewhere.get(id);
      if (known !== undefined) return known;
      const line = lineOf(id);
      const pattern = FAMILY_PATTERNS.find(({ prefix }) => line.startsWith(prefix));
      return pattern && byName.get(pattern.id);
    },
    availableIds: (families) =>
      models.filter((model) => model.price !== undefined && families.includes(model.family)).map((model) => model.id),
  };
}
