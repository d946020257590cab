/** Single sign-on: how an organization sets it up, and the way there and back for its members. */
import { getCookie, setCookie } from 'hono/cookie';
import { isTwoFactorAsked, twoFactorUrl } from '../../console/sign-in/guards';
import { checkProvider, createProvider, createProviderInput, deleteProvider, listSso, verifyDomain } from '../../console/sso/manage';
import { callbackUrl, findProvider, findProviderOfEmail, metadataUrl } from '../../console/sso/provider';
import { serviceMetadata } from '../../console/sso/saml-metadata';
import { beginSso, finishSso, type Returned, startSsoInput } from '../../console/sso/sign-in';
import { fail, ok, type Result } from '../../core/errors';
import { accountPlaneDeps, authOf } from '../../http/account-deps';
import { passCookies } from '../../http/ask-auth';
import type { AppContext } from '../../http/context';
import { jsonInput } from '../../http/input';
import { renderError } from '../../http/render-error';
import { requestOrigin } from '../../http/request-origin';
import { type AccountRoute, answer, parameter, type Refuse, withInput } from './route';

const BASE = '/api/orgs/:organization/sso';

export const ssoRoutes: AccountRoute[] = [
  { method: 'GET', path: BASE, permission: 'sso.read', handle: async (c, context) => c.json(await listSso(context)) },
  { method: 'POST', path: BASE, permission: 'sso.write', handle: withInput(createProviderInput, createProvider, 201) },
  {
    method: 'DELETE',
    path: `${BASE}/:provider`,
    permission: 'sso.write',
    handle: async (c, context) => answer(c, await deleteProvider(context, parameter(c, 'provider'))),
  },
  {
    method: 'POST',
    path: `${BASE}/:provider/check`,
    permission: 'sso.read',
    handle: async (c, context) => answer(c, await checkProvider(context, parameter(c, 'provider'))),
  },
  {
    method: 'POST',
    path: `${BASE}/:provider/verify-domain`,
    permission: 'sso.write',
    handle: async (c, context) => answer(c, await verifyDomain(context, parameter(c, 'provider'))),
  },
];

const COOKIE = 'gateway.sso';
const COOKIE_SECONDS = 600;

/** A SAML answer is posted from the provider's site, so only a `SameSite=None` cookie comes with it, and only over TLS. */
function keep(c: AppContext, state: string): void {
  const secure = new URL(accountPlaneDeps(c).origin).protocol === 'https:';
  const site = secure ? 'None' : 'Lax';
  setCookie(c, COOKIE, state, { httpOnly: true, path: '/api/auth/sso', maxAge: COOKIE_SECONDS, secure, sameSite: site });
}

/** Where an e-mail address signs in: its provider's URL, or 404 when it has none and uses a password. */
export async function startSso(
  c: AppContext,
  email: string,
  returnTo: string | undefined,
): Promise<Result<{ providerId: string; url: string }>> {
  const provider = await findProviderOfEmail(c.env.DB, email);
  if (!provider) return fail('not_found', 'No organization signs addresses of this domain in: use a password, or a mailed link.');
  const begun = await beginSso(accountPlaneDeps(c), provider, email, returnTo);
  if (!begun.ok) return begun;
  keep(c, begun.value.state);
  return ok({ providerId: provider.id, url: begun.value.url });
}

async function startByEmail(c: AppContext): Promise<Response> {
  const input = await jsonInput(c, startSsoInput);
  return input.ok ? answer(c, await startSso(c, input.value.email, input.value.callbackURL)) : renderError(c, input.error);
}

async function start(c: AppContext, refuse: Refuse): Promise<Response> {
  const provider = await findProvider(c.env.DB, parameter(c, 'provider'));
  if (!provider) return refuse(c, fail('not_found', 'There is no such identity provider.').error);
  const begun = await beginSso(accountPlaneDeps(c), provider, c.req.query('email'), c.req.query('callbackURL'));
  if (!begun.ok) return refuse(c, begun.error);
  keep(c, begun.value.state);
  return c.redirect(begun.value.url, 302);
}

async function finish(c: AppContext, returned: Returned, refuse: Refuse): Promise<Response> {
  const deps = accountPlaneDeps(c);
  const finished = await finishSso(deps, parameter(c, 'provider'), returned, getCookie(c, COOKIE), requestOrigin(c));
  if (!finished.ok) return refuse(c, finished.error);
  const { userId, returnTo } = finished.value;
  const { headers, response } = await (await authOf(c)).api.createVouchedSession({
    body: { userId },
    headers: c.req.raw.headers,
    returnHeaders: true,
  });
  passCookies(c, headers);
  setCookie(c, COOKIE, '', { path: '/api/auth/sso', maxAge: 0 });
  return c.redirect(isTwoFactorAsked(response) ? twoFactorUrl(returnTo) : returnTo, 303);
}

async function oidcCallback(c: AppContext, refuse: Refuse): Promise<Response> {
  const { code, state, error, error_description: why } = c.req.query();
  if (error) {
    // Anybody can send somebody here: the words are a provider's where the sign-in that it refuses began in this browser.
    const isAnswer = state !== undefined && state === getCookie(c, COOKIE);
    const words = isAnswer ? `: ${(why ?? error).slice(0, 300)}` : ' to sign you in.';
    return refuse(c, fail('permission_denied', `The identity provider refused${words}`).error);
  }
  if (!code || !state) return refuse(c, fail('invalid_request', 'This address is where an identity provider sends people back to.').error);
  return finish(c, { code, state }, refuse);
}

async function samlCallback(c: AppContext, refuse: Refuse): Promise<Response> {
  const form = await c.req.parseBody().catch(() => ({}) as Record<string, unknown>);
  const { SAMLResponse: samlResponse, RelayState: relayState } = form as Record<string, unknown>;
  if (typeof samlResponse !== 'string' || typeof relayState !== 'string')
    return refuse(c, fail('invalid_request', 'A SAMLResponse and a RelayState are needed.').error);
  return finish(c, { samlResponse, relayState }, refuse);
}

async function metadata(c: AppContext): Promise<Response> {
  const deps = accountPlaneDeps(c);
  const provider = await findProvider(c.env.DB, parameter(c, 'provider'));
  if (provider?.kind !== 'saml') return renderError(c, fail('not_found', 'There is no such SAML identity provider.').error);
  return new Response(serviceMetadata(metadataUrl(deps, provider.id), callbackUrl(deps, provider.id)), {
    headers: { 'content-type': 'application/samlmetadata+xml' },
  });
}

/** Public: callers are authenticated by what they prove on the way. */
export const ssoSignInRoutes: AccountRoute[] = [
  { method: 'POST', path: '/api/auth/sso/start', permission: 'public', handle: startByEmail },
  { method: 'GET', path: '/api/auth/sso/:provider/start', permission: 'public', answers: 'browsers', handle: start },
  { method: 'GET', path: '/api/auth/sso/:provider/metadata', permission: 'public', handle: metadata },
  { method: 'GET', path: '/api/auth/sso/:provider', permission: 'public', answers: 'browsers', handle: oidcCallback },
  { method: 'POST', path: '/api/auth/sso/:provider', permission: 'public', answers: 'browsers', handle: samlCallback },
];
