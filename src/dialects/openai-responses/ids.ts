import { parseOperationId } from '../../core/ids';

const REQUEST = 'req_';
const RESPONSE = 'resp_';

/**
 * A response's id is derived from its request's id. So it is the same whichever upstream answers, and leads to the
 * account and month where the call is recorded.
 */
export const responseId = (requestId: string): string =>
  `${RESPONSE}${requestId.startsWith(REQUEST) ? requestId.slice(REQUEST.length) : requestId}`;

/** The request behind a response id; undefined for a foreign id. */
export function requestOfResponse(id: string): string | undefined {
  if (!id.startsWith(RESPONSE)) return undefined;
  const requestId = REQUEST + id.slice(RESPONSE.length);
  return parseOperationId(requestId) && requestId;
}

/** The id of an item that the gateway made. */
export const itemId = (prefix: string, response: string, index: number): string => `${prefix}_${response.slice(RESPONSE.length)}-${index}`;

const ITEM_ID = /^[a-z]+_(.+)-\d+$/;

/** The request behind the id of an item that the gateway made; undefined for any other item. */
export function requestOfItem(id: string): string | undefined {
  const request = ITEM_ID.exec(id)?.[1];
  return request === undefined ? undefined : requestOfResponse(RESPONSE + request);
}
