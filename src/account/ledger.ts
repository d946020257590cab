/**
 * The money of one account. Every method is one synchronous step that its caller runs in a storage transaction. Rows
 * are written first and memory after them, so a failed step leaves nothing behind once memory is rebuilt from the rows,
 * as it is on waking: open holds, rolling windows, and the closed operations that D1 has yet to confirm.
 */
import { fail, type GatewayError } from '../core/errors';
import { monthOf, parseOperationId } from '../core/ids';
import { LIST_PERMILLE, type MicroCredits, microAt } from '../core/money';
import { effectiveTier, type TierId } from '../core/tiers';
import { DAY_MS } from '../core/time';
import { refuseBalance, refuseTier, sharedRiskMicro } from './admission';
import { Backlog } from './backlog';
import { refuseKey, refuseModels } from './key-scope';
import { type KeyHooks, KeySpending } from './key-spending';
import { newOperation } from './new-operation';
import type { OperationRow, OperationTables, Recent } from './operation-tables';
import { RateWindow } from './rate-window';
import { type ConversationChange, RateWindows } from './rate-windows';
import type { AccountRow, AccountStore } from './store';
import type {
  AdmitRequest,
  AdmitResult,
  BeatRequest,
  BeatResult,
  ChargeRequest,
  CloseRequest,
  CloseResult,
  ExtendRequest,
  ExtendResult,
  GrantRequest,
  GrantResult,
  KeyRecord,
  OperationDetail,
  Outcome,
} from './types';

/** How long after its hold expired a call may still be charged its real cost. */
const LATE_CLOSE_MS = DAY_MS;
/** With more lines than this on their way to D1, each of its confirmations does not look through them all: calls would wait. */
const BACKLOG = 5_000;

export class Ledger {
  readonly open = new Map<number, OperationRow>();
  /** Closed operations that D1 has not confirmed. */
  readonly unconfirmed: Backlog;
  private readonly rates = new RateWindows();
  private readonly spending: KeySpending;
  private lastMs = 0;

  constructor(
    private readonly store: AccountStore,
    private readonly operations: OperationTables,
    readonly row: AccountRow,
    private readonly hooks: KeyHooks & { committedMicro(): MicroCredits },
    nowMs: number,
  ) {
    this.spending = new KeySpending(store, row, hooks);
    this.unconfirmed = new Backlog(operations, row);
    this.rebuild(nowMs);
  }

  private rebuild(nowMs: number): void {
    for (const operation of this.operations.openFrom(this.row.lowSeq)) {
      this.open.set(operation.seq, operation);
      this.spending.addHeld(operation, operation.heldMicro);
    }
    const recent: Recent[] = [];
    for (const operation of this.operations.recent()) {
      this.lastMs = Math.max(this.lastMs, operation.openedAtMs);
      if (operation.openedAtMs <= nowMs - RateWindow.SPAN_MS) break;
      recent.push(operation);
    }
    for (const operation of recent.reverse()) if (operation.kind === 'usage') this.rates.add(operation);
  }

  private refuseBalance(micro: MicroCredits, minimumMicro: MicroCredits, riskMicro = 0): GatewayError | undefined {
    const heldMicro = this.row.held + this.hooks.committedMicro();
    return refuseBalance({ balanceMicro: this.row.balance, heldMicro, riskMicro }, micro, minimumMicro);
  }

  /** The shared risk among the calls of one key; zero where it has no limit. */
  private keyRiskMicro({ id, spendingLimitMicro }: KeyRecord, exposureMicro: MicroCredits): MicroCredits {
    if (spendingLimitMicro === null || exposureMicro === 0) return 0;
    return sharedRiskMicro(
      exposureMicro,
      [...this.open.values()].filter(({ keyId }) => keyId === id),
    );
  }

  /** The ledger's time never goes back, so windows and sequences agree. */
  private tick(nowMs: number): number {
    this.lastMs = Math.max(this.lastMs, nowMs);
    return this.lastMs;
  }

  get tier(): TierId {
    // Disputes can take back more than ever counted as a top-up.
    return effectiveTier(Math.max(0, this.row.topUp), this.row.profile.grantedTier);
  }

