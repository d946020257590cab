import { accountPlaneDeps, authOf } from './account-deps';
import type { AppContext } from './context';

/** Asks better-auth for what a form asks, by its own path: there it counts how often somebody tries. */
export async function askAuth(c: AppContext, path: string, body: Record<string, unknown>): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const headers = new Headers(c.req.raw.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  headers.set('origin', origin);
  const request = new Request(`${origin}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await authOf(c)).handler(request);
}
