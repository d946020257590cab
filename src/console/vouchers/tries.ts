/** Codes of an operator's own choice can be guessed, so only so many wrong ones may be tried. */
import ipaddr from 'ipaddr.js';

const HOUR_MS = 3_600_000;
const MOST_OF_ACCOUNT = 10;
/** Offices share an address. */
const MOST_OF_IP = 50;

const COUNT = `INSERT INTO voucher_tries (id, account_id, ip, at) SELECT ?1, ?2, ?3, ?4
  WHERE (SELECT COUNT(*) FROM voucher_tries WHERE account_id = ?2) < ${MOST_OF_ACCOUNT}
    AND (SELECT COUNT(*) FROM voucher_tries WHERE ip = ?3) < ${MOST_OF_IP}`;

/** Of IPv6, whoever has one address has all that begin alike: https://www.rfc-editor.org/rfc/rfc6177 */
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

/** Counts a try, if there may be another one this hour: then there is a row of its id. For the batch that tries the code. */
export const countTry = (db: D1Database, { id, accountId, ip }: CodeTry, nowMs: number): D1PreparedStatement[] => [
  old(db, nowMs),
  db.prepare(COUNT).bind(id, accountId, networkOf(ip), nowMs),
];

/** A code that was a voucher's is no guess. */
export async function forgetTry(db: D1Database, { id }: CodeTry): Promise<void> {
  await db.prepare('DELETE FROM voucher_tries WHERE id = ?').bind(id).run();
}

export async function forgetOldTries(db: D1Database, nowMs: number): Promise<void> {
  await old(db, nowMs).run();
}
