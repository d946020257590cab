/** The operator's verbs for the catalogue's file. */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { sha256Hex } from '../../core/hex';
import { type CatalogueError, errorText } from '../../providers/overrides/schema';
import { type Registry, withOverrides } from '../../providers/registry';
import type { Model } from '../../providers/types';
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

/** What a model would become: undefined for one that there would not be. */
export interface ModelChange {
  before: Model | undefined;
  after: Model | undefined;
}

/** What a usable text would change of what is in force now. */
export function changesOf(live: LiveCatalogue, text: string): ModelChange[] {
  const applied = withOverrides(live.base, text);
  if (!applied.ok) return [];
  const byId = ({ models }: Registry) => new Map(models.all.map((model) => [model.id, model]));
  const [present, future] = [byId(live.registry), byId(applied.value.registry)];
  return [...new Set([...future.keys(), ...present.keys()])]
    .map((id): ModelChange => ({ before: present.get(id), after: future.get(id) }))
    .filter(({ before, after }) => before !== after && JSON.stringify(before) !== JSON.stringify(after));
}

/** The file as it is, to be edited; without an etag where there is none. */
export async function readCatalogue({ files }: LiveCatalogue): Promise<{ text: string | undefined; etag: string | undefined }> {
  const found = await files.get(CATALOGUE_KEY);
  return { text: await found?.text(), etag: found?.etag };
}

/** The file that a change began from, by its etag: undefined where there was none. */
export interface BeganFrom {
  etag: string | undefined;
}

const CHANGED = fail(
  'conflict',
  'Nothing was stored: the file has been changed since you began. Open it anew, and make your changes in what is there now.',
);

/**
 * Stores a file if it is usable and, where that is said, the present one is still the one that the change began from;
 * other isolates have it within half a minute. It is recorded first, since R2 has no transaction with D1: the hash in the
 * entry shows if the change did not follow, while a change without an entry would go unnoticed.
 */
export async function storeCatalogue(
  deps: OperatorDeps,
  live: LiveCatalogue,
  text: string,
  began?: BeganFrom,
): Promise<Result<Awaited<ReturnType<typeof showCatalogue>>>> {
  const checked = checkCatalogue(live, text);
  if (!checked.valid) {
    const words = `Nothing was stored. The catalogue is not usable:\n${checked.errors.map(errorText).join('\n')}`;
    return fail('invalid_request', words, { details: { errors: checked.errors } });
  }
  if (began && (await live.files.head(CATALOGUE_KEY))?.etag !== began.etag) return CHANGED;
  const detail = { models: checked.models.length, sha256: await sha256Hex(text) };
  await commit({ ...deps, accountId: OPERATOR_LOG }, { action: 'catalogue.update', target: CATALOGUE_KEY, detail });
  const onlyIf = began && (began.etag === undefined ? { etagDoesNotMatch: '*' } : { etagMatches: began.etag });
  const stored = await live.files.put(CATALOGUE_KEY, text, {
    httpMetadata: { contentType: 'application/json' },
    ...(onlyIf && { onlyIf }),
  });
  if (stored === null) return CHANGED;
  return ok(await showCatalogue(live));
}
