/** The verbs for an organization's identity providers. */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import { toHex } from '../../core/hex';
import { seal } from '../../core/sealed';
import { authSecrets } from '../../env-account';
import { commit } from '../audit/commit';
import type { VerbContext } from '../context';
import { organizationOf } from '../organizations/internal';
import { discover } from './oidc';
import {
  challengeName,
  challengeValue,
  listProviders,
  type OidcSettings,
  providerView,
  type SamlSettings,
  type SsoProvider,
} from './provider';
import { readMetadata } from './saml-metadata';

const domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'must be a domain such as acme.com');
const defaultRole = z.enum(['admin', 'developer', 'billing', 'viewer']).default('developer');

export const createProviderInput = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('oidc'),
    issuer: z.url().max(500),
    clientId: z.string().trim().min(1).max(500),
    clientSecret: z.string().min(1).max(2_000),
    domain,
    defaultRole,
  }),
  z.strictObject({ type: z.literal('saml'), metadata: z.string().min(1).max(256_000), domain, defaultRole }),
]);

export type CreateProviderInput = z.infer<typeof createProviderInput>;

/** More domains than an organization has. */
const MOST_PROVIDERS = 50;

const INSERT = `INSERT INTO sso_providers (id, organization_id, kind, domain, domain_token, default_role, settings, created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
  WHERE (SELECT COUNT(*) FROM sso_providers WHERE organization_id = ?2) < ${MOST_PROVIDERS}`;

const TOO_MANY = fail('conflict', `An organization may have ${MOST_PROVIDERS} identity providers; delete one first.`);

const NO_PROVIDER = fail('not_found', 'There is no such identity provider.');

async function settingsOf(context: VerbContext, input: CreateProviderInput): Promise<Result<OidcSettings | SamlSettings>> {
  if (input.type === 'saml') return readMetadata(input.metadata, context.settings);
  const discovered = await discover(context, input.issuer);
  if (!discovered.ok) return discovered;
  const clientSecret = await seal(authSecrets(context.settings), 'sso client secrets', input.clientSecret);
  return ok({ ...discovered.value, clientId: input.clientId, clientSecret });
}

/** Saved only if it can be reached and is configured correctly; it takes effect once its domain is verified. */
export async function createProvider(context: VerbContext, input: CreateProviderInput) {
  const settings = await settingsOf(context, input);
  if (!settings.ok) return settings;
  const organizationId = organizationOf(context).id;
  const provider = {
    id: `sso_${toHex(crypto.getRandomValues(new Uint8Array(8)))}`,
    organizationId,
    kind: input.type,
    domain: input.domain,
    domainToken: toHex(crypto.getRandomValues(new Uint8Array(16))),
    domainVerifiedAt: null,
    defaultRole: input.defaultRole,
    settings: settings.value,
    createdAt: context.now(),
  } as SsoProvider;
  const { id, kind, domainToken, createdAt } = provider;
  const insert = context.db
    .prepare(INSERT)
    .bind(id, organizationId, kind, input.domain, domainToken, input.defaultRole, JSON.stringify(settings.value), createdAt);
  const detail = { type: kind, domain: input.domain, defaultRole: input.defaultRole };
  if (!(await commit(context, { action: 'sso_provider.create', target: id, detail }, insert))) return TOO_MANY;
  return ok({ ...providerView(context, provider), check: { ok: true } });
}

const find = async (context: VerbContext, id: string): Promise<SsoProvider | undefined> =>
  (await listProviders(context.db, organizationOf(context).id)).find((provider) => provider.id === id);

export async function listSso(context: VerbContext) {
  const providers = await listProviders(context.db, organizationOf(context).id);
  return { providers: providers.map((provider) => providerView(context, provider)) };
}

/** Is the provider reachable, and still the one that was saved? */
export async function checkProvider(context: VerbContext, id: string): Promise<Result<{ ok: boolean; message: string }>> {
  const provider = await find(context, id);
  if (!provider) return NO_PROVIDER;
  if (provider.kind === 'saml') return ok({ ok: true, message: 'The metadata was read when it was saved; SAML needs no connection.' });
  const discovered = await discover(context, provider.settings.issuer);
  return ok({ ok: discovered.ok, message: discovered.ok ? 'The identity provider is reachable.' : discovered.error.message });
}

export async function deleteProvider(context: VerbContext, id: string): Promise<Result<{ id: string; deleted: true }>> {
  const change = context.db.prepare('DELETE FROM sso_providers WHERE id = ? AND organization_id = ?').bind(id, organizationOf(context).id);
  const deleted = await commit(context, { action: 'sso_provider.delete', target: id }, change);
  return deleted ? ok({ id, deleted: true }) : NO_PROVIDER;
}

const answer = z.object({ Answer: z.array(z.object({ type: z.number(), data: z.string() })).optional() });
const TXT = 16;

/** A TXT record's strings joined, without the quotes of DNS's JSON form. */
const textOf = (data: string): string =>
  [...data.matchAll(/"((?:[^"\\]|\\.)*)"|([^"\s]+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '').join('');

async function hasRecord(context: VerbContext, name: string, value: string): Promise<Result<boolean>> {
  const url = new URL(context.settings.DNS_URL);
  url.searchParams.set('name', name);
  url.searchParams.set('type', 'TXT');
  try {
    const response = await context.fetch(url, { headers: { accept: 'application/dns-json' }, signal: AbortSignal.timeout(10_000) });
    const parsed = answer.safeParse(await response.json());
    if (!response.ok || !parsed.success) return fail('unavailable', 'The DNS could not be queried; try again.');
    return ok((parsed.data.Answer ?? []).some(({ type, data }) => type === TXT && textOf(data) === value));
  } catch {
    return fail('unavailable', 'The DNS could not be queried; try again.');
  }
}

/** From then on, addresses of the domain sign in through this provider. */
export async function verifyDomain(context: VerbContext, id: string) {
  const provider = await find(context, id);
  if (!provider) return NO_PROVIDER;
  const [name, value] = [challengeName(provider.domain), challengeValue(provider.domainToken)];
  const found = await hasRecord(context, name, value);
  if (!found.ok) return found;
  if (!found.value) return fail('conflict', `There is no TXT record ${name} with the value ${value} yet.`);
  const at = context.now();
  const change = context.db.prepare('UPDATE sso_providers SET domain_verified_at = ? WHERE id = ?').bind(at, id);
  try {
    const entry = { action: 'sso_provider.verify_domain', target: id, detail: { domain: provider.domain } };
    // It may have been deleted while the DNS was asked.
    if (!(await commit(context, entry, change))) return NO_PROVIDER;
  } catch (error) {
    if (!/UNIQUE constraint failed/.test(String(error))) throw error;
    return fail('conflict', `Another identity provider has ${provider.domain} already: delete it first.`);
  }
  return ok(providerView(context, { ...provider, domainVerifiedAt: at }));
}
