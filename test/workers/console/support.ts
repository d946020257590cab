/** Callers of the account plane inside workerd: people with sessions, organizations, and what the audit log says. */
import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { makeSignature } from 'better-auth/crypto';
// Loaded here, so that loading does not count towards the first test's time.
import '../../../src/account-plane';
import { accountStub } from '../../../src/account/stub';
import type { Role } from '../../../src/console/permissions';
import { accountId, newAccountBytes } from '../../../src/core/ids';
import worker from '../../../src/index';

export const ORIGIN = 'https://gateway.test';

let made = 0;

export interface Someone {
  id: string;
  email: string;
  cookie: string;
}

/** A signed-in person, made by database rows alone: signing up is tested end to end. */
export async function someone(name = 'person'): Promise<Someone> {
  const id = crypto.randomUUID();
  const email = `${name}-${++made}-${id.slice(0, 8)}@example.com`;
  const now = Date.now();
  await env.DB.prepare('INSERT INTO users VALUES (?, ?, ?, 1, NULL, 0, ?, ?)').bind(id, name, email, now, now).run();
  return { id, email, cookie: await sessionOf(id) };
}

/** The cookie of a session; a person may have several. */
export async function sessionOf(userId: string, sinceMs = Date.now()): Promise<string> {
  const [token, now] = [crypto.randomUUID(), Date.now()];
  const values = [crypto.randomUUID(), token, userId, now + 86_400_000, sinceMs, now];
  await env.DB.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, NULL, NULL, ?, ?)')
    .bind(...values)
    .run();
  const signature = await makeSignature(token, env.AUTH_SECRET);
  return `__Secure-gateway.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
}

/** An organization with its wallet but without members. */
export async function organization(name = 'Acme'): Promise<{ id: string; accountId: string }> {
  const id = `org_${crypto.randomUUID().slice(0, 12)}`;
  const account = accountId(newAccountBytes());
  await accountStub(env.ACCOUNT, account).create({ id: account, name, email: null, createdAtMs: Date.now(), grantedTier: 'free' });
  await env.DB.prepare('INSERT INTO organizations VALUES (?, ?, ?, ?, ?, NULL)').bind(id, id, name, account, Date.now()).run();
  return { id, accountId: account };
}

export const join = (organizationId: string, person: Someone, role: Role): Promise<D1Result> =>
  env.DB.prepare("INSERT INTO members VALUES (?, ?, ?, 'created', ?)").bind(organizationId, person.id, role, Date.now()).run();

interface Asked {
  as?: Someone;
  key?: string;
  json?: unknown;
  /** Sent as a page's form sends it. */
  form?: Record<string, string> | undefined;
  headers?: Record<string, string>;
  bindings?: typeof env;
}

/** A request through the Worker's own handler. */
export async function call(method: string, path: string, { as, key, json, form, headers, bindings = env }: Asked = {}) {
  const context = createExecutionContext();
  const request = new Request(`${ORIGIN}${path}`, {
    method,
    headers: {
      origin: ORIGIN,
      ...(as && { cookie: as.cookie }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(form && { body: new URLSearchParams(form) }),
  });
  const response = await worker.fetch(request, bindings, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for.
  const body = (response.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : {}) as any;
  return { status: response.status, body, text, headers: response.headers };
}

/** The same for a request that must succeed. */
export async function must(method: string, path: string, asked: Asked = {}) {
  const answer = await call(method, path, asked);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

export interface Audited {
  seq: number;
  action: string;
  actor_id: string;
  actor_kind: string;
  target: string | null;
  detail: string;
}

/** The audit entries of one wallet, oldest first. */
export const audited = async (account: string): Promise<Audited[]> =>
  (await env.DB.prepare('SELECT * FROM audit_log WHERE account_id = ? ORDER BY seq').bind(account).all<Audited>()).results;

export const lastAudited = async (account: string): Promise<Audited | undefined> => (await audited(account)).at(-1);

export const accountOf = async (person: Someone): Promise<string> => (await must('GET', '/api/me', { as: person })).accountId;
