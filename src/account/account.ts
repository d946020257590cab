/**
 * The account object: everything about one account that must be atomic. No step waits for anything between reading and
 * writing. The alarm expires holds and sends D1 what it lacks; calls do both in passing too.
 */
import type { AuditRecord } from '../core/audit';
import { ok, type Result } from '../core/errors';
import { newNonce } from '../core/ids';
import type { TierId } from '../core/tiers';
import { HOUR_MS } from '../core/time';
import { within } from '../core/within';
import { AccountKeys } from './account-keys';
import { booksOf } from './books';
import type { CommitRequest, CommitResult } from './commitments';
import { FLUSH_AFTER_MS, isConfirmed } from './handover';
import {
  anotherOf,
  answerIdempotency,
  beginIdempotency,
  checkIdempotency,
  endIdempotencies,
  endIdempotency,
  rememberCalls,
  sweepIdempotency,
} from './idempotency';
import { publicKey } from './key-ring';
import { refuseKey } from './key-scope';
import type { Open } from './open-account';
import { ledgerMessages } from './projection';
import { closeAgain, replayLines, rewindStorage } from './recovery';
import { answersTo, requireExact } from './requests';
import { StagedLines } from './staged-lines';
import { AccountStore } from './store';
import type {
  AccountProfile,
  AccountStatus,
  AccountView,
  Acknowledgement,
  AdmitRequest,
  AdmitResult,
  BeatRequest,
  BeatResult,
  Books,
  ChargeRequest,
  ClosedSince,
  CloseRequest,
  CloseResult,
  ExtendRequest,
  ExtendResult,
  GrantRequest,
  GrantResult,
  KeySummary,
  LedgerMessage,
  Moment,
  Operation,
  RewindResult,
} from './types';
import { haveLookedAfter } from './unsettled';
import { BOUNDS, type Bound, tidy } from './upkeep';

/** A queue that does not answer must not keep holds from expiring on time. */
const FLUSH_PATIENCE_MS = 30_000;
/** How often old idempotency records are removed. */
const SWEEP_EVERY_MS = HOUR_MS;
/** The pause between two steps of making room, in which calls are served. */
const TIDY_AGAIN_MS = 1_000;

export class Account extends AccountKeys {
  private sweptAtMs = -Infinity;
  /** Tests set less. */
  bounds: readonly Bound[] = BOUNDS;

  /** Creates the account; where it exists, gives it as it is. */
  create(profile: AccountProfile, audit?: AuditRecord): AccountView {
    const store = new AccountStore(this.ctx.storage.sql);
    if (!store.exists()) {
      this.ctx.storage.transactionSync(() => store.create(profile));
      this.step(({ outbox, ledger }) => {
        outbox.put('account', { ...ledger.row.profile }, this.now());
        outbox.note(audit, this.now());
      });
      this.wakeBy(this.now());
    }
    return this.view()!;
  }

  admit(request: AdmitRequest): AdmitResult {
    requireExact(request.estimateMicro, request.worstMicro ?? 0);
    if (!this.open()) return { ok: false, error: refuseKey(undefined, request, 0, undefined)! };
    const result = this.step(({ ledger, keys }, sql): AdmitResult => {
      const { idempotency } = request;
      const nowMs = this.now();
      if (idempotency && !refuseKey(keys.get(request.keyId), request, nowMs, ledger.row.profile)) {
        const decision = checkIdempotency(sql, idempotency.keyHash, idempotency.bodyHash, nowMs);
        if (decision.kind === 'refused') return { ok: false, error: decision.error };
        if (decision.kind === 'replay') return { ok: true, replay: decision.replay };
      }
      const admitted = ledger.admit(request, nowMs);
      if (idempotency && admitted.ok && 'admission' in admitted)
        beginIdempotency(sql, idempotency.keyHash, idempotency.bodyHash, admitted.admission.holdId, nowMs);
      return admitted;
    });
    if (request.refused) this.countRefusals(request.refused);
    if (!result.ok) this.countRefusal(request, result.error);
    if (result.ok && 'admission' in result) this.wakeBy(this.now() + request.leaseMs);
    else this.wakeIfForgotten();
    return result;
  }

