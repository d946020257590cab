/** GitHub and Google as far as signing in needs them, as strict and in the same shapes as their documents say. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';

export const CLIENT = { id: 'the-client', secret: 'the-client-secret' };

export interface GitHubPerson {
  id: number;
  login: string;
  name: string | null;
  /** The address that the profile shows; most show none. */
  email: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: 'public' | 'private' | null }[];
}

export interface GooglePerson {
  sub: string;
  name: string;
  email: string;
  email_verified: boolean;
}

interface Granted {
  redirectUri: string;
  challenge: string | null;
}

const HOSTS = ['github.com', 'api.github.com', 'accounts.google.com', 'oauth2.googleapis.com', 'www.googleapis.com'];

export class SocialProviders {
  github: GitHubPerson = { id: 1, login: 'nobody', name: null, email: null, emails: [] };
  google: GooglePerson = { sub: '1', name: 'Nobody', email: 'nobody@example.com', email_verified: true };
  /** Requests that the vendor's documents say it would refuse. */
  readonly refused: string[] = [];
  private readonly codes = new Map<string, Granted>();
  private readonly tokens = new Set<string>();
  private count = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly keys: GenerateKeyPairResult,
  ) {}

  static async start(): Promise<SocialProviders> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    let handle: (request: IncomingMessage, response: ServerResponse) => Promise<void> = async () => {};
    const server = createServer((request, response) => void handle(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const providers = new SocialProviders(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys);
    handle = (request, response) => providers.serve(request, response);
    return providers;
  }

  /** Sends the Worker's requests for the vendors to this server. */
  get hosts(): Record<string, string> {
    return Object.fromEntries(HOSTS.map((host) => [host, this.url]));
  }

  /** Where a browser goes instead of to the vendor. */
  here(url: string): string {
    const { host, pathname, search } = new URL(url);
    if (!HOSTS.includes(host)) throw new Error(`no vendor's address: ${url}`);
    return this.url + pathname + search;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += part;
    const url = new URL(request.url ?? '/', this.url);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /login/oauth/authorize':
      case 'GET /o/oauth2/v2/auth':
        return this.authorize(url.searchParams, response);
      case 'POST /login/oauth/access_token':
        return this.gitHubToken(request, new URLSearchParams(text), response);
      case 'POST /token':
        return this.googleToken(new URLSearchParams(text), json);
      case 'GET /user':
      case 'GET /user/emails':
        return this.gitHubUser(request, url.pathname, json);
      case 'GET /oauth2/v3/certs':
        return json(200, { keys: [{ ...(await exportJWK(this.keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] });
      default:
        this.refused.push(`${request.method} ${url.pathname}`);
        return json(404, { message: 'Not Found' });
    }
  }

  /** Whoever it is consents at once. */
  private authorize(asked: URLSearchParams, response: ServerResponse): void {
    const redirectUri = asked.get('redirect_uri') ?? '';
    if (asked.get('client_id') !== CLIENT.id || asked.get('response_type') !== 'code' || !asked.get('state')) {
      this.refused.push(`authorize ${asked}`);
      return void response.writeHead(400).end();
    }
    const code = `code-${++this.count}`;
    this.codes.set(code, { redirectUri, challenge: asked.get('code_challenge') });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state')!);
    response.writeHead(302, { location: back.href }).end();
  }

  /** A code is valid once, for the client that asked for it. */
  private redeem(form: URLSearchParams): string | undefined {
    const granted = this.codes.get(form.get('code') ?? '');
    this.codes.delete(form.get('code') ?? '');
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const proven = !granted?.challenge || proof === granted.challenge;
    const known = form.get('client_id') === CLIENT.id && form.get('client_secret') === CLIENT.secret;
    if (!granted || !proven || !known || form.get('redirect_uri') !== granted.redirectUri) {
      this.refused.push(`token ${form}`);
      return undefined;
    }
    const token = `token-${this.count}`;
    this.tokens.add(token);
    return token;
  }

  /** GitHub answers wrong codes with 200 too, and form-encoded unless JSON is asked for. */
  private gitHubToken(request: IncomingMessage, form: URLSearchParams, response: ServerResponse): void {
    const token = this.redeem(form);
    const body: Record<string, string> = token
      ? { access_token: `gho_${token}`, scope: 'read:user,user:email', token_type: 'bearer' }
      : { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' };
    const asJson = /json/.test(request.headers.accept ?? '');
    response.writeHead(200, { 'content-type': asJson ? 'application/json' : 'application/x-www-form-urlencoded' });
    response.end(asJson ? JSON.stringify(body) : new URLSearchParams(body).toString());
  }

  private gitHubUser(request: IncomingMessage, path: string, json: (status: number, body: unknown) => void): void {
    const token = /^(?:Bearer|token) gho_(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const { emails, ...person } = this.github;
    if (!token || !this.tokens.has(token)) json(401, { message: 'Bad credentials' });
    else if (!request.headers['user-agent']) json(403, { message: 'Request forbidden by administrative rules.' });
    else json(200, path === '/user' ? { ...person, type: 'User', avatar_url: 'https://avatars.example/1' } : emails);
  }

  private async googleToken(form: URLSearchParams, json: (status: number, body: unknown) => void): Promise<void> {
    const token = form.get('grant_type') === 'authorization_code' ? this.redeem(form) : undefined;
    if (!token) {
      json(400, { error: 'invalid_grant', error_description: 'Bad Request' });
      return;
    }
    const idToken = await new SignJWT({ ...this.google, azp: CLIENT.id })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'JWT' })
      .setIssuer('https://accounts.google.com')
      .setAudience(CLIENT.id)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(this.keys.privateKey);
    json(200, { access_token: `ya29.${token}`, expires_in: 3_599, scope: 'openid email profile', token_type: 'Bearer', id_token: idToken });
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
