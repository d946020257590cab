/** Checks every account's books against themselves and against D1. */
import { and, asc, eq, gt, lte, type SQL, sql } from 'drizzle-orm';
import type { AccountStub } from '../account/stub';
import type { Books, BooksSums, ReconciliationMessage } from '../account/types';
import { inLanes } from '../core/lanes';
import { DAY_MS } from '../core/time';
import { database } from '../db/client';
import { accounts, apiKeys, ledger, reconciliationRuns, reconciliations } from '../db/schema';
import type { ConsoleDeps } from './deps';

interface Problem {
  accountId: string;
  problem: string;
}

/**
 * An invocation may make a thousand D1 queries (https://developers.cloudflare.com/d1/platform/limits/): one for each
 * account, and one more where lines are missing. The night's first has alerts, vouchers and what is forgotten before it, 350 at most.
 */
const ACCOUNTS_AT_A_TIME = 300;
/** Missing lines are sent again in parts that fit into memory, up to this many parts per account and night. */
const LINES_A_PART = 5_000;
const PARTS_A_NIGHT = 20;
/** Accounts checked in parallel: most of the time goes into waiting for their objects and for D1. */
const AT_ONCE = 6;

export interface Reconciled {
  checked: number;
  problems: Problem[];
  /** The last account checked, when more follow. */
  nextCursor: string | null;
}

type Checked = Reconciled & { sums: BooksSums };

/** What callers are told; the sums are for the nightly run. */
const told = ({ sums: _sums, ...reconciled }: Checked): Reconciled => reconciled;

/** Checks one account, and has gaps in D1 sent again. */
export const reconcileAccount = async (deps: ConsoleDeps, accountId: string): Promise<Reconciled> =>
  told(await checkAccounts(deps, [accountId], null));

/** The same for the accounts after this one, as many as an invocation can check. */
export const reconcileFrom = async (deps: ConsoleDeps, after?: string, atMost?: number): Promise<Reconciled> =>
  told(await checkFrom(deps, after, atMost));

async function checkFrom(deps: ConsoleDeps, after = '', atMost = ACCOUNTS_AT_A_TIME): Promise<Checked> {
  const rows = await database(deps.db)
    .select({ id: accounts.id })
    .from(accounts)
    .where(gt(accounts.id, after))
    .orderBy(asc(accounts.id))
    .limit(atMost);
  const ids = rows.map(({ id }) => id);
  return checkAccounts(deps, ids, ids.length < atMost ? null : ids.at(-1)!);
}

const NO_SUMS: BooksSums = {
  accounts: 0,
  active: 0,
  keys: 0,
  owedMicro: 0,
  overdrawnMicro: 0,
  heldMicro: 0,
  problems: 0,
  unchecked: 0,
};

async function checkAccounts(deps: ConsoleDeps, ids: readonly string[], nextCursor: string | null): Promise<Checked> {
  const problems: Problem[] = [];
  const sums = { ...NO_SUMS };
  await inLanes(AT_ONCE, ids, async (accountId) => {
    for (const problem of await checkAccount(deps, accountId, sums).catch((error) => unchecked(error, sums)))
      problems.push({ accountId, problem });
  });
  if (problems.length > 0) await writeDown(deps, problems);
  sums.problems = problems.length;
  return { checked: ids.length, problems, nextCursor, sums };
}

/** Writes all of them in one statement. */
async function writeDown({ db, now }: ConsoleDeps, problems: readonly Problem[]): Promise<void> {
  const listed = sql`json_each(${JSON.stringify(problems)})`;
  await database(db).run(
    sql`INSERT INTO ${reconciliations} (at, account_id, problem)
      SELECT ${now()}, value ->> 'accountId', value ->> 'problem' FROM ${listed} WHERE true ON CONFLICT DO NOTHING`,
  );
}

/**
 * One part of the nightly run; the next is queued. Doing a part twice records the same twice.
 *
 * @returns Whether it was the last.
 */
export async function reconcileNightly(
  deps: ConsoleDeps,
  queue: Pick<Queue<ReconciliationMessage>, 'send'>,
  { after, sums: before }: Partial<ReconciliationMessage> = {},
  atMost?: number,
): Promise<boolean> {
  const { checked, problems, nextCursor, sums: own } = await checkFrom(deps, after, atMost);
  console.log('reconciliation', JSON.stringify({ checked, problems: problems.length }));
  const isWhole = after === undefined || before !== undefined;
  const sums = isWhole ? together(before ?? NO_SUMS, { ...own, keys: await activeKeys(deps, after, nextCursor) }) : undefined;
  if (nextCursor !== null) await queue.send({ after: nextCursor, ...(sums && { sums }) });
  else
    await database(deps.db)
      .insert(reconciliationRuns)
      .values({ endedAt: deps.now(), ...(sums && { sums }) })
      .onConflictDoNothing();
  return nextCursor === null;
}

function together(one: BooksSums, other: BooksSums): BooksSums {
  const sums = { ...one };
  for (const name of Object.keys(sums) as (keyof BooksSums)[]) sums[name] += other[name];
  return sums;
}

/** Of the accounts after this one, up to that one or to the last. */
async function activeKeys({ db }: ConsoleDeps, after = '', upTo: string | null): Promise<number> {
  const [row] = await database(db)
    .select({ count: sql<number>`COUNT(*)` })
    .from(apiKeys)
    .where(and(gt(apiKeys.accountId, after), upTo === null ? undefined : lte(apiKeys.accountId, upTo), eq(apiKeys.status, 'active')));
  return row?.count ?? 0;
}

