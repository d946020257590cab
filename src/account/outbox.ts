import type { OutboxEntity } from './types';

/** In place of a payload that D1 has. */
const CONFIRMED = '';

/** Alerts happen once; what else is sent is a state, and will have newer versions. */
const happensOnce = (id: string): boolean => id.startsWith('alert:');

/**
 * What D1 has yet to learn besides operations: the latest state of the account and its keys, and alerts. One row
 * an entity; a newer version takes the place of one that was not sent yet.
 */
export class Outbox {
  private readonly pending = new Map<string, OutboxEntity>();
  private readonly versions = new Map<string, number>();

  constructor(private readonly sql: Pick<SqlStorage, 'exec'>) {
    for (const row of sql.exec('SELECT id, version, payload FROM outbox')) {
      const [id, version] = [String(row.id), Number(row.version)];
      this.versions.set(id, version);
      if (row.payload !== CONFIRMED)
        this.pending.set(id, { id, version, payload: JSON.parse(String(row.payload)) as OutboxEntity['payload'] });
    }
  }

  /** Versions are times, forced upwards: D1 takes no version that it has passed, whatever the clock does. */
  put(id: string, payload: OutboxEntity['payload'], nowMs: number): void {
    const version = Math.max(nowMs, (this.versions.get(id) ?? 0) + 1);
    this.sql.exec(
      'INSERT INTO outbox VALUES (?, ?, ?) ON CONFLICT(id) DO UPDATE SET version = excluded.version, payload = excluded.payload',
      id,
      version,
      JSON.stringify(payload),
    );
    this.versions.set(id, version);
    this.pending.set(id, { id, version, payload });
  }

  entities(): OutboxEntity[] {
    return [...this.pending.values()];
  }

  get size(): number {
    return this.pending.size;
  }

  confirm(entities: readonly { id: string; version: number }[]): void {
    for (const { id, version } of entities) {
      if (this.pending.get(id)?.version !== version) continue;
      if (happensOnce(id)) this.sql.exec('DELETE FROM outbox WHERE id = ?', id);
      else this.sql.exec('UPDATE outbox SET payload = ? WHERE id = ?', CONFIRMED, id);
      this.pending.delete(id);
    }
  }
}
