/**
 * Closed operations on their way to D1: what was sent when, and what is due. Nothing of it is stored: an object that
 * wakes sends what is not confirmed, and D1 takes nothing twice.
 */
import type { Ledger } from './ledger';
import type { Closed, OperationTables } from './operation-tables';
import type { Outbox } from './outbox';
import { ledgerMessages } from './projection';
import type { LedgerMessage } from './types';

const FLUSH_AT_ROWS = 100;
/** A line lies so long before it is worth a message of its own. */
export const FLUSH_AFTER_MS = 10_000;
/** What a message said that is not confirmed after this long is said again; each time in vain, twice as long is waited. */
const RESEND_AFTER_MS = 60_000;
const LONGEST_RESEND_MS = 3_600_000;
/** So much of a backlog goes out at a time: it is read from disk, and the queue may be busy with it still. */
const FLUSH_ROWS_AT_MOST = 5_000;
/** So many lines are written by who reads them next; more of them are a backlog, and the queue's. */
const TAKEN_AT_MOST = 500;
/** A queue that takes none of so many messages in a row takes none for now. */
const FAILURES_AT_MOST = 3;

/** What is handed over, as it stands. */
export interface Handed {
  operations: OperationTables;
  ledger: Ledger;
  outbox: Outbox;
}

/** Does D1 have everything? */
export const isConfirmed = ({ ledger, outbox }: Handed): boolean => ledger.unconfirmed.size === 0 && outbox.size === 0;

export class Handover {
  private readonly sentAtMs = new Map<number, number>();
  private resendAfterMs = RESEND_AFTER_MS;
  private firstUnsentAtMs: number | undefined;
  private flushingSinceMs: number | undefined;

  /** When to look again, undefined when D1 has everything. */
  nextAtMs(handed: Handed, nowMs: number): number | undefined {
    if (isConfirmed(handed)) return undefined;
    const allSent = handed.ledger.unconfirmed.size <= this.sentAtMs.size;
    return nowMs + (allSent ? this.resendAfterMs : RESEND_AFTER_MS);
  }

  /** Has enough come together, or lain long enough, to be sent in passing? */
  isWorthSending(handed: Handed, nowMs: number): boolean {
    if (isConfirmed(handed) || this.isFlushing(nowMs)) return false;
    const { ledger } = handed;
    this.firstUnsentAtMs ??= nowMs;
    return ledger.unconfirmed.size - this.sentAtMs.size >= FLUSH_AT_ROWS || nowMs - this.firstUnsentAtMs >= FLUSH_AFTER_MS;
  }

  /** Sends everything that is due; a message that cannot be sent does not hold up the others. */
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
   * What D1 lacks, said already or not, for somebody who is about to read it there and writes it first; the queue brings
   * it again should they not.
   */
  take({ operations, ledger, outbox }: Handed, nowMs: number): LedgerMessage[] {
    if (ledger.unconfirmed.size > TAKEN_AT_MOST) return [];
    const lines = [...ledger.unconfirmed].map(([closeSeq, at]) => ({ closeSeq, ...at }));
    for (const { closeSeq } of lines) this.sentAtMs.set(closeSeq, nowMs);
    this.firstUnsentAtMs = undefined;
    return [...ledgerMessages(operations, ledger.row, lines, outbox.entities())];
  }

  confirmed(closeSeqs: readonly number[]): void {
    for (const closeSeq of closeSeqs) this.sentAtMs.delete(closeSeq);
    if (closeSeqs.length > 0) this.resendAfterMs = RESEND_AFTER_MS;
  }

  /** What was sent went under numbers that hold no more. */
  startOver(): void {
    this.sentAtMs.clear();
  }

  /** A flush that has not ended for so long never will. */
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

  private async sendAll(
    { operations, ledger, outbox }: Handed,
    queue: Pick<Queue<LedgerMessage>, 'send'>,
    due: readonly Closed[],
    nowMs: number,
  ): Promise<void> {
    let failed = 0;
    let failure: { error: unknown } | undefined;
    for (const message of ledgerMessages(operations, ledger.row, due, outbox.entities())) {
      const { closeSeqs } = message;
      for (const closeSeq of closeSeqs) this.sentAtMs.set(closeSeq, nowMs);
      try {
        await queue.send(message);
        failed = 0;
      } catch (error) {
        for (const closeSeq of closeSeqs) this.sentAtMs.delete(closeSeq);
        failure ??= { error };
        failed++;
        if (failed >= FAILURES_AT_MOST) break;
      }
    }
    if (failure) throw failure.error;
  }
}
