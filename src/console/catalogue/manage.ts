/** The operator's verbs for the catalogue's file. */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { sha256Hex } from '../../core/hex';
import { type CatalogueError, errorText } from '../../providers/overrides/schema';
import { withOverrides } from '../../providers/registry';
import type { OperatorDeps } from '../accounts';
import { commit, OPERATOR_LOG } from '../audit/commit';
import { CATALOGUE_KEY, type LiveCatalogue } from './live';

/** The file's text as it is, so that errors can name its lines. */
export const catalogueInput = z.strictObject({ text: z.string() });

export interface CheckedCatalogue {
  valid: boolean;
  errors: readonly CatalogueError[];
  /** The models that it changes or adds. */
  models: readonly string[];
}

export function checkCatalogue(live: LiveCatalogue, text: string): CheckedCatalogue {
  const applied = withOverrides(live.base, text);
  return applied.ok ? { valid: true, errors: [], models: applied.value.changedIds } : { valid: false, errors: applied.errors, models: [] };
}

/** What is in force, after a fresh look at the file. */
export async function showCatalogue(live: LiveCatalogue) {
  await live.load();
  const { seen, registry, base } = live;
  return {
    version: registry.catalogueVersion ?? null,
    /** The version of the changes in the Worker's variable. */
    variableVersion: base.catalogueVersion ?? null,
    file: seen
      ? {
          key: CATALOGUE_KEY,
          uploadedAt: seen.uploadedAt,
          valid: seen.errors.length === 0,
          errors: seen.errors,
          models: seen.changedIds,
        }
      : null,
  };
}

/**
 * Stores a file if it is usable; other isolates have it within half a minute. It is recorded first, since R2 has no
 * transaction with D1: the hash in the entry shows if the change did not follow, while a change without an entry would
 * go unnoticed.
 */
export async function storeCatalogue(
  deps: OperatorDeps,
  live: LiveCatalogue,
  text: string,
): Promise<Result<Awaited<ReturnType<typeof showCatalogue>>>> {
  const checked = checkCatalogue(live, text);
  if (!checked.valid) {
    const words = `Nothing was stored. The catalogue is not usable:\n${checked.errors.map(errorText).join('\n')}`;
    return fail('invalid_request', words, { details: { errors: checked.errors } });
  }
  const detail = { models: checked.models.length, sha256: await sha256Hex(text) };
  await commit({ ...deps, accountId: OPERATOR_LOG }, { action: 'catalogue.update', target: CATALOGUE_KEY, detail });
  await live.files.put(CATALOGUE_KEY, text, { httpMetadata: { contentType: 'application/json' } });
  return ok(await showCatalogue(live));
}
