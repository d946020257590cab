// The library against the built Worker, with the sandbox behind it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APIError,
  BadRequestError,
  type ChatEvent,
  ConflictError,
  Hypereal,
  type Job,
  JobError,
  NotFoundError,
  UnprocessableEntityError,
  type UploadProgress,
} from '../../sdk/src/index.js';
import type { Account } from '../e2e/support/account';
import { openMediaAccount } from '../e2e/support/media';
import { Worker } from '../e2e/support/worker';

let worker: Worker;
let account: Account;
let client: Hypereal;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', PRIVATE_ADDRESSES: 'allowed' });
  account = await openMediaAccount(worker);
  client = new Hypereal({ apiKey: account.key, baseURL: `${worker.url}/api/v1` });
});
afterAll(() => worker?.stop());

const user = (content: string) => [{ role: 'user' as const, content }];

async function events<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

describe('language', () => {
  it('chats, whole and as a stream, and shows the receipt', async () => {
    const { data, requestId } = await client.chat.create({ model: 'gpt-5.5', messages: user('Hello') }).withResponse();
    expect(data.choices[0]?.message.content).toContain('Hello');
    expect(data.usage.creditsUsed).toBeGreaterThan(0);
    const receipt = await client.generations.get(requestId ?? '');
    expect(receipt).toMatchObject({ id: requestId, creditsUsed: data.usage.creditsUsed, model: 'gpt-5.5' });
    const seen = await events(client.chat.stream({ model: 'gpt-5.5', messages: user('Hello sandbox:reasoning sandbox:delay=1ms') }));
    const kinds = new Set(seen.map(({ type }) => type));
    expect([...kinds]).toEqual(['reasoning', 'text', 'finish', 'end']);
    const end = seen.at(-1) as Extract<ChatEvent, { type: 'end' }>;
    expect(end.creditsUsed).toBeGreaterThan(0);
    expect(end.usage?.total_tokens).toBeGreaterThan(0);
    expect((await client.generations.get(end.requestId ?? '')).creditsUsed).toBe(end.creditsUsed);
    expect((await client.chat.send({ messages: user('Hi') })).creditsUsed).toBeGreaterThanOrEqual(2);
    expect((await client.chat.completions.create({ model: 'gpt-5.5', messages: user('Hi') })).object).toBe('chat.completion');
  });

  it('tells what is left of its key', async () => {
    const before = await client.key.get();
    expect(before).toMatchObject({ object: 'key', mode: 'live', spendingLimit: null, data: { limit: null } });
    await client.chat.create({ model: 'gpt-5.5', messages: user('Hello') });
    const after = await client.key.get();
    expect(after.spentThisMonth).toBeGreaterThan(before.spentThisMonth);
    expect(after.remaining! + after.spentThisMonth).toBeCloseTo(before.remaining! + before.spentThisMonth, 6);
  });

  it('makes a key with a budget, changes it, and ends it; and tells what was used, call by call', async () => {
    const apiKey = await account.addKey({ name: 'manager', scopes: ['keys.read', 'keys.write', 'usage.read'] });
    const { apiKeys, usage } = new Hypereal({ apiKey, baseURL: worker.url });
    const made = await apiKeys.create({ name: 'a customer', spendingLimit: 50, limitPeriod: 'day' });
    const own = new Hypereal({ apiKey: made.key, baseURL: worker.url });
    for (const content of ['One', 'Two']) await own.chat.create({ model: 'gpt-5.5', messages: user(content) });
    expect((await own.key.get()).spendingLimit).toBe(50);
    expect(await apiKeys.update(made.id, { spendingLimit: null })).toMatchObject({ id: made.id, spendingLimit: null });
    expect((await apiKeys.rotate(made.id)).key).not.toBe(made.key);
    expect(await apiKeys.revoke(made.id)).toMatchObject({ status: 'revoked' });
    expect((await apiKeys.list()).keys.map(({ id }) => id)).toContain(made.id);
    await expect.poll(async () => (await usage.get({ keyId: made.id })).logs.length, { timeout: 20_000 }).toBe(2);
    expect(await events(usage.all({ keyId: made.id, limit: 1 }))).toHaveLength(2);
    expect((await usage.breakdown({ by: 'keyId' })).shares.find(({ value }) => value === made.id)).toMatchObject({ calls: 2 });
    expect((await usage.export({ keyId: made.id })).trim().split('\n')).toHaveLength(3);
  });

  it('calls tools', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } },
      },
    ];
    const seen = await events(client.chat.stream({ model: 'gpt-5.5', messages: user('sandbox:tool'), tools }));
    const pieces = seen.filter((event) => event.type === 'tool_call');
    expect(pieces[0]).toMatchObject({ name: 'look' });
    expect(JSON.parse(pieces.map((piece) => piece.arguments).join(''))).toHaveProperty('at');
  });

  it('speaks Responses and Messages', async () => {
    const response = await client.responses.create({ model: 'gpt-5.3-codex', input: 'Hello' });
    expect(response.output_text).toContain('Hello');
    expect((await client.responses.get(response.id)).id).toBe(response.id);
    const streamed = await events(client.responses.stream({ model: 'gpt-5.3-codex', input: 'Hello' }));
    expect(streamed[0]?.type).toBe('response.created');
    expect(streamed.at(-2)).toMatchObject({ type: 'response.completed', response: { output_text: expect.stringContaining('Hello') } });
    expect(streamed.at(-1)).toMatchObject({ type: 'end', creditsUsed: expect.any(Number), usage: { output_tokens: expect.any(Number) } });
    const message = { model: 'claude-sonnet-4-6', max_tokens: 256, messages: user('Hello') };
    expect((await client.messages.create(message)).content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('Hello') });
    expect((await client.messages.countTokens({ model: message.model, messages: message.messages })).input_tokens).toBeGreaterThan(0);
    const told = await events(client.messages.stream(message));
    expect(told[0]?.type).toBe('message_start');
    expect(told.at(-1)).toMatchObject({ type: 'end', creditsUsed: expect.any(Number), usage: { input_tokens: expect.any(Number) } });
  });

  it('embeds, and lists models with prices', async () => {
    const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([1_536, 1_536]);
    expect(usage.creditsUsed).toBeTypeOf('number');
    const { data: models } = await client.models.list();
    const [, price] = [models.length, models.find(({ id }) => id === 'gpt-5.5')?.pricing];
    expect(price).toMatchObject({ per: 'mtok', input_usd: 0.25 });
    expect(await client.models.get('veo3.1-fast')).toMatchObject({ family: 'video', pricing: { per: 'clip', usd: 0.16 } });
  });

  it('throws what the gateway means', async () => {
    const unknown = await client.chat.create({ model: 'no-such-model', messages: user('Hi') }).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(BadRequestError);
    expect((unknown as BadRequestError).availableModels).toContain('gpt-5.5');
    await expect(client.chat.create({ model: 'claude-sonnet-4-6', messages: user('Hi') })).rejects.toThrow('/v1/messages');
    await expect(client.chat.create({ model: 'gpt-5.5', messages: user('sandbox:status=500') })).rejects.toMatchObject({
      status: 502,
      type: 'api_error',
    });
    await expect(events(client.chat.stream({ model: 'gpt-5.5', messages: user('Hi sandbox:cut=3') }))).rejects.toBeInstanceOf(APIError);
    await expect(events(client.responses.stream({ model: 'gpt-5.3-codex', input: 'Hi sandbox:cut=3' }))).rejects.toBeInstanceOf(APIError);
    await expect(
      events(client.messages.stream({ model: 'claude-sonnet-4-6', max_tokens: 9, messages: user('Hi sandbox:error=2') })),
    ).rejects.toBeInstanceOf(APIError);
    const stranger = new Hypereal({ apiKey: 'ck_nobody', baseURL: account.baseUrl });
    await expect(stranger.jobs.list()).rejects.toMatchObject({ name: 'AuthenticationError', requestId: expect.stringMatching(/./) });
    const poor = await openMediaAccount(worker, 1);
    const broke = await new Hypereal({ apiKey: poor.key, baseURL: poor.baseUrl }).chat
      .create({ model: 'gpt-5.5', messages: user('Hi') })
      .catch((error: unknown) => error);
    expect(broke).toMatchObject({ name: 'InsufficientCreditsError', required: 200, available: 1 });
  });

  it('charges once for one idempotency key', async () => {
    const key = { idempotencyKey: 'once' };
    const [first, again] = [
      await client.chat.create({ model: 'gpt-5.5', messages: user('Hi') }, key),
      await client.chat.create({ model: 'gpt-5.5', messages: user('Hi') }, key),
    ];
    expect(again).toEqual(first);
    await expect(client.chat.create({ model: 'gpt-5.5', messages: user('Ho') }, key)).rejects.toBeInstanceOf(UnprocessableEntityError);
  });

  it('waits for the answer of a try whose connection was lost', async () => {
    let tries = 0;
    const hanging = new Hypereal({
      apiKey: account.key,
      baseURL: account.baseUrl,
      fetch: async (url, init) => {
        if (++tries > 1) return fetch(url, init);
        const lost = new AbortController();
        setTimeout(() => lost.abort(), 300);
        return fetch(url, { ...init, signal: lost.signal }).catch(() => {
          throw new TypeError('connection lost');
        });
      },
    });
    const before = (await account.settled()).spentMicro;
    const answer = await hanging.chat.create({ model: 'gpt-5.5', messages: user('sandbox:first=2s Hello') });
    expect(answer.choices[0]?.message.content).toContain('Hello');
    expect(tries).toBeGreaterThan(1);
    expect((await account.settled()).spentMicro - before).toBe(Math.round(answer.usage.creditsUsed * 1_000_000));
  });
});

