/** An organization's identity provider, as stored and as shown. */
import type { AccountPlaneDeps } from '../deps';
import type { Role } from '../permissions';

export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** Encrypted. */
  clientSecret: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  userinfoEndpoint: string | null;
  jwksUri: string;
  /** Whether the client authenticates at the token endpoint by HTTP Basic. */
  basicAuthentication: boolean;
}

export interface SamlSettings {
  entityId: string;
  /** For the redirect binding. */
  signInUrl: string;
  /** Signing certificates, as PEM. */
  certificates: string[];
}

interface Common {
  id: string;
  organizationId: string;
  domain: string;
  domainToken: string;
  domainVerifiedAt: number | null;
  defaultRole: Role;
  createdAt: number;
}

export type SsoProvider = Common & ({ kind: 'oidc'; settings: OidcSettings } | { kind: 'saml'; settings: SamlSettings });

const COLUMNS = `id, organization_id AS organizationId, kind, domain, domain_token AS domainToken, domain_verified_at AS domainVerifiedAt,
  default_role AS defaultRole, settings, created_at AS createdAt`;

type Row = Omit<Common, never> & { kind: 'oidc' | 'saml'; settings: string };

const toProvider = (row: Row): SsoProvider => ({ ...row, settings: JSON.parse(row.settings) }) as SsoProvider;

export async function findProvider(db: D1Database, id: string): Promise<SsoProvider | undefined> {
  const row = await db.prepare(`SELECT ${COLUMNS} FROM sso_providers WHERE id = ?`).bind(id).first<Row>();
  return row ? toProvider(row) : undefined;
}

export async function listProviders(db: D1Database, organizationId: string): Promise<SsoProvider[]> {
  const query = `SELECT ${COLUMNS} FROM sso_providers WHERE organization_id = ? ORDER BY created_at`;
  return (await db.prepare(query).bind(organizationId).all<Row>()).results.map(toProvider);
}

/** The provider for an address. Only domains that the organization has proven to own count. */
export async function findProviderOfEmail(db: D1Database, email: string): Promise<SsoProvider | undefined> {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const query = `SELECT ${COLUMNS} FROM sso_providers WHERE domain = ? AND domain_verified_at IS NOT NULL`;
  const row = await db.prepare(query).bind(domain).first<Row>();
  return row ? toProvider(row) : undefined;
}

/** The gateway's URL that the provider sends people back to. */
export const callbackUrl = ({ origin }: Pick<AccountPlaneDeps, 'origin'>, id: string): string => `${origin}/api/auth/sso/${id}`;
export const metadataUrl = (deps: Pick<AccountPlaneDeps, 'origin'>, id: string): string => `${callbackUrl(deps, id)}/metadata`;

export const challengeName = (domain: string): string => `_gateway-challenge.${domain}`;
export const challengeValue = (token: string): string => `gateway-verification=${token}`;

export function providerView(deps: Pick<AccountPlaneDeps, 'origin'>, provider: SsoProvider) {
  const { id, kind, domain, domainToken, domainVerifiedAt, defaultRole, createdAt, settings } = provider;
  return {
    id,
    type: kind,
    domain,
    domainVerified: domainVerifiedAt !== null,
    /** The TXT record that proves who owns the domain. */
    challenge: { name: challengeName(domain), type: 'TXT', value: challengeValue(domainToken) },
    defaultRole,
    createdAt: new Date(createdAt).toISOString(),
    callbackUrl: callbackUrl(deps, id),
    ...(provider.kind === 'oidc'
      ? { issuer: provider.settings.issuer, clientId: provider.settings.clientId }
      : { entityId: (settings as SamlSettings).entityId, acsUrl: callbackUrl(deps, id), metadataUrl: metadataUrl(deps, id) }),
  };
}
