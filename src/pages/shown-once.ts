/**
 * Shows something once on the page after a form, such as a secret. It is sealed in a cookie for the person who sent the
 * form, so that the page has a URL of its own and a reload repeats nothing.
 */
import type { AppContext } from '../http/context';
import { cleared, type SealedCookie, type Seen, sealed, unsealed } from './sealed-cookie';
import { orgQuery } from './shell';

const GOOD_FOR_SECONDS = 60;

const cookieAt = (path: string): SealedCookie => ({ name: 'gateway.shown', path, purpose: 'shown once', sameSite: 'Lax' });

/** Redirects to the page that will show it. */
export async function thenShown(c: AppContext, context: Seen, path: string, value: unknown, seconds = GOOD_FOR_SECONDS) {
  c.header('set-cookie', await sealed(context, cookieAt(path), value, seconds), { append: true });
  return c.redirect(path + orgQuery(context), 303);
}

/** What there is to show. */
export const shownTo = <T>(c: AppContext, context: Seen): Promise<T | undefined> => unsealed<T>(c, context, cookieAt(c.req.path));

/** Clears the cookie; set by the page that has shown it. */
export const shown = (context: Seen, path: string): string => cleared(context, cookieAt(path));
