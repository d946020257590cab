import type { Family } from '../core/family';
import { FAMILY_PATTERNS } from './catalogue/messages';
import type { Model } from './types';

/** Models to look up. Ids go before aliases, aliases before patterns. */
export interface ModelIndex {
  all: readonly Model[];
  find(id: string): Model | undefined;
  /** The ids of the models that have a price, and so can be called. */
  availableIds(families: readonly Family[]): string[];
}

export function indexModels(models: readonly Model[]): ModelIndex {
  const byName = new Map<string, Model>();
  for (const model of models) for (const alias of model.aliases ?? []) byName.set(alias, model);
  for (const model of models) byName.set(model.id, model);
  return {
    all: models,
    find(id) {
      const known = byName.get(id);
      if (known !== undefined) return known;
      const pattern = FAMILY_PATTERNS.find(({ prefix }) => id.startsWith(prefix));
      return pattern && byName.get(pattern.id);
    },
    availableIds: (families) =>
      models.filter((model) => model.price !== undefined && families.includes(model.family)).map((model) => model.id),
  };
}
