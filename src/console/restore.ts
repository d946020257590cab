/** An account object put back to an earlier moment, and brought up to date from D1. */
import { and, asc, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { AccountStatus, AccountView, Books, ClosedSince, Moment } from '../account/types';
import { fail, ok, type Result } from '../core/errors';
import { DAY_MS } from '../core/time';
import { rowsAfter } from '../db/after';
import { database } from '../db/client';
import { accounts, apiKeys, ledger, ledgerFences } from '../db/schema';
import type { OperatorDeps } from './accounts';
import type { Line } from './archive/file';
import { archivedAfter } from './archive/read';
import { auditRecord, collectAudit } from './audit/commit';
import { toOperation } from './ledger';

const RECOVER_PAGE = 1_000;
/** https://developers.cloudflare.com/durable-objects/api/sqlite-storage-api/#pitr-point-in-time-recovery-api */
const KEPT_MS = 30 * DAY_MS;

/** A moment, or the bookmark that an earlier restore returned for undoing it. */
export const restoreInput = z.strictObject({ at: z.iso.datetime({ offset: true }).nullish(), bookmark: z.string().min(1).nullish() });

export interface Recovered {
  epoch: number;
  replayed: number;
}

/** Restores the object, and at once makes it take from D1 what was closed since. */
export async function restore(
  deps: OperatorDeps,
  { profile: { id, createdAtMs } }: AccountView,
  input: z.infer<typeof restoreInput>,
): Promise<Result<Recovered & { undoBookmark: string }>> {
  const moment = momentOf(input, createdAtMs, deps.now());
  if (!moment.ok) return moment;
  const stub = deps.account(id);
  await stub.flush();
  const rewound = await stub.rewind(moment.value);
  if (!rewound.ok) return REFUSALS[rewound.reason];
  const { undoBookmark } = rewound;
  console.log('account put back', JSON.stringify({ accountId: id, ...moment.value, undoBookmark }));
  // The object restarts during this call, so the call fails.
  await stub.endSession().catch(() => {});
  const books = await deps.account(id).books();
  if (!books) return fail('internal', `The object had no account at that moment. Undo it with the bookmark ${undoBookmark}.`);
  const recovered = await recover(deps, id, books, { ...moment.value, undoBookmark });
  return recovered.ok ? ok({ undoBookmark, ...recovered.value }) : recovered;
}

const REFUSALS = {
  unconfirmed: fail('conflict', 'D1 does not have all of this account’s lines yet; they have been sent, so try again in a few seconds.'),
  unsupported: fail('not_set_up', 'Only on Cloudflare are earlier states of an account kept.'),
  refused: fail('invalid_request', 'Cloudflare has no such state of this account; the Worker’s log has its message.'),
};

function momentOf({ at, bookmark }: z.infer<typeof restoreInput>, createdAtMs: number, nowMs: number): Result<Moment> {
  if (bookmark != null) return at == null ? ok({ bookmark }) : fail('invalid_request', 'Give either `at` or `bookmark`.', { param: 'at' });
  const atMs = Date.parse(at ?? '');
  if (Number.isNaN(atMs)) return fail('invalid_request', 'Give `at`, a moment, or `bookmark`.', { param: 'at' });
  if (atMs <= Math.max(createdAtMs, nowMs - KEPT_MS) || atMs >= nowMs)
    return fail('invalid_request', '`at` must lie in the past 30 days, and after the account was made.', { param: 'at' });
  return ok({ atMs });
}

/**
 * Brings a restored account object up to date from D1 and begins a new epoch. D1 may know later epochs than the object,
 * when it was restored to before an earlier restore.
 */
export async function recover(
  deps: OperatorDeps,
  accountId: string,
  books: Books,
  why: Record<string, unknown> = {},
): Promise<Result<Recovered>> {
  const stub = deps.account(accountId);
  let lines = 0;
  const endedEpoch = await endEpochs(deps, accountId, books.epoch);
  if (!(await stub.stageRecovery([], endedEpoch, true))) return SUPERSEDED;
  for await (const page of linesAfter(deps, accountId, { epoch: books.epoch, closeSeq: books.ackedCloseSeq })) {
    if (!(await stub.stageRecovery(page.map(toOperation), endedEpoch, false))) return SUPERSEDED;
    lines += page.length;
  }
  const { revoked, since } = await closedSince(deps, accountId);
  const detail = { ...why, fromEpoch: books.epoch, lines, revokedKeys: revoked.length };
  const recovered = await stub.recover(
    revoked,
    endedEpoch,
    auditRecord(deps, { action: 'account.recover', target: accountId, detail }),
    since,
  );
  if (!recovered) return SUPERSEDED;
  await collectAudit(deps, accountId);
  return ok(recovered);
}

/** Page by page, first what has left D1: nothing leaves it any more, since the epochs are over. */
async function* linesAfter(deps: OperatorDeps, accountId: string, place: { epoch: number; closeSeq: number }): AsyncGenerator<Line[]> {
  for await (const lines of archivedAfter(deps, accountId, place))
    for (let from = 0; from < lines.length; from += RECOVER_PAGE) yield lines.slice(from, from + RECOVER_PAGE);
  for (let after = place; ; ) {
    const page = await database(deps.db)
      .select()
      .from(ledger)
      .where(and(eq(ledger.accountId, accountId), rowsAfter([ledger.epoch, ledger.closeSeq], [after.epoch, after.closeSeq])))
      .orderBy(asc(ledger.epoch), asc(ledger.closeSeq))
      .limit(RECOVER_PAGE);
    yield page;
    if (page.length < RECOVER_PAGE) return;
    after = page.at(-1)!;
  }
}

const SUPERSEDED = fail('conflict', 'Another recovery of this account has begun since, and goes on in place of this one.');

/** Of keys, and of the account itself, as D1 was told last. */
async function closedSince({ db }: OperatorDeps, accountId: string): Promise<{ revoked: string[]; since: ClosedSince }> {
  const previousUntilMs = sql<number | null>`${apiKeys.record} ->> 'previousUntilMs'`;
  const keys = await database(db)
    .select({ id: apiKeys.id, status: apiKeys.status, previousUntilMs })
    .from(apiKeys)
    .where(eq(apiKeys.accountId, accountId));
  const [account] = await database(db)
    .select({ status: accounts.status, pricePermille: accounts.pricePermille })
    .from(accounts)
    .where(eq(accounts.id, accountId));
  const withStatus = (status: string) => keys.filter((key) => key.status === status).map(({ id }) => id);
  return {
    revoked: withStatus('revoked'),
    since: {
      ...(account && { status: account.status as AccountStatus, pricePermille: account.pricePermille }),
      disabledKeys: withStatus('disabled'),
      rotatedKeys: keys.flatMap(({ id, previousUntilMs: untilMs }) => (untilMs === null ? [] : [{ id, untilMs }])),
    },
  };
}

/**
 * From now on D1 takes no lines of these epochs; the object renumbers what D1 lacks of them. Gives the last of them,
 * which includes the epoch that an earlier recovery began, even if it left no line.
 */
async function endEpochs({ db }: OperatorDeps, accountId: string, objectsEpoch: number): Promise<number> {
  const [known] = await database(db)
    .select({ epoch: sql<number>`COALESCE(MAX(${ledger.epoch}), 0)` })
    .from(ledger)
    .where(eq(ledger.accountId, accountId));
  // Of the running epoch all lines may have left D1.
  const next = sql`MAX(${ledgerFences.epoch} + 1, ${ledgerFences.archivedEpoch}, excluded.epoch)`;
  const [ended] = await database(db)
    .insert(ledgerFences)
    .values({ accountId, epoch: Math.max(objectsEpoch, known!.epoch) })
    .onConflictDoUpdate({ target: ledgerFences.accountId, set: { epoch: next } })
    .returning({ epoch: ledgerFences.epoch });
  return ended!.epoch;
}
