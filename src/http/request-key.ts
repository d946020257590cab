/** Where clients put their key: each SDK has its own place, and some send two. */
import type { ApiKey, KeyReader } from '../core/api-key';
import { fail, ok, type Result } from '../core/errors';

function tokensOf(request: Request, url: URL): string[] {
  const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]?.trim();
  const sent = [bearer, request.headers.get('x-api-key'), request.headers.get('x-goog-api-key'), url.searchParams.get('key')];
  return [...new Set(sent.filter((token): token is string => typeof token === 'string' && token !== ''))];
}

/** The keys of a request that are well signed. Nothing is asked of any account: that is admission's part. */
export async function requestKeys(reader: KeyReader, request: Request, url: URL): Promise<Result<ApiKey[]>> {
  const tokens = tokensOf(request, url);
  if (tokens.length === 0)
    return fail('missing_key', 'An API key is required: send `Authorization: Bearer ck_...`, `x-api-key` or `x-goog-api-key`.');
  const read = await Promise.all(tokens.map((token) => reader.read(token)));
  const keys = read.flatMap((parsed) => (parsed.ok ? [parsed.key] : []));
  if (keys.length > 0) return ok(keys);
  const malformed = read.every((parsed) => !parsed.ok && parsed.reason === 'malformed');
  return malformed
    ? fail('invalid_key', 'This is not an API key of this gateway: keys begin with `ck_` and are copied whole.')
    : fail('invalid_key', 'This API key does not exist.');
}

/** The client's address as the edge saw it; null in a local run. */
export const clientIp = (request: Request): string | null => request.headers.get('cf-connecting-ip');
