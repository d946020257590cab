/** Signs people in through an organization's identity provider: sends them there, and checks what comes back. */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { commit } from '../audit/commit';
import type { RequestOrigin } from '../context';
import type { AccountPlaneDeps } from '../deps';
import { joinAsInvited } from '../organizations/invitations';
import { nameOr } from '../sign-in/names';
import { safePath } from '../sign-in/safe-path';
import { isKnown, WELCOMES } from '../sign-in/welcome';
import { authorizationUrl, type OidcRequest, randomText, redeem, type Vouched } from './oidc';
import { putOnce, takeOnce } from './once';
import { callbackUrl, findProvider, metadataUrl, type SsoProvider } from './provider';
import { signInUrl } from './saml-metadata';
import { readResponse } from './saml-response';

export const startSsoInput = z.object({ email: z.email().max(200), callbackURL: z.string().max(2_000).optional() });

/** A sign-in must be finished within this time. */
const UNDER_WAY_MS = 10 * 60_000;

interface UnderWay extends OidcRequest {
  returnTo: string;
}

const GONE = fail('invalid_request', 'This sign-in is over or was not begun in this browser: begin again.');

/** The URL to send the browser to, and what the browser keeps to prove that it began this sign-in. */
export async function beginSso(
  deps: AccountPlaneDeps,
  provider: SsoProvider,
  email: string | undefined,
  returnTo: string | undefined,
): Promise<Result<{ url: string; state: string }>> {
  if (provider.domainVerifiedAt === null) return fail('conflict', 'The domain of this identity provider is not verified yet.');
  const request: UnderWay = { state: `_${randomText()}`, nonce: randomText(), codeVerifier: randomText(), returnTo: safePath(returnTo) };
  const nowMs = deps.now();
  const entry = { id: `begun:${request.state}`, providerId: provider.id, payload: request, expiresAtMs: nowMs + UNDER_WAY_MS };
  await putOnce(deps.db, entry, nowMs);
  if (provider.kind === 'oidc')
    return ok({ url: await authorizationUrl(deps, provider.id, provider.settings, request, email), state: request.state });
  const saml = {
    id: request.state,
    entityId: metadataUrl(deps, provider.id),
    acsUrl: callbackUrl(deps, provider.id),
    signInUrl: provider.settings.signInUrl,
    nowMs,
  };
  return ok({ url: await signInUrl(saml, request.state), state: request.state });
}

export type Returned = { code: string; state: string } | { samlResponse: string; relayState: string };

export interface SignedInBySso {
  userId: string;
  returnTo: string;
}

/** Checks what the provider sent back, then finds or makes the person and their membership. */
export async function finishSso(
  deps: AccountPlaneDeps,
  providerId: string,
  returned: Returned,
  kept: string | undefined,
  from: RequestOrigin,
): Promise<Result<SignedInBySso>> {
  const provider = await findProvider(deps.db, providerId);
  if (!provider || provider.domainVerifiedAt === null) return fail('not_found', 'There is no such identity provider.');
  const state = 'state' in returned ? returned.state : returned.relayState;
  // A sign-in that somebody else began, and slipped to this browser, lacks what the browser keeps.
  if (kept === undefined || kept !== state) return GONE;
  const request = await takeOnce<UnderWay>(deps.db, `begun:${state}`, providerId, deps.now());
  if (!request) return GONE;
  const vouched = await vouchedBy(deps, provider, returned, request);
  if (!vouched.ok) return vouched;
  const { email } = vouched.value;
  if (email.slice(email.lastIndexOf('@') + 1) !== provider.domain)
    return fail('permission_denied', `This identity provider may only vouch for addresses at ${provider.domain}.`);
  if (deps.settings.SIGN_UP === 'closed' && !(await isKnown(deps.db, email))) return fail('permission_denied', WELCOMES.closed!);
  const userId = await personOf(deps, provider, vouched.value);
  await joinBySso(deps, provider, userId, email, from);
  return ok({ userId, returnTo: request.returnTo });
}

