import { parseOperationId } from '../../core/ids';

const REQUEST = 'req_';
const RESPONSE = 'resp_';

/**
 * The id of a response is made of its request's, and says as much: it is the same whichever upstream answers, and
 * leads to the account and the month in which the call is written down.
 */
export const responseId = (requestId: string): string =>
  `${RESPONSE}${requestId.startsWith(REQUEST) ? requestId.slice(REQUEST.length) : requestId}`;

/** The request that a response came of; undefined when the id is none of ours. */
export function requestOfResponse(id: string): string | undefined {
  if (!id.startsWith(RESPONSE)) return undefined;
  const requestId = REQUEST + id.slice(RESPONSE.length);
  return parseOperationId(requestId) && requestId;
}

/** The id of an item of the gateway's own making. */
export const itemId = (prefix: string, response: string, index: number): string => `${prefix}_${response.slice(RESPONSE.length)}-${index}`;

const ITEM_ID = /^[a-z]+_(.+)-\d+$/;

/** The request whose answer an item of the gateway's own making is in; undefined for every other item. */
export function requestOfItem(id: string): string | undefined {
  const request = ITEM_ID.exec(id)?.[1];
  return request === undefined ? undefined : requestOfResponse(RESPONSE + request);
}
