/** Where the next page of a list begins. */
import { fail, ok, type Result } from '../core/errors';

export const refuseCursor = () => fail('invalid_request', '`cursor` must be the `nextCursor` of the page before.', { param: 'cursor' });

/** The last row's time, and its id where times are equal. */
export interface Moment {
  createdAt: number;
  id: string;
}

export const momentCursor = ({ createdAt, id }: Moment): string => `${createdAt}~${id}`;

/** For a list whose rows may be deleted before its next page is asked for; null where a page of so many is the last. */
export const nextMoment = (rows: readonly Moment[], pageSize: number): string | null =>
  rows.length === pageSize && rows.length > 0 ? momentCursor(rows.at(-1)!) : null;

export function readMoment(cursor: string | undefined): Result<Moment | undefined> {
  if (!cursor) return ok(undefined);
  const [, createdAt, id] = /^(\d{1,15})~(\w+)$/.exec(cursor) ?? [];
  return id === undefined ? refuseCursor() : ok({ createdAt: Number(createdAt), id });
}
