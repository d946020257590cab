import type { KeyRecord } from './types';

/** The account's keys: few, read on every call, so kept in memory and written through. */
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
}
