/** Records what verbs do: with a change of D1 in the same batch, with a change of an account object through its outbox. */
import type { AccountStub } from '../../account/stub';
import { type AuditRecord, newAuditEntryId } from '../../core/audit';
import { writeAudit, writeAuditRecords } from '../../db/audit';
import type { Actor, VerbContext } from '../context';

export interface AuditEntry {
  /** For example `api_key.create`. */
  action: string;
  /** The id of what was changed. */
  target?: string | undefined;
  detail?: Record<string, unknown>;
}

/** Who acts, and from where. */
export type Acting = Pick<VerbContext, 'now' | 'actor' | 'from'>;

export type AuditContext = Acting & Pick<VerbContext, 'db' | 'accountId'>;

export const auditRecord = ({ now, actor, from }: Acting, { action, target, detail }: AuditEntry): AuditRecord => ({
  entryId: newAuditEntryId(),
  at: now(),
  actorKind: actor.kind,
  actorId: actor.id,
  actorName: actor.name,
  action,
  target: target ?? null,
  ip: from.ip,
  userAgent: from.userAgent?.slice(0, 300) ?? null,
  requestId: from.requestId,
  detail: JSON.stringify(detail ?? {}),
});

/** The log of what the operator does to the gateway itself rather than to an account. */
export const OPERATOR_LOG = 'gateway';

export const OPERATOR: Actor = { kind: 'operator', id: 'operator', name: 'Operator' };

/** For changes of D1; see `writeAudit`. */
export const commit = (
  context: AuditContext,
  entry: AuditEntry,
  change?: D1PreparedStatement,
  ...others: D1PreparedStatement[]
): Promise<boolean> => writeAudit(context.db, context.accountId, auditRecord(context, entry), change, ...others);

/**
 * Writes the audit records of an account object at once, so that the log has them when the verb answers. If that fails
 * nothing is lost: the object's outbox sends them through the queue.
 */
export async function collectAudit(deps: { db: D1Database; account: (id: string) => AccountStub }, accountId: string): Promise<void> {
  try {
    const stub = deps.account(accountId);
    const entities = await stub.auditRecords();
    await writeAuditRecords(
      deps.db,
      accountId,
      entities.map(({ record }) => record),
    );
    if (entities.length > 0)
      await stub.acknowledge({ epoch: 0, closeSeqs: [], entities: entities.map(({ id, version }) => ({ id, version })) });
  } catch (error) {
    console.error('audit records not collected', JSON.stringify({ accountId, error: String(error) }));
  }
}
