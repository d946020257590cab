/**
 * The ledger's oldest lines go from D1, which holds 10 GB, to files in R2, each night after the books were checked. Nothing
 * is lost by it: sums stay in D1, and receipts and recoveries are read from both.
 */
import { asc, eq } from 'drizzle-orm';
import type { ArchivingMessage, Books } from '../../account/types';
import { DAY_MS } from '../../core/time';
import { database } from '../../db/client';
import { LEAST_LEDGER_DAYS } from '../../db/fence';
import { ledger, ledgerFences } from '../../db/schema';
import type { ConsoleDeps } from '../deps';
import { type Line, packLines } from './file';

/** Some 1.5 MB as JSON, and 120 kB as a file; lines of many attempts are several times as large. */
const LINES_A_PART = 2_000;
/** Fewer lines wait for more of them, up to so long, since an account that calls seldom would have a file a night. */
const LINES_AT_LEAST = 1_000;
const WAIT_MS = 30 * DAY_MS;

/** In one invocation, which may make a thousand D1 queries: https://developers.cloudflare.com/d1/platform/limits/ */
const PARTS_AT_A_TIME = 60;
const ACCOUNTS_AT_A_TIME = 100;
/** How many accounts a query may look through for some with old lines. */
const ACCOUNTS_LOOKED_AT = 10_000;

/** Above it lines leave D1 whose time is not over. */
const ROOM_BYTES = 7e9;
/** Then the oldest go first: those of more than so many days, then of fewer, and so on until there is room. */
const FIRST_DAYS = 400;
const fewer = (days: number): number => Math.max(LEAST_LEDGER_DAYS, Math.floor(days * 0.75));

type Fence = Pick<typeof ledgerFences.$inferSelect, 'epoch' | 'archivedEpoch' | 'archivedCloseSeq'>;
const NO_FENCE: Fence = { epoch: 0, archivedEpoch: 0, archivedCloseSeq: 0 };

export interface ArchiveOptions {
  /** 0: as long as there is room. */
  retentionDays: number;
  roomBytes?: number;
  linesAPart?: number;
  linesAtLeast?: number;
  partsAtATime?: number;
}

/** The first message of a night; undefined where nothing is to go. */
export async function firstPass(
  { db }: ConsoleDeps,
  { retentionDays, roomBytes = ROOM_BYTES }: ArchiveOptions,
): Promise<ArchivingMessage | undefined> {
  const sizeBytes = await sizeOf(db);
  if (retentionDays === 0 && sizeBytes <= roomBytes) return undefined;
  return { archiving: { days: retentionDays || FIRST_DAYS, lines: 0, sizeBytes } };
}

/**
 * Goes on with a pass: as much as one invocation can. Returns the message with which another goes on; undefined when all
 * is done. Done twice, it finds less to do.
 */
export async function archiveOn(
  deps: ConsoleDeps,
  { archiving }: ArchivingMessage,
  options: ArchiveOptions,
): Promise<ArchivingMessage | undefined> {
  const { days, sizeBytes } = archiving;
  const beforeMs = deps.now() - days * DAY_MS;
  let { after = '', lines } = archiving;
  let parts = options.partsAtATime ?? PARTS_AT_A_TIME;
  const found = await withOldLines(deps, after, beforeMs);
  for (const accountId of found.ids) {
    const moved = await moveAccount(deps, accountId, beforeMs, parts, options).catch((error) => notMoved(accountId, error));
    lines += moved.lines;
    parts -= moved.parts;
    // What is left of this account is found again by who goes on.
    if (parts <= 0) return { archiving: { days, lines, sizeBytes, after } };
    after = accountId;
  }
  if (found.lookedUpTo !== null) return { archiving: { days, lines, sizeBytes, after: found.lookedUpTo } };
  console.log('ledger archived', JSON.stringify({ olderThanDays: days, lines }));
  const nowBytes = await sizeOf(deps.db);
  const isFull = nowBytes > (options.roomBytes ?? ROOM_BYTES);
  // Where D1 is as large as before, to take more lines away would not help.
  const didHelp = lines === 0 || nowBytes < sizeBytes;
  return isFull && didHelp && days > LEAST_LEDGER_DAYS
    ? { archiving: { days: fewer(Math.min(days, FIRST_DAYS)), lines: 0, sizeBytes: nowBytes } }
    : undefined;
}

const sizeOf = async (db: D1Database): Promise<number> => (await db.prepare('SELECT 1').run()).meta.size_after;

function notMoved(accountId: string, error: unknown) {
  console.error('ledger not archived', JSON.stringify({ accountId, error: String(error) }));
  return { lines: 0, parts: 1 };
}

const WITH_OLD_LINES = `
WITH looked AS MATERIALIZED (SELECT id FROM accounts WHERE id > ?1 ORDER BY id LIMIT ${ACCOUNTS_LOOKED_AT}),
old AS MATERIALIZED (
  SELECT id FROM looked
  WHERE (SELECT closed_at FROM ledger WHERE account_id = looked.id ORDER BY epoch, close_seq LIMIT 1) < ?2
  ORDER BY id LIMIT ${ACCOUNTS_AT_A_TIME})
SELECT id, 1 AS isOld FROM old UNION ALL SELECT MAX(id), 0 FROM looked HAVING COUNT(*) = ${ACCOUNTS_LOOKED_AT}`;

