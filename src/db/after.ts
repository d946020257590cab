import { type Column, type SQL, sql } from 'drizzle-orm';

type Value = string | number;

/**
 * The rows before a place in an order of several columns, in the words that have an index begin there: said by `or`, each
 * page would read all those before it.
 */
export const rowsBefore = (columns: readonly Column[], place: readonly Value[]): SQL => sql`${listOf(columns)} < ${listOf(place)}`;

export const rowsAfter = (columns: readonly Column[], place: readonly Value[]): SQL => sql`${listOf(columns)} > ${listOf(place)}`;

const listOf = (all: readonly (Column | Value)[]): SQL =>
  sql`(${sql.join(
    all.map((one) => sql`${one}`),
    sql`, `,
  )})`;

/**
 * Where to go on after a page; null where one of so many is the last.
 *
 * @param placeOf Where its row may be deleted before the next page is asked for, more than the row's id.
 */
export function nextAfter<Row extends { id: string }>(
  rows: readonly Row[],
  pageSize: number,
  placeOf: (last: Row) => string = ({ id }) => id,
): string | null {
  const last = rows.length === pageSize ? rows.at(-1) : undefined;
  return last ? placeOf(last) : null;
}
