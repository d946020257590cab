/** The protocols that a client of a WebSocket offers, a key among them. */
const OFFERED = 'sec-websocket-protocol';
const KEY_PREFIX = 'openai-insecure-api-key.';

const offeredBy = (headers: Headers): string[] => (headers.get(OFFERED) ?? '').split(',').map((name) => name.trim());

/** Browsers set no headers on a WebSocket: they send their key among the protocols that they offer, as to OpenAI. */
export function withOfferedKey(request: Request): Request {
  const name = offeredBy(request.headers).find((name) => name.startsWith(KEY_PREFIX));
  if (name === undefined || request.headers.has('authorization')) return request;
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${name.slice(KEY_PREFIX.length)}`);
  return new Request(request, { headers });
}

/** Who offers protocols closes a connection that takes none of them. There is but one here, whatever it is called. */
export function protocolHeader({ headers }: Request): Record<string, string> {
  const names = offeredBy(headers);
  const taken = names.find((name) => !name.startsWith(KEY_PREFIX)) ?? names[0];
  return taken ? { [OFFERED]: taken } : {};
}