  /** Decides in the order that fixes which refusal a client sees: key, tier, rate, spending limit, balance. */
  admit(request: AdmitRequest, now: number): AdmitResult {
    const nowMs = this.tick(now);
    const key = this.hooks.key(request.keyId);
    const refusal = refuseKey(key, request, nowMs, this.row.profile) ?? refuseModels(key!, request);
    if (refusal) return { ok: false, error: refusal };
    const test = key!.mode === 'test';
    const { pricePermille = LIST_PERMILLE } = this.row.profile;
    const estimateMicro = test ? 0 : microAt(request.estimateMicro, pricePermille);
    const exposureMicro = test ? 0 : Math.max(0, microAt(request.worstMicro ?? 0, pricePermille) - estimateMicro);
    const error =
      (test ? undefined : refuseTier(request, this.tier)) ??
      this.rates.refuse(request, { userId: key!.userId, test }, nowMs) ??
      (test ? undefined : this.spending.refuse(key!, estimateMicro, nowMs, this.keyRiskMicro(key!, exposureMicro))) ??
      (test
        ? undefined
        : this.refuseBalance(estimateMicro, request.minimumBalanceMicro, sharedRiskMicro(exposureMicro, this.open.values())));
    if (error) return { ok: false, error };
    const operation = newOperation(this.row, 'usage', request.nonce, nowMs, {
      state: 'open',
      keyId: key!.id,
      userId: key!.userId,
      family: request.family,
      test,
      model: request.model,
      endpoint: request.endpoint,
      heldMicro: estimateMicro,
      deadlineMs: nowMs + request.leaseMs,
      ...(exposureMicro > 0 && { exposureMicro }),
      ...(request.idempotency && { idempotency: request.idempotency }),
    });
    this.row.held += estimateMicro;
    this.operations.insert(operation);
    this.store.writeSums(this.row);
    this.open.set(operation.seq, operation);
    this.spending.addHeld(operation, estimateMicro);
    this.rates.add(operation);
    const admission = { holdId: operation.id, userId: key!.userId, ...(pricePermille !== LIST_PERMILLE && { pricePermille }) };
    return { ok: true, admission };
  }

  /** Renews a hold's lease, and notes what to charge should the call never be heard of again. */
  beat(request: BeatRequest, now: number): BeatResult {
    const nowMs = this.tick(now);
    const operation = this.findOpen(request.holdId);
    if (!operation) return { ok: false, reason: 'closed' };
    this.renew(operation, request, nowMs);
    return { ok: true };
  }

  /**
   * Enlarges a hold, if balance and key limit allow it, and renews its lease. A refusal sends no alert: the caller asks
   * for more than it needs, and may ask for less.
   */
  extend(request: ExtendRequest, now: number): ExtendResult {
    const nowMs = this.tick(now);
    const operation = this.findOpen(request.holdId);
    if (!operation) return fail('unavailable', 'The hold is closed.');
    const isDone = request.fromMicro !== undefined && operation.heldMicro > request.fromMicro;
    if (!operation.test && !isDone) {
      const key = operation.keyId === null ? undefined : this.hooks.key(operation.keyId);
      const error =
        (key && this.spending.overLimit(key, request.byMicro, nowMs)?.error) ?? this.refuseBalance(request.byMicro, request.byMicro);
      if (error) return { ok: false, error };
      operation.heldMicro += request.byMicro;
      this.row.held += request.byMicro;
      this.spending.addHeld(operation, request.byMicro);
      this.store.writeSums(this.row);
    }
    this.renew(operation, request, nowMs);
    return { ok: true, heldMicro: operation.heldMicro };
  }

  private renew(operation: OperationRow, request: BeatRequest, nowMs: number): void {
    const beforeMicro = request.startsOver ? 0 : operation.checkpointMicro;
    operation.checkpointMicro = operation.test ? 0 : Math.max(beforeMicro, request.checkpointMicro);
    operation.deadlineMs = Math.max(operation.deadlineMs, nowMs + request.leaseMs);
    if (request.note) operation.detail = request.note;
    this.operations.renew(operation, request.note !== undefined);
  }

