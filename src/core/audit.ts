/** The audit log's entries: who did what to an account, from where; and the hash that chains them. */
import { sha256Hex } from './hex';
import { randomDigits } from './ids';

/** An entry before it has its place in the chain. */
export interface AuditRecord {
  /** An entry that arrives twice is written once, by this id. */
  entryId: string;
  at: number;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  target: string | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
  /** JSON. */
  detail: string;
}

export interface AuditRow extends Omit<AuditRecord, 'entryId'> {
  accountId: string;
  seq: number;
  previousHash: string;
}

export const newAuditEntryId = (): string => `aud_${randomDigits(20)}`;

export const FIRST_HASH = '0'.repeat(64);

export function hashOf(row: AuditRow): Promise<string> {
  const { previousHash, accountId, seq, at, actorKind, actorId, actorName, action, target, ip, userAgent, requestId, detail } = row;
  const fields = [previousHash, accountId, seq, at, actorKind, actorId, actorName, action, target, ip, userAgent, requestId, detail];
  return sha256Hex(JSON.stringify(fields));
}
