import { expect, it } from 'vitest';
import { protocolHeader, withOfferedKey } from '../../../src/http/offered-protocols';

const asking = (headers: Record<string, string>) => new Request('https://gateway.test/v1/responses', { headers });
const offering = (names: string) => asking({ 'sec-websocket-protocol': names });

it('a key among the offered protocols counts where there is no other', () => {
  const keyOf = (request: Request) => withOfferedKey(request).headers.get('authorization');
  expect(keyOf(offering('realtime, openai-insecure-api-key.ck_a'))).toBe('Bearer ck_a');
  expect(keyOf(offering('realtime'))).toBeNull();
  expect(keyOf(asking({ authorization: 'Bearer b', 'sec-websocket-protocol': 'openai-insecure-api-key.a' }))).toBe('Bearer b');
});

it('one of the offered protocols is taken, the key only where there is nothing else', () => {
  const taken = (names: string) => protocolHeader(offering(names))['sec-websocket-protocol'];
  expect(taken('openai-insecure-api-key.a,realtime, other')).toBe('realtime');
  expect(taken('openai-insecure-api-key.a')).toBe('openai-insecure-api-key.a');
  expect(protocolHeader(asking({}))).toEqual({});
});