  /**
   * Settles or releases a hold once; for a closed one it gives the first outcome again.
   *
   * @param another Asked of a hold that has expired: the call that was begun under its idempotency key meanwhile.
   */
  close(request: CloseRequest, now: number, another: () => string | undefined): CloseResult {
    const nowMs = this.tick(now);
    const ref = parseOperationId(request.holdId);
    if (!ref) return { ok: false, reason: 'unknown_hold' };
    const open = this.findOpen(request.holdId);
    if (open) {
      const costMicro = open.test ? 0 : request.costMicro;
      if (request.unsent) open.unsent = true;
      this.closeOpen(
        open,
        costMicro,
        costMicro === 0 && request.outcome === 'released' ? 'released' : 'settled',
        request.outcome,
        request.detailJson,
        nowMs,
      );
      return { ok: true, costMicro, outcome: request.outcome, repeated: false };
    }
    const there = this.operations.find(ref.month, ref.seq);
    const closed = there?.id === request.holdId ? there : undefined;
    if (closed && closed.state !== 'expired')
      return { ok: true, costMicro: 0 - closed.amountMicro, outcome: closed.outcome as Outcome, repeated: true };
    const known = this.store.findAdjustment(request.holdId);
    if (known) return { ok: true, costMicro: known.costMicro, outcome: known.outcome as Outcome, repeated: true };
    if (closed && nowMs - (closed.closedAtMs ?? 0) > LATE_CLOSE_MS) return { ok: false, reason: 'too_late' };
    if (!closed) {
      if (ref.seq < this.row.cutSeq) return { ok: false, reason: 'too_late' };
      // A point-in-time restore undid this hold. Its work was done, so it is charged.
      const undone = ref.epoch < this.row.epoch && there?.epoch !== ref.epoch;
      if (!undone) return { ok: false, reason: 'unknown_hold' };
      if (ref.month < monthOf(nowMs - LATE_CLOSE_MS)) return { ok: false, reason: 'too_late' };
    }
    return this.closeLate(request, closed, nowMs, another());
  }

  private closeLate(request: CloseRequest, expired: OperationRow | undefined, nowMs: number, another: string | undefined): CloseResult {
    const charged = expired ? 0 - expired.amountMicro : 0;
    const ownMicro = expired?.test ? 0 : request.costMicro;
    // Only its end shows whether the other call pays.
    if (ownMicro !== charged && another !== undefined && this.findOpen(another)) return { ok: false, reason: 'undecided' };
    const costMicro = another === undefined ? ownMicro : charged;
    this.store.insertAdjustment(request.holdId, costMicro, request.outcome);
    if (costMicro !== charged) {
      const adjust = newOperation(this.row, 'adjust', parseOperationId(request.holdId)!.nonce, nowMs, {
        keyId: expired?.keyId ?? null,
        userId: expired?.userId ?? null,
        family: expired?.family ?? null,
        model: expired?.model ?? null,
        endpoint: expired?.endpoint ?? null,
        outcome: request.outcome,
        amountMicro: charged - costMicro,
        detail: { ...(JSON.parse(request.detailJson) as OperationDetail), adjusts: request.holdId },
      });
      this.addLine(adjust, nowMs);
      if (adjust.keyId !== null) this.spending.add(adjust.keyId, costMicro - charged, expired!, nowMs);
    }
    return { ok: true, costMicro, outcome: request.outcome, repeated: false };
  }

  overdue(nowMs: number): OperationRow[] {
    return [...this.open.values()].filter(({ deadlineMs }) => deadlineMs <= nowMs);
  }

  /**
   * Closes holds whose lease ran out: charged by the last checkpoint, or released where there is none. One that ran out
   * only since then is left to the next time, as nobody looked whether its answer is made in the background.
   */
  expire(now: number): OperationRow[] {
    const nowMs = this.tick(now);
    const overdue = this.overdue(now);
    for (const operation of overdue) {
      const charged = operation.checkpointMicro > 0;
      this.closeOpen(
        operation,
        operation.checkpointMicro,
        'expired',
        charged ? 'estimated' : 'released',
        JSON.stringify({ ...operation.detail, expired: true }),
        nowMs,
      );
    }
    return overdue;
  }

  private closeOpen(
    operation: OperationRow,
    costMicro: MicroCredits,
    state: OperationRow['state'],
    outcome: Outcome,
    detailJson: string,
    nowMs: number,
  ): void {
    this.row.held -= operation.heldMicro;
    this.spending.addHeld(operation, -operation.heldMicro);
    this.row.balance -= costMicro;
    operation.state = state;
    operation.amountMicro = costMicro === 0 ? 0 : -costMicro;
    operation.closedAtMs = nowMs;
    operation.closeEpoch = this.row.epoch;
    operation.closeSeq = ++this.row.closeSeq;
    operation.outcome = outcome;
    this.operations.close(operation, detailJson);
    this.open.delete(operation.seq);
    this.unconfirmed.add(operation);
    this.rates.ended(operation);
    if (costMicro > 0 && operation.keyId !== null) this.spending.add(operation.keyId, costMicro, operation, nowMs);
    else this.store.writeSums(this.row);
  }

