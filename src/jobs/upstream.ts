/** Requests to providers on behalf of jobs: credentials, deadlines, answers read to their end. */
import { publicFetch, redirectOf } from '../core/public-fetch';
import { readBounded } from '../core/read-bounded';
import { parseJson } from '../core/record';
import type { MediaAdapter, MediaAnswer, MediaRequest } from '../providers/media/types';
import type { Provider } from '../providers/types';
import type { JobDeps } from './deps';

export const MAX_ANSWER_BYTES = 96 * 1024 * 1024;
export const POLL_TIMEOUT_MS = 30_000;
export const SUBMIT_TIMEOUT_MS = 120_000;
const MAX_REDIRECTS = 5;

export const adapterOf = ({ spec }: Provider): MediaAdapter => {
  if (!spec.media) throw new Error(`${spec.id} makes no media`);
  return spec.media;
};

const isBelow = (url: string, baseUrl: string): boolean => url === baseUrl || url.startsWith(`${baseUrl}/`);

/** Whole URLs from a vendor are redirected to the operator's base URL, which may be a proxy. */
function urlOf({ url }: MediaRequest, { baseUrl, spec }: Provider): string {
  if (url.startsWith('/')) return baseUrl + url;
  return url.startsWith(`${spec.baseUrl}/`) ? baseUrl + url.slice(spec.baseUrl.length) : url;
}

/** Only the provider's own hosts get its credential. */
function mayHaveCredential(url: string, { baseUrl, spec }: Provider): boolean {
  if (isBelow(url, baseUrl)) return true;
  const { protocol, host } = new URL(url);
  return protocol === 'https:' && (host === new URL(baseUrl).host || (spec.media?.hosts ?? []).includes(host));
}

/** A request to the provider, with its credential where that may go; the answer is left unread. */
export function fetchFrom(
  deps: Pick<JobDeps, 'fetch'>,
  provider: Provider,
  request: MediaRequest,
  keyIndex: number,
  timeoutMs: number,
): Promise<Response> {
  const { spec, apiKeys } = provider;
  const url = urlOf(request, provider);
  const apiKey = mayHaveCredential(url, provider) ? apiKeys[keyIndex] : undefined;
  const headers: Record<string, string> = {
    ...(typeof request.body === 'string' && { 'content-type': 'application/json' }),
    ...spec.headers,
    ...request.headers,
    ...(apiKey !== undefined && adapterOf(provider).authorize(apiKey)),
  };
  const method = request.method ?? 'POST';
  const signal = AbortSignal.timeout(timeoutMs);
  if (spec.serve) return spec.serve({ url, method, headers, body: typeof request.body === 'string' ? request.body : '', signal });
  return deps.fetch(url, { method, headers, redirect: 'manual', signal, ...(request.body !== undefined && { body: request.body }) });
}

/**
 * A file that needs the credential. Where the provider redirects elsewhere, or the file is elsewhere in the first
 * place, it is fetched without.
 */
export async function fetchAuthorized(
  deps: Pick<JobDeps, 'fetch' | 'settings'>,
  provider: Provider,
  firstUrl: string,
  keyIndex: number,
  timeoutMs: number,
): Promise<Response> {
  let url = firstUrl;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const request: MediaRequest = { method: 'GET', url };
    const asked = urlOf(request, provider);
    if (!mayHaveCredential(asked, provider)) return publicFetch(deps, asked, { signal: AbortSignal.timeout(timeoutMs) });
    const response = await fetchFrom(deps, provider, request, keyIndex, timeoutMs);
    const location = redirectOf(response);
    if (location === null) return response;
    await response.body?.cancel();
    url = new URL(location, asked).href;
  }
  throw new Error("the provider's file redirects too often");
}

/** Throws when there is no answer, or it cannot be read to its end. */
export async function ask(
  deps: Pick<JobDeps, 'fetch'>,
  provider: Provider,
  request: MediaRequest,
  keyIndex: number,
  timeoutMs: number,
): Promise<MediaAnswer> {
  return readAnswer(await fetchFrom(deps, provider, request, keyIndex, timeoutMs));
}

export async function readAnswer(response: Response): Promise<MediaAnswer> {
  const bytes = await readAll(response, MAX_ANSWER_BYTES);
  // Only text is decoded: an answer may be a film.
  const isText = /json|text|xml|^$/.test(response.headers.get('content-type') ?? '');
  const text = isText ? new TextDecoder().decode(bytes) : '';
  return { status: response.status, headers: response.headers, bytes, text, json: parseJson(text) };
}

/** A body in one piece, refused as soon as it proves too large. */
export async function readAll(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.body) return new Uint8Array();
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) {
    await response.body.cancel();
    throw new Error('the answer is too large');
  }
  const bytes = await readBounded(response.body, maxBytes);
  if (!bytes) throw new Error('the answer is too large');
  return bytes;
}
