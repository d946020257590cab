import { monthOf, operationId, parseOperationId } from '../core/ids';
import type { MicroCredits } from '../core/money';
import { addSpend, inPeriod, type SpendOf } from './key-spending';
import type { Open } from './open-account';
import type { OperationRow } from './operation-tables';
import type { AccountRow, AccountStore, KeySpend } from './store';
import type { ClosedSince, Moment, Operation, RewindResult } from './types';

/** workerd's message where point-in-time recovery does not exist, that is, everywhere but at Cloudflare. */
const UNSUPPORTED = /not implement point-in-time/;

/** Makes the object begin its next session in an earlier state. */
export async function rewindStorage(storage: DurableObjectStorage, to: Moment): Promise<RewindResult> {
  try {
    const bookmark = 'bookmark' in to ? to.bookmark : await storage.getBookmarkForTime(to.atMs);
    return { ok: true, undoBookmark: await storage.onNextSessionRestoreBookmark(bookmark) };
  } catch (error) {
    console.error('account not put back', String(error));
    return { ok: false, reason: UNSUPPORTED.test(String(error)) ? 'unsupported' : 'refused' };
  }
}

/** What was closed since the restored moment stays closed: a restore is about the books and reopens nothing. */
export function closeAgain(
  { keys, ledger }: Pick<Open, 'keys' | 'ledger'>,
  revoked: readonly string[],
  since: ClosedSince | undefined,
): void {
  for (const key of keys.all()) if (revoked.includes(key.id)) keys.put({ ...key, status: 'revoked' });
  if (!since) return;
  for (const key of keys.all())
    if (key.status === 'active' && since.disabledKeys.includes(key.id)) keys.put({ ...key, status: 'disabled' });
  for (const { id, untilMs } of since.rotatedKeys) {
    const key = keys.get(id);
    if (!key || key.previous?.untilMs === untilMs) continue;
    // D1 does not have the rotated secret, so its holder needs a new one.
    const { previous: _, ...rest } = key;
    keys.put({ ...rest, expiresAtMs: Math.min(untilMs, key.expiresAtMs ?? untilMs) });
  }
  const { status, pricePermille } = since;
  ledger.row.profile = { ...ledger.row.profile, ...(status && { status }), ...(pricePermille !== undefined && { pricePermille }) };
}

type Restored = Pick<Open, 'store' | 'operations' | 'ledger' | 'keys'>;

/**
 * Brings a restored account up to date with D1's lines (all above the confirmed close sequence that it was restored
 * with, and all of later epochs), then begins a new epoch. What the account had closed and D1 never got is numbered
 * anew in that epoch, so that it is sent after all.
 */
export function replayLines(restored: Restored, lines: Iterable<Operation>, endedEpoch: number): { epoch: number; replayed: number } {
  const { store, operations, ledger, keys } = restored;
  const { row } = ledger;
  const inD1 = new Set<string>();
  const oldEpoch = row.epoch;
  const spend = new Spend(store, keys);
  let replayed = 0;
  for (const { seq, id, closeEpoch } of lines) {
    inD1.add(id);
    row.seq = Math.max(row.seq, seq);
    row.epoch = Math.max(row.epoch, closeEpoch ?? 0, parseOperationId(id)?.epoch ?? 0);
  }
  // D1 may know of an epoch from which it got no line.
  row.epoch = Math.max(row.epoch, endedEpoch) + 1;
  for (const line of lines) if (replayLine(restored, spend, line, inD1)) replayed++;
  row.closeSeq = 0;
  for (const operation of [...operations.from(row.lowSeq)])
    if (operation.closeEpoch === oldEpoch && (operation.closeSeq ?? 0) > row.acked && !inD1.has(operation.id))
      operations.close({ ...operation, closeEpoch: row.epoch, closeSeq: ++row.closeSeq });
  row.acked = 0;
  store.writeSums(row);
  store.writeProfile(row);
  spend.write(row);
  return { epoch: row.epoch, replayed };
}

