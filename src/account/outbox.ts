import type { OutboxEntity } from './types';

/**
 * What D1 has yet to learn besides operations: the latest state of the account and its keys, and alerts. One row
 * an entity; a newer version takes the place of one that was not sent yet.
 */
export class Outbox {
  private readonly pending = new Map<string, OutboxEntity>();

  constructor(private readonly sql: Pick<SqlStorage, 'exec'>) {
    for (const row of sql.exec('SELECT id, version, payload FROM outbox'))
      this.pending.set(String(row.id), {
        id: String(row.id),
        version: Number(row.version),
        payload: JSON.parse(String(row.payload)) as OutboxEntity['payload'],
      });
  }

  /** Versions are times, forced upwards, so that they keep growing after the row they were in is gone. */
  put(id: string, payload: OutboxEntity['payload'], nowMs: number): void {
    const version = Math.max(nowMs, (this.pending.get(id)?.version ?? 0) + 1);
    this.sql.exec(
      'INSERT INTO outbox VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET version = excluded.version, payload = excluded.payload',
      id,
      version,
      JSON.stringify(payload),
    );
    this.pending.set(id, { id, version, payload });
  }

  entities(): OutboxEntity[] {
    return [...this.pending.values()];
  }

  confirm(entities: readonly { id: string; version: number }[]): void {
    for (const { id, version } of entities) {
      if (this.pending.get(id)?.version !== version) continue;
      this.sql.exec('DELETE FROM outbox WHERE id = ?', id);
      this.pending.delete(id);
    }
  }
}