/** Accounts whose first line is old, in the order of their ids, and up to where was looked; null: to the end. */
async function withOldLines({ db }: ConsoleDeps, after: string, beforeMs: number): Promise<{ ids: string[]; lookedUpTo: string | null }> {
  const { results } = await db.prepare(WITH_OLD_LINES).bind(after, beforeMs).all<{ id: string; isOld: number }>();
  const ids = results.filter(({ isOld }) => isOld === 1).map(({ id }) => id);
  const lookedUpTo = ids.length === ACCOUNTS_AT_A_TIME ? ids.at(-1) : results.find(({ isOld }) => isOld === 0)?.id;
  return { ids, lookedUpTo: lookedUpTo ?? null };
}

/** Moves up to so many parts of an account's oldest lines. */
async function moveAccount(
  deps: ConsoleDeps,
  accountId: string,
  beforeMs: number,
  partsAtMost: number,
  { linesAPart = LINES_A_PART, linesAtLeast = LINES_AT_LEAST }: ArchiveOptions,
): Promise<{ lines: number; parts: number }> {
  const moved = { lines: 0, parts: 0 };
  let fence = await fenceOf(deps, accountId);
  const books = await deps.account(accountId).books();
  // While an account is recovered, its lines stay where they are.
  if (!books || books.epoch <= fence.epoch) return moved;
  while (moved.parts < partsAtMost) {
    const rows = await database(deps.db)
      .select()
      .from(ledger)
      .where(eq(ledger.accountId, accountId))
      .orderBy(asc(ledger.epoch), asc(ledger.closeSeq))
      .limit(linesAPart);
    const lines = movable(rows, fence, books, beforeMs);
    const isEnough = lines.length >= linesAtLeast || (lines[0] && lines[0].closedAt < beforeMs - WAIT_MS);
    if (!isEnough) break;
    const next = await move(deps, lines, fence);
    if (!next) break;
    fence = next;
    moved.parts++;
    moved.lines += lines.length;
  }
  return moved;
}

async function fenceOf({ db }: ConsoleDeps, accountId: string): Promise<Fence> {
  const [fence] = await database(db).select().from(ledgerFences).where(eq(ledgerFences.accountId, accountId));
  return fence ?? NO_FENCE;
}

/**
 * The first of these lines that may go: all of one epoch, and each number of the running one, of which the account must know
 * that D1 has had them. It would send the others again, and a line below the fence is not taken.
 */
function movable(rows: readonly Line[], fence: Fence, books: Books, beforeMs: number): Line[] {
  const epoch = rows[0]?.epoch;
  let next = epoch === fence.archivedEpoch ? fence.archivedCloseSeq + 1 : 1;
  const stays = (row: Line): boolean => {
    if (row.epoch !== epoch || row.epoch > books.epoch || row.closedAt >= beforeMs) return true;
    return row.epoch === books.epoch && (row.closeSeq !== next++ || row.closeSeq > books.ackedCloseSeq);
  };
  const end = rows.findIndex(stays);
  return rows.slice(0, end === -1 ? rows.length : end);
}

/** `?1` is the account, `?2` to `?4` are its fence as it was read: each of these does nothing if somebody has changed it since. */
const AS_READ = 'account_id = ?1 AND epoch = ?2 AND archived_epoch = ?3 AND archived_close_seq = ?4';
const HAS_FENCE = 'INSERT INTO ledger_fences (account_id, epoch) VALUES (?1, 0) ON CONFLICT DO NOTHING';
const ADD_PART = `
INSERT INTO ledger_parts (account_id, epoch, close_seq, closed_at, lines, low_seq, high_seq, file)
SELECT ?1, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM ledger_fences WHERE ${AS_READ}`;
const FORGET_LINES = `
DELETE FROM ledger WHERE account_id = ?1 AND epoch = ?5 AND close_seq BETWEEN ?6 AND ?7
  AND EXISTS (SELECT 1 FROM ledger_fences WHERE ${AS_READ})`;
const RAISE_FENCE = `
UPDATE ledger_fences SET archived_epoch = ?5, archived_close_seq = ?6, archived_micro = archived_micro + ?7 WHERE ${AS_READ}`;

/**
 * Writes the file, then has D1 forget its lines, in one transaction, unless somebody else has moved some of this account's or
 * begun to recover it. Returns the fence behind them; undefined if nothing was done.
 */
async function move({ db, files }: ConsoleDeps, lines: readonly Line[], fence: Fence): Promise<Fence | undefined> {
  const [first, last] = [lines[0]!, lines.at(-1)!];
  const { accountId, epoch, closeSeq } = last;
  const file = `ledger/${accountId}/${epoch}-${first.closeSeq}-${closeSeq}.ndjson.gz`;
  await files.put(file, await packLines(lines), { httpMetadata: { contentType: 'application/gzip' } });
  const seqs = lines.map(({ seq }) => seq);
  const amountMicro = lines.reduce((sum, { amount }) => sum + amount, 0);
  const asRead = [accountId, fence.epoch, fence.archivedEpoch, fence.archivedCloseSeq];
  const results = await db.batch([
    db.prepare(HAS_FENCE).bind(accountId),
    db.prepare(ADD_PART).bind(...asRead, epoch, closeSeq, last.closedAt, lines.length, Math.min(...seqs), Math.max(...seqs), file),
    db.prepare(FORGET_LINES).bind(...asRead, epoch, first.closeSeq, closeSeq),
    db.prepare(RAISE_FENCE).bind(...asRead, epoch, closeSeq, amountMicro),
  ]);
  return results.at(-1)!.meta.changes === 1 ? { epoch: fence.epoch, archivedEpoch: epoch, archivedCloseSeq: closeSeq } : undefined;
}
