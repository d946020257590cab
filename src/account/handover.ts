/**
 * Closed operations on their way to D1: what was sent when, and what is due. Kept in memory only: after a restart the
 * object sends again whatever is not confirmed, and D1 ignores what it has.
 */
import { HOUR_MS } from '../core/time';
import type { Ledger } from './ledger';
import type { Closed, OperationTables } from './operation-tables';
import type { Outbox } from './outbox';
import { ledgerMessages } from './projection';
import { Refusals } from './refusals';
import type { Acknowledgement, LedgerMessage, OutboxEntity } from './types';

const FLUSH_AT_ROWS = 100;
/** A lone line waits this long for others before it is worth a message. */
export const FLUSH_AFTER_MS = 10_000;
/** How long a confirmation may take before a message is sent again; the wait doubles with each failure. */
const RESEND_AFTER_MS = 60_000;
const LONGEST_RESEND_MS = HOUR_MS;
/** How much of a backlog is sent at a time, since it is read from disk and the queue may still be busy with it. */
const FLUSH_ROWS_AT_MOST = 5_000;
/** A reader writes at most this many lines to D1 directly; a larger backlog is left to the queue. */
const TAKEN_AT_MOST = 500;
/** After this many failed messages in a row the queue counts as unavailable for now. */
const FAILURES_AT_MOST = 3;

/** What there is to hand over. */
export interface Handed {
  operations: OperationTables;
  ledger: Ledger;
  outbox: Outbox;
}

/** Does D1 have everything? */
export const isConfirmed = ({ ledger, outbox }: Handed): boolean => ledger.unconfirmed.size === 0 && outbox.size === 0;

export class Handover {
  readonly refusals = new Refusals();
  private readonly sentAtMs = new Map<number, number>();
  private readonly sentEntities = new Map<string, { version: number; atMs: number }>();
  private resendAfterMs = RESEND_AFTER_MS;
  private firstUnsentAtMs: number | undefined;
  private flushingSinceMs: number | undefined;

  /** When to look again; undefined when D1 has everything. */
  nextAtMs(handed: Handed, nowMs: number): number | undefined {
    const refusalsAtMs = this.refusalsAtMs(nowMs);
    if (isConfirmed(handed)) return refusalsAtMs;
    const { ledger, outbox } = handed;
    const allSent = ledger.unconfirmed.size <= this.sentAtMs.size && outbox.size <= this.sentEntities.size;
    return Math.min(nowMs + (allSent ? this.resendAfterMs : RESEND_AFTER_MS), refusalsAtMs ?? Number.POSITIVE_INFINITY);
  }

  /** While a flush is under way another one would do nothing, however late it is. */
  private refusalsAtMs(nowMs: number): number | undefined {
    const { dueAtMs } = this.refusals;
    return dueAtMs !== undefined && this.isFlushing(nowMs) ? Math.max(dueAtMs, nowMs + RESEND_AFTER_MS) : dueAtMs;
  }

  /** Is there nothing to hand over? */
  isEmpty(handed: Handed): boolean {
    return isConfirmed(handed) && this.refusals.dueAtMs === undefined;
  }

  /** Is there enough, or has it waited long enough, to be sent in passing? */
  isWorthSending(handed: Handed, nowMs: number): boolean {
    if (isConfirmed(handed) || this.isFlushing(nowMs)) return false;
    const { ledger } = handed;
    this.firstUnsentAtMs ??= nowMs;
    return ledger.unconfirmed.size - this.sentAtMs.size >= FLUSH_AT_ROWS || nowMs - this.firstUnsentAtMs >= FLUSH_AFTER_MS;
  }

  /** Sends everything that is due. A message that fails does not hold up the others. */
  async flush(handed: Handed, queue: Pick<Queue<LedgerMessage>, 'send'>, nowMs: number): Promise<void> {
    if (this.isFlushing(nowMs)) return;
    this.flushingSinceMs = nowMs;
    try {
      const { due, repeats } = this.dueLines(handed, nowMs);
      this.firstUnsentAtMs = undefined;
      await this.sendAll(handed, queue, due, nowMs);
      if (repeats) this.resendAfterMs = Math.min(2 * this.resendAfterMs, LONGEST_RESEND_MS);
    } finally {
      if (this.flushingSinceMs === nowMs) this.flushingSinceMs = undefined;
    }
  }

