import { accountPlaneDeps, authOf } from './account-deps';
import type { AppContext } from './context';

/** The longest is what a passkey's device says of itself. */
export const AUTH_BODY_BYTES = 65_536;

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
  return (await authOf(c)).handler(request);
}
