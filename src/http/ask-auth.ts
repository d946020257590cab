import { accountPlaneDeps, authOf } from './account-deps';
import type { AppContext } from './context';

/** The longest body is a passkey's attestation. */
export const AUTH_BODY_BYTES = 65_536;

/** Hands a form to better-auth over its own HTTP path rather than by a direct call, so that its rate limits count the try. */
export async function askAuth(c: AppContext, path: string, body: Record<string, unknown>): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const text = JSON.stringify(body);
  if (text.length > AUTH_BODY_BYTES) return Response.json({ message: 'That is longer than it may be.' }, { status: 413 });
  const headers = new Headers(c.req.raw.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  headers.set('origin', origin);
  const request = new Request(`${origin}/api/auth${path}`, { method: 'POST', headers, body: text });
  return (await authOf(c)).handler(request);
}
