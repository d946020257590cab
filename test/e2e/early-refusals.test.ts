// Refused before it was read to its end: a client that is still sending sees the refusal, not a broken pipe.
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

interface Sent {
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
  /** Sent without a content-length. */
  isStreamed?: boolean;
}

const whole = (headers: Record<string, string> = json): Sent => ({ headers, body: LARGE });

async function form(): Promise<Sent> {
  const form = new FormData();
  form.set('model', 'nano_banana');
  form.set('file', new Blob([LARGE], { type: 'image/png' }), 'a.png');
  const encoded = new Response(form);
  return { headers: { 'content-type': encoded.headers.get('content-type')! }, body: new Uint8Array(await encoded.arrayBuffer()) };
}

const streamed = (sent: Sent): Sent => ({ ...sent, isStreamed: true });

describe.each<[string, string, Sent, number]>([
  ['a body that is too large', '/v1/chat/completions', whole(), 413],
  ['a streamed body that is too large', '/v1/chat/completions', streamed(whole()), 413],
  ['a form that is too large', '/v1/images/edits', await form(), 413],
  ['a streamed form that is too large', '/v1/images/edits', streamed(await form()), 413],
  ['a file that is too large', '/v1/storage?filename=a.bin', whole({}), 413],
  ['a body that is too large for the account plane', '/api/auth/sign-in/email', whole(), 413],
  ['an encoding that nobody reads', '/v1/chat/completions', whole({ ...json, 'content-encoding': 'gzip' }), 415],
  ['a forged key', '/v1/chat/completions', whole({ ...json, authorization: 'Bearer ck_forged' }), 401],
  ['a path where there is nothing', '/v1/nowhere', whole(), 404],
  ['a path that is only read', '/v1/models', whole(), 405],
])('%s', (_what, path, { body, headers, isStreamed }, status) => {
  it(`is refused with ${status}, each time`, async () => {
    const { key } = await openMediaAccount(worker);
    for (let time = 0; time < 2; time++) {
      const refused = await fetch(worker.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, ...headers },
        body: isStreamed ? new Blob([body]).stream() : body,
        ...(isStreamed && { duplex: 'half' }),
      });
      expect([refused.status, await refused.json()]).toMatchObject([status, { error: { message: expect.any(String) } }]);
    }
  });
});

/** Written piece by piece, as by a client that sends a file, so that the refusal comes first. */
function smallForm(): FormData {
  const form = new FormData();
  form.set('model', 'nano_banana');
  form.set('file', new Blob([LARGE.subarray(0, 20_000)], { type: 'image/png' }), 'a.png');
  return form;
}

describe.each([
  ['a forged key', '/v1/images/edits', 'ck_forged', 401],
  ['a path where there is nothing', '/v1/images/variations', undefined, 404],
])('a small form for %s', (_what, path, forged, status) => {
  it(`is refused with ${status}, each time`, async () => {
    const { key } = await openMediaAccount(worker);
    for (let time = 0; time < 20; time++) {
      const headers = { authorization: `Bearer ${forged ?? key}` };
      const refused = await fetch(worker.url + path, { method: 'POST', headers, body: smallForm() });
      expect([refused.status, await refused.json()]).toMatchObject([status, { error: { message: expect.any(String) } }]);
    }
  });
});
