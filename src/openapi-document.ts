/** `/openapi.json`, built on the first request, since that loads the schemas of every plane, and then kept in the isolate. */
import { sha256Hex } from './core/hex';

interface Written {
  text: string;
  etag: string;
}

let written: Promise<Written> | undefined;

async function write(): Promise<Written> {
  const { buildDocument } = await import('./openapi/document');
  const text = JSON.stringify(buildDocument());
  return { text, etag: `"${(await sha256Hex(text)).slice(0, 32)}"` };
}

/** An edge that compresses the answer turns its tag into a weak one. */
const isKnown = (header: string | null, etag: string): boolean =>
  (header ?? '').split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')));

export async function openapiDocument(request: Request): Promise<Response> {
  written ??= write().catch((error: unknown) => {
    written = undefined;
    throw error;
  });
  const { text, etag } = await written;
  const headers = { etag, 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' };
  if (isKnown(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
  return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } });
}
