/** Any origin may call the API with a key; there are no cookies to steal on these paths. */
const EXPOSED =
  'x-request-id, request-id, x-credits-charged, x-should-retry, retry-after, idempotent-replayed, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset';

export function preflight(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? 'authorization, content-type',
      'access-control-max-age': '86400',
      vary: 'access-control-request-headers',
    },
  });
}

/** Headers that every answer of the API carries. */
export function addCommonHeaders(response: Response, requestId: string): void {
  response.headers.set('access-control-allow-origin', '*');
  response.headers.set('access-control-expose-headers', EXPOSED);
  const id = response.headers.get('x-request-id') ?? requestId;
  response.headers.set('x-request-id', id);
  response.headers.set('request-id', id);
}
