/** Codes chosen by an operator could be guessed, so wrong tries are limited. */
import ipaddr from 'ipaddr.js';
import { HOUR_MS } from '../../core/time';

const MOST_OF_ACCOUNT = 10;
/** Generous, since an office shares one address. */
const MOST_OF_IP = 50;

const COUNT = `INSERT INTO voucher_tries (id, account_id, ip, at) SELECT ?1, ?2, ?3, ?4
  WHERE (SELECT COUNT(*) FROM voucher_tries WHERE account_id = ?2) < ${MOST_OF_ACCOUNT}
    AND (SELECT COUNT(*) FROM voucher_tries WHERE ip = ?3) < ${MOST_OF_IP}`;

/** The network of an IPv6 address, since one customer usually has a whole prefix: https://www.rfc-editor.org/rfc/rfc6177 */
function networkOf(ip: string | null): string | null {
  if (ip === null || !ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  return address instanceof ipaddr.IPv6
    ? `${address.parts
        .slice(0, 4)
        .map((part) => part.toString(16))
        .join(':')}::/64`
    : address.toString();
}

const old = (db: D1Database, nowMs: number): D1PreparedStatement =>
  db.prepare('DELETE FROM voucher_tries WHERE at <= ?').bind(nowMs - HOUR_MS);

export interface CodeTry {
  id: string;
  accountId: string;
  ip: string | null;
}

/** Counts a try if another one is allowed this hour; then a row with its id exists. For the batch that tries the code. */
export const countTry = (db: D1Database, { id, accountId, ip }: CodeTry, nowMs: number): D1PreparedStatement[] => [
  old(db, nowMs),
  db.prepare(COUNT).bind(id, accountId, networkOf(ip), nowMs),
];

/** A code that turned out to be a voucher's was no guess. */
export async function forgetTry(db: D1Database, { id }: CodeTry): Promise<void> {
  await db.prepare('DELETE FROM voucher_tries WHERE id = ?').bind(id).run();
}

export async function forgetOldTries(db: D1Database, nowMs: number): Promise<void> {
  await old(db, nowMs).run();
}
