/** Mails what the account objects raised: each alert once, to whoever looks after the wallet. */
import { toCredits } from '../../core/money';
import { isRecord, parseJson } from '../../core/record';
import type { Mail, Mailer } from '../../mail/mail';

interface AlertRow {
  account_id: string;
  id: string;
  kind: string;
  payload: string;
}

export interface AlertDeps {
  db: D1Database;
  mail: Mailer;
  brand: string;
  /** Where the owner looks: undefined where the gateway does not know its own address. */
  origin: string | undefined;
  now: () => number;
}

/** What was claimed and not sent by then is tried again: the claimer has died. */
const CLAIM_MS = 10 * 60_000;
const BATCH = 50;

/** One statement claims, so that no two mailers take the same alert. */
const CLAIM = `UPDATE alerts SET claimed_at = ?1 WHERE (account_id, id) IN (
  SELECT account_id, id FROM alerts WHERE mailed_at IS NULL AND (claimed_at IS NULL OR claimed_at < ?2) LIMIT ${BATCH})
  RETURNING account_id, id, kind, payload`;

const MAILED = 'UPDATE alerts SET mailed_at = ? WHERE account_id = ? AND id = ?';

/** The person whose wallet it is; an organization's owners, admins and billing members; else the operator's contact. */
const RECIPIENTS = `SELECT u.email FROM personal_accounts p JOIN users u ON u.id = p.user_id WHERE p.account_id = ?1
  UNION SELECT u.email FROM organizations o JOIN members m ON m.organization_id = o.id JOIN users u ON u.id = m.user_id
    WHERE o.account_id = ?1 AND o.deleted_at IS NULL AND m.role IN ('owner', 'admin', 'billing')
  UNION SELECT email FROM accounts WHERE id = ?1 AND email IS NOT NULL`;

const KEY_NAME = "SELECT name, json_extract(record, '$.autoDisable') AS autoDisable FROM api_keys WHERE account_id = ? AND id = ?";

export async function mailAlerts(deps: AlertDeps): Promise<{ mailed: number }> {
  let mailed = 0;
  for (;;) {
    const nowMs = deps.now();
    const { results } = await deps.db
      .prepare(CLAIM)
      .bind(nowMs, nowMs - CLAIM_MS)
      .all<AlertRow>();
    for (const alert of results) {
      try {
        await mailAlert(deps, alert);
        await deps.db.prepare(MAILED).bind(deps.now(), alert.account_id, alert.id).run();
        mailed++;
      } catch (error) {
        console.error('alert not mailed', JSON.stringify({ alert: alert.id, error: String(error) }));
      }
    }
    if (results.length < BATCH) return { mailed };
  }
}

async function mailAlert(deps: AlertDeps, alert: AlertRow): Promise<void> {
  const payload = parseJson(alert.payload);
  if (!isRecord(payload)) return;
  const { results } = await deps.db.prepare(RECIPIENTS).bind(alert.account_id).all<{ email: string }>();
  const key = await deps.db.prepare(KEY_NAME).bind(alert.account_id, String(payload.keyId)).first<{ name: string; autoDisable: number }>();
  const worded = words(deps, alert.kind, payload, key?.name ?? String(payload.keyId), key?.autoDisable === 1);
  if (!worded) return;
  for (const { email } of results) await deps.mail({ ...worded, to: email, idempotencyKey: `${alert.account_id}/${alert.id}/${email}` });
}

const amount = (micro: unknown): string => toCredits(Number(micro)).toLocaleString('en', { maximumFractionDigits: 2 });

function words(
  { brand, origin }: AlertDeps,
  kind: string,
  payload: Record<string, unknown>,
  name: string,
  disables: boolean,
): Omit<Mail, 'to' | 'idempotencyKey'> | undefined {
  const spent = `It has spent ${amount(payload.spentMicro)} of its ${amount(payload.limitMicro)} credits this month (UTC).`;
  const action = origin === undefined ? {} : { action: { label: 'Look at the key', url: `${origin}/manage-api-keys` } };
  if (kind === 'key_spend_80')
    return { subject: `${brand}: the API key “${name}” is at 80 % of its limit`, paragraphs: [spent, 'Calls go on as before.'], ...action };
  if (kind === 'key_spend_100') {
    const now = disables
      ? 'The key is disabled now, as you asked, until you enable it again.'
      : 'Calls that would pass the limit are refused until next month, or until you raise it.';
    return { subject: `${brand}: the API key “${name}” has reached its limit`, paragraphs: [spent, now], ...action };
  }
  return undefined;
}
