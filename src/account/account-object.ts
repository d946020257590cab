/**
 * The base of the account object: its state in memory, the atomic steps that change it, and its alarm. No step waits
 * for anything between reading and writing.
 */
import { DurableObject } from 'cloudflare:workers';
import { isToCome } from '../core/alarm';
import { Handover } from './handover';
import type { Ledger } from './ledger';
import { type Open, openAccount } from './open-account';
import type { Outbox } from './outbox';
import type { RefusedCalls } from './refusals';
import type { AccountBindings } from './types';

export abstract class AccountObject extends DurableObject<AccountBindings> {
  protected opened: Open | undefined;
  protected alarmAtMs: number | null = null;
  protected readonly handover = new Handover();
  /** Replaced by tests. */
  now: () => number = Date.now;

  constructor(context: DurableObjectState, env: AccountBindings) {
    super(context, env);
    void context.blockConcurrencyWhile(async () => {
      this.alarmAtMs = await context.storage.getAlarm();
    });
  }

  protected open(): Open | undefined {
    this.opened ??= openAccount(
      this.ctx.storage.sql,
      () => this.now(),
      () => this.wakeBy(this.now()),
    );
    return this.opened;
  }

  /**
   * Runs one atomic step. SQLite commits writes without an `await` between them together, so no savepoint is needed,
   * which would cost two statements. A step that throws is a bug: it resets the object, and none of its writes remain.
   */
  protected step<T>(work: (open: Open, sql: SqlStorage) => T): T {
    const open = this.open();
    if (!open) throw new Error('no such account');
    try {
      return work(open, this.ctx.storage.sql);
    } catch (error) {
      this.opened = undefined;
      this.ctx.abort('a step of the account failed');
      throw error;
    }
  }

  /** Steps without an `await` between them are committed together. */
  protected together<T>(steps: () => T): T {
    return this.open() ? this.step(({ store }) => store.together(steps)) : steps();
  }

  protected publishProfile(ledger: Ledger, outbox: Outbox): void {
    outbox.put('account', { ...ledger.row.profile, tier: ledger.tier, topUpMicro: ledger.row.topUp }, this.now());
  }

  /** Calls that were refused. Strangers, who know of no account, make none. */
  countRefusals(refused: readonly RefusedCalls[]): void {
    if (refused.length === 0 || !this.open()) return;
    for (const one of refused) this.handover.refusals.count(one, this.now());
    this.wakeForUnconfirmed();
  }

  protected wakeForUnconfirmed(): void {
    const open = this.open();
    const atMs = open && this.handover.nextAtMs(open, this.now());
    if (atMs !== undefined) this.wakeBy(atMs);
  }

  /** Makes up for an alarm that was given up. */
  wakeIfForgotten(): void {
    const deadlineMs = this.isToWake() ? undefined : this.open()?.ledger.nextDeadlineMs();
    if (deadlineMs !== undefined) this.wakeBy(deadlineMs);
    this.wakeForUnconfirmed();
  }

  /** Setting an alarm bills a row, so it is set only when no earlier one is due. */
  protected wakeBy(atMs: number): void {
    const isEarlier = this.alarmAtMs !== null && this.alarmAtMs <= atMs;
    if (isEarlier && this.isToWake()) return;
    this.alarmAtMs = isEarlier ? this.now() : atMs;
    void this.ctx.storage.setAlarm(this.alarmAtMs);
  }

  private isToWake(): boolean {
    return isToCome(this.alarmAtMs, this.now());
  }
}