  extend(request: ExtendRequest): ExtendResult {
    requireExact(request.byMicro, request.checkpointMicro);
    return this.step(({ ledger }) => ledger.extend(request, this.now()));
  }

  beat(request: BeatRequest): BeatResult {
    requireExact(request.checkpointMicro);
    return this.step(({ ledger }, sql) => {
      if (request.answeredKeyHash !== undefined) answerIdempotency(sql, request.answeredKeyHash, request.holdId);
      return ledger.beat(request, this.now());
    });
  }

  settle(request: CloseRequest): CloseResult {
    requireExact(request.costMicro);
    if (!this.open()) return { ok: false, reason: 'unknown_hold' };
    const { holdId, idempotency, isDelivered } = request;
    const result = this.step(({ ledger }, sql) => {
      const nowMs = this.now();
      const another = () => (idempotency && !isDelivered ? anotherOf(sql, idempotency.keyHash, holdId, nowMs) : undefined);
      const closed = ledger.close(request, nowMs, another);
      if (idempotency && closed.ok && !closed.repeated) {
        const state = closed.outcome === 'released' ? 'forgotten' : idempotency.stored ? 'stored' : 'lost';
        endIdempotency(sql, idempotency.keyHash, holdId, state);
      }
      return closed;
    });
    this.flushInPassing();
    return result;
  }

  /** `admit` and `settle` for several calls that share one trip, as JSON: see `accountStub`. */
  admitJson(requests: string): string {
    return this.together(() => answersTo(requests, (request: AdmitRequest) => this.admit(request)));
  }

  settleJson(requests: string): string {
    return this.together(() => answersTo(requests, (request: CloseRequest) => this.settle(request)));
  }

  release(request: Pick<CloseRequest, 'holdId' | 'detailJson' | 'idempotency' | 'unsent'>): CloseResult {
    return this.settle({ ...request, costMicro: 0, outcome: 'released' });
  }

  grant(request: GrantRequest, audit?: AuditRecord): GrantResult {
    const { balance = 0, topUp = 0 } = this.open()?.ledger.row ?? {};
    requireExact(Math.abs(request.amountMicro), Math.abs(balance + request.amountMicro), Math.abs(topUp + request.amountMicro));
    const result = this.step(({ ledger, outbox }) => {
      const granted = ledger.grant(request, newNonce(), this.now());
      if (granted.repeated || granted.refused) return granted;
      outbox.note(audit, this.now());
      if (request.topUp) this.publishProfile(ledger, outbox);
      return granted;
    });
    this.wakeBy(this.now() + FLUSH_AFTER_MS);
    return result;
  }

  /** Charges without asking, so the balance may fall below zero. */
  charge(request: ChargeRequest): { balanceMicro: number; heldMicro: number; repeated: boolean } {
    requireExact(request.amountMicro);
    const result = this.step(({ ledger }) => {
      const charged = ledger.charge(request, newNonce(), this.now());
      return { ...charged, heldMicro: ledger.row.held };
    });
    this.wakeBy(this.now() + FLUSH_AFTER_MS);
    return result;
  }

  /** Sets money aside for what workers may cost before they can be stopped, or refuses. */
  commit(request: CommitRequest): CommitResult {
    requireExact(request.wantedMicro, request.leastMicro, request.waits.eachMicro);
    return this.step(({ ledger, keys, commitments }) => {
      const nowMs = this.now();
      const record = request.keyId === null ? undefined : keys.get(request.keyId);
      const limitMicro = record?.spendingLimitMicro ?? null;
      const key = record && limitMicro !== null ? { limitMicro, spentMicro: ledger.spentOfLimit(record, nowMs) } : undefined;
      const { balance: balanceMicro, held: heldMicro, profile } = ledger.row;
      return commitments.commit(request, { suspended: profile.status === 'suspended', balanceMicro, heldMicro, key }, nowMs);
    });
  }

  setTier(grantedTier: TierId, audit?: AuditRecord): AccountView {
    return this.changeProfile({ grantedTier }, audit);
  }

  /** Calls under way go on; the next call with any key is refused. */
  setStatus(status: AccountStatus, audit?: AuditRecord): AccountView {
    return this.changeProfile({ status }, audit);
  }

