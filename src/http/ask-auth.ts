import { accountPlaneDeps, authOf } from './account-deps';
import type { AppContext } from './context';

/** The longest body is a passkey's attestation. */
export const AUTH_BODY_BYTES = 65_536;

/** What breaks inside has no words there: it is told as any other failure of ours, with the id to ask about. */
export async function answerOfAuth(c: AppContext, request: Request): Promise<Response> {
  const answer = await (await authOf(c)).handler(request);
  if (answer.status === 500 && answer.body === null) throw new Error('sign-in broke: the line before says why');
  return answer;
}

/** Asks better-auth for what a form asks, by its own path: there it counts how often somebody tries. */
export async function askAuth(c: AppContext, path: string, body: Record<string, unknown>): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const text = JSON.stringify(body);
  if (text.length > AUTH_BODY_BYTES) return Response.json({ message: 'That is longer than it may be.' }, { status: 413 });
  const headers = new Headers(c.req.raw.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  headers.set('origin', origin);
  const request = new Request(`${origin}/api/auth${path}`, { method: 'POST', headers, body: text });
  return answerOfAuth(c, request);
}

/** Hands the cookies of its answer on to the browser. */
export function passCookies(c: AppContext, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
}
