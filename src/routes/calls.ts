import { newNonce, requestId } from '../core/ids';
import type { AppContext } from '../http/context';
import { type CallEndpoint, serveCall } from '../http/serve-call';
import { ENDPOINT_HEADER, NONCE_HEADER } from '../live/live-stream';

/** The route of an endpoint for model calls. */
export const callRoute =
  (endpoint: CallEndpoint) =>
  (c: AppContext): Promise<Response> => {
    const nonce = newNonce();
    c.set('requestId', requestId(nonce));
    const request = c.req.raw;
    if (request.headers.get('x-resumable') === 'true') return resumable(c, endpoint, nonce);
    return serveCall(c.get('gateway'), request, endpoint, nonce);
  };

/** Through an object of its own, which sees the stream to its end when the client is gone. */
function resumable(c: AppContext, { endpoint }: CallEndpoint, nonce: string): Promise<Response> {
  const forwarded = new Request(c.req.raw);
  forwarded.headers.set(ENDPOINT_HEADER, endpoint);
  forwarded.headers.set(NONCE_HEADER, nonce);
  return c.env.LIVE_STREAM.getByName(nonce).fetch(forwarded);
}
