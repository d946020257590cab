/** What the operator's pages show of accounts: found by what a customer's mail names, with what they have, and whose they are. */
import { ok } from '../../core/errors';
import { availableMicro, priceFactor, toCredits } from '../../core/money';
import { PRESENT_NAME, PRESENT_NAMES } from '../account-row';
import { momentCursor, readMoment } from '../cursor';
import type { ConsoleDeps } from '../deps';

export const FOUND_AT_MOST = 50;

const SHOWN = `SELECT a.id, a.name, a.email, a.tier, a.status, a.price_permille AS pricePermille, a.created_at AS createdAt,
  ${PRESENT_NAME} AS presentName FROM accounts a`;

/**
 * A name or an address, in part; the id of an account, an organization or a key as a whole. `instr` instead of LIKE,
 * whose patterns D1 bounds at 50 bytes (https://developers.cloudflare.com/d1/platform/limits/).
 */
const SEARCH = `WITH asked (text) AS (SELECT lower(?1)),
  found (id) AS (
    SELECT id FROM accounts, asked WHERE lower(id) = text OR instr(lower(name), text) > 0 OR instr(lower(COALESCE(email, '')), text) > 0
    UNION SELECT account_id FROM organizations, asked WHERE lower(id) = text OR instr(lower(name), text) > 0 OR instr(slug, text) > 0
    UNION SELECT p.account_id FROM users u JOIN personal_accounts p ON p.user_id = u.id, asked
      WHERE instr(lower(u.email), text) > 0 OR instr(lower(u.name), text) > 0
    UNION SELECT o.account_id FROM users u JOIN members m ON m.user_id = u.id JOIN organizations o ON o.id = m.organization_id, asked
      WHERE lower(u.email) = text
    UNION SELECT account_id FROM api_keys WHERE id = ?1
  )
  ${SHOWN} JOIN found f ON f.id = a.id ${PRESENT_NAMES} ORDER BY a.created_at DESC, a.id DESC LIMIT ${FOUND_AT_MOST}`;

const NEWEST = `${SHOWN} ${PRESENT_NAMES} WHERE (a.created_at, a.id) < (?, ?) ORDER BY a.created_at DESC, a.id DESC LIMIT ?`;

interface Row {
  id: string;
  name: string;
  email: string | null;
  tier: string;
  status: string;
  pricePermille: number;
  createdAt: number;
  presentName: string | null;
}

const shown = ({ name, presentName, pricePermille, createdAt, ...row }: Row) => ({
  ...row,
  name: presentName ?? name,
  priceFactor: priceFactor(pricePermille),
  createdAt: new Date(createdAt).toISOString(),
});

export type ListedAccount = ReturnType<typeof shown>;

/** Newest first. */
export async function searchAccounts({ db }: Pick<ConsoleDeps, 'db'>, text: string): Promise<ListedAccount[]> {
  return (await db.prepare(SEARCH).bind(text.trim()).all<Row>()).results.map(shown);
}

/** Newest first. */
export async function newestAccounts({ db }: Pick<ConsoleDeps, 'db'>, limit: number, cursor: string | undefined) {
  const before = readMoment(cursor);
  if (!before.ok) return before;
  const { createdAt, id } = before.value ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
  const { results } = await db
    .prepare(NEWEST)
    .bind(createdAt, id, limit + 1)
    .all<Row>();
  const page = results.slice(0, limit);
  const last = page.at(-1);
  return ok({ accounts: page.map(shown), nextCursor: results.length > limit && last ? momentCursor(last) : null });
}

/** What accounts can spend, by id, which only they know. One that does not answer has no figure. */
export async function availableCreditsOf({ account }: Pick<ConsoleDeps, 'account'>, ids: readonly string[]): Promise<Map<string, number>> {
  const views = await Promise.allSettled(ids.map((id) => account(id).view()));
  const known = views.flatMap((view, index): [string, number][] =>
    view.status === 'fulfilled' && view.value ? [[ids[index]!, toCredits(availableMicro(view.value))]] : [],
  );
  return new Map(known);
}

export interface OwnedBy {
  organization: { id: string; slug: string; name: string; isDeleted: boolean } | null;
  people: { id: string; email: string; role: string; lastSeen: string | null }[];
}

const PEOPLE_AT_MOST = 50;

const ORGANIZATION = 'SELECT id, slug, name, deleted_at IS NOT NULL AS isDeleted FROM organizations WHERE account_id = ?';

const PEOPLE = `WITH whose (user_id, role) AS (
    SELECT user_id, 'owner' FROM personal_accounts WHERE account_id = ?1
    UNION ALL SELECT m.user_id, m.role FROM members m JOIN organizations o ON o.id = m.organization_id WHERE o.account_id = ?1
  )
  SELECT u.id, u.email, w.role, (SELECT MAX(updated_at) FROM sessions WHERE user_id = u.id) AS seenAt
  FROM whose w JOIN users u ON u.id = w.user_id ORDER BY w.role = 'owner' DESC, u.email LIMIT ${PEOPLE_AT_MOST}`;

/** Whose an account is: a person's, an organization's, or nobody's who can sign in, where the operator made it. */
export async function ownersOf({ db }: Pick<ConsoleDeps, 'db'>, accountId: string): Promise<OwnedBy> {
  const [organizations, people] = await db.batch<Record<string, unknown>>([
    db.prepare(ORGANIZATION).bind(accountId),
    db.prepare(PEOPLE).bind(accountId),
  ]);
  const found = organizations!.results[0] as { id: string; slug: string; name: string; isDeleted: number } | undefined;
  return {
    organization: found ? { ...found, isDeleted: found.isDeleted === 1 } : null,
    people: (people!.results as { id: string; email: string; role: string; seenAt: number | null }[]).map(({ seenAt, ...person }) => ({
      ...person,
      lastSeen: seenAt === null ? null : new Date(seenAt).toISOString(),
    })),
  };
}
