/**
 * Mails the alerts of account objects: each once, to everyone who looks after the wallet. Recipients are noted one by
 * one, since not every mail service can deduplicate; one who cannot be reached is eventually given up.
 */
import { LIMIT_PERIODS, type LimitPeriod, nameOfPeriod, periodOf, THIS_PERIOD } from '../../core/limit-period';
import { toCredits } from '../../core/money';
import { isRecord, parseJson } from '../../core/record';
import { inMail, type Mail, type Mailer } from '../../mail/mail';
import type { OrganizationRef } from '../context';

interface AlertRow {
  account_id: string;
  id: string;
  kind: string;
  payload: string;
  mail_tries: number;
  mailed_to: string;
}

export interface AlertDeps {
  db: D1Database;
  mail: Mailer;
  brand: string;
  /** For links; undefined where the gateway does not know its own URL. */
  origin: string | undefined;
  now: () => number;
  /** Of D1, as what else the invocation has to do asks it too; no end of them where it is left out. */
  queriesLeft?: () => number;
}

/** An alert that was claimed and not sent by then is tried again, with growing pauses. */
const CLAIM_MS = 10 * 60_000;
/** Tries for about eleven hours. */
const MOST_TRIES = 12;
const BATCH = 50;
/** For one alert, and for giving back the others that were claimed. An organization may have a thousand to be mailed. */
const QUERIES_KEPT_BACK = 10;

/** Claims in one statement, so that no two mailers take the same alert. */
const CLAIM = `UPDATE alerts SET claimed_at = ?1, mail_tries = mail_tries + 1 WHERE (account_id, id) IN (
  SELECT account_id, id FROM alerts WHERE mailed_at IS NULL
    AND (claimed_at IS NULL OR claimed_at < ?1 - ${CLAIM_MS} * MAX(mail_tries, 1)) LIMIT ${BATCH})
  RETURNING account_id, id, kind, payload, mail_tries, mailed_to`;

/** What there was no time for is no try. */
const GIVE_BACK = `UPDATE alerts SET claimed_at = NULL, mail_tries = mail_tries - 1
  WHERE (account_id, id) IN (SELECT value->>'account_id', value->>'id' FROM json_each(?))`;

const REACHED = "UPDATE alerts SET mailed_to = json_insert(mailed_to, '$[#]', ?) WHERE account_id = ? AND id = ?";

const MAILED = 'UPDATE alerts SET mailed_at = ? WHERE account_id = ? AND id = ?';

/** The wallet's person, or the organization's owners, admins and billing members; otherwise the operator's contact. */
const RECIPIENTS = `SELECT u.email FROM personal_accounts p JOIN users u ON u.id = p.user_id WHERE p.account_id = ?1
  UNION SELECT u.email FROM organizations o JOIN members m ON m.organization_id = o.id JOIN users u ON u.id = m.user_id
    WHERE o.account_id = ?1 AND o.deleted_at IS NULL AND m.role IN ('owner', 'admin', 'billing')
  UNION SELECT email FROM accounts WHERE id = ?1 AND email IS NOT NULL`;

/** Names the wallet for people who look after several. */
const ORGANIZATION = 'SELECT id, slug, name FROM organizations WHERE account_id = ? AND deleted_at IS NULL';

const KEY = "SELECT name, status, json_extract(record, '$.autoDisable') AS autoDisable FROM api_keys WHERE account_id = ? AND id = ?";

interface KeyRow {
  name: string;
  status: string;
  autoDisable: number | null;
}

export async function mailAlerts(deps: AlertDeps): Promise<{ mailed: number }> {
  let mailed = 0;
  for (;;) {
    if (!goesOn(deps)) return { mailed };
    const nowMs = deps.now();
    const { results } = await deps.db.prepare(CLAIM).bind(nowMs).all<AlertRow>();
    for (const [index, alert] of results.entries()) {
      if (!goesOn(deps)) {
        const left = results.slice(index).map(({ account_id, id }) => ({ account_id, id }));
        await deps.db.prepare(GIVE_BACK).bind(JSON.stringify(left)).run();
        return { mailed };
      }
      try {
        const everybody = await mailAlert(deps, alert);
        if (!everybody && alert.mail_tries < MOST_TRIES) continue;
        await deps.db.prepare(MAILED).bind(deps.now(), alert.account_id, alert.id).run();
        mailed++;
      } catch (error) {
        console.error('alert not mailed', JSON.stringify({ alert: alert.id, error: String(error) }));
      }
    }
    if (results.length < BATCH) return { mailed };
  }
}

