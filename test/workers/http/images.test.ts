// Pictures: their fields, and pictures inside an answer as base64, as long as they fit into memory.
import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { readMediaBody } from '../../../src/http/media-body';
import { deleteContent } from '../../../src/jobs/retention';
import { changeJob, readJob } from '../../../src/jobs/store';
import { TestAccount } from '../account/support';
import { ask, keyFor } from './support';

const AUDIO = 'data:audio/wav;base64,UklGRg==';

it('a form may have fields by any name', async () => {
  const form = new FormData();
  for (const name of ['constructor', '__proto__', 'toString']) {
    form.append(name, new File(['png'], 'a.png', { type: 'image/png' }));
    form.append(name, 'one');
    form.append(name, 'two');
  }
  const read = await readMediaBody(new Request('https://gateway.test/', { method: 'POST', body: form }), 100_000);
  if (!read.ok) throw new Error(read.error.message);
  const { fields, uploads } = read.value;
  expect(Object.entries(fields)).toEqual(['constructor', '__proto__', 'toString'].map((name) => [name, ['one', 'two']]));
  expect(Object.entries(uploads).map(([name, files]) => [name, files.length])).toEqual(
    ['constructor', '__proto__', 'toString'].map((name) => [name, 1]),
  );
});

it("a form's members of an object are one, as OpenAI's SDK writes them", async () => {
  const form = new FormData();
  const written = ['input_reference[image_url]', 'input_reference[file_id]', 'list[]', 'prompt', 'prompt[en]', 'a[b][c]', '__proto__[x]'];
  for (const [index, name] of written.entries()) form.append(name, String(index));
  const read = await readMediaBody(new Request('https://gateway.test/', { method: 'POST', body: form }), 100_000);
  if (!read.ok) throw new Error(read.error.message);
  expect(Object.entries(read.value.fields)).toEqual([
    ['input_reference', { image_url: '0', file_id: '1' }],
    ['list', '2'],
    ['prompt', '3'],
    ['prompt[en]', '4'],
    ['a[b][c]', '5'],
    ['__proto__', { x: '6' }],
  ]);
});

it('pictures that are too large together are given by their URLs alone', async () => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const key = await keyFor(account);
  const body = { model: 'gpt-image-2', prompt: 'a fox', n: 2, response_format: 'b64_json' };
  const again = async () => {
    const { status, text } = await ask({ key, path: '/v1/images/generations', body, headers: { 'idempotency-key': 'one' } });
    expect(status, text).toBe(200);
    return JSON.parse(text) as { jobId: string; data: { url: string; b64_json?: string }[] };
  };
  const { jobId, data } = await again();
  expect(data.map(({ b64_json }) => b64_json?.startsWith('iVBOR'))).toEqual([true, true]);
  const grown = async (sizeBytes: number) => {
    const job = (await readJob(env.DB, jobId))!;
    await changeJob(env.DB, job, ({ outputs }) => ({
      outputs: { ...outputs!, files: outputs!.files.map((file) => ({ ...file, sizeBytes })) },
    }));
    return (await again()).data;
  };
  expect(await grown(8 * 1024 * 1024)).toEqual(data);
  expect(await grown(9 * 1024 * 1024)).toEqual(data.map(({ url }) => ({ url })));
});

it('a job that is refused is counted once, whoever refuses it; one that is made is not', async () => {
  const account = await TestAccount.create({ credits: 1_000, keys: [] });
  await account.project();
  const key = await keyFor(account);
  const [picture, film] = [{ prompt: 'a fox' }, { prompt: 'a fox', model: 'kling-v3' }];
  const statuses: number[] = [];
  for (const [path, body] of [
    ['/v1/images/generations', { ...picture, model: 'none' }],
    ['/v1/images/generations', { ...picture, model: 'gpt-image-2', response_format: 7 }],
    ['/v1/videos/generate', film],
    ['/v1/gpu/none', {}],
    ['/v1beta/models/nano_banana:generateContent', { contents: 3 }],
  ] as const)
    statuses.push((await ask({ key, path, body })).status);
  await account.run((object) => object.setTier('starter'));
  const body = { ...picture, model: 'gpt-image-2' };
  statuses.push((await ask({ key, path: '/v1/images/generations', body })).status);
  expect(statuses).toEqual([400, 400, 403, 400, 400, 200]);
  await account.project();
  const { results } = await env.DB.prepare('SELECT code, model, endpoint, calls FROM refusals WHERE account_id = ? ORDER BY 1, 2')
    .bind(account.id)
    .all();
  expect(results).toEqual([
    { code: 'invalid_request', model: 'gpt-image-2', endpoint: '/v1/images/generations', calls: 1 },
    { code: 'invalid_request', model: 'nano_banana', endpoint: '/v1beta/models', calls: 1 },
    { code: 'tier_required', model: 'kling-v3', endpoint: '/v1/videos/generate', calls: 1 },
    { code: 'unknown_model', model: 'none', endpoint: '/v1/gpu/none', calls: 1 },
    { code: 'unknown_model', model: 'none', endpoint: '/v1/images/generations', calls: 1 },
  ]);
});

it('what stands inside `input` counts, though the same field is null beside it', async () => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const body = { model: 'nano_banana', prompt: null, n: null, size: '1024x1024', input: { prompt: 'a fox', n: 2, size: '512x512' } };
  const { status, text } = await ask({ key: await keyFor(account), path: '/v1/images/generate', body });
  expect(status, text).toBe(200);
  const { jobId, data } = JSON.parse(text) as { jobId: string; data: unknown[] };
  expect(data).toHaveLength(2);
  expect((await readJob(env.DB, jobId))!.input).toMatchObject({ prompt: 'a fox', count: 2, size: '1024x1024' });
});

