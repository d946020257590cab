import { commit } from '../../console/audit/commit';
import { type Permission, permits, type Role } from '../../console/permissions';
import type { ApiKey } from '../../core/api-key';
import { fail, type GatewayError } from '../../core/errors';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { requestOrigin } from '../../http/request-origin';
import { authorize } from '../../jobs/access';
import { readerOf } from './request';

type Handler = (c: AppContext) => Response | Promise<Response>;

/**
 * A handler by which a key changes what an account has. In an organization a key may do there what the person behind it
 * may; what came of it well stands in the audit log when it answers.
 */
export const managed =
  (action: string, permission: Permission, handler: Handler): Handler =>
  async (c) => {
    const reader = await readerOf(c);
    const key = reader.ok ? await authorize(jobDeps(c.env), reader.value) : reader;
    // The handler says what is wrong with it.
    if (!key.ok) return handler(c);
    const refused = await refuseRole(c, key.value, permission);
    if (refused) return renderError(c, refused);
    const response = await handler(c);
    if (!response.ok) return response;
    const { accountId, keyId } = key.value;
    const target = c.req.param('slug') ?? c.req.param('id') ?? (await targetOf(response));
    const context = { db: c.env.DB, now: Date.now, accountId, from: requestOrigin(c) };
    await commit({ ...context, actor: { kind: 'api_key', id: keyId, name: keyId } }, { action, target });
    return response;
  };

const ROLE = `SELECT m.role FROM organizations o JOIN members m ON m.organization_id = o.id
  WHERE o.account_id = ? AND m.user_id = ? AND o.deleted_at IS NULL`;

/** A key that the operator made has nobody behind it, and an account of one person no roles. */
async function refuseRole(c: AppContext, { accountId, keyId }: ApiKey, permission: Permission): Promise<GatewayError | undefined> {
  const record = (await jobDeps(c.env).account(accountId).listKeys()).find(({ id }) => id === keyId);
  const person = record?.secretBy ?? record?.userId;
  const member = await c.env.DB.prepare(ROLE)
    .bind(accountId, person ?? '')
    .first<{ role: Role }>();
  if (!member || permits(member.role, permission)) return undefined;
  const words = `This key is of a member with the role ${member.role}, who does not have the permission ${permission}.`;
  return fail('permission_denied', words, { details: { permission } }).error;
}

/** What was made, by the name that its answer gives it. */
async function targetOf(response: Response): Promise<string | undefined> {
  const made = (await response.clone().json()) as { slug?: string; id?: string };
  return made.slug ?? made.id;
}
