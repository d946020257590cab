/**
 * SQL for names behind ids; revoked keys and people who left still have names.
 *
 * @param accountId Like the others an SQL expression: a column or a parameter.
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
