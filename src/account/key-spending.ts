/**
 * What each key has spent this month, what its calls under way may come to, and its monthly limit: who may begin a
 * call by it, and who is to be told when it is nearly or wholly used up.
 */
import type { GatewayError } from '../core/errors';
import { monthOf } from '../core/ids';
import type { MicroCredits } from '../core/money';
import { refuseSpending } from './admission';
import type { OperationRow } from './operation-tables';
import { type AccountRow, type AccountStore, type KeySpend, newSpend } from './store';
import type { KeyRecord } from './types';

export interface SpendAlert {
  spentMicro: MicroCredits;
  limitMicro: MicroCredits;
}

/** What is to be known of keys, and told of them: alerts go to D1. */
export interface KeyHooks {
  key(id: string): KeyRecord | undefined;
  disableKey(id: string): void;
  alert(kind: 'key_spend_80' | 'key_spend_100', keyId: string, month: number, payload: SpendAlert): void;
}

/** Times are those of the ledger, which never go back. */
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

  /** Refuses a call that would pass its key's limit; the first refusal of one that is used up is told of. For the risk see `sharedRiskMicro`. */
  refuse(key: KeyRecord, estimateMicro: MicroCredits, nowMs: number, riskMicro: MicroCredits): GatewayError | undefined {
    const refusal = this.overLimit(key, estimateMicro, nowMs, riskMicro);
    if (refusal?.reached) this.tellUsedUp(key, nowMs);
    return refusal?.error;
  }

  /** Adds what nobody asked leave for: no refusal comes before it, so it tells of a limit that it reaches. */
  addUnasked(key: KeyRecord, costMicro: MicroCredits, month: number, nowMs: number): void {
    this.add(key.id, costMicro, month, nowMs);
    if (key.spendingLimitMicro !== null && this.of(key.id, nowMs).spent >= key.spendingLimitMicro) this.tellUsedUp(key, nowMs);
  }

  /** Once for each limit. */
  private tellUsedUp(key: KeyRecord, nowMs: number): void {
    const spend = this.of(key.id, nowMs);
    const limitMicro = key.spendingLimitMicro;
    if (limitMicro === null || !isNew(limitMicro, spend.alerted100)) return;
    spend.alerted100 = limitMicro;
    this.store.writeSumsAndSpend(this.row, this.spend, key.id);
    this.hooks.alert('key_spend_100', key.id, spend.month, { spentMicro: spend.spent, limitMicro });
    if (key.autoDisable) this.hooks.disableKey(key.id);
  }

  /** The same for more of a call that is under way, of which nobody is told: it may do with less. */
  overLimit(key: KeyRecord, micro: MicroCredits, nowMs: number, riskMicro: MicroCredits = 0) {
    return refuseSpending(key, this.of(key.id, nowMs).spent, (this.heldByKey.get(key.id) ?? 0) + riskMicro, micro);
  }

  /** Adds to a key's spend of a month, and writes the account's row with it. */
  add(keyId: string, costMicro: MicroCredits, month: number, nowMs: number): void {
    const spend = this.of(keyId, nowMs);
    if (spend.month === month) spend.spent += costMicro;
    const limit = this.hooks.key(keyId)?.spendingLimitMicro ?? null;
    const crossed = limit !== null && isNew(limit, spend.alerted80) && spend.spent * 5 >= limit * 4;
    if (crossed) spend.alerted80 = limit;
    this.store.writeSumsAndSpend(this.row, this.spend, keyId);
    if (crossed) this.hooks.alert('key_spend_80', keyId, spend.month, { spentMicro: spend.spent, limitMicro: limit });
  }

  /** A hold of the key's was made, enlarged, or (below zero) closed. */
  addHeld({ keyId }: OperationRow, micro: MicroCredits): void {
    if (keyId !== null) this.heldByKey.set(keyId, (this.heldByKey.get(keyId) ?? 0) + micro);
  }

  thisMonth(keyId: string, nowMs: number): MicroCredits {
    const spend = this.spend.get(keyId);
    return spend?.month === monthOf(nowMs) ? spend.spent : 0;
  }

  private of(keyId: string, nowMs: number): KeySpend {
    const month = monthOf(nowMs);
    let spend = this.spend.get(keyId);
    if (!spend || spend.month < month) {
      spend = newSpend(month);
      this.spend.set(keyId, spend);
    }
    return spend;
  }
}

/** A limit that was raised is a new one to be told of; one that was lowered is not. */
const isNew = (limit: MicroCredits, alerted: MicroCredits | null): boolean => alerted === null || limit > alerted;