// Tests that must not see another job have an account of their own; the others wait together.
describe('media', () => {
  it.concurrent('makes pictures in every way', async () => {
    const image = await client.images.generate({ model: 'gemini-3-1-flash-t2i', prompt: 'a portrait', aspect_ratio: '16:9' });
    expect((await fetch(image.data[0]?.url ?? '')).headers.get('content-type')).toBe('image/png');
    expect(image).toMatchObject({ creditsUsed: expect.any(Number), resultId: expect.stringMatching(/^res_/) });
    expect((await client.images.generate({ intent: 'text-to-image-fast', prompt: 'a sunrise' })).model).toBeTypeOf('string');
    const created = await client.images.create({ model: 'nano_banana_pro', prompt: 'a cat', n: 2, response_format: 'b64_json' });
    expect(created.data.map(({ b64_json }) => b64_json?.slice(0, 5))).toEqual(['iVBOR', 'iVBOR']);
    const streamed = client.images.stream({ model: 'gpt-image-2', prompt: 'a cat' });
    expect(await events(streamed)).toMatchObject([{ type: 'image_generation.completed', url: expect.stringMatching(/^http/) }]);
    expect(streamed.creditsUsed).toBeGreaterThan(0);
    const bytes = Buffer.from(created.data[0]?.b64_json ?? '', 'base64');
    const edited = await client.images.edit({
      model: 'nano_banana_pro',
      prompt: 'with a hat',
      image: new Blob([bytes], { type: 'image/png' }),
    });
    expect(edited.data).toHaveLength(1);
    await expect(events(client.images.stream({ model: 'gpt-image-2', prompt: 'sandbox:delay=9s sandbox:fail' }))).rejects.toMatchObject({
      type: 'api_error',
    });
  });

  it.concurrent('begins films, tells how they come along, and waits for them', async () => {
    const begun = await client.videos.generate({ model: 'veo3.1-fast', prompt: 'a cat sandbox:delay=7s' });
    expect(begun.status).toBe('processing');
    const seen: Job['status'][] = [];
    const job = await client.jobs.wait(begun, { onProgress: ({ status }) => seen.push(status) });
    expect(seen.length).toBeGreaterThan(1);
    expect([seen[0], seen.at(-1)]).toEqual(['processing', 'completed']);
    expect(job).toMatchObject({ status: 'completed', outputUrl: expect.stringMatching(/\.mp4$/), creditsUsed: 16 });
    const { data } = await client.jobs.list({ type: 'video', limit: 1 });
    expect(data[0]?.id).toBe(job.id);
    expect((await client.videos.generateAndWait({ model: 'veo3.1-fast', prompt: 'a dog sandbox:delay=0ms' })).status).toBe('completed');
    expect((await client.videos.create({ model: 'veo3.1-fast', prompt: 'a fish sandbox:delay=0ms' })).url).toMatch(/\.mp4$/);
    const all: string[] = [];
    for await (const one of client.jobs.all({ type: 'video', limit: 1 })) all.push(one.id);
    expect(new Set(all).size).toBe(3);
  });

  it('says how a job ended that came to nothing, and stops waiting when told to', async () => {
    const failed = await client.videos.generate({ model: 'veo3.1-fast', prompt: 'sandbox:fail sandbox:delay=0ms' });
    const error = await client.jobs.wait(failed.jobId).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toMatchObject({ jobId: failed.jobId, job: { status: 'failed', creditsUsed: 0 }, requestId: expect.any(String) });
    const endless = await client.videos.generate({ model: 'veo3.1-fast', prompt: 'sandbox:hang' });
    const { jobId } = endless;
    const message = expect.stringContaining(jobId);
    await expect(client.jobs.wait(endless, { timeoutMs: 500 })).rejects.toMatchObject({ name: 'TimeoutError', jobId, message });
    await expect(client.jobs.wait(endless, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({ name: 'AbortError', jobId });
    await client.jobs.cancel(endless);
    await expect(client.jobs.wait(endless)).rejects.toMatchObject({ job: { status: 'canceled' } });
    expect((await client.jobs.cancel(endless)).state).toBe('canceled');
    expect(await client.jobs.delete(endless)).toEqual({ id: endless.jobId, object: 'job', deleted: true });
    await expect(client.jobs.cancel(failed)).rejects.toBeInstanceOf(ConflictError);
    await expect(client.jobs.get('job_0')).rejects.toBeInstanceOf(NotFoundError);
  });

  it.concurrent('speaks, hears, and makes objects', async () => {
    const speech = await client.audio.speak({ text: '(happy) Welcome.', voice_id: 'en_male_calm', format: 'wav' });
    const recording = await (await fetch(speech.outputUrl)).blob();
    expect(recording.size).toBeGreaterThan(100);
    expect((await client.audio.transcribe({ audio: recording })).text).toBeTypeOf('string');
    const written = await client.audio.generate({ model: 'audio-asr', audio: speech.outputUrl });
    expect(written.segments).toBeInstanceOf(Array);
    const cloned = await client.audio.generate({ model: 'audio-clone', text: 'Hello', audio: speech.outputUrl });
    expect(cloned.data[0]?.url).toMatch(/^http/);
    const object = await client.models3d.generate({
      model: 'hunyuan3d-v2-base',
      image: 'data:image/png;base64,iVBORw0KGgo=',
      prompt: 'a chair',
    });
    expect(object.outputUrl).toMatch(/\.glb$/);
  });

  it.concurrent('runs on GPUs, hosted and deployed', async () => {
    expect((await client.gpu.list()).data.map(({ slug }) => slug)).toContain('sdxl');
    const quick = await client.gpu.generate('sdxl', { input: { prompt: 'a tabby cat astronaut' } });
    if (quick.status !== 'succeeded') throw new Error(`it is ${quick.status}`);
    expect(quick.outputs[0]).toMatch(/^http/);
    const long = await client.gpu.generate('wan-video', { input: { prompt: 'drone over Tokyo', seconds: 5 } });
    expect(long.status).toBe('queued');
    expect((await client.gpu.wait(long)).costCredits).toBeGreaterThan(0);
    const made = await client.deployments.create({
      slug: 'my-comfy',
      dockerImage: 'runpod/worker-comfyui:dev',
      gpuTypes: ['ADA_48_PRO', 'AMPERE_80'],
    });
    expect(made).toMatchObject({ slug: 'my-comfy', gpuTypes: 'ADA_48_PRO,AMPERE_80', status: 'active' });
    expect((await client.deployments.update('my-comfy', { maxWorkers: 2 })).maxWorkers).toBe(2);
    const run = await client.deployments.run('my-comfy', { input: { prompt: 'x' } });
    expect((await client.gpu.wait(run.id)).creditsCharged).toBeGreaterThan(0);
    await expect(
      client.gpu.run('my-comfy', { input: { prompt: 'sandbox:fail' } }).then((failing) => client.gpu.wait(failing)),
    ).rejects.toBeInstanceOf(JobError);
    expect((await client.deployments.list()).data).toHaveLength(1);
    expect(await client.deployments.delete('my-comfy')).toMatchObject({ deleted: true });
    await expect(client.deployments.get('my-comfy')).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('storage', () => {
  const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
  const directory = mkdtempSync(join(tmpdir(), 'sdk-upload-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('uploads whatever a file may be, and tells how far it is', async () => {
    const path = join(directory, 'ä weights.bin');
    writeFileSync(path, bytes);
    async function* pieces() {
      for (let from = 0; from < bytes.length; from += 50_000) yield bytes.subarray(from, from + 50_000);
    }
    const files = {
      File: new File([bytes], 'ä weights.bin'),
      Blob: new Blob([bytes]),
      Buffer: Buffer.from(bytes),
      Uint8Array: bytes,
      ArrayBuffer: bytes.buffer,
      ReadableStream: new Blob([bytes]).stream(),
      AsyncIterable: pieces(),
      path,
    };
    for (const [form, file] of Object.entries(files)) {
      const seen: UploadProgress[] = [];
      const named = form === 'File' || form === 'path' ? {} : { filename: 'ä weights.bin' };
      const object = await client.storage.uploadFile(file, { ...named, kind: 'weights', onProgress: (progress) => seen.push(progress) });
      expect(object, form).toMatchObject({ filename: 'ä weights.bin', kind: 'weights', size: bytes.length });
      const stored = new Uint8Array(await (await fetch(object.url)).arrayBuffer());
      expect(Buffer.compare(stored, bytes), form).toBe(0);
      const totalBytes = form === 'ReadableStream' || form === 'AsyncIterable' ? undefined : bytes.length;
      expect(seen[0], form).toEqual({ sentBytes: 0, totalBytes });
      expect(seen.at(-1), form).toEqual({ sentBytes: bytes.length, totalBytes });
      expect(seen.length, form).toBeGreaterThan(4);
    }
    const page = await client.storage.list({ kind: 'weights', limit: 3 });
    expect(page.data).toHaveLength(3);
    let count = 0;
    for await (const object of client.storage.all({ kind: 'weights', limit: 3 })) {
      count++;
      expect(await client.storage.get(object.id)).toEqual(object);
      expect(await client.storage.delete(object.id)).toMatchObject({ deleted: true });
    }
    expect(count).toBe(Object.keys(files).length);
    expect((await client.storage.list({ kind: 'weights' })).data).toEqual([]);
  });

  it('stops when told to', async () => {
    async function* endless() {
      for (;;) {
        await new Promise((done) => setTimeout(done, 10));
        yield new Uint8Array(1_000);
      }
    }
    const upload = client.storage.uploadFile(endless(), { filename: 'endless', signal: AbortSignal.timeout(200) });
    await expect(upload).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('shows and changes the webhook secret, and the log', async () => {
  const { secret } = await client.webhooks.secret();
  expect(secret).toMatch(/^whsec_/);
  expect((await client.webhooks.rotateSecret()).secret).not.toBe(secret);
  expect((await client.webhooks.deliveries()).data).toEqual([]);
  await expect(client.webhooks.redeliver('del_none')).rejects.toBeInstanceOf(NotFoundError);
});
