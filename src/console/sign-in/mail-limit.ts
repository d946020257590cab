/** Anybody may ask for links to any mailbox, from as many IP addresses as they have, so mails are counted by recipient. */
import { sha256Hex } from '../../core/hex';
import { DAY_MS, HOUR_MS } from '../../core/time';

const MOST_AN_HOUR = 5;
const MOST_A_DAY = 20;

const COUNT = `INSERT INTO sign_in_mails (mailbox, at) SELECT ?1, ?2
  WHERE (SELECT COUNT(*) FROM sign_in_mails WHERE mailbox = ?1 AND at > ?3) < ${MOST_AN_HOUR}
    AND (SELECT COUNT(*) FROM sign_in_mails WHERE mailbox = ?1 AND at > ?4) < ${MOST_A_DAY}`;

/** The mailbox behind an address: what follows a `+` is usually delivered to the same one (RFC 5233). */
const mailboxOf = (address: string): string => address.toLowerCase().replace(/\+[^@]*@/, '@');

/** May this mailbox get another mail? If so, it is counted. */
export async function countMail(db: D1Database, address: string, nowMs: number): Promise<boolean> {
  const mailbox = await sha256Hex(mailboxOf(address));
  const [, counted] = await db.batch([
    db.prepare('DELETE FROM sign_in_mails WHERE at <= ?').bind(nowMs - DAY_MS),
    db.prepare(COUNT).bind(mailbox, nowMs, nowMs - HOUR_MS, nowMs - DAY_MS),
  ]);
  return counted!.meta.changes > 0;
}
