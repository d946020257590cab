import { Commitments } from './commitments';
import type { Handed } from './handover';
import { disabledByLimit, KeyRing, publicKey } from './key-ring';
import type { SpendAlert } from './key-spending';
import { Ledger } from './ledger';
import { OperationTables } from './operation-tables';
import { Outbox } from './outbox';
import { AccountStore } from './store';
import type { KeyRecord } from './types';

/** What an account object has in memory while it is awake. */
export interface Open extends Handed {
  store: AccountStore;
  keys: KeyRing;
  commitments: Commitments;
}

/**
 * Undefined where the account does not exist.
 *
 * @param wake Makes the object's alarm go off at once, for news that must not wait for the next call.
 */
export function openAccount(sql: SqlStorage, now: () => number, wake: () => void): Open | undefined {
  const store = new AccountStore(sql);
  if (!store.exists()) return undefined;
  const row = store.readAccount();
  const operations = new OperationTables(sql, row.rowsPerTable);
  const keys = new KeyRing(sql);
  const outbox = new Outbox(sql);
  const commitments = new Commitments(sql);
  const hooks = {
    key: (id: string) => keys.get(id),
    disableKey: (id: string) => {
      const key = keys.get(id);
      if (key?.status !== 'active') return;
      const disabled: KeyRecord = { ...key, status: 'disabled' };
      keys.put(disabled);
      outbox.put(`key:${id}`, publicKey(disabled), now());
      outbox.note(disabledByLimit(id, now()), now());
    },
    alert: (kind: string, keyId: string, number: number, payload: SpendAlert) => {
      const { period, limitMicro } = payload;
      const when = period === undefined ? { month: number } : { number };
      outbox.put(`alert:${kind}:${keyId}:${period ?? ''}${number}:${limitMicro}`, { kind, keyId, ...when, ...payload }, now());
      wake();
    },
  };
  const ledger = new Ledger(store, operations, row, { ...hooks, committedMicro: () => commitments.sumMicro(now()) }, now());
  return { store, operations, keys, outbox, commitments, ledger };
}
