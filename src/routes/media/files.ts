/** Files under URLs that cannot be guessed. Whoever has a URL may read the file, also in parts. */

import { fail } from '../../core/errors';
import { isInert } from '../../core/media-type';
import type { Dialect } from '../../dialects/types';
import { readRange } from '../../http/byte-range';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { keptSeconds, wasKept } from '../../jobs/retention';

const FILE_KEY = /^(media\/job|storage\/obj)_[0-9A-Za-z]{1,40}\/[0-9A-Za-z]{16,40}\/[0-9A-Za-z-]{1,60}$/;
/** A file under a key never changes. */
const FOREVER_SECONDS = 31_536_000;

/** How a file may be kept by caches where its address is no secret, and each request must show its key. */
export const ASKED_EACH_TIME = 'private, no-cache';

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
const ENTITY_TAGS = /^(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)$/;
const areTags = (text: string): boolean => ENTITY_TAGS.test(text.trim());
const isDate = (text: string): boolean => !Number.isNaN(Date.parse(text));
const CONDITIONS = { 'if-match': areTags, 'if-none-match': areTags, 'if-modified-since': isDate, 'if-unmodified-since': isDate };

/** Without malformed entity tags: R2 throws at a tag without quotes, as many scripts send. */
const conditionsOf = (headers: Headers): Headers =>
  new Headers(
    Object.entries(CONDITIONS).flatMap(([name, isValid]) => {
      const value = headers.get(name);
      return value !== null && isValid(value) ? [[name, value] as [string, string]] : [];
    }),
  );

/** Serves a job's result or a customer's stored file: `/media/...` and `/storage/...`, with any extension. */
export async function getFile(c: AppContext): Promise<Response> {
  const path = new URL(c.req.url).pathname.slice(1);
  const key = path.replace(/\.[0-9a-z]{1,5}$/i, '');
  return FILE_KEY.test(key) && !key.endsWith('/in-request') ? serveFile(c, key) : missing(c);
}

interface Serving {
  /** For addresses that are told to others, unlike the file's own. */
  caching?: string;
  /** The format in which errors are told. */
  form?: Pick<Dialect, 'renderError'>;
}

/** A stored file, or the part or check of it that is asked for. */
export async function serveFile(c: AppContext, key: string, { caching, form }: Serving = {}): Promise<Response> {
  const { headers, method } = c.req.raw;
  const headersOf = (object: R2Object) => ({ ...fileHeaders(c, object), ...(caching !== undefined && { 'cache-control': caching }) });
  const ranged = method === 'GET' && headers.has('range');
  const head = method === 'HEAD' || ranged ? await c.env.FILES.head(key) : undefined;
  if (head === null) return gone(c, key, form);
  if (head && method === 'HEAD') return new Response(null, { headers: { ...headersOf(head), 'content-length': String(head.size) } });
  const part = head && isSameVersion(headers.get('if-range'), head) ? readRange(headers.get('range'), head.size) : undefined;
  if (part === 'unsatisfiable') {
    const error = fail('invalid_request', 'The range lies beyond the file.', { status: 416, param: 'Range' }).error;
    return renderError(c, { ...error, headers: { 'content-range': `bytes */${head!.size}` } }, form);
  }
  const range = part && { range: { offset: part.start, length: part.end - part.start + 1 } };
  const conditions = conditionsOf(headers);
  const object = await c.env.FILES.get(key, { onlyIf: conditions, ...range });
  if (!object) return gone(c, key, form);
  if (!('body' in object)) return new Response(null, { status: isUnmet(conditions) ? 412 : 304, headers: headersOf(object) });
  return new Response(object.body, {
    status: part ? 206 : 200,
    headers: {
      ...headersOf(object),
      'content-length': String(part ? part.end - part.start + 1 : object.size),
      ...(part && { 'content-range': `bytes ${part.start}-${part.end}/${object.size}` }),
    },
  });
}

/**
 * A failed condition is a 412 for `if-match` and `if-unmodified-since`, else a 304:
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
const isUnmet = (headers: Headers): boolean => headers.has('if-match') || headers.has('if-unmodified-since');

/** A range is useful only to whoever has the rest of the same version: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5 */
const isSameVersion = (ifRange: string | null, { httpEtag }: R2Object): boolean => ifRange === null || ifRange === httpEtag;

export const missing = (c: AppContext, form?: Serving['form']): Response =>
  renderError(c, fail('not_found', 'There is no such file.').error, form);

async function gone(c: AppContext, key: string, form: Serving['form']): Promise<Response> {
  const kept = await wasKept(jobDeps(c.env), key);
  if (!kept) return missing(c, form);
  const { days } = kept;
  const span = days === 1 ? 'a day' : `${days} days`;
  const why = days > 0 ? `Results like this are kept for ${span}; this one has been removed.` : 'This result has been removed.';
  return renderError(c, fail('gone', why, { code: 'file_expired' }).error, form);
}

/** Whatever a browser might run is sent as a download. */
function fileHeaders(c: AppContext, { key, httpEtag, httpMetadata, uploaded }: R2Object): Record<string, string> {
  const { RESULT_RETENTION_DAYS, UPLOAD_RETENTION_DAYS } = c.get('gateway').settings;
  const days = key.startsWith('media/') ? RESULT_RETENTION_DAYS : UPLOAD_RETENTION_DAYS;
  const maxAge = Math.min(FOREVER_SECONDS, keptSeconds(days, uploaded.getTime(), Date.now()) ?? FOREVER_SECONDS);
  const contentType = httpMetadata?.contentType ?? '';
  const inert = isInert(contentType);
  return {
    'content-type': inert ? contentType : 'application/octet-stream',
    ...(!inert && { 'content-disposition': 'attachment' }),
    etag: httpEtag,
    'cache-control': `public, max-age=${maxAge}, immutable`,
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  };
}
