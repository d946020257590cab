import type { AppContext } from '../http/context';

/** Clients knock here before their first call, some with HEAD, and without a key. */
export const hello = (c: AppContext): Response => c.json({ ok: true });
