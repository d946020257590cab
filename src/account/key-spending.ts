/**
 * What each key has spent, what its calls under way may cost, and its limit for a month or another period: decides
 * which calls may begin, and whom to tell when a limit is nearly or fully used up.
 */
import type { GatewayError } from '../core/errors';
import { monthOf } from '../core/ids';
import { type LimitPeriod, periodOf } from '../core/limit-period';
import type { MicroCredits } from '../core/money';
import { refuseSpending } from './admission';
import type { OperationRow } from './operation-tables';
import { type AccountRow, type AccountStore, type KeySpend, newSpend } from './store';
import type { KeyRecord } from './types';

export interface SpendAlert {
  spentMicro: MicroCredits;
  limitMicro: MicroCredits;
  /** The limit's period, where it is not the month. */
  period?: LimitPeriod;
}

/** When the money was held: it counts in that period, whenever it is charged. */
export type SpendOf = Pick<OperationRow, 'month' | 'openedAtMs'>;

/** How to look keys up and to send alerts, which go to D1. */
export interface KeyHooks {
  key(id: string): KeyRecord | undefined;
  disableKey(id: string): void;
  alert(kind: 'key_spend_80' | 'key_spend_100', keyId: string, period: number, payload: SpendAlert): void;
}

/** All times are the ledger's, which never go back. */
export class KeySpending {
  private readonly spend: Map<string, KeySpend>;
  private readonly heldByKey = new Map<string, MicroCredits>();

  constructor(
    private readonly store: AccountStore,
    private readonly row: AccountRow,
    private readonly hooks: KeyHooks,
  ) {
    this.spend = store.readKeySpend();
  }

  /**
   * Refuses a call that would exceed its key's limit, and alerts at the first refusal of a limit that is used up. For
   * the risk see `sharedRiskMicro`.
   */
  refuse(key: KeyRecord, estimateMicro: MicroCredits, nowMs: number, riskMicro: MicroCredits): GatewayError | undefined {
    const refusal = this.overLimit(key, estimateMicro, nowMs, riskMicro);
    if (refusal?.reached) this.tellUsedUp(key, nowMs);
    return refusal?.error;
  }

  /** Adds a charge that was not admitted first. As no refusal precedes it, it sends the alert itself when it reaches the limit. */
  addUnasked(key: KeyRecord, costMicro: MicroCredits, of: SpendOf, nowMs: number): void {
    this.add(key.id, costMicro, of, nowMs);
    if (key.spendingLimitMicro !== null && this.ofLimit(key, nowMs) >= key.spendingLimitMicro) this.tellUsedUp(key, nowMs);
  }

  /** Alerts once for each limit. */
  private tellUsedUp(key: KeyRecord, nowMs: number): void {
    const spend = this.of(key, nowMs);
    const limitMicro = key.spendingLimitMicro;
    if (limitMicro === null || !isNew(limitMicro, spend.alerted100)) return;
    spend.alerted100 = limitMicro;
    this.store.writeSumsAndSpend(this.row, this.spend, key.id);
    this.alert('key_spend_100', key.id, spend, limitMicro);
    if (key.autoDisable) this.hooks.disableKey(key.id);
  }

  /** Like `refuse`, for an extension of a call under way. Sends no alert, since the call may make do with less. */
  overLimit(key: KeyRecord, micro: MicroCredits, nowMs: number, riskMicro: MicroCredits = 0) {
    return refuseSpending(key, this.ofLimit(key, nowMs), (this.heldByKey.get(key.id) ?? 0) + riskMicro, micro);
  }

  /** Adds to what a key has spent, and writes the account's row with it. */
  add(keyId: string, costMicro: MicroCredits, of: SpendOf, nowMs: number): void {
    const key = this.hooks.key(keyId);
    const spend = this.of(key ?? { id: keyId }, nowMs);
    addSpend(spend, costMicro, of);
    const limit = key?.spendingLimitMicro ?? null;
    const crossed = limit !== null && isNew(limit, spend.alerted80) && (spend.own ?? spend).spent * 5 >= limit * 4;
    if (crossed) spend.alerted80 = limit;
    this.store.writeSumsAndSpend(this.row, this.spend, keyId);
    if (crossed) this.alert('key_spend_80', keyId, spend, limit);
  }

  private alert(kind: 'key_spend_80' | 'key_spend_100', keyId: string, { month, spent, own }: KeySpend, limitMicro: MicroCredits): void {
    const payload = { spentMicro: (own ?? { spent }).spent, limitMicro, ...(own && { period: own.period }) };
    this.hooks.alert(kind, keyId, own?.number ?? month, payload);
  }

  /** Notes that a hold of the key was made, enlarged, or (negative) closed. */
  addHeld({ keyId }: OperationRow, micro: MicroCredits): void {
    if (keyId !== null) this.heldByKey.set(keyId, (this.heldByKey.get(keyId) ?? 0) + micro);
  }

  thisMonth(keyId: string, nowMs: number): MicroCredits {
    const spend = this.spend.get(keyId);
    return spend?.month === monthOf(nowMs) ? spend.spent : 0;
  }

  /** What was spent of the key's limit in its current period. */
  ofLimit(key: Pick<KeyRecord, 'id' | 'limitPeriod'>, nowMs: number): MicroCredits {
    const spend = this.of(key, nowMs);
    return (spend.own ?? spend).spent;
  }

  private of({ id, limitPeriod }: Pick<KeyRecord, 'id' | 'limitPeriod'>, nowMs: number): KeySpend {
    const spend = inPeriod(this.spend.get(id), limitPeriod, nowMs);
    this.spend.set(id, spend);
    return spend;
  }
}

/** What was spent in the periods that this moment lies in; everything of other periods counts as zero. */
export function inPeriod(known: KeySpend | undefined, limitPeriod: LimitPeriod = 'month', nowMs: number): KeySpend {
  const month = monthOf(nowMs);
  const spend = known && known.month >= month ? known : newSpend(month);
  if (limitPeriod === 'month') {
    if (!spend.own) return spend;
    const { own: _, ...monthly } = spend;
    return { ...monthly, alerted80: null, alerted100: null };
  }
  const number = periodOf(limitPeriod, nowMs);
  const own = spend.own ?? known?.own;
  if (own?.period !== limitPeriod || own.number < number)
    return { ...spend, alerted80: null, alerted100: null, own: { period: limitPeriod, number, spent: 0 } };
  if (spend === known) return spend;
  return { ...spend, own, alerted80: known!.alerted80, alerted100: known!.alerted100 };
}

/** Counts in the period in which it was held, and in none after it. */
export function addSpend(spend: KeySpend, micro: MicroCredits, { month, openedAtMs }: SpendOf): void {
  if (spend.month === month) spend.spent += micro;
  if (spend.own && periodOf(spend.own.period, openedAtMs) === spend.own.number) spend.own.spent += micro;
}

/** A raised limit is worth a new alert, a lowered one is not. */
const isNew = (limit: MicroCredits, alerted: MicroCredits | null): boolean => alerted === null || limit > alerted;
