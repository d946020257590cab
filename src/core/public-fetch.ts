/**
 * Fetches that nobody can turn against the gateway's own network: each hop's URL is judged by its text, and its name by
 * the addresses that it has. Between the look-up and the fetch a name may change its mind; on Cloudflare a fetch then
 * still leaves from the edge, where there is no private network to reach.
 */

import { isName, isPublicAddress, readPublicUrl } from './public-url';
import { isRecord } from './record';

const MAX_REDIRECTS = 5;
const LOOKUP_TIMEOUT_MS = 5_000;
const RECORD_TYPES = ['A', 'AAAA'];
/** Many a host, and most firewalls of web servers, turn away who does not say what it is: the runtime says nothing. */
export const WHO_ASKS = { 'user-agent': 'hypereal-gateway/1.0' };
/** DNS numbers of A and AAAA. */
const ADDRESS_TYPES: readonly unknown[] = [1, 28];

export interface PublicFetchDeps {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  settings: { DNS_URL: string; PRIVATE_ADDRESSES: 'refused' | 'allowed' };
}

/** The URL was refused; the message may be shown. */
export class RefusedUrl extends Error {}

async function lookUp({ fetch, settings }: PublicFetchDeps, name: string, type: string): Promise<string[]> {
  const url = `${settings.DNS_URL}?name=${encodeURIComponent(name)}&type=${type}`;
  const response = await fetch(url, { headers: { accept: 'application/dns-json' }, signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the name could not be looked up: ${response.status}`);
  const answer = (await response.json()) as { Answer?: unknown };
  const records = Array.isArray(answer.Answer) ? answer.Answer.filter(isRecord) : [];
  return records.filter(({ type: number }) => ADDRESS_TYPES.includes(number)).map(({ data }) => String(data));
}

/** Throws unless everything that the URL may lead to is public. */
export async function requirePublic(deps: PublicFetchDeps, text: string): Promise<URL> {
  const anywhere = deps.settings.PRIVATE_ADDRESSES === 'allowed';
  const read = readPublicUrl(text, 'url', { anywhere });
  if (!read.ok) throw new RefusedUrl('the URL is not a public HTTPS URL');
  if (anywhere || !isName(read.value)) return read.value;
  const addresses = (await Promise.all(RECORD_TYPES.map((type) => lookUp(deps, read.value.hostname, type)))).flat();
  if (addresses.length === 0) throw new RefusedUrl('the name has no address');
  if (!addresses.every(isPublicAddress)) throw new RefusedUrl('the name leads to an address that is not public');
  return read.value;
}

/** A GET that follows redirects, each of them judged anew. */
export async function publicFetch(deps: PublicFetchDeps, text: string, init: RequestInit = {}): Promise<Response> {
  let url = await requirePublic(deps, text);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await deps.fetch(url.href, { headers: WHO_ASKS, ...init, redirect: 'manual' });
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url.href)) throw new RefusedUrl('the URL redirects to nowhere');
    url = await requirePublic(deps, new URL(location, url.href).href);
  }
  throw new RefusedUrl('the URL redirects too often');
}
