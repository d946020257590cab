import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { mintKey } from '../../../src/core/api-key';
import { accountBytes, newKeyBytes } from '../../../src/core/ids';
import type { Bindings } from '../../../src/env';
import worker from '../../../src/index';
import { type TestAccount, testKey } from '../account/support';

interface Asked {
  key?: string;
  path?: string;
  /** Null sends a GET. */
  body?: unknown;
  bindings?: Bindings;
  headers?: Record<string, string>;
  /** The gateway's own address. */
  origin?: string;
}

export const CHAT = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] };

/** Sends a request through the Worker's own handler, and waits for the work that goes on after its answer. */
export async function ask({
  key,
  path = '/v1/chat/completions',
  body = CHAT,
  bindings = env,
  headers,
  origin = 'https://gateway.test',
}: Asked) {
  const context = createExecutionContext();
  const request = new Request(`${origin}${path}`, {
    method: body === null ? 'GET' : 'POST',
    headers: { ...headers, 'content-type': 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    ...(body !== null && { body: JSON.stringify(body) }),
  });
  const response = await worker.fetch(request, bindings, context);
  const text = await response.text();
  await waitOnExecutionContext(context);
  return { status: response.status, text, headers: response.headers };
}

/** A valid key of the account. */
export async function keyFor(account: TestAccount): Promise<string> {
  const { token, keyId, secretHash } = await mintKey(env.KEY_MAC_SECRET, 'live', accountBytes(account.id)!, newKeyBytes());
  await account.run((object) => object.putKey(testKey({ id: keyId, secretHash })));
  return token;
}
