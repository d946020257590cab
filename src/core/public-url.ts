/**
 * Which URLs the gateway may fetch for a customer: none that leads to this machine, a private network or a cloud's
 * metadata service. Here a host name is checked by its spelling; `public-fetch.ts` checks its addresses.
 */
import ipaddr from 'ipaddr.js';
import { fail, ok, type Result } from './errors';

const MAX_URL_CHARS = 4_096;

/** Names that exist only inside networks. */
const INNER_NAMES = ['localhost', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private', 'test', 'invalid', 'onion', 'arpa'];

/** Metadata addresses outside the reserved ranges: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16 */
const METADATA = ['168.63.129.16'];

/** Is the address reachable from the public internet? */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast' || METADATA.includes(address.toString())) return false;
  if (address.kind() === 'ipv4') return text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text);
  // Only 2000::/3 is allocated. IPv4 embedded in IPv6 needs no care here: NAT64, 6to4 and Teredo have ranges of their
  // own, refused above.
  const [first = 0] = (address as ipaddr.IPv6).parts;
  return first >> 13 === 1;
}

/** The host as an address, if it is one. `new URL` has already normalised every IPv4 notation. */
const addressOf = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
};

export interface PublicUrlRules {
  /** Allows private addresses and plain HTTP, for local development. */
  anywhere: boolean;
  /** The gateway runs on its developer's own machine, who may allow them. */
  isLocal?: boolean;
}

const HOW = ' (`PRIVATE_ADDRESSES=allowed` lifts that for local development)';

/** A URL that may be fetched as far as its text shows. */
export function readPublicUrl(text: string, param: string, { anywhere, isLocal = false }: PublicUrlRules): Result<URL> {
  const refuse = (why: string) => fail('invalid_request', `The field \`${param}\` ${why}.`, { param });
  const how = isLocal ? HOW : '';
  if (text.length > MAX_URL_CHARS) return refuse(`is longer than ${MAX_URL_CHARS} characters`);
  if (!URL.canParse(text)) return refuse('must be a public HTTPS URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return refuse('must be a URL without a user name or password');
  if (url.protocol !== 'https:' && !(anywhere && url.protocol === 'http:')) return refuse(`must be a public HTTPS URL${how}`);
  if (anywhere) return ok(url);
  const address = addressOf(url.hostname);
  if (address !== undefined) return isPublicAddress(address) ? ok(url) : refuse(`must be a public URL: this address is not public${how}`);
  const labels = url.hostname.replace(/\.$/, '').split('.');
  if (labels.length < 2 || INNER_NAMES.includes(labels.at(-1)!)) return refuse(`must be a public URL: this name is not public${how}`);
  return ok(url);
}

/** Is the host a name, whose addresses still have to be checked? */
export const isName = (url: URL): boolean => addressOf(url.hostname) === undefined;
