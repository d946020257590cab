/** One signing secret per account, made on first use. Rotated secrets go on signing for a day. */
import { and, eq } from 'drizzle-orm';
import { DAY_MS } from '../../core/time';
import { database } from '../../db/client';
import { webhookSecrets } from '../../db/jobs';
import { newWebhookSecret } from './sign';

const PREVIOUS_SIGNS_MS = DAY_MS;
/** Each adds a signature to every header. */
const MOST_PAST = 4;

export interface WebhookSecrets {
  current: string;
  /** Earlier secrets, separated by spaces, each with its end (`secret~1767225600000`); one without ends a day after the rotation. */
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

/** Of two rotations at once, both callers get a secret that signs: the second rotates the first one's away. */
export async function rotateSecret(db: D1Database, accountId: string, nowMs: number): Promise<WebhookSecrets> {
  for (;;) {
    const rotated = await rotateFrom(db, accountId, await readSecrets(db, accountId, nowMs), nowMs);
    if (rotated) return rotated;
  }
}

/** Undefined where another rotation came first. */
async function rotateFrom(db: D1Database, accountId: string, known: WebhookSecrets, nowMs: number): Promise<WebhookSecrets | undefined> {
  const past = [{ secret: known.current, endsAtMs: nowMs + PREVIOUS_SIGNS_MS }, ...pastSecrets(known, nowMs)].slice(0, MOST_PAST);
  const previous = past.map(({ secret, endsAtMs }) => `${secret}~${endsAtMs}`).join(' ');
  const current = newWebhookSecret();
  const isAsKnown = and(eq(webhookSecrets.accountId, accountId), eq(webhookSecrets.current, known.current));
  const next = { current, previous, rotatedAt: nowMs };
  const changed = await database(db).update(webhookSecrets).set(next).where(isAsKnown).returning({ id: webhookSecrets.accountId });
  return changed.length > 0 ? next : undefined;
}

/** The secrets that sign now, newest first. */
export const signingSecrets = (secrets: WebhookSecrets, nowMs: number): string[] => [
  secrets.current,
  ...pastSecrets(secrets, nowMs).map(({ secret }) => secret),
];

function pastSecrets({ previous, rotatedAt }: WebhookSecrets, nowMs: number): { secret: string; endsAtMs: number }[] {
  const past = (previous ?? '')
    .split(' ')
    .filter(Boolean)
    .map((entry) => {
      const [secret = '', endsAt] = entry.split('~');
      return { secret, endsAtMs: endsAt === undefined ? rotatedAt + PREVIOUS_SIGNS_MS : Number(endsAt) };
    });
  return past.filter(({ endsAtMs }) => nowMs < endsAtMs);
}
