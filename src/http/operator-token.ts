/** The operator's tokens, compared without telling by the time it takes how far a guess is right. */
import type { AppContext } from './context';

const encoder = new TextEncoder();

const digestOf = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest('SHA-256', encoder.encode(text));

/** Compares digests, so that the time taken shows neither length nor content of a token. */
export async function isToken(given: string, ...tokens: readonly (string | undefined)[]): Promise<boolean> {
  const asked = await digestOf(given);
  const expected = await Promise.all(tokens.filter((token) => token !== undefined).map(digestOf));
  return expected.some((digest) => crypto.subtle.timingSafeEqual(digest, asked));
}

/** Whether a request's bearer token is one of these. */
export async function carries(c: AppContext, ...tokens: readonly (string | undefined)[]): Promise<boolean> {
  const given = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1];
  return given !== undefined && isToken(given, ...tokens);
}
