// What is refused before it was read to its end: a client that is still sending sees the refusal, not a broken pipe.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMediaAccount } from './support/media';
import { Worker } from './support/worker';

const LARGE = new Uint8Array(4_000_000).fill(97);

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', BODY_LIMIT_BYTES: 2_000_000, STORAGE_LIMIT_BYTES: 2_000_000 });
});
afterAll(() => worker?.stop());

const json = { 'content-type': 'application/json' };

function form(): RequestInit {
  const body = new FormData();
  body.set('model', 'nano_banana');
  body.set('file', new Blob([LARGE], { type: 'image/png' }), 'a.png');
  return { body };
}

/** A body whose length nobody announces. */
const streamed = (init: RequestInit): RequestInit => {
  const { body, headers } = new Response(init.body, { headers: new Headers(init.headers) });
  return { body, headers, duplex: 'half' } as RequestInit;
};

const whole = (headers: Record<string, string> = json): RequestInit => ({ body: LARGE, headers });

describe.each<[string, string, RequestInit, number]>([
  ['a body that is too large', '/v1/chat/completions', whole(), 413],
  ['a streamed body that is too large', '/v1/chat/completions', streamed(whole()), 413],
  ['a form that is too large', '/v1/images/edits', form(), 413],
  ['a streamed form that is too large', '/v1/images/edits', streamed(form()), 413],
  ['a file that is too large', '/v1/storage?filename=a.bin', whole({}), 413],
  ['a body that is too large for the account plane', '/api/auth/sign-in/email', whole(), 413],
  ['an encoding that nobody reads', '/v1/chat/completions', whole({ ...json, 'content-encoding': 'gzip' }), 415],
  ['a forged key', '/v1/chat/completions', whole({ ...json, authorization: 'Bearer ck_forged' }), 401],
  ['a path where there is nothing', '/v1/nowhere', whole(), 404],
  ['a path that is only read', '/v1/models', whole(), 405],
])('%s', (_what, path, { body, headers, ...init }, status) => {
  it(`is refused with ${status}, each time`, async () => {
    const { key } = await openMediaAccount(worker);
    // A stream can be sent once.
    const bodies = body instanceof ReadableStream ? body.tee() : [body, body];
    for (const sent of bodies) {
      const given = new Headers(headers);
      if (!given.has('authorization')) given.set('authorization', `Bearer ${key}`);
      const refused = await fetch(worker.url + path, { ...init, method: 'POST', headers: given, body: sent! });
      expect([refused.status, await refused.json()]).toMatchObject([status, { error: { message: expect.any(String) } }]);
    }
  });
});
