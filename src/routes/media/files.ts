/** Files by URLs that nobody can guess; whoever has one may read it, in parts if it likes. */

import { fail } from '../../core/errors';
import { isInert } from '../../core/media-type';
import type { AppContext } from '../../http/context';
import { renderError } from '../../http/render-error';

const FILE_KEY = /^(media\/job|storage\/obj)_[0-9A-Za-z]{1,40}\/[0-9A-Za-z]{16,40}\/[0-9A-Za-z-]{1,60}$/;
/** What was written under a key never changes. */
const FOREVER = 'public, max-age=31536000, immutable';

/** A result of a job, or an object that a customer stores: `/media/...` and `/storage/...`, with any extension. */
export async function getFile(c: AppContext): Promise<Response> {
  const path = new URL(c.req.url).pathname.slice(1);
  const key = path.replace(/\.[0-9a-z]{1,5}$/i, '');
  if (!FILE_KEY.test(key) || key.endsWith('/in-request')) return missing(c);
  const { headers, method } = c.req.raw;
  if (method === 'HEAD') {
    const head = await c.env.FILES.head(key);
    return head ? new Response(null, { headers: { ...headersOf(head), 'content-length': String(head.size) } }) : missing(c);
  }
  let object: R2ObjectBody | R2Object | null;
  try {
    object = await c.env.FILES.get(key, { range: headers, onlyIf: headers });
  } catch {
    return renderError(c, fail('invalid_request', 'The range cannot be satisfied.', { status: 416, param: 'Range' }).error);
  }
  if (!object) return missing(c);
  if (!('body' in object)) return new Response(null, { status: headers.has('if-none-match') ? 304 : 412, headers: headersOf(object) });
  const part = headers.has('range') ? partOf(object) : undefined;
  const length = part ? part.end - part.start + 1 : object.size;
  return new Response(object.body, {
    status: part ? 206 : 200,
    headers: {
      ...headersOf(object),
      'content-length': String(length),
      ...(part && { 'content-range': `bytes ${part.start}-${part.end}/${object.size}` }),
    },
  });
}

const missing = (c: AppContext): Response => renderError(c, fail('not_found', 'There is no such file.').error);

function partOf({ range, size }: R2Object): { start: number; end: number } | undefined {
  if (!range) return undefined;
  if ('suffix' in range && range.suffix !== undefined) return { start: Math.max(0, size - range.suffix), end: size - 1 };
  const { offset = 0, length = size - offset } = range as { offset?: number; length?: number };
  return offset === 0 && length >= size ? undefined : { start: offset, end: Math.min(size, offset + length) - 1 };
}

/** Anything that a browser might run is handed out as a download. */
function headersOf({ httpEtag, httpMetadata }: R2Object): Record<string, string> {
  const contentType = httpMetadata?.contentType ?? '';
  const inert = isInert(contentType);
  return {
    'content-type': inert ? contentType : 'application/octet-stream',
    ...(!inert && { 'content-disposition': 'attachment' }),
    etag: httpEtag,
    'cache-control': FOREVER,
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  };
}
