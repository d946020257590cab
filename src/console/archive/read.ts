/** Lines that have left D1. */
import { and, asc, eq, gte, lte } from 'drizzle-orm';
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
