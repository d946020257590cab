import type * as z from 'zod';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import type { createOrganizationInput, OrganizationView } from './create';
import { organizationOf } from './internal';

export async function updateOrganization(
  context: VerbContext,
  { name }: z.infer<typeof createOrganizationInput>,
): Promise<OrganizationView> {
  const { id, slug } = organizationOf(context);
  const change = context.db.prepare('UPDATE organizations SET name = ? WHERE id = ?').bind(name, id);
  await commit(context, { action: 'organization.update', target: id, detail: { name } }, change);
  return { id, slug, name, role: context.role, accountId: context.accountId };
}
