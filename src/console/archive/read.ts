/** Lines that have left D1. */
import { and, asc, desc, eq, gte, lte } from 'drizzle-orm';
import type { MicroCredits } from '../../core/money';
import { rowsAfter } from '../../db/after';
import { database } from '../../db/client';
import { ledgerParts } from '../../db/schema';
import type { ConsoleDeps } from '../deps';
import { type Line, unpackLines } from './file';

type Archive = Pick<ConsoleDeps, 'db' | 'files'>;

/** How many files a page of the list has. */
const PAGE = 1_000;

/** The lines after a place in the order of their closing, file by file. */
export async function* archivedAfter(
  { db, files }: Archive,
  accountId: string,
  place: { epoch: number; closeSeq: number },
): AsyncGenerator<Line[]> {
  for (let from = place; ; ) {
    const parts = await database(db)
      .select()
      .from(ledgerParts)
      .where(and(eq(ledgerParts.accountId, accountId), rowsAfter([ledgerParts.epoch, ledgerParts.closeSeq], [from.epoch, from.closeSeq])))
      .orderBy(asc(ledgerParts.epoch), asc(ledgerParts.closeSeq))
      .limit(PAGE);
    for (const { file } of parts)
      yield (await unpackLines(files, file)).filter(
        ({ epoch, closeSeq }) => epoch > place.epoch || (epoch === place.epoch && closeSeq > place.closeSeq),
      );
    if (parts.length < PAGE) return;
    from = parts.at(-1)!;
  }
}

/** Finds a line by its id. Those of a file are in the order of their closing, so that some files may have lines from before and after it. */
export async function findArchived(
  { db, files }: Archive,
  accountId: string,
  { id, seq }: { id: string; seq: number },
): Promise<Line | undefined> {
  const parts = await database(db)
    .select({ file: ledgerParts.file })
    .from(ledgerParts)
    .where(and(eq(ledgerParts.accountId, accountId), lte(ledgerParts.lowSeq, seq), gte(ledgerParts.highSeq, seq)))
    .orderBy(asc(ledgerParts.epoch), asc(ledgerParts.closeSeq));
  for (const { file } of parts) {
    const found = (await unpackLines(files, file, id)).find((line) => line.id === id);
    if (found) return found;
  }
  return undefined;
}

export interface BroughtForward {
  amountMicro: MicroCredits;
  untilMs: number;
}

/**
 * What all of an account's lines in the archive come to, and when the last of them was closed; no row where there are none. To
 * be asked together with the lines that D1 has, as they are at the same moment.
 */
export const broughtForward = (db: D1Database, accountId: string): D1PreparedStatement => db.prepare(BROUGHT_FORWARD).bind(accountId);

const BROUGHT_FORWARD = `
SELECT fence.archived_micro AS amountMicro, part.closed_at AS untilMs
FROM ledger_fences AS fence JOIN ledger_parts AS part ON part.account_id = fence.account_id
  AND part.epoch = fence.archived_epoch AND part.close_seq = fence.archived_close_seq
WHERE fence.account_id = ?`;

/** How far lines had left D1, to be asked together with those that it has. */
export const leftUpTo = (db: D1Database, accountId: string): D1PreparedStatement =>
  db.prepare('SELECT archived_epoch AS epoch, archived_close_seq AS closeSeq FROM ledger_fences WHERE account_id = ?').bind(accountId);

/** The files with lines that were closed since, the newest first. */
export async function partsSince({ db }: Archive, accountId: string, sinceMs: number): Promise<string[]> {
  const parts = await database(db)
    .select({ file: ledgerParts.file })
    .from(ledgerParts)
    .where(and(eq(ledgerParts.accountId, accountId), gte(ledgerParts.closedAt, sinceMs)))
    .orderBy(desc(ledgerParts.epoch), desc(ledgerParts.closeSeq));
  return parts.map(({ file }) => file);
}
