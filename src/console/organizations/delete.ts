import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { toCredits } from '../../core/money';
import { auditRecord, collectAudit, commit } from '../audit/commit';
import type { VerbContext } from '../context';
import { organizationOf } from './internal';

export const deleteOrganizationInput = z.strictObject({
  /** The slug, typed as a confirmation. */
  confirm: z.string(),
  /** Whether the wallet's remaining credits may be given up. */
  forfeitCredits: z.boolean().nullish(),
});

/** Enough of them to name in the refusal. */
const DEPLOYMENTS = 'SELECT slug FROM deployments WHERE account_id = ? ORDER BY slug LIMIT 20';

/** One that is made meanwhile keeps the organization, or sees that it is gone. */
const DELETE = `UPDATE organizations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM deployments d WHERE d.account_id = organizations.account_id)`;

const DELETED = 'SELECT id FROM organizations WHERE id = ? AND deleted_at IS NOT NULL';

function wouldLose(credits: number) {
  const count = credits.toLocaleString('en', { maximumFractionDigits: 6 });
  return fail('conflict', `The wallet still has ${count} credits, which would be lost: confirm that by \`forfeitCredits\`.`, {
    param: 'forfeitCredits',
  });
}

/** Its keys are refused from then on and its files are removed; its books and audit log stay. */
export async function deleteOrganization(
  context: VerbContext,
  input: z.infer<typeof deleteOrganizationInput>,
): Promise<Result<{ id: string; deleted: true }>> {
  const { id, slug } = organizationOf(context);
  if (input.confirm !== slug) return fail('invalid_request', `Send \`confirm: "${slug}"\` to delete it.`, { param: 'confirm' });
  const deployed = await refuseDeployed(context);
  if (deployed) return deployed;
  const stub = context.account(context.accountId);
  const view = await stub.view();
  if (view && view.heldMicro > 0)
    return fail('conflict', 'Calls are under way that this organization pays for; try again when they have ended.');
  const creditsLeft = toCredits(view?.balanceMicro ?? 0);
  if (creditsLeft > 0 && !input.forfeitCredits) return wouldLose(creditsLeft);
  // Before and after, so that no key outlives the organization, not even one made meanwhile.
  const keysRevoked = await revokeKeys(context);
  const change = context.db.prepare(DELETE).bind(context.now(), id);
  const others = [
    `DELETE FROM sso_providers WHERE organization_id = (${DELETED})`,
    `UPDATE invitations SET status = 'revoked' WHERE organization_id = (${DELETED}) AND status = 'pending'`,
    'UPDATE stored_objects SET given_up = 1 WHERE account_id = (SELECT account_id FROM organizations WHERE id = ? AND deleted_at IS NOT NULL)',
  ];
  const deleted = await commit(
    context,
    {
      action: 'organization.delete',
      target: id,
      detail: { slug, keysRevoked, creditsLeft },
    },
    change,
    ...others.map((sql) => context.db.prepare(sql).bind(id)),
  );
  const stays = deleted ? undefined : await refuseDeployed(context);
  if (stays) return stays;
  await revokeKeys(context);
  return ok({ id, deleted: true });
}

async function refuseDeployed({ db, accountId }: VerbContext) {
  const { results: deployments } = await db.prepare(DEPLOYMENTS).bind(accountId).all<{ slug: string }>();
  if (deployments.length === 0) return undefined;
  const slugs = deployments.map((deployment) => deployment.slug).join(', ');
  return fail('conflict', `Delete its deployments first, since nobody could end them afterwards: ${slugs}.`, { code: 'has_deployments' });
}

/** How many there were. */
async function revokeKeys(context: VerbContext): Promise<number> {
  const stub = context.account(context.accountId);
  const keys = (await stub.listKeys()).filter(({ status }) => status !== 'revoked');
  const detail = { because: 'organization.delete' };
  await stub.revokeKeys(keys.map(({ id }) => ({ id, audit: auditRecord(context, { action: 'api_key.revoke', target: id, detail }) })));
  if (keys.length > 0) await collectAudit(context, context.accountId);
  return keys.length;
}
