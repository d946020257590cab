import type { AuditRecord } from '../core/audit';
import type { OutboxEntity } from './types';

/** Replaces a payload that D1 has. */
const CONFIRMED = '';

/** Alerts and audit records happen once; everything else is a state that may have newer versions. */
const happensOnce = (id: string): boolean => id.startsWith('alert:') || id.startsWith('audit:');

/**
 * What D1 has yet to learn besides operations: the latest state of the account and its keys, alerts, and audit records,
 * all written in one step with the changes that they tell of. One row an entity; a newer version replaces one that was
 * not sent yet.
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

  /** Versions are times that always increase, whatever the clock does, since D1 ignores a version older than its own. */
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

  /** Adds an audit record, if there is one. */
  note(record: AuditRecord | undefined, nowMs: number): void {
    if (record) this.put(`audit:${record.entryId}`, { ...record }, nowMs);
  }

  audit(): { id: string; version: number; record: AuditRecord }[] {
    return this.entities()
      .filter(({ id }) => id.startsWith('audit:'))
      .map(({ id, version, payload }) => ({ id, version, record: payload as unknown as AuditRecord }));
  }

  entities(): OutboxEntity[] {
    return [...this.pending.values()];
  }

  /** Does D1 have its latest version? */
  isConfirmed(id: string): boolean {
    return !this.pending.has(id);
  }

  /** Removes what is confirmed and will have no newer version. */
  forget(id: string): void {
    this.sql.exec('DELETE FROM outbox WHERE id = ?', id);
    this.versions.delete(id);
  }

  get size(): number {
    return this.pending.size;
  }

  confirm(entities: readonly { id: string; version: number }[]): void {
    for (const { id, version } of entities) {
      if (this.pending.get(id)?.version !== version) continue;
      this.pending.delete(id);
      if (happensOnce(id)) {
        this.sql.exec('DELETE FROM outbox WHERE id = ?', id);
        this.versions.delete(id);
      } else {
        this.sql.exec('UPDATE outbox SET payload = ? WHERE id = ?', CONFIRMED, id);
      }
    }
  }
}