/** An account that cannot be checked does not stop the others from being checked. */
function unchecked(error: unknown, sums: BooksSums): string[] {
  console.error('account not checked', String(error));
  sums.unchecked++;
  return ['the account could not be checked'];
}

async function checkAccount(deps: ConsoleDeps, accountId: string, sums: BooksSums): Promise<string[]> {
  const stub = deps.account(accountId);
  const books = await stub.books();
  if (!books) return ['the account object has no account'];
  const problems = checkBooks(books);
  if (books.overdueHolds > 0 || books.closeSeq > books.ackedCloseSeq || books.hasNews) await stub.wakeIfForgotten();
  const copy = await copyOf(deps, accountId, books);
  addTo(sums, books, copy.lastCallAtMs > deps.now() - DAY_MS);
  if (copy.lines < books.ackedCloseSeq) {
    const gap = `D1 has ${copy.lines} of ${books.ackedCloseSeq} confirmed lines of epoch ${books.epoch}`;
    problems.push(`${gap}; ${await fillGaps(deps, stub, accountId, books, copy.archivedCloseSeq)}`);
  }
  if (copy.lines === books.closeSeq && copy.allMicro !== books.balanceMicro)
    problems.push(`D1's lines come to ${copy.allMicro} micro-credits, the balance is ${books.balanceMicro}`);
  return problems;
}

/** What was found in an account stands, whether or not what it lacks can be sent again now. */
async function fillGaps(
  deps: ConsoleDeps,
  stub: Pick<AccountStub, 'resend'>,
  accountId: string,
  books: Books,
  archivedCloseSeq: number,
): Promise<string> {
  let resent = 0;
  try {
    for (const part of await partsWithGaps(deps, accountId, books, archivedCloseSeq))
      resent += await stub.resend(part * LINES_A_PART + 1, (part + 1) * LINES_A_PART);
    return `${resent} sent again`;
  } catch (error) {
    console.error('lines not sent again', JSON.stringify({ accountId, error: String(error) }));
    return `${resent} sent again, the others could not be`;
  }
}

function addTo(sums: BooksSums, { balanceMicro, heldMicro }: Books, isActive: boolean): void {
  sums.accounts++;
  if (isActive) sums.active++;
  sums.owedMicro += Math.max(0, balanceMicro);
  sums.overdrawnMicro += Math.max(0, -balanceMicro);
  sums.heldMicro += heldMicro;
}

/** The parts of an account's confirmed lines of which D1 lacks some that have not left it. */
async function partsWithGaps(
  { db }: ConsoleDeps,
  accountId: string,
  { epoch, ackedCloseSeq }: Books,
  archivedCloseSeq: number,
): Promise<number[]> {
  const part = sql<number>`(${ledger.closeSeq} - 1) / ${LINES_A_PART}`;
  const rows = await database(db)
    .select({ part, lines: sql<number>`COUNT(*)` })
    .from(ledger)
    .where(and(eq(ledger.accountId, accountId), eq(ledger.epoch, epoch), lte(ledger.closeSeq, ackedCloseSeq)))
    .groupBy(part);
  const linesIn = new Map(rows.map(({ part, lines }) => [part, lines]));
  const parts = Array.from({ length: Math.ceil(ackedCloseSeq / LINES_A_PART) }, (_, index) => index);
  const upTo = (closeSeq: number, index: number): number => Math.max(0, Math.min(LINES_A_PART, closeSeq - index * LINES_A_PART));
  const known = (index: number): number => (linesIn.get(index) ?? 0) + upTo(archivedCloseSeq, index);
  return parts.filter((index) => known(index) < upTo(ackedCloseSeq, index)).slice(0, PARTS_A_NIGHT);
}

function checkBooks(books: Books): string[] {
  const problems: string[] = [];
  if (books.balanceMicro !== books.linesMicro) problems.push(`the balance is ${books.balanceMicro}, its lines come to ${books.linesMicro}`);
  if (books.heldMicro !== books.openHeldMicro) problems.push(`${books.heldMicro} is held, open holds come to ${books.openHeldMicro}`);
  if (books.overdueHolds > 0) problems.push(`${books.overdueHolds} holds are open a minute past their deadline`);
  return problems;
}

/**
 * What D1 has and has had, which the fence sums up: of the running epoch each line up to its last one in the archive. Up to
 * the close at which the books were read, since later lines may arrive meanwhile.
 */
async function copyOf(deps: ConsoleDeps, accountId: string, { epoch, closeSeq }: Books) {
  const archived = (column: SQL): SQL<number> => sql`COALESCE((SELECT ${column} FROM ledger_fences WHERE account_id = ${accountId}), 0)`;
  const upTo = sql`(${ledger.epoch} < ${epoch} OR ${ledger.closeSeq} <= ${closeSeq})`;
  const [row] = await database(deps.db)
    .select({
      linesInD1: sql<number>`COALESCE(SUM(${ledger.epoch} = ${epoch}), 0)`,
      microInD1: sql<number>`COALESCE(SUM(${ledger.amount}), 0)`,
      lastCallAtMs: sql<number>`COALESCE(MAX(CASE WHEN ${ledger.kind} = 'usage' THEN ${ledger.openedAt} END), 0)`,
      archivedCloseSeq: archived(sql`CASE archived_epoch WHEN ${epoch} THEN archived_close_seq END`),
      archivedMicro: archived(sql`archived_micro`),
    })
    .from(ledger)
    .where(and(eq(ledger.accountId, accountId), upTo));
  const { linesInD1, microInD1, lastCallAtMs, archivedCloseSeq, archivedMicro } = row!;
  return { lines: linesInD1 + archivedCloseSeq, allMicro: microInD1 + archivedMicro, lastCallAtMs, archivedCloseSeq };
}
