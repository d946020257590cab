/** Where a person is signed in. better-auth's own list is only open to sessions younger than a day, and people stay signed in longer. */

interface SignedIn {
  id: string;
  /** Identifies the session to end. */
  token: string;
  ipAddress: string | null;
  userAgent: string | null;
  createdAt: number;
}

const LIST = `SELECT id, token, ip_address AS ipAddress, user_agent AS userAgent, created_at AS createdAt FROM sessions
  WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id`;

export const sessionsOf = async (db: D1Database, userId: string, nowMs: number): Promise<SignedIn[]> =>
  (await db.prepare(LIST).bind(userId, nowMs).all<SignedIn>()).results;
