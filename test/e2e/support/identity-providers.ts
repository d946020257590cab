/** Real identity providers on this machine: oidc-provider for OpenID Connect, samlp for SAML; and a DNS to ask. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import Provider from 'oidc-provider';
import samlp from 'samlp';

export interface Served {
  url: string;
  stop: () => Promise<void>;
}

async function serve(makeHandler: (url: string) => RequestListener): Promise<Served> {
  let handler: RequestListener = (_request, response) => void response.writeHead(503).end();
  const server: Server = createServer((request, response) => handler(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  handler = makeHandler(url);
  return {
    url,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

export interface OidcIdp extends Served {
  clientId: string;
  clientSecret: string;
  /** Allows a redirect URI, known only once the gateway has given the provider an id. */
  allow: (redirectUri: string) => void;
}

/** Anybody can sign in: the login is their address. */
export async function startOidc(claims: (login: string) => Record<string, unknown>): Promise<OidcIdp> {
  const [clientId, clientSecret] = ['the-gateway', 'a-client-secret:with/odd=characters'];
  const redirectUris: string[] = ['https://placeholder.example/callback'];
  const served = await serve((url) => {
    const provider = new Provider(url, {
      clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris, response_types: ['code'] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      cookies: { keys: ['a key of the tests'] },
      findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...claims(id) }) }),
    });
    // It checks at each request, but the gateway's address becomes known only later.
    provider.Client.prototype.redirectUriAllowed = (uri: string) => redirectUris.includes(uri);
    return provider.callback();
  });
  return { ...served, clientId, clientSecret, allow: (uri) => redirectUris.push(uri) };
}

const fixture = (name: string): string => readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)), 'utf8');

export interface SamlIdp extends Served {
  metadata: string;
}

const NAME_ID = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier';
const EMAIL = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';

/** It has metadata, which an organization pastes; then it signs in whoever `person` names. */
export async function startSaml(person: () => string): Promise<SamlIdp> {
  const [cert, key] = [fixture('idp.crt.pem'), fixture('idp.key.pem')];
  let issuer = '';
  const served = await serve((url) => {
    issuer = `${url}/metadata`;
    return (request, response) => {
      const query = Object.fromEntries(new URL(request.url ?? '/', url).searchParams);
      if (!query.SAMLRequest) return void response.writeHead(404).end();
      const shown = Object.assign(response, {
        set: (name: string, value: string) => response.setHeader(name, value),
        send: (answer: unknown) => response.end(String(answer)),
      });
      const asked = Object.assign(request, { query, body: {} });
      const broken = (error: unknown): void => void response.writeHead(500).end(String(error));
      samlp.parseRequest(asked, {}, (error, parsed) => {
        if (error) return broken(error);
        const acsUrl = parsed.assertionConsumerServiceURL;
        const options = {
          issuer,
          cert,
          key,
          recipient: acsUrl,
          destination: acsUrl,
          getPostURL: (_audience: string, _dom: unknown, _request: unknown, done: (error: null, url: string) => void) => done(null, acsUrl),
          getUserFromRequest: () => ({ email: person() }),
          profileMapper: ({ email }: { email: string }) => ({
            getClaims: () => ({ [NAME_ID]: email, [EMAIL]: email }),
            getNameIdentifier: () => ({
              nameIdentifier: email,
              nameIdentifierFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
            }),
          }),
        };
        samlp.auth(options)(asked, shown, broken);
      });
    };
  });
  const body = cert.replace(/-----[^-]+-----|\s/g, '');
  const metadata = `<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${issuer}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${body}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${served.url}/sign-in"/></IDPSSODescriptor></EntityDescriptor>`;
  return { ...served, metadata };
}

export interface FakeDns extends Served {
  records: Map<string, string>;
}

/** A DNS over HTTPS in its JSON form, with the records that a test sets. */
export async function startDns(): Promise<FakeDns> {
  const records = new Map<string, string>();
  const served = await serve((url) => (request, response) => {
    const name = new URL(request.url ?? '/', url).searchParams.get('name') ?? '';
    const data = records.get(name);
    response.setHeader('content-type', 'application/dns-json');
    response.end(JSON.stringify({ Status: 0, ...(data !== undefined && { Answer: [{ name, type: 16, TTL: 60, data: `"${data}"` }] }) }));
  });
  return { ...served, records };
}
