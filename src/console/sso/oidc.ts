/** OpenID Connect as a relying party: discovery, the code flow with PKCE, and the ID token's checks. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { RefusedUrl, requirePublic } from '../../core/public-fetch';
import { readBounded } from '../../core/read-bounded';
import { unseal } from '../../core/sealed';
import { authSecrets } from '../../env-account';
import type { AccountPlaneDeps } from '../deps';
import { callbackUrl, type OidcSettings } from './provider';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 200_000;
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** Bounded, since it is stored. */
const endpoint = z.url().max(2_000);

const discoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  response_types_supported: z.array(z.string()).optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

export type Discovered = Omit<OidcSettings, 'clientId' | 'clientSecret'>;

type Deps = Pick<AccountPlaneDeps, 'fetch' | 'settings' | 'origin' | 'now'>;

/** A member chose this URL, and the gateway must not be led into a private network. */
const requirePublicProvider = ({ fetch, settings }: Deps, url: string): Promise<URL> => {
  const { DNS_URL, LOCAL, PRIVATE_ADDRESSES } = settings;
  const rules = { DNS_URL, PRIVATE_ADDRESSES: LOCAL === '1' ? 'allowed' : PRIVATE_ADDRESSES } as const;
  return requirePublic({ fetch: (input, init) => fetch(input, init), settings: rules }, url);
};

