import { monthOf, operationId, parseOperationId } from '../core/ids';
import type { MicroCredits } from '../core/money';
import { addSpend, inPeriod, type SpendOf } from './key-spending';
import type { Open } from './open-account';
import type { OperationRow } from './operation-tables';
import type { AccountRow, AccountStore, KeySpend } from './store';
import type { ClosedSince, Moment, Operation, RewindResult } from './types';

/** Of workerd, when it runs anywhere but at Cloudflare. */
const UNSUPPORTED = /not implement point-in-time/;

/** Has the object begin its next session with an earlier state. */
export async function rewindStorage(storage: DurableObjectStorage, to: Moment): Promise<RewindResult> {
  try {
    const bookmark = 'bookmark' in to ? to.bookmark : await storage.getBookmarkForTime(to.atMs);
    return { ok: true, undoBookmark: await storage.onNextSessionRestoreBookmark(bookmark) };
  } catch (error) {
    console.error('account not put back', String(error));
    return { ok: false, reason: UNSUPPORTED.test(String(error)) ? 'unsupported' : 'refused' };
  }
}

/** What was closed since stays so: a restore is of books, and opens nothing. */
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
    // The new secret is not known here: whoever has it needs another.
    const { previous: _, ...rest } = key;
    keys.put({ ...rest, expiresAtMs: Math.min(untilMs, key.expiresAtMs ?? untilMs) });
  }
  const { status, pricePermille } = since;
  ledger.row.profile = { ...ledger.row.profile, ...(status && { status }), ...(pricePermille !== undefined && { pricePermille }) };
}

type Restored = Pick<Open, 'store' | 'operations' | 'ledger' | 'keys'>;

/**
 * Brings a restored account up to date from D1's lines (all those above the confirmed close sequence that it was
 * restored with, and all of later epochs), then begins a new epoch. What it had closed and D1 never saw is numbered
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
  // D1 may remember an epoch in which it got no line.
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

/** Applies one line, unless the account has it already: what D1 has was told to the customer. */
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
    // The sequence was used again before the recovery: the line gets another, and its late closes find it as adjusted.
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

/** What came by an event of its own, a payment say, is not taken twice; one that is known changes no more of the tier than of the balance. */
function replayEvent({ store, ledger }: Restored, line: Operation, changeMicro: MicroCredits): void {
  const { eventId, topUp } = line.detail as { eventId?: string; topUp?: boolean };
  if (eventId !== undefined && !store.isPaid(eventId)) store.markPaid(eventId, line.id);
  if (topUp) ledger.row.topUp += changeMicro;
}

/** Notes what the call came to in the end; gives when the call was held that was adjusted. */
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

/** What keys spent, brought up to date in one go. */
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