  /** Applies from the next call on; calls under way keep the prices that they began with. */
  setPrices(pricePermille: number, audit?: AuditRecord): AccountView {
    return this.changeProfile({ pricePermille }, audit);
  }

  private changeProfile(
    change: Partial<Pick<AccountProfile, 'grantedTier' | 'status' | 'pricePermille'>>,
    audit?: AuditRecord,
  ): AccountView {
    this.step(({ ledger, store, outbox }) => {
      outbox.note(audit, this.now());
      ledger.row.profile = { ...ledger.row.profile, ...change };
      store.writeProfile(ledger.row);
      this.publishProfile(ledger, outbox);
    });
    this.wakeBy(this.now());
    return this.view()!;
  }

  /** Changes made here that the audit log in D1 does not have yet. */
  auditRecords(): { id: string; version: number; record: AuditRecord }[] {
    return this.open()?.outbox.audit() ?? [];
  }

  view(): AccountView | null {
    const open = this.open();
    if (!open) return null;
    const { row, tier } = open.ledger;
    const { profile, balance: balanceMicro, held: heldMicro, topUp: topUpMicro, epoch } = row;
    return { profile, tier, balanceMicro, heldMicro, committedMicro: open.commitments.sumMicro(this.now()), topUpMicro, epoch };
  }

  /** A key and the wallet that it pays from, for whoever has the key's secret. */
  ownKey(request: Pick<AdmitRequest, 'keyId' | 'secretHash' | 'origin' | 'ip'>): Result<{ key: KeySummary; wallet: AccountView }> {
    const refusal = this.authorize(request);
    return refusal ? { ok: false, error: refusal } : ok({ key: this.findKey(request.keyId)!, wallet: this.view()! });
  }

  /** Open holds, oldest first, and the latest lines, newest first. */
  operations(limit: number): { holds: Operation[]; lines: Operation[] } {
    const open = this.open();
    if (!open) return { holds: [], lines: [] };
    const lines: Operation[] = [];
    for (const operation of open.operations.backwards()) {
      if (operation.state === 'open') continue;
      if (lines.push(operation) >= limit) break;
    }
    return { holds: [...open.ledger.open.values()].slice(0, limit), lines };
  }

  operation(month: number, seq: number): Operation | null {
    const open = this.open();
    return open?.ledger.open.get(seq) ?? open?.operations.find(month, seq) ?? null;
  }

  books(): Books | null {
    const open = this.open();
    return open ? booksOf(open, this.now()) : null;
  }

  /** D1 has these now. Ranges arrive in any order, and more than once. */
  acknowledge({ epoch, closeSeqs, entities }: Acknowledgement): void {
    if (!this.open()) return;
    this.step(({ ledger, outbox }) => {
      if (closeSeqs.length > 0) ledger.confirm(epoch, closeSeqs);
      outbox.confirm(entities);
    });
    this.handover.confirmed({ closeSeqs, entities });
    if (closeSeqs.length > 0) this.wakeForUnconfirmed();
  }

  /** Sends D1 everything that it lacks, at once: before somebody reads it there. */
  async flush(): Promise<void> {
    const open = this.open();
    if (open) await this.handover.flush(open, this.env.LEDGER_QUEUE, this.now());
  }

  /** The same for a caller who writes to D1 directly; a large backlog goes through the queue instead. */
  async handOver(): Promise<LedgerMessage[]> {
    const open = this.open();
    if (!open || this.handover.isEmpty(open)) return [];
    const messages = this.handover.take(open, this.now());
    if (messages.length === 0) await this.flush();
    return messages;
  }

  /** Sends lines again: repairs a gap in D1 that the reconciliation found. */
  async resend(fromCloseSeq: number, toCloseSeq: number): Promise<number> {
    const open = this.open();
    if (!open) return 0;
    const { operations, ledger } = open;
    const lines = operations.closedBetween(ledger.row.epoch, fromCloseSeq, toCloseSeq);
    for (const message of ledgerMessages(operations, ledger.row, lines, [])) await this.env.LEDGER_QUEUE.send(message);
    // A D1 that was put back to an earlier moment lacks the account and its keys as they are now, too.
    if (lines.length === 0) return 0;
    this.step((opened) => this.publishAll(opened));
    this.wakeBy(this.now());
    return lines.length;
  }

