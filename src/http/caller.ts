/** Who calls the account plane and what they may do there: by a session's cookie or an API key, and the table of permissions. */

import type { KeySummary } from '../account/types';
import type { Actor, OrganizationRef, RequestOrigin, VerbContext } from '../console/context';
import { findByAccount, findMembership } from '../console/organizations/find';
import { ALL_PERMISSIONS, isPermission, type Permission, permissionsOf, permits, type Role } from '../console/permissions';
import { ensurePersonalAccount, type Person } from '../console/sign-in/personal-account';
import type { ApiKey } from '../core/api-key';
import { accountUnreachable, fail, ok, type Result, unknownKey } from '../core/errors';
import { accountPlaneDeps, authOf } from './account-deps';
import type { AppContext } from './context';
import { carriesKey, requestKeys, sourceOf } from './request-key';
import { requestOrigin } from './request-origin';

/** `self` stands for anybody who is signed in, for what belongs to that person alone. */
export type GuardedPermission = Permission | 'self';

interface Standing {
  actor: Actor;
  accountId: string;
  organization: OrganizationRef | null;
  role: Role | null;
  permissions: readonly Permission[];
}

const NO_ORGANIZATION = 'There is no such organization.';

/** The organization that a request names in its path, a header or the query. */
const organizationAsked = (c: AppContext): string | undefined =>
  c.req.param('organization') ?? c.req.header('x-organization') ?? c.req.query('org');

/** The caller's context if they have the permission, else why not. */
export async function authorize(c: AppContext, permission: GuardedPermission): Promise<Result<VerbContext>> {
  const from = requestOrigin(c);
  const standing = carriesKey(c.req.raw) ? await standingOfKey(c, permission) : await standingOfSession(c, permission, from);
  if (!standing.ok) return standing;
  const { permissions, ...rest } = standing.value;
  const context: VerbContext = { ...accountPlaneDeps(c), ...rest, from, permissions: new Set(permissions) };
  if (permission === 'self' || context.permissions.has(permission)) return ok(context);
  const whose = context.actor.kind === 'api_key' ? 'This API key' : `The role ${context.role}`;
  return fail('permission_denied', `${whose} does not have the permission ${permission}.`, { details: { permission } });
}

/** The person whose session the cookie belongs to; undefined without a valid session. */
async function signedInPerson(c: AppContext): Promise<Person | undefined> {
  if (!c.req.header('cookie')) return undefined;
  const session = await (await authOf(c)).api.getSession({ headers: c.req.raw.headers });
  return session?.user;
}

/** Against cross-site requests: a change that is made with a cookie must come from the gateway's own pages. */
export function isSameSite(c: AppContext): boolean {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return true;
  const origin = c.req.header('origin');
  if (origin !== undefined && origin !== 'null') return origin === accountPlaneDeps(c).origin;
  return c.req.header('sec-fetch-site') === 'same-origin';
}

async function standingOfSession(c: AppContext, permission: GuardedPermission, from: RequestOrigin): Promise<Result<Standing>> {
  const person = await signedInPerson(c);
  if (!person) return fail('not_signed_in', 'Sign in first, or send an API key that has this permission.');
  if (!isSameSite(c)) return fail('cross_site_request', 'This request comes from another site: its Origin is not that of the gateway.');
  const actor: Actor = { kind: 'user', id: person.id, name: person.email };
  const asked = permission === 'self' ? undefined : organizationAsked(c);
  if (asked === undefined) {
    const accountId = await ensurePersonalAccount(accountPlaneDeps(c), person, { actor, from });
    return ok({ actor, accountId, organization: null, role: 'owner', permissions: ALL_PERMISSIONS });
  }
  const found = await findMembership(c.env.DB, asked, person.id);
  if (!found) return fail('not_found', NO_ORGANIZATION);
  const { accountId, role, ...organization } = found;
  return ok({ actor, accountId, organization, role, permissions: permissionsOf(role) });
}

const FOR_PEOPLE = 'This is for people: sign in instead of sending an API key.';

async function standingOfKey(c: AppContext, permission: GuardedPermission): Promise<Result<Standing>> {
  const read = await requestKeys(c.get('gateway').keys, c.req.raw);
  if (!read.ok) return read;
  let refusal = unknownKey();
  for (const key of read.value) {
    const standing = await standingOf(c, key);
    // A 401 would say that the key is bad, which it is not.
    if (standing.ok && permission === 'self') return fail('permission_denied', FOR_PEOPLE);
    if (standing.ok) return standing;
    refusal = standing;
  }
  return refusal;
}

async function recordOf(c: AppContext, { accountId, keyId, secretHash }: ApiKey): Promise<Result<KeySummary>> {
  const { account, settings } = c.get('gateway');
  const scope = { keyId, secretHash, ...sourceOf(c.req.raw, settings) };
  try {
    const found = await account(accountId).ownKey(scope);
    return found.ok ? ok(found.value.key) : found;
  } catch (error) {
    console.error('key not checked', String(error));
    return accountUnreachable();
  }
}

async function standingOf(c: AppContext, key: ApiKey): Promise<Result<Standing>> {
  const { accountId, keyId } = key;
  const found = await recordOf(c, key);
  if (!found.ok) return found;
  const record = found.value;
  const person = record.secretBy ?? record.userId ?? accountId;
  const { organization = null, role = null } = (await findByAccount(c.env.DB, accountId, person)) ?? {};
  const asked = organizationAsked(c);
  if (asked !== undefined && asked !== organization?.id && asked !== organization?.slug) return fail('not_found', NO_ORGANIZATION);
  const actor: Actor = { kind: 'api_key', id: keyId, name: record.name };
  // Test keys are handed around more freely than live ones, so they may change nothing.
  const isInMode = (scope: Permission): boolean => record.mode === 'live' || !scope.endsWith('.write');
  // A key may do no more than the role of the person behind it allows right now. A key that the operator made has no
  // such person.
  const isInRole = (scope: Permission): boolean => !organization || person === accountId || (role !== null && permits(role, scope));
  const permissions = (record.scopes ?? []).filter(isPermission).filter((scope) => isInMode(scope) && isInRole(scope));
  return ok({ actor, accountId, organization, role: null, permissions });
}