const goesOn = ({ queriesLeft }: AlertDeps): boolean => queriesLeft === undefined || queriesLeft() > QUERIES_KEPT_BACK;

/** The period of the limit that an alert is about, in words. */
function periodOfAlert(payload: Record<string, unknown>, nowMs: number) {
  const period = LIMIT_PERIODS.find((known) => known === payload.period) ?? 'month';
  const number = Number(payload.number ?? payload.month);
  const isOver = number < periodOf(period, nowMs);
  const when = isOver ? nameOfPeriod(period, number) : THIS_PERIOD[period];
  return { period, isOver, when: period === 'total' ? when : `${when} (UTC)` };
}

/** True when everybody was reached. */
async function mailAlert(deps: AlertDeps, alert: AlertRow): Promise<boolean> {
  const payload = parseJson(alert.payload);
  if (!isRecord(payload)) return true;
  const { results } = await deps.db.prepare(RECIPIENTS).bind(alert.account_id).all<{ email: string }>();
  const key = await deps.db.prepare(KEY).bind(alert.account_id, String(payload.keyId)).first<KeyRow>();
  const organization = await deps.db.prepare(ORGANIZATION).bind(alert.account_id).first<OrganizationRef>();
  const limit = periodOfAlert(payload, deps.now());
  const about = { name: key?.name ?? String(payload.keyId), disables: key?.autoDisable === 1, organization, ...limit };
  // Mail may work again only long after the alert. When the period is over, it only matters that a key is still
  // disabled.
  if (limit.isOver && !(about.disables && key?.status === 'disabled' && alert.kind === 'key_spend_100')) return true;
  const worded = words(deps, alert.kind, payload, about);
  if (!worded) return true;
  const reached = parseJson(alert.mailed_to);
  const left = results.filter(({ email }) => !Array.isArray(reached) || !reached.includes(email));
  let unreached = 0;
  for (const { email } of left) {
    if (!goesOn(deps)) return false;
    try {
      await deps.mail({ ...worded, to: email, idempotencyKey: `${alert.account_id}/${alert.id}/${email}` });
      await deps.db.prepare(REACHED).bind(email, alert.account_id, alert.id).run();
    } catch (error) {
      unreached++;
      console.error('alert not mailed', JSON.stringify({ alert: alert.id, tries: alert.mail_tries, error: String(error) }));
    }
  }
  return unreached === 0;
}

/** The end of a limit's period. */
const UNTIL = { day: 'tomorrow, or until ', week: 'Monday, or until ', month: 'next month, or until ', total: '' } as const;

const amount = (micro: unknown): string => toCredits(Number(micro)).toLocaleString('en', { maximumFractionDigits: 2 });

interface About {
  name: string;
  disables: boolean;
  organization: OrganizationRef | null;
  period: LimitPeriod;
  when: string;
}

function words(
  { brand, origin }: AlertDeps,
  kind: string,
  payload: Record<string, unknown>,
  { name, disables, organization, period, when }: About,
): Omit<Mail, 'to' | 'idempotencyKey'> | undefined {
  const spent = `It has spent ${amount(payload.spentMicro)} of its ${amount(payload.limitMicro)} credits ${when}.`;
  // The key's name was chosen by a developer and is mailed to the owners, so it must not carry links.
  const named = `the API key “${inMail(name)}”`;
  const key = organization ? `${named} of ${inMail(organization.name)}` : named;
  const url = `${origin}/manage-api-keys${organization ? `?org=${organization.id}` : ''}`;
  const action = origin === undefined ? {} : { action: { label: 'Look at the key', url } };
  if (kind === 'key_spend_80')
    return { subject: `${brand}: ${key} is at 80 % of its limit`, paragraphs: [spent, 'Calls go on as before.'], ...action };
  if (kind === 'key_spend_100') {
    const now = disables
      ? 'The key is disabled now, as you asked, until you enable it again.'
      : `Calls that would pass the limit are refused until ${UNTIL[period]}you raise it.`;
    return { subject: `${brand}: ${key} has reached its limit`, paragraphs: [spent, now], ...action };
  }
  return undefined;
}