  /** Adds to the balance, once for each event, and gives the balance after it. */
  grant(request: GrantRequest, nonce: string, now: number): GrantResult {
    const nowMs = this.tick(now);
    if (this.store.isPaid(request.eventId)) return { balanceMicro: this.row.balance, repeated: true };
    if (request.keepsAboveZero && request.amountMicro < 0 && this.row.balance + request.amountMicro < 0)
      return { balanceMicro: this.row.balance, repeated: false, refused: 'below_zero' };
    const operation = newOperation(this.row, 'grant', nonce, nowMs, {
      outcome: 'actual',
      amountMicro: request.amountMicro,
      detail: { reason: request.reason, eventId: request.eventId, topUp: request.topUp },
    });
    this.store.markPaid(request.eventId, operation.id);
    if (request.topUp) this.row.topUp += request.amountMicro;
    this.addLine(operation, nowMs);
    this.store.writeProfile(this.row);
    return { balanceMicro: this.row.balance, repeated: false };
  }

  /** Takes from the balance, once for each event, even if it falls below zero; gives the balance after it. */
  charge(request: ChargeRequest, nonce: string, now: number): { balanceMicro: MicroCredits; repeated: boolean } {
    const nowMs = this.tick(now);
    if (this.store.isPaid(request.eventId)) return { balanceMicro: this.row.balance, repeated: true };
    const { eventId, amountMicro, detail, keyId, family, model, endpoint } = request;
    const operation = newOperation(this.row, 'adjust', nonce, nowMs, {
      keyId,
      family,
      model,
      endpoint,
      outcome: 'actual',
      amountMicro: 0 - amountMicro,
      detail: { ...detail, eventId },
    });
    this.store.markPaid(eventId, operation.id);
    this.addLine(operation, nowMs);
    const key = keyId === null ? undefined : this.hooks.key(keyId);
    if (key) this.spending.addUnasked(key, amountMicro, operation, nowMs);
    return { balanceMicro: this.row.balance, repeated: false };
  }

  /** Adds a line without a hold, closed from the start. */
  private addLine(operation: OperationRow, nowMs: number): void {
    operation.closedAtMs = nowMs;
    operation.closeEpoch = this.row.epoch;
    operation.closeSeq = ++this.row.closeSeq;
    this.row.balance += operation.amountMicro;
    this.operations.insert(operation);
    this.store.writeSums(this.row);
    this.unconfirmed.add(operation);
  }

  /** D1 has these; nothing up to the last gapless one is sent again. */
  confirm(epoch: number, closeSeqs: readonly number[]): void {
    if (epoch !== this.row.epoch) return;
    this.row.acked = this.unconfirmed.confirm(closeSeqs);
    if (this.unconfirmed.isWhole && this.unconfirmed.size <= BACKLOG) this.row.lowSeq = this.lowestSeq();
    this.store.writeSums(this.row);
  }

  /** Of what is open or not confirmed. */
  private lowestSeq(): number {
    let lowest = this.row.seq + 1;
    for (const [, { seq }] of this.unconfirmed) lowest = Math.min(lowest, seq);
    for (const seq of this.open.keys()) lowest = Math.min(lowest, seq);
    return lowest;
  }

  /** Undefined where a provider may be asked for one more count, which then counts. */
  refuseTokenCount(userId: string, atMost: number, now: number): GatewayError | undefined {
    return this.rates.refuseTokenCount(userId, atMost, this.tick(now));
  }

  refuseConversationChange(userId: string, change: ConversationChange, now: number): GatewayError | undefined {
    return this.rates.refuseConversationChange(userId, change, this.tick(now));
  }

  /** Undefined where this actor may make one more change, which then counts. */
  refuseChange(actorId: string, now: number): GatewayError | undefined {
    return this.rates.refuseChange(actorId, this.tick(now));
  }

  /** When the account next has something to do by itself; undefined when it has nothing. */
  nextDeadlineMs(): number | undefined {
    let next: number | undefined;
    for (const { deadlineMs } of this.open.values()) next = next === undefined ? deadlineMs : Math.min(next, deadlineMs);
    return next;
  }

  spentThisMonth(keyId: string, nowMs: number): MicroCredits {
    return this.spending.thisMonth(keyId, Math.max(nowMs, this.lastMs));
  }

  /** What was spent of a key's limit. */
  spentOfLimit(key: KeyRecord, nowMs: number): MicroCredits {
    return this.spending.ofLimit(key, Math.max(nowMs, this.lastMs));
  }

  private findOpen(holdId: string): OperationRow | undefined {
    const ref = parseOperationId(holdId);
    const operation = ref && this.open.get(ref.seq);
    return operation?.id === holdId ? operation : undefined;
  }
}
