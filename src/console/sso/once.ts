/** Things that are valid once: sign-ins under way, and assertions already used. */
const INSERT = 'INSERT INTO sso_once (id, provider_id, payload, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
const TAKE = 'DELETE FROM sso_once WHERE id = ? AND provider_id = ? AND expires_at > ? RETURNING payload';
const SWEEP = 'DELETE FROM sso_once WHERE id IN (SELECT id FROM sso_once WHERE expires_at < ? LIMIT 100)';

/** False when it already exists. */
export async function putOnce(
  db: D1Database,
  entry: { id: string; providerId: string; payload: unknown; expiresAtMs: number },
  nowMs: number,
): Promise<boolean> {
  const insert = db.prepare(INSERT).bind(entry.id, entry.providerId, JSON.stringify(entry.payload), entry.expiresAtMs);
  const [inserted] = await db.batch([insert, db.prepare(SWEEP).bind(nowMs)]);
  return inserted!.meta.changes > 0;
}

/** Reads and deletes in one step, so that of two callers only one gets it. */
export async function takeOnce<T>(db: D1Database, id: string, providerId: string, nowMs: number): Promise<T | undefined> {
  const row = await db.prepare(TAKE).bind(id, providerId, nowMs).first<{ payload: string }>();
  return row ? (JSON.parse(row.payload) as T) : undefined;
}
