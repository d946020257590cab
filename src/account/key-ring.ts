import { type AuditRecord, newAuditEntryId } from '../core/audit';
import type { KeyRecord, KeySummary } from './types';

/** The account's keys. They are few and read on every call, so they are kept in memory and written through. */
export class KeyRing {
  private readonly keys = new Map<string, KeyRecord>();

  constructor(private readonly sql: Pick<SqlStorage, 'exec'>) {
    for (const { id, record } of sql.exec('SELECT id, record FROM api_key'))
      this.keys.set(String(id), JSON.parse(String(record)) as KeyRecord);
  }

  get(id: string): KeyRecord | undefined {
    return this.keys.get(id);
  }

  all(): KeyRecord[] {
    return [...this.keys.values()];
  }

  put(key: KeyRecord): void {
    this.sql.exec('INSERT INTO api_key VALUES (?, ?) ON CONFLICT(id) DO UPDATE SET record = excluded.record', key.id, JSON.stringify(key));
    this.keys.set(key.id, key);
  }

  drop(id: string): void {
    this.sql.exec('DELETE FROM api_key WHERE id = ?', id);
    this.keys.delete(id);
  }
}

/** A key without its secrets. */
export const publicKey = ({
  secretHash: _,
  previous,
  ...key
}: KeyRecord): Omit<KeySummary, 'spentThisMonthMicro' | 'spentOfLimitMicro'> => ({
  ...key,
  ...(previous && { previousUntilMs: previous.untilMs }),
  ...(previous?.by !== undefined && { previousBy: previous.by }),
});

/** The audit record for a key that the account itself disabled. */
export const disabledByLimit = (keyId: string, at: number): AuditRecord => ({
  entryId: newAuditEntryId(),
  at,
  actorKind: 'system',
  actorId: 'spending_limit',
  actorName: 'Spending limit',
  action: 'api_key.disable',
  target: keyId,
  ip: null,
  userAgent: null,
  requestId: '',
  detail: '{}',
});
