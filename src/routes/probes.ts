import type { AppContext } from '../http/context';

/** Clients knock here before their first call, some with HEAD, and without a key. */
export const hello = (c: AppContext): Response => c.json({ ok: true });

/** Of what is set wrong for people's pages alone no call would tell, and nobody but who opens one. */
export async function health(c: AppContext): Promise<Response> {
  const { readAccountSettings } = await import('../env-account');
  readAccountSettings(c.env);
  return hello(c);
}
