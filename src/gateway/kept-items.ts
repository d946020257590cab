/** Items of answers that no upstream keeps, for calls that name them instead of bringing them. */
import { fail, ok, type Result } from '../core/errors';
import { keptAnswerKey } from '../core/kept-answers';
import { parseJson } from '../core/record';
import type { NamedItems } from '../dialects/types';
import type { GatewayDeps } from './deps';

const MAX_KEPT_CHARS = 8_388_608;
/** Each of them is a read, and a request may make a thousand. */
const MAX_ANSWERS = 800;
/** An item is written beside its answer's end, and a client may be quicker. */
const LOOKS_AFTER_MS = [0, 300, 1_000] as const;

/** Nobody waits for it: an answer is as good without. */
export async function keepItems(
  { files }: Pick<GatewayDeps, 'files'>,
  accountId: string,
  requestId: string,
  items: readonly unknown[],
): Promise<void> {
  const text = JSON.stringify(items);
  const key = keptAnswerKey('items', accountId, requestId);
  if (key === undefined || items.length === 0 || text.length > MAX_KEPT_CHARS) return;
  try {
    await files.put(key, text);
  } catch (error) {
    console.error('items of an answer not kept', String(error));
  }
}

/** A call, or a question, with all that it names; refused where this account has left no such item. */
export async function withNamedItems<T extends { names?: NamedItems<T> | undefined }>(
  deps: Pick<GatewayDeps, 'files'>,
  accountId: string,
  asked: T,
): Promise<Result<T>> {
  const { names } = asked;
  if (!names) return ok(asked);
  const newest = names.requestIds.at(-1);
  try {
    const kept = await Promise.all(
      names.requestIds.slice(-MAX_ANSWERS).map((requestId) => readItems(deps, accountId, requestId, requestId === newest)),
    );
    return names.brought(kept.flat());
  } catch (error) {
    console.error('kept items not read', String(error));
    if (names.isOptional) return names.brought([]);
    return fail('unavailable', 'The items that the input refers to could not be read; try again.', { retryAfterSeconds: 2 });
  }
}

async function readItems(
  { files }: Pick<GatewayDeps, 'files'>,
  accountId: string,
  requestId: string,
  isNewest: boolean,
): Promise<unknown[]> {
  const key = keptAnswerKey('items', accountId, requestId);
  if (key === undefined) return [];
  for (const afterMs of isNewest ? LOOKS_AFTER_MS : [0]) {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    const object = await files.get(key);
    const items = object ? parseJson(await object.text()) : undefined;
    if (Array.isArray(items)) return items as unknown[];
  }
  return [];
}
