/**
 * What the account object is made of: its state in memory, the steps that change it, and its alarm. It never waits for
 * anything between looking and writing.
 */
import { DurableObject } from 'cloudflare:workers';
import { Handover } from './handover';
import type { Ledger } from './ledger';
import { type Open, openAccount } from './open-account';
import type { Outbox } from './outbox';
import type { AccountBindings } from './types';

export abstract class AccountObject extends DurableObject<AccountBindings> {
  protected opened: Open | undefined;
  protected alarmAtMs: number | null = null;
  protected readonly handover = new Handover();
  /** Tests move it. */
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
   * One atomic step. Writes without a wait between them are committed together, so no savepoint is needed, which
   * would cost two statements a step. A step that throws is a bug: the object is reset, and nothing it wrote stays.
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

  protected publishProfile(ledger: Ledger, outbox: Outbox): void {
    outbox.put('account', { ...ledger.row.profile, tier: ledger.tier, topUpMicro: ledger.row.topUp }, this.now());
  }

  protected wakeForUnconfirmed(): void {
    const open = this.open();
    const atMs = open && this.handover.nextAtMs(open, this.now());
    if (atMs !== undefined) this.wakeBy(atMs);
  }

  /** Setting an alarm bills a row: it is set only when none is due in time. */
  protected wakeBy(atMs: number): void {
    if (this.alarmAtMs !== null && this.alarmAtMs <= atMs) return;
    this.alarmAtMs = atMs;
    void this.ctx.storage.setAlarm(atMs);
  }
}
