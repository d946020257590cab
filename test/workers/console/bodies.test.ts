// Bodies sent to the account plane: no client makes it hold more in memory than it can use.
import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import worker from '../../../src/index';
import { call, ORIGIN, someone } from './support';

const MEGABYTE = 1_048_576;

const FORM = 'application/x-www-form-urlencoded';
const PATHS = [
  ['/api/auth/sso/sso_nothing', FORM],
  ['/api/auth/sign-in/email', 'application/json'],
  ['/api/api-keys', 'application/json'],
  ['/manage-api-keys', FORM],
  ['/sign-in', FORM],
] as const;

async function post(path: string, type: string, body: BodyInit, more: Record<string, string> = {}): Promise<Response> {
  const context = createExecutionContext();
  const headers = { origin: ORIGIN, 'content-type': type, ...more };
  const response = await worker.fetch(new Request(`${ORIGIN}${path}`, { method: 'POST', headers, body }), env, context);
  await waitOnExecutionContext(context);
  return response;
}

/** A body without a length; `sentBytes` tells how much of it was read. */
function endless(): { body: ReadableStream<Uint8Array>; sentBytes: () => number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent > 20 * MEGABYTE) return controller.close();
      controller.enqueue(new Uint8Array(65_536).fill(97));
      sent += 65_536;
    },
  });
  return { body, sentBytes: () => sent };
}

describe.each(PATHS)('a body for %s', (path, type) => {
  it('that announces more than a megabyte is refused', async () => {
    const response = await post(path, type, 'a'.repeat(MEGABYTE + 1), { 'content-length': String(MEGABYTE + 1) });
    expect(response.status).toBe(413);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('that announces nothing is read no further than that', async () => {
    const { body, sentBytes } = endless();
    expect((await post(path, type, body)).status).toBe(413);
    expect(sentBytes()).toBeLessThan(2 * MEGABYTE);
  });
});

it.each(['/v1/chat/completions', '/v1/images/generations', '/v1/deployments', '/api/api-keys'])(
  'a body for %s with a comma too many is said to be no JSON',
  async (path) => {
    const person = await someone();
    const { key } = (await call('POST', '/api/api-keys', { as: person, json: { name: 'one', scopes: ['keys.write'] } })).body;
    const answer = await post(path, 'application/json', '{"name": "another",}', { authorization: `Bearer ${key}` });
    const { error } = (await answer.json()) as { error: { message: string } };
    expect([answer.status, error.message]).toEqual([400, 'The request body is not valid JSON.']);
  },
);

it('a small body without a length is read as any other', async () => {
  const person = await someone();
  const body = new Response(JSON.stringify({ name: 'streamed' })).body!;
  const made = await post('/api/api-keys', 'application/json', body, { cookie: person.cookie });
  expect(made.status).toBe(201);
  const form = new Response(new URLSearchParams({ name: 'by form', mode: 'live' }).toString()).body!;
  expect((await post('/manage-api-keys', FORM, form, { cookie: person.cookie })).status).toBeLessThan(400);
  const { keys } = (await call('GET', '/api/api-keys', { as: person })).body;
  expect(keys.map(({ name }: { name: string }) => name).sort()).toEqual(['by form', 'streamed']);
});

it('what a body lacks is told as lacking, and what is wrong with the rest as wrong', async () => {
  const as = await someone();
  for (const [body, message] of [
    [{}, 'The field `name` is required.'],
    [{ name: 5 }, 'The field `name` is not valid: Invalid input: expected string, received number.'],
    [{ name: 'n', expiresAt: '2020-01-01T00:00:00Z' }, 'The field `expiresAt` is not valid: it lies in the past.'],
  ] as const) {
    const refused = await call('POST', '/api/api-keys', { as, json: body });
    expect([refused.status, refused.body.error.message]).toEqual([400, message]);
  }
});