/** Applies a line of D1 unless the account has it: the customer has already seen what is in D1. */
function replayLine(restored: Restored, spend: Spend, line: Operation, inD1: Set<string>): boolean {
  const { store, operations, ledger } = restored;
  const { row } = ledger;
  const ref = parseOperationId(line.id);
  if (!ref) return false;
  const there = operations.find(ref.month, line.seq);
  const known = there?.id === line.id ? there : undefined;
  if (known?.closeEpoch === line.closeEpoch && known.closeSeq === line.closeSeq && known.amountMicro === line.amountMicro) return false;
  const operation: OperationRow = { ...line, nonce: ref.nonce, epoch: ref.epoch, month: ref.month, checkpointMicro: 0 };
  if (known) {
    if (known.state === 'open') row.held -= known.heldMicro;
    operations.renew(operation, false);
    operations.close(operation);
  } else if (there) {
    // Its sequence was used again before the recovery, so the line gets another; `findAdjustment` leads late closes to
    // it.
    const seq = ++row.seq;
    const id = operationId({ ...ref, seq });
    operations.insert({ ...operation, seq, id });
    inD1.add(id);
    if (line.kind === 'usage' && !store.findAdjustment(line.id)) store.insertAdjustment(line.id, 0 - line.amountMicro, line.outcome ?? '');
  } else {
    operations.insert(operation);
  }
  const changeMicro = line.amountMicro - (known?.amountMicro ?? 0);
  row.balance += changeMicro;
  replayEvent(restored, line, changeMicro);
  const of = line.kind === 'adjust' ? replayAdjustment(restored, line) : { month: ref.month, openedAtMs: line.openedAtMs };
  if (line.keyId !== null) spend.add(line.keyId, of, 0 - changeMicro);
  return true;
}

/** An event of its own, such as a payment, is not applied twice, neither to the balance nor to the tier. */
function replayEvent({ store, ledger }: Restored, line: Operation, changeMicro: MicroCredits): void {
  const { eventId, topUp } = line.detail as { eventId?: string; topUp?: boolean };
  if (eventId !== undefined && !store.isPaid(eventId)) store.markPaid(eventId, line.id);
  if (topUp) ledger.row.topUp += changeMicro;
}

/** Notes what the call cost in the end; gives the time when it was held. */
function replayAdjustment({ store, operations }: Restored, line: Operation): SpendOf {
  const { adjusts } = line.detail as { adjusts?: string };
  const ref = adjusts === undefined ? undefined : parseOperationId(adjusts);
  const { openedAtMs } = line;
  if (!ref) return { month: monthOf(openedAtMs), openedAtMs };
  const adjusted = operations.find(ref.month, ref.seq);
  const chargedMicro = adjusted?.id === adjusts ? 0 - adjusted!.amountMicro : 0;
  if (!store.findAdjustment(adjusts!)) store.insertAdjustment(adjusts!, chargedMicro - line.amountMicro, line.outcome ?? '');
  return { month: ref.month, openedAtMs: adjusted?.openedAtMs ?? openedAtMs };
}

/** Collects what keys spent, to be written in one go. */
class Spend {
  private readonly all: Map<string, KeySpend>;
  private readonly changed = new Set<string>();

  constructor(
    private readonly store: AccountStore,
    private readonly keys: Pick<Open['keys'], 'get'>,
  ) {
    this.all = store.readKeySpend();
  }

  add(keyId: string, of: SpendOf, micro: number): void {
    const spend = inPeriod(this.all.get(keyId), this.keys.get(keyId)?.limitPeriod, of.openedAtMs);
    addSpend(spend, micro, of);
    this.all.set(keyId, spend);
    this.changed.add(keyId);
  }

  write(row: AccountRow): void {
    for (const keyId of this.changed) this.store.writeSumsAndSpend(row, this.all, keyId);
  }
}
