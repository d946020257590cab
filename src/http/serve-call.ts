/** A request to a model, from HTTP to the data plane and back. */
import type { GatewayError } from '../core/errors';
import { requestId } from '../core/ids';
import type { Dialect } from '../dialects/types';
import { refuseKeys } from '../gateway/authorize-key';
import type { GatewayDeps } from '../gateway/deps';
import { noteRefused } from '../gateway/note-refused';
import { type IncomingCall, runCall } from '../gateway/pipeline';
import { canPlanAhead } from '../gateway/plan-ahead';
import { readCallBody } from './body';
import { errorAnswer } from './render-error';
import { requestKeys, sourceOf } from './request-key';

/** An endpoint for model calls: its dialect, and its name on receipts. */
export interface CallEndpoint {
  dialect: Dialect;
  endpoint: string;
  /** Picks the dialect, where one path takes several formats. */
  pick?: (request: { body: string; url: string }) => Dialect;
}

/**
 * Serves a call. `nonce` becomes part of the request's id. `signal` tells when the client has hung up; it is a function
 * because making a signal costs time that most calls need not spend.
 */
export async function serveCall(
  gateway: GatewayDeps,
  request: Request,
  { dialect: usual, pick, endpoint }: CallEndpoint,
  nonce: string,
  signal: () => AbortSignal = () => request.signal,
): Promise<Response> {
  const refuse = (error: GatewayError, dialect = usual) => errorAnswer(error, requestId(nonce), dialect);
  const keys = await requestKeys(gateway.keys, request);
  if (!keys.ok) return refuse(keys.error);
  const from = sourceOf(request, gateway.settings);
  const askFirst = () => refuseKeys(gateway, keys.value, from);
  const idempotencyKey = request.headers.get('idempotency-key');
  const mayAbridge = idempotencyKey === null && canPlanAhead(keys.value);
  const read = await readCallBody(request, gateway.settings.BODY_LIMIT_BYTES, askFirst, mayAbridge);
  if (!read.ok) {
    noteRefused(gateway, { keys: keys.value, endpoint }, read.error);
    return refuse(read.error);
  }
  const dialect = pick ? pick({ body: read.value.body, url: request.url }) : usual;
  // The body is in this one object alone, so that it can be let go of there.
  const incoming: IncomingCall = Object.assign(read.value, {
    dialect,
    endpoint,
    nonce,
    url: request.url,
    headers: request.headers,
    keys: keys.value,
    ...from,
    idempotencyKey,
    signal,
  });
  const result = await runCall(gateway, incoming);
  if (result.ok) return result.response;
  const { error, isCounted, model } = result;
  if (!isCounted) noteRefused(gateway, { keys: keys.value, endpoint, model }, error);
  return refuse(error, dialect);
}
