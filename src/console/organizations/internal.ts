import { fail, ok, type Result } from '../../core/errors';
import type { OrganizationRef, VerbContext } from '../context';

/** The organization of a route under `/api/orgs/{organization}`. */
export function organizationOf(context: VerbContext): OrganizationRef {
  if (!context.organization) throw new Error('a route of an organization without one');
  return context.organization;
}

/** Only owners make and unmake owners. */
export function refuseBeyondRole(context: VerbContext, ...roles: string[]): Result<null> {
  if (context.role === 'owner' || !roles.includes('owner')) return ok(null);
  return fail('permission_denied', 'Only an owner can make somebody an owner, or change or remove one.');
}

export const LAST_OWNER = 'An organization keeps at least one owner: make somebody else one first.';
export const NO_MEMBER = 'There is no such member.';
