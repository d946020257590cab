import { newNonce, requestId } from '../core/ids';
import type { AppContext } from '../http/context';
import { requestKeys } from '../http/request-key';
import { type CallEndpoint, serveCall } from '../http/serve-call';
import { ENDPOINT_HEADER, NONCE_HEADER } from '../live/live-stream';

/** The route of an endpoint for model calls. */
export const callRoute =
  (endpoint: CallEndpoint) =>
  (c: AppContext): Promise<Response> => {
    const nonce = newNonce();
    c.set('requestId', requestId(nonce));
    const request = c.req.raw;
    if (request.headers.get('x-resumable') === 'true') return resumableOfKnown(c, endpoint, nonce);
    return serveCall(c.get('gateway'), request, endpoint, nonce);
  };

/** Without a correctly signed key no object is woken. */
async function resumableOfKnown(c: AppContext, endpoint: CallEndpoint, nonce: string): Promise<Response> {
  const gateway = c.get('gateway');
  const keys = await requestKeys(gateway.keys, c.req.raw);
  return keys.ok ? resumable(c, endpoint, nonce) : serveCall(gateway, c.req.raw, endpoint, nonce);
}

/** Served by an object of its own, which reads the stream to its end even when the client is gone. */
function resumable(c: AppContext, { endpoint }: CallEndpoint, nonce: string): Promise<Response> {
  const forwarded = new Request(c.req.raw);
  forwarded.headers.set(ENDPOINT_HEADER, endpoint);
  forwarded.headers.set(NONCE_HEADER, nonce);
  return c.env.LIVE_STREAM.getByName(nonce).fetch(forwarded);
}
