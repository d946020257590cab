/** What a browser keeps for this gateway, which alone can read it: of one person, about one wallet, for some time. */
import { generateCookie, getCookie } from 'hono/cookie';
import type { VerbContext } from '../console/context';
import { type Purpose, seal, unseal } from '../core/sealed';
import type { AppContext } from '../http/context';

/** Sent back to this path and below it. */
export interface SealedCookie {
  name: string;
  path: string;
  purpose: Purpose;
  sameSite: 'Lax' | 'Strict';
}

interface Sealed {
  /** Whose it is: the person, and the wallet that the page is about. */
  for: string;
  untilMs: number;
  value: unknown;
}

const ownerOf = ({ actor, accountId }: VerbContext): string => `${actor.id} ${accountId}`;

const cookie = ({ origin }: VerbContext, { name, path, sameSite }: SealedCookie, value: string, maxAge: number): string =>
  generateCookie(name, value, { path, httpOnly: true, sameSite, secure: origin.startsWith('https:'), maxAge });

export async function sealed(context: VerbContext, of: SealedCookie, value: unknown, seconds: number): Promise<string> {
  const kept: Sealed = { for: ownerOf(context), untilMs: context.now() + seconds * 1_000, value };
  return cookie(context, of, await seal(context.settings.AUTH_SECRET, of.purpose, JSON.stringify(kept)), seconds);
}

export async function unsealed<T>(c: AppContext, context: VerbContext, { name, purpose }: SealedCookie): Promise<T | undefined> {
  const given = getCookie(c, name);
  if (given === undefined) return undefined;
  // Of another deployment, or of nobody: nothing is kept.
  const text = await unseal(context.settings.AUTH_SECRET, purpose, given).catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as Sealed;
  return kept.for === ownerOf(context) && kept.untilMs > context.now() ? (kept.value as T) : undefined;
}

export const cleared = (context: VerbContext, of: SealedCookie): string => cookie(context, of, '', 0);