it.each([
  ['a picture', '/v1/images/generations', { model: 'gpt-image-2', prompt: 'a fox' }],
  ['speech', '/v1/audio/speech', { model: 'audio-tts', input: 'hello', voice: 'alloy' }],
])('%s that is made and paid, and cannot be read, is not to be asked for again: one failed read is none', async (_what, path, body) => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const key = await keyFor(account);
  let failures = 0;
  const get = (...given: Parameters<R2Bucket['get']>) =>
    String(given[0]).startsWith('media/') && failures-- > 0 ? Promise.reject(new Error('internal error (10001)')) : env.FILES.get(...given);
  const FILES = new Proxy(env.FILES, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name).bind(of)) });
  const asked = (count: number, headers: Record<string, string> = {}) => {
    failures = count;
    return ask({ key, path, body, bindings: { ...env, FILES }, headers });
  };
  expect((await asked(1)).status).toBe(200);
  const { status, text, headers } = await asked(99);
  expect([status, headers.get('x-should-retry')]).toEqual([502, 'false']);
  expect(JSON.parse(text)).toMatchObject({
    error: { code: 'result_not_read', job_id: expect.stringMatching(/^job_/), message: expect.stringContaining('/v1/jobs/job_') },
  });
  const once = { 'idempotency-key': 'once' };
  const unread = await asked(3, once);
  expect([unread.status, unread.headers.get('x-should-retry')]).toEqual([503, null]);
  const again = await asked(0, once);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
});

it('a stream of a picture that cannot be read ends with an error', async () => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const get = (...given: Parameters<R2Bucket['get']>) =>
    String(given[0]).startsWith('media/') ? Promise.reject(new Error('internal error (10001)')) : env.FILES.get(...given);
  const FILES = new Proxy(env.FILES, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name).bind(of)) });
  const body = { model: 'gpt-image-2', prompt: 'a fox', stream: true };
  const { text } = await ask({ key: await keyFor(account), path: '/v1/images/generations', body, bindings: { ...env, FILES } });
  expect(text).toContain('event: error');
  expect(text).toContain('result_not_read');
  expect(text).not.toContain('[DONE]');
});

it.each([
  ['pictures', '/v1/images/generations', { model: 'gpt-image-2', prompt: 'a fox' }],
  ['a stream of pictures', '/v1/images/generations', { model: 'gpt-image-2', prompt: 'a fox', stream: true }],
  ['speech', '/v1/audio/speech', { model: 'audio-tts', input: 'hello', voice: 'alloy' }],
  ['a transcript', '/v1/audio/transcriptions', { model: 'audio-asr', file: AUDIO }],
  ['a transcript as text', '/v1/audio/transcriptions', { model: 'audio-asr', file: AUDIO, response_format: 'text' }],
])('%s that somebody has deleted cannot be had again by its idempotency key, nor as an empty result', async (_what, path, body) => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const key = await keyFor(account);
  const make = () => ask({ key, path, body, headers: { 'idempotency-key': 'one' } });
  const made = await make();
  expect(made.status, made.text).toBe(200);
  const id = made.headers.get('x-job-id')!;
  expect(await deleteContent({ db: env.DB, files: env.FILES, now: Date.now }, (await readJob(env.DB, id))!)).toEqual({ ok: true });
  const again = await make();
  expect([again.status, again.headers.get('x-job-id') ?? id, again.headers.get('x-should-retry')], again.text).toEqual([410, id, 'false']);
  expect(JSON.parse(again.text)).toMatchObject({ error: { code: 'file_expired', job_id: id } });
});

it('what was made before the gateway moved is served, and shown, where it is reached now', async () => {
  const account = await TestAccount.create({ credits: 1_000, tier: 'starter', keys: [] });
  const key = await keyFor(account);
  const body = { model: 'gpt-image-2', prompt: 'a fox' };
  const make = (origin: string, bindings = env) =>
    ask({ key, path: '/v1/images/generations', body, headers: { 'idempotency-key': 'moved' }, origin, bindings });
  const made = JSON.parse((await make('https://old.test')).text) as { jobId: string; data: { url: string }[] };
  const [{ url } = { url: '' }] = made.data;
  expect(url).toMatch(/^https:\/\/old\.test\/media\//);
  const moved = url.replace('https://old.test', 'https://new.test');
  const shown = async (path: string, bindings = env) =>
    JSON.parse((await ask({ key, path, body: null, origin: 'https://new.test', bindings })).text) as unknown;
  const at = `/v1/jobs/${made.jobId}`;
  expect(await shown(at)).toMatchObject({ outputUrl: moved, outputUrls: [moved] });
  expect(await shown('/v1/jobs')).toMatchObject({ data: [{ outputUrl: moved }] });
  expect(JSON.parse((await make('https://new.test')).text)).toMatchObject({ jobId: made.jobId, data: [{ url: moved }] });
  // Also with the path of the clients' base URL, although files are served from the root.
  for (const PUBLIC_URL of ['https://named.test/', 'https://named.test/v1'])
    expect(await shown(at, { ...env, PUBLIC_URL } as typeof env)).toMatchObject({ outputUrl: url.replace('old.test', 'named.test') });
});
