/** Where the next page of a list begins. */
import { fail, ok, type Result } from '../core/errors';

export const refuseCursor = () => fail('invalid_request', '`cursor` must be the `nextCursor` of the page before.', { param: 'cursor' });

/** The last row's time, and its id where times are equal. */
export interface Moment {
  createdAt: number;
  id: string;
}

export const momentCursor = ({ createdAt, id }: Moment): string => `${createdAt}~${id}`;

export function readMoment(cursor: string | undefined): Result<Moment | undefined> {
  if (!cursor) return ok(undefined);
  const [, createdAt, id] = /^(\d{1,15})~(\w+)$/.exec(cursor) ?? [];
  return id === undefined ? refuseCursor() : ok({ createdAt: Number(createdAt), id });
}