async function fetchJson(deps: Deps, url: string, init: RequestInit = {}): Promise<Result<unknown>> {
  const host = URL.canParse(url) ? new URL(url).host : url;
  try {
    const { href } = await requirePublicProvider(deps, url);
    const response = await deps.fetch(href, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const bytes = await readBounded(response.body, MAX_ANSWER_BYTES);
    if (!bytes) return fail('invalid_request', `${host} answered with more than ${MAX_ANSWER_BYTES / 1_000} kB.`);
    if (!response.ok) return fail('invalid_request', `${host} answered ${response.status}.`);
    return ok(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    if (error instanceof RefusedUrl) return fail('invalid_request', `${host} is refused: ${error.message}.`);
    return fail('invalid_request', `${host} did not answer with JSON within ${TIMEOUT_MS / 1_000} s.`);
  }
}

/** Only a provider on this machine may go without TLS. */
const isAllowed = (deps: Deps, url: string): boolean => url.startsWith('https://') || deps.settings.LOCAL === '1';

/** Fetches and checks the issuer's metadata; the error says what is wrong. */
export async function discover(deps: Deps, issuer: string): Promise<Result<Discovered>> {
  const wrong = (message: string) => fail('invalid_request', message, { param: 'issuer' });
  if (!isAllowed(deps, issuer)) return wrong('The issuer must be an https URL.');
  const fetched = await fetchJson(deps, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!fetched.ok) return wrong(`The discovery document could not be read: ${fetched.error.message}`);
  const parsed = discoveryDocument.safeParse(fetched.value);
  if (!parsed.success) return wrong(`The discovery document lacks a usable \`${parsed.error.issues[0]?.path.join('.')}\`.`);
  const document = parsed.data;
  if (document.issuer.replace(/\/$/, '') !== issuer.replace(/\/$/, ''))
    return wrong(`The discovery document is of another issuer: ${document.issuer}`);
  const endpoints = [document.authorization_endpoint, document.token_endpoint, document.jwks_uri];
  if (!endpoints.every((url) => isAllowed(deps, url))) return wrong('The discovery document names an endpoint without https.');
  if (document.response_types_supported && !document.response_types_supported.includes('code'))
    return wrong('The provider does not support the code flow.');
  const keys = await fetchJson(deps, document.jwks_uri);
  if (!keys.ok) return wrong(`The provider's keys could not be read: ${keys.error.message}`);
  const methods = document.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  return ok({
    issuer: document.issuer,
    authorizationEndpoint: document.authorization_endpoint,
    tokenEndpoint: document.token_endpoint,
    userinfoEndpoint: document.userinfo_endpoint ?? null,
    jwksUri: document.jwks_uri,
    basicAuthentication: methods.includes('client_secret_basic') || !methods.includes('client_secret_post'),
  });
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

export const randomText = (): string => base64Url(crypto.getRandomValues(new Uint8Array(32)));

export interface OidcRequest {
  state: string;
  nonce: string;
  codeVerifier: string;
}

export async function authorizationUrl(deps: Deps, id: string, settings: OidcSettings, request: OidcRequest, email: string | undefined) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(request.codeVerifier));
  const url = new URL(settings.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: callbackUrl(deps, id),
    scope: 'openid email profile',
    state: request.state,
    nonce: request.nonce,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ...(email !== undefined && { login_hint: email }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

export interface Vouched {
  /** The person's id at the provider. */
  subject: string;
  email: string;
  name: string | null;
}

const UNREADABLE = 'The client secret of your single sign-on can be read no more: an admin of your organization has to set it again.';
const refused = (message: string) => fail('permission_denied', `The identity provider did not vouch for you: ${message}`);
const tokens = z.object({ id_token: z.string(), access_token: z.string().optional() });
/** Some providers send null for what they do not know of a person. */
const claims = z.object({
  sub: z.string().min(1).max(255),
  nonce: z.string().nullish(),
  azp: z.string().nullish(),
  email: z.string().nullish(),
  email_verified: z.union([z.boolean(), z.string()]).nullish(),
  name: z.string().nullish(),
  upn: z.string().nullish(),
});
type Claims = z.infer<typeof claims>;

/** Exchanges the code for the person's identity, with every check that the specification requires of a relying party. */
export async function redeem(deps: Deps, id: string, settings: OidcSettings, code: string, request: OidcRequest): Promise<Result<Vouched>> {
  // It was sealed by a secret of the gateway's that has been changed since.
  const secret = await unseal(authSecrets(deps.settings), 'sso client secrets', settings.clientSecret);
  if (secret === undefined) return fail('not_set_up', UNREADABLE);
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callbackUrl(deps, id),
    code_verifier: request.codeVerifier,
    ...(!settings.basicAuthentication && { client_id: settings.clientId, client_secret: secret }),
  });
  const basic = `Basic ${btoa(`${encodeURIComponent(settings.clientId)}:${encodeURIComponent(secret)}`)}`;
  const headers = { accept: 'application/json', ...(settings.basicAuthentication && { authorization: basic }) };
  const exchanged = await fetchJson(deps, settings.tokenEndpoint, { method: 'POST', headers, body: form });
  const got = exchanged.ok ? tokens.safeParse(exchanged.value) : undefined;
  if (!got?.success) return refused('its token endpoint refused the code.');
  const keys = await fetchJson(deps, settings.jwksUri);
  if (!keys.ok) return refused('its keys could not be read.');
  let payload: unknown;
  try {
    const expected = {
      issuer: settings.issuer,
      audience: settings.clientId,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: 60,
    };
    ({ payload } = await jwtVerify(got.data.id_token, createLocalJWKSet(keys.value as JSONWebKeySet), expected));
  } catch (error) {
    return refused(`its ID token is not valid (${error instanceof Error ? error.message : 'unknown'}).`);
  }
  const claimed = claims.safeParse(payload);
  const isOurs = claimed.success && claimed.data.nonce === request.nonce && (claimed.data.azp ?? settings.clientId) === settings.clientId;
  if (!isOurs) return refused('its ID token is not for this sign-in.');
  const own = claimed.data;
  if (own.email) return vouched(own);
  const told = await userinfoOf(deps, settings, own.sub, got.data.access_token);
  // A directory may know people without a mailbox by their principal name alone, which nobody chooses for themselves.
  return vouched(told?.email ? told : { ...own, email: own.upn });
}

async function userinfoOf(
  deps: Deps,
  { userinfoEndpoint }: OidcSettings,
  subject: string,
  accessToken: string | undefined,
): Promise<Claims | undefined> {
  if (userinfoEndpoint === null || accessToken === undefined) return undefined;
  const fetched = await fetchJson(deps, userinfoEndpoint, { headers: { authorization: `Bearer ${accessToken}` } });
  const claimed = fetched.ok ? claims.safeParse(fetched.value) : undefined;
  return claimed?.success && claimed.data.sub === subject ? claimed.data : undefined;
}

function vouched({ sub, email, email_verified: verified, name }: Claims): Result<Vouched> {
  if (!email || !z.email().safeParse(email).success)
    return refused('neither its ID token nor its userinfo has your e-mail address as `email`, nor the ID token as `upn`.');
  if (verified === false || verified === 'false') return refused('it has not verified your e-mail address.');
  return ok({ subject: sub, email: email.toLowerCase(), name: name ?? null });
}
