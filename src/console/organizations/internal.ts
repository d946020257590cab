import { fail, ok, type Result } from '../../core/errors';
import type { OrganizationRef, VerbContext } from '../context';

/** The organization that a route under `/api/orgs/{organization}` is about. */
export function organizationOf(context: VerbContext): OrganizationRef {
  if (!context.organization) throw new Error('a route of an organization without one');
  return context.organization;
}

/** Owners are made and unmade by owners alone. */
export function refuseBeyondRole(context: VerbContext, ...roles: string[]): Result<null> {
  if (context.role === 'owner' || !roles.includes('owner')) return ok(null);
  return fail('permission_denied', 'Only an owner can make somebody an owner, or change or remove one.');
}

export const LAST_OWNER = 'An organization keeps at least one owner: make somebody else one first.';
export const NO_MEMBER = 'There is no such member.';
