/**
 * What the page after a form shows once, such as a secret. It is sealed in a cookie of the person who sent the form, so that
 * the page has an address of its own: a reload, or the way back to it, repeats nothing.
 */
import { generateCookie, getCookie } from 'hono/cookie';
import type { VerbContext } from '../console/context';
import { seal, unseal } from '../core/sealed';
import type { AppContext } from '../http/context';
import { orgQuery } from './shell';

const COOKIE = 'gateway.shown';
const GOOD_FOR_SECONDS = 60;

interface Sealed {
  /** Whose it is: the person, and the wallet that the page is about. */
  for: string;
  untilMs: number;
  value: unknown;
}

const ownerOf = ({ actor, accountId }: VerbContext): string => `${actor.id} ${accountId}`;

const cookie = ({ origin }: VerbContext, path: string, value: string, maxAge: number): string =>
  generateCookie(COOKIE, value, { path, httpOnly: true, sameSite: 'Lax', secure: origin.startsWith('https:'), maxAge });

/** To the page, which will show it. */
export async function thenShown(c: AppContext, context: VerbContext, path: string, value: unknown, seconds = GOOD_FOR_SECONDS) {
  const kept: Sealed = { for: ownerOf(context), untilMs: context.now() + seconds * 1_000, value };
  const sealed = await seal(context.settings.AUTH_SECRET, 'shown once', JSON.stringify(kept));
  c.header('set-cookie', cookie(context, path, sealed, seconds), { append: true });
  return c.redirect(path + orgQuery(context), 303);
}

/** What there is to show. */
export async function shownTo<T>(c: AppContext, context: VerbContext): Promise<T | undefined> {
  const sealed = getCookie(c, COOKIE);
  if (sealed === undefined) return undefined;
  // Of another deployment, or of nobody: nothing to show.
  const text = await unseal(context.settings.AUTH_SECRET, 'shown once', sealed).catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as Sealed;
  return kept.for === ownerOf(context) && kept.untilMs > context.now() ? (kept.value as T) : undefined;
}

/** For the page that showed it: the next one does not. */
export const shown = (context: VerbContext, path: string): string => cookie(context, path, '', 0);
