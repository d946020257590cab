import type { AppContext } from '../http/context';

/** Clients probe here before their first call, some with HEAD, and without a key. */
export const hello = (c: AppContext): Response => c.json({ ok: true });

/** Also reads the account plane's variables, since no model call would show that they are wrong. */
export async function health(c: AppContext): Promise<Response> {
  const { readAccountSettings } = await import('../env-account');
  readAccountSettings(c.env);
  return hello(c);
}
