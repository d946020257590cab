/** The books of every account against themselves and against D1. */
import { and, asc, eq, gt, sql } from 'drizzle-orm';
import type { Books, ReconciliationMessage } from '../account/types';
import { database } from '../db/client';
import { accounts, ledger, reconciliations } from '../db/schema';
import type { ConsoleDeps } from './deps';

export interface Problem {
  accountId: string;
  problem: string;
}

/** An invocation may make 10,000 requests of its own; an account takes two, and a third where something is wrong. */
const ACCOUNTS_AT_A_TIME = 1_000;
/** Accounts looked at side by side: most of the time goes by waiting for their objects and for D1. */
const AT_ONCE = 6;

export interface Reconciled {
  checked: number;
  problems: Problem[];
  /** The last account of those checked, when others come after it. */
  nextCursor: string | null;
}

/** Checks one account, so that gaps in D1 are sent again. */
export const reconcileAccount = async (deps: ConsoleDeps, accountId: string): Promise<Reconciled> => checkAccounts(deps, [accountId], null);

/** The same for the accounts after the one that is named, as many as one invocation can check. */
export async function reconcileFrom(deps: ConsoleDeps, after = '', atMost = ACCOUNTS_AT_A_TIME): Promise<Reconciled> {
  const rows = await database(deps.db)
    .select({ id: accounts.id })
    .from(accounts)
    .where(gt(accounts.id, after))
    .orderBy(asc(accounts.id))
    .limit(atMost);
  const ids = rows.map(({ id }) => id);
  return checkAccounts(deps, ids, ids.length < atMost ? null : ids.at(-1)!);
}

async function checkAccounts(deps: ConsoleDeps, ids: readonly string[], nextCursor: string | null): Promise<Reconciled> {
  const problems: Problem[] = [];
  const waiting = ids.values();
  const checkInTurn = async (): Promise<void> => {
    for (const accountId of waiting)
      for (const problem of await checkAccount(deps, accountId).catch(unchecked)) problems.push({ accountId, problem });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, checkInTurn));
  const at = deps.now();
  for (const { accountId, problem } of problems)
    await database(deps.db).insert(reconciliations).values({ at, accountId, problem }).onConflictDoNothing();
  return { checked: ids.length, problems, nextCursor };
}

/** One part of the nightly run; what comes after it is a message. A part that is done twice says the same twice. */
export async function reconcileNightly(
  deps: ConsoleDeps,
  queue: Pick<Queue<ReconciliationMessage>, 'send'>,
  after?: string,
  atMost?: number,
): Promise<void> {
  const { checked, problems, nextCursor } = await reconcileFrom(deps, after, atMost);
  console.log('reconciliation', JSON.stringify({ checked, problems: problems.length }));
  if (nextCursor !== null) await queue.send({ after: nextCursor });
}

/** One account that cannot be checked does not keep the others from being. */
function unchecked(error: unknown): string[] {
  console.error('account not checked', String(error));
  return ['the account could not be checked'];
}

async function checkAccount(deps: ConsoleDeps, accountId: string): Promise<string[]> {
  const stub = deps.account(accountId);
  const books = await stub.books();
  if (!books) return ['the account object has no account'];
  const problems = checkBooks(books);
  const copy = await copyOf(deps, accountId, books);
  if (copy.lines < books.ackedCloseSeq) {
    const resent = await stub.resend(1);
    problems.push(`D1 has ${copy.lines} of ${books.ackedCloseSeq} confirmed lines of epoch ${books.epoch}; ${resent} sent again`);
  }
  if (copy.lines === books.closeSeq && copy.allMicro !== books.balanceMicro)
    problems.push(`D1's lines come to ${copy.allMicro} micro-credits, the balance is ${books.balanceMicro}`);
  return problems;
}

export function checkBooks(books: Books): string[] {
  const problems: string[] = [];
  if (books.balanceMicro !== books.linesMicro) problems.push(`the balance is ${books.balanceMicro}, its lines come to ${books.linesMicro}`);
  if (books.heldMicro !== books.openHeldMicro) problems.push(`${books.heldMicro} is held, open holds come to ${books.openHeldMicro}`);
  if (books.overdueHolds > 0) problems.push(`${books.overdueHolds} holds are open a minute past their deadline`);
  return problems;
}

/** Up to the close that the books were read at: later ones may arrive meanwhile. */
async function copyOf(deps: ConsoleDeps, accountId: string, { epoch, closeSeq }: Books) {
  const upTo = sql`(${ledger.epoch} < ${epoch} OR ${ledger.closeSeq} <= ${closeSeq})`;
  const [row] = await database(deps.db)
    .select({
      lines: sql<number>`COALESCE(SUM(${ledger.epoch} = ${epoch}), 0)`,
      allMicro: sql<number>`COALESCE(SUM(${ledger.amount}), 0)`,
    })
    .from(ledger)
    .where(and(eq(ledger.accountId, accountId), upTo));
  return row ?? { lines: 0, allMicro: 0 };
}
