// One Idempotency-Key, sent with a test key and with a live key of the same account.
import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, call, must, someone } from '../console/support';

const setUp = async () => {
  const person = await someone();
  const account = await accountOf(person);
  await accountStub(env.ACCOUNT, account).grant({ eventId: 'top-up', amountMicro: 5_000_000_000, reason: '', topUp: true });
  const keyIn = async (mode: string): Promise<string> =>
    (await must('POST', '/api/api-keys', { as: person, json: { name: mode, mode } })).key;
  return { test: await keyIn('test'), live: await keyIn('live') };
};

const once = { 'idempotency-key': 'one and the same' };
const CHAT = { model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] };
const VIDEO = { model: 'wan2.6', prompt: 'a fox' };
const FILE = `/v1/storage?${new URLSearchParams({ filename: 'a.txt', contentType: 'text/plain' })}`;

it.each([
  ['a call', '/v1/chat/completions', CHAT, 'x-credits-charged'],
  ['a job', '/v1/videos/generate', VIDEO, 'jobId'],
  ['a file', FILE, { a: 1 }, 'id'],
] as const)('%s of the sandbox is no answer to a live one, and each is repeated to its own', async (_what, path, json, id) => {
  const keys = await setUp();
  const ask = async (key: string) => {
    const answer = await call('POST', path, { key, json, headers: once });
    expect(answer.status, answer.text).toBeLessThan(300);
    return { id: answer.body[id] ?? answer.headers.get(id), repeated: answer.headers.get('idempotent-replayed') };
  };
  const [sandbox, live] = [await ask(keys.test), await ask(keys.live)];
  expect([sandbox.repeated, live.repeated]).toEqual([null, null]);
  expect(live.id).not.toBe(sandbox.id);
  expect(await ask(keys.test)).toEqual({ id: sandbox.id, repeated: 'true' });
  expect(await ask(keys.live)).toEqual({ id: live.id, repeated: 'true' });
});

it('a deployment of the sandbox takes no key from a live one', async () => {
  const keys = await setUp();
  const terms = { dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_48_PRO' };
  const make = (key: string, slug: string) => call('POST', '/v1/deployments', { key, json: { ...terms, slug }, headers: once });
  expect((await make(keys.test, 'trial')).status).toBe(201);
  expect((await make(keys.live, 'serious')).status).toBe(201);
  expect((await make(keys.live, 'another')).status).toBe(422);
});