  /**
   * Everything that D1 lacks, sent before or not, for a caller who writes it to D1 directly. Should they fail, the
   * queue brings it again.
   */
  take({ operations, ledger, outbox }: Handed, nowMs: number): LedgerMessage[] {
    if (!ledger.unconfirmed.isWhole || ledger.unconfirmed.size > TAKEN_AT_MOST) return [];
    const lines = [...ledger.unconfirmed].map(([closeSeq, at]) => ({ closeSeq, ...at }));
    const entities = outbox.entities();
    for (const { closeSeq } of lines) this.sentAtMs.set(closeSeq, nowMs);
    for (const { id, version } of entities) this.sentEntities.set(id, { version, atMs: nowMs });
    this.firstUnsentAtMs = undefined;
    return [...ledgerMessages(operations, ledger.row, lines, entities, this.refusals.reports(nowMs))];
  }

  confirmed({ closeSeqs, entities }: Pick<Acknowledgement, 'closeSeqs' | 'entities'>): void {
    for (const closeSeq of closeSeqs) this.sentAtMs.delete(closeSeq);
    for (const { id, version } of entities) if (this.sentEntities.get(id)?.version === version) this.sentEntities.delete(id);
    if (closeSeqs.length + entities.length > 0) this.resendAfterMs = RESEND_AFTER_MS;
  }

  /** After a recovery: what was sent went under numbers that are no longer valid. */
  startOver(): void {
    this.sentAtMs.clear();
    this.sentEntities.clear();
  }

  /** A flush that takes longer than this has died. */
  private isFlushing(nowMs: number): boolean {
    return this.flushingSinceMs !== undefined && nowMs - this.flushingSinceMs < RESEND_AFTER_MS;
  }

  private dueLines({ ledger }: Handed, nowMs: number): { due: Closed[]; repeats: boolean } {
    const due: Closed[] = [];
    let repeats = false;
    for (const [closeSeq, at] of ledger.unconfirmed) {
      const sentAtMs = this.sentAtMs.get(closeSeq);
      if (sentAtMs !== undefined && nowMs - sentAtMs < this.resendAfterMs) continue;
      repeats ||= sentAtMs !== undefined;
      if (due.push({ closeSeq, ...at }) >= FLUSH_ROWS_AT_MOST) break;
    }
    return { due, repeats };
  }

  private dueEntities({ outbox }: Handed, nowMs: number): OutboxEntity[] {
    return outbox.entities().filter(({ id, version }) => {
      const sent = this.sentEntities.get(id);
      return sent?.version !== version || nowMs - sent.atMs >= this.resendAfterMs;
    });
  }

  private async sendAll(handed: Handed, queue: Pick<Queue<LedgerMessage>, 'send'>, due: readonly Closed[], nowMs: number): Promise<void> {
    const { operations, ledger, outbox } = handed;
    let failed = 0;
    let failure: { error: unknown } | undefined;
    const reports = this.refusals.reports(nowMs);
    for (const message of ledgerMessages(operations, ledger.row, due, this.dueEntities(handed, nowMs), reports)) {
      const { closeSeqs, entities, refusals = [] } = message;
      // What was confirmed while earlier messages were sent counts as sent no longer.
      for (const closeSeq of closeSeqs) if (ledger.unconfirmed.has(closeSeq)) this.sentAtMs.set(closeSeq, nowMs);
      for (const { id, version } of entities) if (!outbox.isConfirmed(id)) this.sentEntities.set(id, { version, atMs: nowMs });
      try {
        await queue.send(message);
        this.refusals.taken(refusals);
        failed = 0;
      } catch (error) {
        for (const closeSeq of closeSeqs) this.sentAtMs.delete(closeSeq);
        for (const { id } of entities) this.sentEntities.delete(id);
        failure ??= { error };
        failed++;
        if (failed >= FAILURES_AT_MOST) break;
      }
    }
    if (failure) throw failure.error;
  }
}