async function vouchedBy(deps: AccountPlaneDeps, provider: SsoProvider, returned: Returned, request: UnderWay): Promise<Result<Vouched>> {
  if (provider.kind === 'oidc') return 'code' in returned ? redeem(deps, provider.id, provider.settings, returned.code, request) : GONE;
  if (!('samlResponse' in returned)) return GONE;
  const xml = decode(returned.samlResponse);
  if (xml === undefined) return fail('invalid_request', 'The SAMLResponse is not base64 of a text.', { param: 'SAMLResponse' });
  const nowMs = deps.now();
  const read = readResponse(xml, {
    entityId: provider.settings.entityId,
    keys: provider.settings.certificates,
    audience: metadataUrl(deps, provider.id),
    acsUrl: callbackUrl(deps, provider.id),
    requestId: request.state,
    nowMs,
  });
  if (!read.ok) return read;
  const used = {
    id: `used:${provider.id}:${read.value.assertionId}`,
    providerId: provider.id,
    payload: {},
    expiresAtMs: read.value.expiresAtMs,
  };
  return (await putOnce(deps.db, used, nowMs)) ? read : fail('permission_denied', "The identity provider's answer was used before.");
}

function decode(base64: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64.replace(/\s+/g, '')), (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Found by their id at the provider, else by their address, for whose domain the organization may vouch. */
async function personOf(deps: AccountPlaneDeps, { id: providerId }: SsoProvider, { subject, email, name }: Vouched): Promise<string> {
  const { db } = deps;
  const at = deps.now();
  const known = await db
    .prepare(
      'SELECT i.user_id AS id FROM identities i JOIN users u ON u.id = i.user_id WHERE i.provider_id = ? AND i.account_id = ? AND u.email = ?',
    )
    .bind(providerId, subject, email)
    .first<{ id: string }>();
  if (known) return known.id;
  const user = db
    .prepare(
      'INSERT INTO users (id, name, email, email_verified, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (email) DO NOTHING',
    )
    .bind(crypto.randomUUID(), nameOr(name, email), email, at, at);
  // Somebody may have signed up with this address without being able to confirm it; their password must not open the
  // account now.
  const unproven = '(SELECT id FROM users WHERE email = ? AND email_verified = 0)';
  const identity = db
    .prepare(
      `INSERT INTO identities (id, user_id, provider_id, account_id, created_at, updated_at)
       SELECT ?1, id, ?2, ?3, ?4, ?4 FROM users WHERE email = ?5
       ON CONFLICT (provider_id, account_id) DO UPDATE SET user_id = excluded.user_id, updated_at = excluded.updated_at`,
    )
    .bind(crypto.randomUUID(), providerId, subject, at, email);
  await db.batch([
    user,
    db.prepare(`DELETE FROM sessions WHERE user_id IN ${unproven}`).bind(email),
    db.prepare(`DELETE FROM identities WHERE user_id IN ${unproven}`).bind(email),
    db.prepare('UPDATE users SET email_verified = 1, updated_at = ? WHERE email = ? AND email_verified = 0').bind(at, email),
    identity,
  ]);
  return (await db.prepare('SELECT id FROM users WHERE email = ?').bind(email).first<{ id: string }>())!.id;
}

const JOIN = `INSERT INTO members (organization_id, user_id, role, source, created_at) SELECT ?1, ?2, ?3, ?4, ?5
  WHERE NOT EXISTS (SELECT 1 FROM removed_members WHERE organization_id = ?1 AND user_id = ?2) ON CONFLICT DO NOTHING`;

/**
 * Makes the person a member, in the role they were invited to or the provider's default role. Members keep their role,
 * and removed ones stay out until they are invited again.
 */
async function joinBySso(deps: AccountPlaneDeps, provider: SsoProvider, userId: string, email: string, from: RequestOrigin): Promise<void> {
  const { organizationId, defaultRole, id } = provider;
  const organization = await deps.db
    .prepare(
      `SELECT account_id AS accountId, EXISTS (SELECT 1 FROM members WHERE organization_id = ?1 AND user_id = ?2) AS isMember
       FROM organizations WHERE id = ?1 AND deleted_at IS NULL`,
    )
    .bind(organizationId, userId)
    .first<{ accountId: string; isMember: number }>();
  if (!organization || organization.isMember === 1) return;
  const context = { ...deps, accountId: organization.accountId, actor: { kind: 'user', id: userId, name: email } as const, from };
  if (await joinAsInvited(context, organizationId, email)) return;
  const join = deps.db.prepare(JOIN).bind(organizationId, userId, defaultRole, id, deps.now());
  await commit(context, { action: 'member.join_by_sso', target: userId, detail: { role: defaultRole, provider: id } }, join);
}