  private publishAll({ ledger, keys, outbox }: Open): void {
    for (const key of keys.all()) outbox.put(`key:${key.id}`, publicKey(key), this.now());
    this.publishProfile(ledger, outbox);
  }

  /** Refused while D1 lacks something, which would be lost. With `endSession` the object restarts in the earlier state. */
  async rewind(to: Moment): Promise<RewindResult> {
    const open = this.open();
    return open && !isConfirmed(open) ? { ok: false, reason: 'unconfirmed' } : rewindStorage(this.ctx.storage, to);
  }

  endSession(): void {
    this.ctx.abort('an earlier state is to be restored');
  }

  /**
   * After a point-in-time restore, part by part: what D1 has of the lines since the moment restored to. False where another
   * recovery has begun since.
   */
  stageRecovery(lines: Operation[], endedEpoch: number, isFirst: boolean): boolean {
    return this.step((_open, sql) => {
      const staged = new StagedLines(sql);
      if (!(isFirst ? staged.begin(endedEpoch) : staged.isOf(endedEpoch))) return false;
      staged.add(lines);
      return true;
    });
  }

  /**
   * When all of them are there: takes them back, closes what was closed since, and begins a new epoch, after all
   * that there were, so that sequences used again cannot be mistaken for the old ones. Null where another recovery has begun
   * since.
   */
  recover(revokedKeys: string[], endedEpoch: number, audit?: AuditRecord, since?: ClosedSince): { epoch: number; replayed: number } | null {
    const result = this.step((open, sql) => {
      const { outbox } = open;
      const staged = new StagedLines(sql);
      if (!staged.isOf(endedEpoch)) return null;
      closeAgain(open, revokedKeys, since);
      const replayed = replayLines(open, staged, endedEpoch);
      for (const lines of staged.pages()) rememberCalls(sql, lines, this.now());
      // Assumed to be kept; a replay finds out if one is not.
      for (const lines of staged.pages()) endIdempotencies(sql, lines, 'stored');
      staged.end();
      this.publishAll(open);
      outbox.note(audit, this.now());
      return replayed;
    });
    if (!result) return null;
    this.opened = undefined;
    this.handover.startOver();
    this.wakeBy(this.now());
    return result;
  }

  /** Expires holds, and sends D1 what was not sent in passing. */
  override async alarm(): Promise<void> {
    this.alarmAtMs = null;
    const open = this.open();
    if (!open) return;
    const nowMs = this.now();
    for (const beat of await haveLookedAfter(this.env.BACKGROUND_QUEUE, open.ledger, nowMs)) this.beat(beat);
    this.step(({ ledger }, sql) => {
      // The answer was lost with its Worker; its key must not charge it a second time.
      endIdempotencies(sql, ledger.expire(nowMs), 'lost');
      if (this.now() - this.sweptAtMs < SWEEP_EVERY_MS) return;
      this.sweptAtMs = this.now();
      sweepIdempotency(sql, this.sweptAtMs);
    });
    // The runtime gives up on an alarm after six failures, so nothing below may throw.
    try {
      await within(this.flush(), FLUSH_PATIENCE_MS);
      this.tidy();
    } catch (error) {
      console.error('account alarm failed', error instanceof Error ? error.message : 'unknown');
    }
    const deadlineMs = this.open()?.ledger.nextDeadlineMs();
    if (deadlineMs !== undefined) this.wakeBy(deadlineMs);
    this.wakeForUnconfirmed();
  }

  /** In a transaction of its own, so that holds expire even when tidying fails. */
  private tidy(): void {
    const { storage } = this.ctx;
    try {
      const open = this.open()!;
      const changed = storage.transactionSync(() => tidy(open, this.bounds, storage.sql.databaseSize, this.now()));
      if (changed) this.wakeBy(this.now() + TIDY_AGAIN_MS);
    } catch (error) {
      this.opened = undefined;
      throw error;
    }
  }

  private flushInPassing(): void {
    this.wakeForUnconfirmed();
    if (this.opened && this.handover.isWorthSending(this.opened, this.now()))
      this.ctx.waitUntil(this.flush().catch((error: unknown) => console.error('flush failed', String(error))));
  }
}
