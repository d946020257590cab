/** Makes room in an account object: operations that D1 has are dropped once they are old, and earlier when the object fills up. */
import { monthOf } from '../core/ids';
import { DAY_MS, HOUR_MS } from '../core/time';
import type { Open } from './open-account';

/** Operations stay readable here for this many months; D1 keeps them for good. */
const KEEP_MONTHS = 2;

/** In an object with more bytes than this, only operations that began this recently are kept. */
export interface Bound {
  aboveBytes: number;
  keptMs: number;
}

/**
 * An object holds 10 GB and takes nothing more once it is full:
 * https://developers.cloudflare.com/durable-objects/platform/limits/ An expired hold may still be charged its cost for
 * a day, so two days are kept where there is room. The rolling hour is counted from the rows, so it is always kept.
 */
export const BOUNDS: readonly Bound[] = [
  { aboveBytes: 9_000_000_000, keptMs: HOUR_MS },
  { aboveBytes: 7_000_000_000, keptMs: 2 * DAY_MS },
];

type Tidied = Pick<Open, 'store' | 'operations' | 'ledger'>;

/** One step, which touches a table or two at most; false where nothing was to do. */
export function tidy(open: Tidied, bounds: readonly Bound[], sizeBytes: number, nowMs: number): boolean {
  const bound = bounds.find(({ aboveBytes }) => sizeBytes > aboveBytes);
  const changed = archivePart(open) || dropOldMonth(open, nowMs) || (bound !== undefined && dropLowest(open, nowMs - bound.keptMs));
  if (changed) open.store.writeSums(open.ledger.row);
  return changed;
}

/** Adds the next part of the lines to the archived sum, so that nobody has to sum them again. */
function archivePart({ operations, ledger: { row } }: Tidied): boolean {
  const endSeq = operations.endOfPart(row.archivedSeq);
  const sum = endSeq > row.lowSeq ? undefined : operations.sumOfKnown(row, row.archivedSeq, endSeq);
  if (sum === undefined) return false;
  row.archived += sum;
  row.archivedSeq = endSeq;
  return true;
}

function dropOldMonth({ operations, ledger: { row } }: Tidied, nowMs: number): boolean {
  const date = new Date(nowMs);
  const before = monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - KEEP_MONTHS, 1));
  const oldest = operations.oldest();
  if (!oldest || oldest.table.month >= before) return false;
  const { table, lastSeq } = oldest;
  // `archivePart` first sums a table that reaches beyond one part.
  if (lastSeq >= row.lowSeq || lastSeq >= operations.endOfPart(row.archivedSeq)) return false;
  const sum = operations.sumOfKnown(row, row.archivedSeq, lastSeq + 1, [table]);
  if (sum === undefined) return false;
  row.archived += sum;
  operations.drop(table);
  return true;
}

function dropLowest({ operations, ledger: { row } }: Tidied, openedBeforeMs: number): boolean {
  const lowest = operations.lowest();
  if (!lowest || lowest.endSeq > row.archivedSeq || lowest.lastOpenedAtMs >= openedBeforeMs) return false;
  for (const table of lowest.tables) operations.drop(table);
  row.cutSeq = lowest.endSeq;
  return true;
}
