/**
 * Fetches that cannot be turned against the gateway's own network: at each redirect the URL is checked, and so are the
 * addresses that its name resolves to. A name could change between look-up and fetch (DNS rebinding); on Cloudflare the
 * fetch would then still leave from the edge, where there is no private network.
 */

import { isName, isPublicAddress, readPublicUrl } from './public-url';
import { recordsOf } from './record';

const MAX_REDIRECTS = 5;
const LOOKUP_TIMEOUT_MS = 5_000;
const RECORD_TYPES = ['A', 'AAAA'];
/** Many hosts and firewalls reject requests without a user agent, and the runtime sends none. */
export const WHO_ASKS = { 'user-agent': 'hypereal-gateway/1.0' };
/** The DNS record types A and AAAA. */
const ADDRESS_TYPES: readonly unknown[] = [1, 28];

export interface PublicFetchDeps {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  settings: { DNS_URL: string; PRIVATE_ADDRESSES: 'refused' | 'allowed' };
}

/** Thrown for a refused URL; the message may be shown. */
export class RefusedUrl extends Error {}

async function lookUp({ fetch, settings }: PublicFetchDeps, name: string, type: string): Promise<string[]> {
  const url = `${settings.DNS_URL}?name=${encodeURIComponent(name)}&type=${type}`;
  const response = await fetch(url, { headers: { accept: 'application/dns-json' }, signal: AbortSignal.timeout(LOOKUP_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the name could not be looked up: ${response.status}`);
  const answer = (await response.json()) as { Answer?: unknown };
  const records = recordsOf(answer.Answer);
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

/** Where a response leads to, as it says it; null where it is no redirect. */
export const redirectOf = ({ status, headers }: Response): string | null =>
  status >= 300 && status < 400 ? headers.get('location') : null;

/** A GET that follows redirects and checks each of them. */
export async function publicFetch(deps: PublicFetchDeps, text: string, init: RequestInit = {}): Promise<Response> {
  let url = await requirePublic(deps, text);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await deps.fetch(url.href, { headers: WHO_ASKS, ...init, redirect: 'manual' });
    const location = redirectOf(response);
    if (location === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(location, url.href)) throw new RefusedUrl('the URL redirects to nowhere');
    url = await requirePublic(deps, new URL(location, url.href).href);
  }
  throw new RefusedUrl('the URL redirects too often');
}
