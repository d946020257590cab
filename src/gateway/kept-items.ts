/** Keeps items of answers that no provider keeps, for later calls that name them by id instead of sending them. */
import { fail, ok, type Result } from '../core/errors';
import { keptAnswerKey } from '../core/kept-answers';
import { parseJson } from '../core/record';
import type { NamedItems } from '../dialects/types';
import type { GatewayDeps } from './deps';

const MAX_KEPT_CHARS = 8_388_608;
/** Each is one read of R2, of which a request may make a thousand. */
const MAX_ANSWERS = 800;
/** What they come to is in memory at once, beside what other requests of the isolate have there. */
const MAX_TOGETHER_BYTES = 33_554_432;
/** The runtime reads no more side by side. */
const AT_ONCE = 6;
/** Items are written in the background when their answer ends, and a fast client may ask for the newest before that. */
const LOOKS_AFTER_MS = [0, 300, 1_000] as const;

/** Runs in the background: the answer does not depend on it. */
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

/** The call, or token question, with the items that it names; refused where this account has no such item. */
export async function withNamedItems<T extends { names?: NamedItems<T> | undefined }>(
  deps: Pick<GatewayDeps, 'files'>,
  accountId: string,
  asked: T,
): Promise<Result<T>> {
  const { names } = asked;
  if (!names) return ok(asked);
  try {
    const kept = await readAll(deps, accountId, names.requestIds.slice(-MAX_ANSWERS));
    if (kept) return names.brought(kept);
    return names.isOptional ? names.brought([]) : TOO_LARGE;
  } catch (error) {
    console.error('kept items not read', String(error));
    if (names.isOptional) return names.brought([]);
    return fail('unavailable', 'The items that the input refers to could not be read; try again.', { retryAfterSeconds: 2 });
  }
}

const TOO_LARGE = fail(
  'body_too_large',
  `The items that the input refers to are larger than ${MAX_TOGETHER_BYTES / 1_048_576} MB together: send fewer of them.`,
  { param: 'input' },
);

/** Undefined where they are too large together. */
async function readAll(deps: Pick<GatewayDeps, 'files'>, accountId: string, requestIds: readonly string[]): Promise<unknown[] | undefined> {
  const room = { bytes: MAX_TOGETHER_BYTES };
  const items: unknown[] = [];
  for (let from = 0; from < requestIds.length && room.bytes >= 0; from += AT_ONCE) {
    const some = requestIds.slice(from, from + AT_ONCE);
    const read = some.map((requestId, index) => readItems(deps, accountId, requestId, from + index === requestIds.length - 1, room));
    items.push(...(await Promise.all(read)).flat());
  }
  return room.bytes >= 0 ? items : undefined;
}

async function readItems(
  { files }: Pick<GatewayDeps, 'files'>,
  accountId: string,
  requestId: string,
  isNewest: boolean,
  room: { bytes: number },
): Promise<unknown[]> {
  const key = keptAnswerKey('items', accountId, requestId);
  if (key === undefined) return [];
  for (const afterMs of isNewest ? LOOKS_AFTER_MS : [0]) {
    if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
    const object = await files.get(key);
    room.bytes -= object?.size ?? 0;
    if (object && room.bytes < 0) {
      await object.body.cancel();
      return [];
    }
    const items = object ? parseJson(await object.text()) : undefined;
    if (Array.isArray(items)) return items as unknown[];
  }
  return [];
}
