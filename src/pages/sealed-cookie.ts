/** A cookie that only this gateway can read: for one person, about one wallet, for a limited time. */
import { generateCookie, getCookie } from 'hono/cookie';
import type { OperatorContext, VerbContext } from '../console/context';
import { type Purpose, seal, unseal } from '../core/sealed';
import { authSecrets } from '../env-account';
import type { AppContext } from '../http/context';

/** Sent for this path and below. */
export interface SealedCookie {
  name: string;
  path: string;
  purpose: Purpose;
  sameSite: 'Lax' | 'Strict';
}

interface Sealed {
  /** Who it is for: the person, and the wallet that the page is about. */
  for: string;
  untilMs: number;
  value: unknown;
}

/** Who is shown a page. */
export type Seen = VerbContext | OperatorContext;

const ownerOf = ({ actor, accountId }: Seen): string => `${actor.id} ${accountId}`;

const cookie = ({ origin }: Seen, { name, path, sameSite }: SealedCookie, value: string, maxAge: number): string =>
  generateCookie(name, value, { path, httpOnly: true, sameSite, secure: origin.startsWith('https:'), maxAge });

export async function sealed(context: Seen, of: SealedCookie, value: unknown, seconds: number): Promise<string> {
  const kept: Sealed = { for: ownerOf(context), untilMs: context.now() + seconds * 1_000, value };
  return cookie(context, of, await seal(authSecrets(context.settings), of.purpose, JSON.stringify(kept)), seconds);
}

export async function unsealed<T>(c: AppContext, context: Seen, { name, purpose }: SealedCookie): Promise<T | undefined> {
  const given = getCookie(c, name);
  if (given === undefined) return undefined;
  // A cookie from another deployment, or a forged one, counts as none.
  const text = await unseal(authSecrets(context.settings), purpose, given);
  if (text === undefined) return undefined;
  const kept = JSON.parse(text) as Sealed;
  return kept.for === ownerOf(context) && kept.untilMs > context.now() ? (kept.value as T) : undefined;
}

export const cleared = (context: Seen, of: SealedCookie): string => cookie(context, of, '', 0);
