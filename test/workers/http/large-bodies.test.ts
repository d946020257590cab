// What a large body costs before it is known to be allowed.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { mintKey } from '../../../src/core/api-key';
import { accountBytes, newKeyBytes } from '../../../src/core/ids';
import worker from '../../../src/index';
import { TestAccount, testKey } from '../account/support';
import { ask, keyFor } from './support';

const MB = 1_048_576;

/** A body that counts how much of it was read. */
function body(bytes: number): { stream: ReadableStream<Uint8Array>; taken: () => number } {
  let taken = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken >= bytes) return controller.close();
        taken += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => taken };
}

async function revokedKey(): Promise<string> {
  const account = await TestAccount.create({ credits: 10 });
  const { token, keyId, secretHash } = await mintKey(env.KEY_MAC_SECRET, 'live', accountBytes(account.id)!, newKeyBytes());
  await account.run((object) => object.putKey(testKey({ id: keyId, secretHash, status: 'revoked' })));
  return token;
}

const PATHS = ['/v1/chat/completions', '/v1/messages', '/v1/messages/count_tokens', '/v1/videos/generate'];

describe('a large body', () => {
  it.each(PATHS)('of a key that was revoked is not read before it is refused, announced or not: %s', async (path) => {
    const authorization = `Bearer ${await revokedKey()}`;
    for (const announced of [true, false]) {
      const { stream, taken } = body(10 * MB);
      const headers = { authorization, 'content-type': 'application/json', ...(announced && { 'content-length': String(10 * MB) }) };
      const request = new Request(`https://gateway.test${path}`, { method: 'POST', headers, body: stream });
      const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} } as unknown as ExecutionContext;
      const response = await worker.fetch(request, env, context);
      expect(response.status, `announced: ${announced}`).toBe(401);
      // After the answer the rest is read and dropped, for clients that go on sending.
      expect(taken()).toBeLessThan(announced ? 200_000 : 2 * MB);
      expect(await response.text()).toContain('revoked');
    }
  });

  it('of more values than there is room for is refused unparsed', async () => {
    const key = await keyFor(await TestAccount.create({ credits: 10 }));
    for (const path of PATHS) {
      const { status, text } = await ask({ key, path, body: { model: 'gpt-5.4', junk: Array.from({ length: 400_000 }, () => ({})) } });
      expect([status, text], path).toEqual([400, expect.stringContaining('too many values')]);
    }
  });
});
