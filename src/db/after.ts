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

/** The id to go on after; null where a page of so many is the last. */
export const nextAfter = (rows: readonly { id: string }[], pageSize: number): string | null =>
  rows.length === pageSize ? (rows.at(-1)?.id ?? null) : null;
