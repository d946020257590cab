/**
 * Whose ids they are, in SQL: keys that are revoked and people who have left have their names still.
 *
 * @param accountId Each is an expression: a column, or a parameter.
 */
export const keyNameSql = (accountId: string, keyId: string): string =>
  `(SELECT name FROM api_keys WHERE api_keys.account_id = ${accountId} AND api_keys.id = ${keyId})`;

export async function keyNameOf(db: D1Database, accountId: string, keyId: string): Promise<string | undefined> {
  const row = await db
    .prepare(`SELECT ${keyNameSql('?1', '?2')} AS name`)
    .bind(accountId, keyId)
    .first<{ name: string | null }>();
  return row?.name ?? undefined;
}

export const emailSql = (userId: string): string => `(SELECT email FROM users WHERE users.id = ${userId})`;
