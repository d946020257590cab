/** Reads the API key from wherever clients put it: each SDK has its own place, and some send two. */
import type { ApiKey, KeyReader } from '../core/api-key';
import { fail, ok, type Result, unknownKey } from '../core/errors';
import type { Settings } from '../env';

/** Those of Anthropic's clients, Google's and Azure's. */
const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key'];

function tokensOf(request: Request): string[] {
  const authorization = request.headers.get('authorization');
  // Some clients, written for other gateways, send the key without `Bearer`.
  const bearer = authorization && /^(?:Bearer\s+)?(\S+)\s*$/i.exec(authorization)?.[1];
  const tokens = bearer ? [bearer] : [];
  for (const token of [...KEY_HEADERS.map((name) => request.headers.get(name)), keyInUrl(request.url)])
    if (token && !tokens.includes(token)) tokens.push(token);
  return tokens;
}

const keyInUrl = (url: string): string | null => (url.includes('key=') ? new URL(url).searchParams.get('key') : null);

/** Does anything stand where a request has its key, be it good or bad? */
export const carriesKey = ({ headers, url }: Request): boolean =>
  ['authorization', ...KEY_HEADERS].some((name) => headers.has(name)) || new URL(url).searchParams.has('key');

/** The keys of a request that are correctly signed. Whether they exist is for admission to say, which asks their account. */
export async function requestKeys(reader: KeyReader, request: Request): Promise<Result<ApiKey[]>> {
  const tokens = tokensOf(request);
  if (tokens.length === 0)
    return fail('missing_key', 'An API key is required: send `Authorization: Bearer ck_...`, `x-api-key` or `x-goog-api-key`.');
  const read = await Promise.all(tokens.map((token) => reader.read(token)));
  const keys = read.flatMap((parsed) => (parsed.ok ? [parsed.key] : []));
  if (keys.length > 0) return ok(keys);
  const malformed = read.every((parsed) => !parsed.ok && parsed.reason === 'malformed');
  return malformed
    ? fail('invalid_key', 'This is not an API key of this gateway: keys begin with `ck_` and are copied whole.')
    : unknownKey();
}

/** The client's address as Cloudflare saw it. A local run has no edge in front and is called from this machine only. */
export const clientIp = (request: Request, { LOCAL }: Pick<Settings, 'LOCAL'>): string | null =>
  request.headers.get('cf-connecting-ip') ?? (LOCAL === '1' ? '127.0.0.1' : null);

/** Where a request comes from, which a key may be limited to. */
export const sourceOf = (request: Request, settings: Pick<Settings, 'LOCAL'>): { origin: string | null; ip: string | null } => ({
  origin: request.headers.get('origin'),
  ip: clientIp(request, settings),
});
