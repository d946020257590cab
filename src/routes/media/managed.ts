import type { KeySummary } from '../../account/types';
import { commit } from '../../console/audit/commit';
import { type Permission, permits, type Role } from '../../console/permissions';
import type { ApiKey } from '../../core/api-key';
import { fail, type GatewayError } from '../../core/errors';
import { isRecord, parseJson } from '../../core/record';
import { readBody } from '../../http/body';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { requestOrigin } from '../../http/request-origin';
import { authorize } from '../../jobs/access';
import { readerOf } from './request';

type Handler = (c: AppContext) => Response | Promise<Response>;
/** The key is undefined where none is valid; the handler then refuses. */
type KeyHandler = (c: AppContext, key: ApiKey | undefined) => Response | Promise<Response>;

/** A handler for an account's own things. In an organization, a key may do what the role of the person behind it allows. */
export const permitted =
  (permission: Permission, handler: KeyHandler): Handler =>
  async (c) => {
    const reader = await readerOf(c);
    const key = reader.ok ? await authorize(jobDeps(c.env), reader.value) : reader;
    if (!key.ok) return handler(c, undefined);
    const refused = await refuseKey(c, key.value, permission);
    return refused ? renderError(c, refused) : handler(c, key.value);
  };

/** The same by which a key changes something: what came of it well stands in the audit log when it answers. */
export const managed = (action: string, permission: Permission, handler: Handler): Handler =>
  permitted(permission, async (c, key) => {
    const response = await handler(c);
    if (!key || !response.ok) return response;
    const { accountId, keyId } = key;
    const target = c.req.param('slug') ?? c.req.param('id') ?? (await targetOf(response));
    const context = { db: c.env.DB, now: Date.now, accountId, from: requestOrigin(c) };
    await commit({ ...context, actor: { kind: 'api_key', id: keyId, name: keyId } }, { action, target });
    return response;
  });

const PUBLIC = fail(
  'permission_denied',
  'This API key is for the pages of its `origins`, whose visitors can read it: it may make things and ask for those by their ids. Lists, deployments, webhooks and what deletes are for other keys.',
).error;

/**
 * For what shows or changes more of the account than one visitor of a page has made. A key that is limited to origins is
 * public in their pages, and any sender can claim an origin.
 */
export const notForPages =
  (handler: Handler): Handler =>
  async (c) => {
    const reader = await readerOf(c);
    const deps = jobDeps(c.env);
    const key = reader.ok ? await authorize(deps, reader.value) : reader;
    const record = key.ok ? await deps.account(key.value.accountId).findKey(key.value.keyId) : null;
    return record && record.origins.length > 0 ? renderError(c, PUBLIC) : handler(c);
  };

const BODY_LIMIT_BYTES = 256 * 1024;

const ROLE = `SELECT m.role FROM organizations o JOIN members m ON m.organization_id = o.id
  WHERE o.account_id = ? AND m.user_id = ? AND o.deleted_at IS NULL`;

/** No roles apply to a key that the operator made, nor in a personal account. */
async function refuseKey(c: AppContext, { accountId, keyId }: ApiKey, permission: Permission): Promise<GatewayError | undefined> {
  const record = await jobDeps(c.env).account(accountId).findKey(keyId);
  const limited = permission === 'deployments.write' && record ? await limitedBy(c, record) : undefined;
  if (limited) return fail('permission_denied', limited, { details: { permission } }).error;
  const person = record?.secretBy ?? record?.userId;
  const member = await c.env.DB.prepare(ROLE)
    .bind(accountId, person ?? '')
    .first<{ role: Role }>();
  if (!member || permits(member.role, permission)) return undefined;
  const words = `This key is of a member with the role ${member.role}, who does not have the permission ${permission}.`;
  return fail('permission_denied', words, { details: { permission } }).error;
}

/** Why a key that is limited to some models may not rent workers for this deployment; undefined where it may. */
async function limitedBy(c: AppContext, { families, models }: KeySummary): Promise<string | undefined> {
  if (families.length > 0 && !families.includes('gpu')) return 'This API key may not use GPUs: its `families` leave out `gpu`.';
  if (models.length === 0) return undefined;
  const slug = c.req.param('slug') ?? (await slugAsked(c));
  return models.includes(`deployment:${slug}`) ? undefined : 'This API key may not use this deployment: its `models` leave it out.';
}

/** The slug in the body of a new deployment; the body stays readable for the handler. */
async function slugAsked(c: AppContext): Promise<unknown> {
  const body = await readBody(c.req.raw.clone(), BODY_LIMIT_BYTES);
  const asked = body.ok ? parseJson(body.value) : undefined;
  return isRecord(asked) ? asked.slug : undefined;
}

/** What was made, by the id or slug in the answer. */
async function targetOf(response: Response): Promise<string | undefined> {
  const made = (await response.clone().json()) as { slug?: string; id?: string };
  return made.slug ?? made.id;
}
