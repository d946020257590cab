/** One signing secret an account, made when it is first needed; after a rotation the old one signs too for a day. */
import { eq } from 'drizzle-orm';
import { database } from '../../db/client';
import { webhookSecrets } from '../../db/jobs';
import { newWebhookSecret } from './sign';

const PREVIOUS_SIGNS_MS = 24 * 3_600_000;

export interface WebhookSecrets {
  current: string;
  previous: string | null;
  rotatedAt: number;
}

export async function readSecrets(db: D1Database, accountId: string, nowMs: number): Promise<WebhookSecrets> {
  const find = async () => (await database(db).select().from(webhookSecrets).where(eq(webhookSecrets.accountId, accountId)))[0];
  const known = await find();
  if (known) return known;
  await database(db)
    .insert(webhookSecrets)
    .values({ accountId, current: newWebhookSecret(), previous: null, rotatedAt: nowMs })
    .onConflictDoNothing();
  return (await find())!;
}

export async function rotateSecret(db: D1Database, accountId: string, nowMs: number): Promise<WebhookSecrets> {
  const { current: previous } = await readSecrets(db, accountId, nowMs);
  const current = newWebhookSecret();
  await database(db).update(webhookSecrets).set({ current, previous, rotatedAt: nowMs }).where(eq(webhookSecrets.accountId, accountId));
  return { current, previous, rotatedAt: nowMs };
}

/** Those that sign now, the newest first. */
export const signingSecrets = ({ current, previous, rotatedAt }: WebhookSecrets, nowMs: number): string[] =>
  previous !== null && nowMs - rotatedAt < PREVIOUS_SIGNS_MS ? [current, previous] : [current];
