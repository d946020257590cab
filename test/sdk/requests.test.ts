// How calls are sent, retried and ended, and what their errors say, against a scripted server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as sdk from '../../sdk/src/index.js';
import { type Reply, refusal, ScriptedServer } from './support';

let server: ScriptedServer;
beforeAll(async () => {
  server = await ScriptedServer.start();
});
afterAll(() => server.stop());

const chat = { model: 'gpt-5.5', messages: [{ role: 'user' as const, content: 'Hi' }] };
const answer: Reply = { body: { id: 'c', choices: [{ message: { content: 'Hi' } }], usage: { creditsUsed: 1 } } };
const breaks: Reply = (response) => void response.destroy();
const stalls: Reply = () => undefined;
const busy = refusal(503, 'api_error', {}, { 'retry-after-ms': '1' });

const thrown = async (work: PromiseLike<unknown>): Promise<sdk.APIError> => {
  try {
    await work;
  } catch (error) {
    return error as sdk.APIError;
  }
  throw new Error('nothing was thrown');
};

describe('sending again', () => {
  it('sends one idempotency key with all tries of a call, and another one with the next call', async () => {
    server.says(busy, breaks, answer);
    await server.client().chat.create(chat);
    const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    server.says(answer);
    await server.client().chat.create(chat);
    expect(server.asked[0]?.headers['idempotency-key']).not.toBe(keys[0]);
  });

  it('sends the key that the caller gives, and none with what changes nothing', async () => {
    server.says(answer);
    await server.client().chat.create(chat, { idempotencyKey: 'mine' });
    await server.client().models.list();
    expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', undefined]);
  });

  it('makes a key once, beside whichever path the API is at', async () => {
    for (const path of ['', '/v1', '/api/v1', '/below', '/below/v1']) {
      server.says(busy);
      await thrown(server.client({ baseURL: server.url + path }).apiKeys.create({ name: 'a' }));
      expect(server.asked.map(({ url }) => url)).toEqual([`${path.replace(/(\/api)?\/v1/, '')}/api/api-keys`]);
    }
  });

  it('calls what has no method of its own, as it calls the rest', async () => {
    server.says(busy, { body: { id: 'conv_1' } });
    expect(await server.client().request({ method: 'POST', path: '/conversations', json: { items: [] }, query: { a: 1 } })).toEqual({
      id: 'conv_1',
    });
    expect(server.asked.map(({ method, url, body }) => [method, url, body])).toEqual(
      Array(2).fill(['POST', '/v1/conversations?a=1', '{"items":[]}']),
    );
  });

  it('gives up after maxRetries', async () => {
    server.says(busy);
    expect(await thrown(server.client().chat.create(chat))).toBeInstanceOf(sdk.ServiceUnavailableError);
    expect(server.asked).toHaveLength(3);
    server.says(busy);
    await thrown(server.client().chat.create(chat, { maxRetries: 0 }));
    expect(server.asked).toHaveLength(1);
  });

  it('obeys x-should-retry both ways', async () => {
    server.says(refusal(502, 'api_error', {}, { 'x-should-retry': 'false' }));
    await thrown(server.client().chat.create(chat));
    expect(server.asked).toHaveLength(1);
    server.says(refusal(400, 'invalid_request_error', {}, { 'x-should-retry': 'true', 'retry-after-ms': '1' }), answer);
    await server.client().chat.create(chat);
    expect(server.asked).toHaveLength(2);
  });

  it('waits as long as Retry-After says, and not at all when that is too long', async () => {
    server.says(refusal(429, 'rate_limit_error', {}, { 'retry-after': '1' }), answer);
    const beganMs = performance.now();
    await server.client().chat.create(chat);
    expect(performance.now() - beganMs).toBeGreaterThan(950);
    server.says(refusal(429, 'rate_limit_error', {}, { 'retry-after': '3600' }));
    expect(await thrown(server.client().chat.create(chat))).toBeInstanceOf(sdk.RateLimitError);
    expect(server.asked).toHaveLength(1);
  });

  it('waits for its own twin, however often it must ask', async () => {
    const twin = refusal(409, 'idempotency_error', {}, { 'retry-after-ms': '1' });
    server.says(twin, twin, twin, twin, twin, answer);
    await server.client().chat.create(chat);
    expect(server.asked).toHaveLength(6);
  });

  it('asks again for an answer that broke off within', async () => {
    const half: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id": "c"');
      setTimeout(() => response.destroy(), 5);
    };
    server.says(half, answer);
    expect((await server.client().chat.create(chat)).choices[0]?.message.content).toBe('Hi');
    expect(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('takes a deletion for done that an earlier try had done, and only then', async () => {
    const missing = refusal(404, 'not_found_error');
    server.says(breaks, missing);
    expect(await server.client().storage.delete('file_1')).toEqual({ id: 'file_1', object: 'storage_object', deleted: true });
    server.says(breaks, missing);
    expect(await server.client().deployments.delete('mine')).toEqual({ slug: 'mine', object: 'deployment', deleted: true });
    server.says(missing);
    expect(await thrown(server.client().storage.delete('file_1'))).toBeInstanceOf(sdk.NotFoundError);
    server.says(busy, missing);
    expect(await thrown(server.client().storage.delete('file_1'))).toBeInstanceOf(sdk.NotFoundError);
  });

  it('does not send a stream a second time', async () => {
    server.says(busy);
    const stream = new Blob(['abc']).stream();
    await thrown(server.client().storage.uploadFile(stream, { filename: 'a.txt' }));
    expect(server.asked).toHaveLength(1);
  });
});

describe('a file by its path', () => {
  it('that cannot be read is named, and nothing is sent', async () => {
    server.says();
    for (const [path, why] of [
      ['/nowhere/weights.bin', /ENOENT/],
      [tmpdir(), /folder/],
    ] as const) {
      const error = await thrown(server.client().storage.uploadFile(path));
      expect([error.constructor, error.message]).toEqual([sdk.HyperealError, `The file ${path} cannot be read.`]);
      expect(String(error.cause)).toMatch(why);
    }
    expect(server.asked).toHaveLength(0);
  });

  it('keeps its name, of whatever characters', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sdk-file-'));
    try {
      const path = join(folder, '100% a%20b.txt');
      writeFileSync(path, 'x');
      for (const file of [path, pathToFileURL(path)]) {
        server.says(answer);
        await server.client().storage.uploadFile(file);
        expect(new URL(server.asked[0]!.url, 'http://here').searchParams.get('filename')).toBe('100% a%20b.txt');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a file for a field', () => {
  it('is made of a path, bytes or a stream, and goes out with its name and type', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sdk-file-'));
    try {
      const path = join(folder, 'teapot.png');
      writeFileSync(path, 'png');
      const stream = () => new Blob(['png']).stream();
      for (const [file, name, type] of [
        [await sdk.toFile(path), 'teapot.png', 'image/png'],
        [await sdk.toFile(Buffer.from('png'), { filename: 'a.webp' }), 'a.webp', 'image/webp'],
        [await sdk.toFile(stream(), { contentType: 'image/gif' }), 'file', 'image/gif'],
      ] as const) {
        server.says({ body: { data: [] } });
        await server.client().images.edit({ model: 'm', prompt: 'p', image: file });
        expect(server.asked[0]!.body).toMatch(new RegExp(`name="image"; filename="${name}"\\r\\nContent-Type: ${type}\\r\\n\\r\\npng`));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('ending a call', () => {
  it('throws a TimeoutError when its time is over, waiting for retries included', async () => {
    server.says(stalls);
    expect(await thrown(server.client().chat.create(chat, { timeoutMs: 500 }))).toBeInstanceOf(sdk.TimeoutError);
    expect(server.asked).toHaveLength(1);
    server.says(refusal(503, 'api_error', {}, { 'retry-after': '20' }));
    const beganMs = performance.now();
    expect(await thrown(server.client({ timeoutMs: 15_000 }).chat.create(chat))).toBeInstanceOf(sdk.ServiceUnavailableError);
    // It fails at once, because the wait that it is asked for is longer than its timeout.
    expect(performance.now() - beganMs).toBeLessThan(12_000);
  });

  it('times out when the headers came and the rest does not', async () => {
    server.says((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('\n');
    });
    expect(await thrown(server.client().chat.create(chat, { timeoutMs: 100 }))).toBeInstanceOf(sdk.TimeoutError);
  });

  it('names the request and the job that the gateway had named, whose result may still come', async () => {
    const names = { 'x-request-id': 'req_1', 'x-job-id': 'job_1' };
    const stallsWithin: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...names });
      response.write('\n');
    };
    server.says(stallsWithin);
    const late = await thrown(server.client().models3d.generate({ model: 'm', prompt: 'A cat' }, { timeoutMs: 1_000 }));
    expect(late).toMatchObject({ name: 'TimeoutError', requestId: 'req_1', jobId: 'job_1' });
    server.says(stallsWithin);
    const ended = new AbortController();
    setTimeout(() => ended.abort(), 1_000);
    const aborted = await thrown(server.client().models3d.generate({ model: 'm', prompt: 'A cat' }, { signal: ended.signal }));
    expect(aborted).toMatchObject({ name: 'AbortError', requestId: 'req_1', jobId: 'job_1' });
    server.says((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000', ...names });
      response.write('{');
      setTimeout(() => response.destroy(), 5);
    });
    const broken = await thrown(server.client({ maxRetries: 0 }).models3d.generate({ model: 'm', prompt: 'A cat' }));
    expect(broken).toMatchObject({ name: 'ConnectionError', requestId: 'req_1', jobId: 'job_1' });
  });

  it('throws an AbortError with the signal’s reason, before, during and between tries', async () => {
    server.says(stalls);
    const before = await thrown(server.client().chat.create(chat, { signal: AbortSignal.abort('no') }));
    expect([before.name, before.cause]).toEqual(['AbortError', 'no']);
    expect(server.asked).toHaveLength(0);
    const during = new AbortController();
    setTimeout(() => during.abort('enough'), 50);
    const error = await thrown(server.client().chat.create(chat, { signal: during.signal }));
    expect([error.name, error.cause]).toEqual(['AbortError', 'enough']);
    server.says(refusal(503, 'api_error', {}, { 'retry-after': '20' }));
    const between = new AbortController();
    setTimeout(() => between.abort('enough'), 200);
    expect((await thrown(server.client().chat.create(chat, { signal: between.signal }))).name).toBe('AbortError');
  });

  it('tells what kept it from connecting', async () => {
    const client = new sdk.Hypereal({ apiKey: 'ck_x', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0 });
    const error = await thrown(client.models.list());
    expect(error).toBeInstanceOf(sdk.ConnectionError);
    expect(error.message).toContain('could not be reached');
  });
});

describe('errors', () => {
  it.each([
    [400, 'invalid_request_error', sdk.BadRequestError],
    [401, 'authentication_error', sdk.AuthenticationError],
    [402, 'insufficient_credits', sdk.InsufficientCreditsError],
    [403, 'access_denied', sdk.AccessDeniedError],
    [404, 'not_found_error', sdk.NotFoundError],
    [405, 'invalid_request_error', sdk.MethodNotAllowedError],
    [409, 'conflict_error', sdk.ConflictError],
    [410, 'not_found_error', sdk.GoneError],
    [413, 'invalid_request_error', sdk.PayloadTooLargeError],
    [415, 'invalid_request_error', sdk.UnsupportedMediaTypeError],
    [422, 'idempotency_error', sdk.UnprocessableEntityError],
    [429, 'spending_limit_error', sdk.RateLimitError],
    [500, 'api_error', sdk.InternalServerError],
    [502, 'api_error', sdk.BadGatewayError],
    [503, 'api_error', sdk.ServiceUnavailableError],
    [504, 'api_error', sdk.GatewayTimeoutError],
    [529, 'overloaded_error', sdk.OverloadedError],
  ])('has a class for %i', async (status, type, Class) => {
    server.says(refusal(status, type, {}, { 'x-should-retry': 'false' }));
    const error = await thrown(server.client().chat.create(chat));
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ name: Class.name, status, type, requestId: 'req_1' });
    expect(error.message).toContain(`because of ${type}`);
    // The same error when it happens after the status was sent.
    if (![405, 410, 413, 415, 422, 500, 503, 504].includes(status)) {
      server.says({ ...refusal(status, type), status: 200 } as Reply);
      expect(await thrown(server.client().chat.create(chat))).toBeInstanceOf(Class);
    }
  });

  it('carries required and available from where either format has them', async () => {
    const beside = {
      status: 402,
      headers: { 'x-should-retry': 'false' },
      body: { type: 'error', error: { type: 'insufficient_credits', message: 'x' }, request_id: 'r', required: 200, available: 7 },
    };
    server.says(beside);
    expect(await thrown(server.client().messages.create({ model: 'm', max_tokens: 1, messages: [] }))).toMatchObject({
      required: 200,
      available: 7,
    });
    server.says(refusal(402, 'insufficient_credits', { required: 3, available: 1 }, { 'x-should-retry': 'false' }));
    expect(await thrown(server.client().chat.create(chat))).toMatchObject({ required: 3, available: 1 });
  });

  it('carries the models that there are, the job, and the hour’s limit', async () => {
    const headers = {
      'x-should-retry': 'false',
      'x-job-id': 'job_1',
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1800000000',
    };
    server.says(refusal(429, 'rate_limit_error', { available_models: ['a', 'b'] }, headers));
    const error = await thrown(server.client().chat.create(chat));
    expect(error).toMatchObject({
      availableModels: ['a', 'b'],
      jobId: 'job_1',
      limit: 1000,
      remaining: 0,
      resetAt: new Date(1_800_000_000_000),
    });
  });

  it('makes the best of an answer that is no JSON', async () => {
    server.says({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad gateway</html>' });
    expect((await thrown(server.client({ maxRetries: 0 }).chat.create(chat))).message).toBe('502 <html>Bad gateway</html>');
    server.says({ headers: { 'content-type': 'text/html' }, body: '<html>Hello</html>' });
    expect((await thrown(server.client().chat.create(chat))).message).toContain('not JSON: <html>');
  });
});

describe('the client', () => {
  it('gives the Response, unread, and the answer beside it', async () => {
    server.says(answer);
    const response = await server.client().chat.create(chat).asResponse();
    expect(await response.json()).toMatchObject({ id: 'c' });
    const { data, requestId, response: read } = await server.client().chat.create(chat).withResponse();
    expect([data.id, requestId, read.status]).toEqual(['c', 'req_1', 200]);
    server.says(refusal(404, 'not_found_error'));
    expect(await thrown(server.client().jobs.get('job_1').asResponse())).toBeInstanceOf(sdk.NotFoundError);
  });

  it('sends what it is set up with, and takes what is not said from the environment', async () => {
    server.says(answer);
    await server.client({ headers: { 'x-team': 'blue' } }).chat.create({ ...chat, unheard_of: 1 }, { query: { a: 1, b: undefined } });
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/v1/chat/completions?a=1' });
    expect(asked?.headers).toMatchObject({
      authorization: 'Bearer ck_of_the_tests',
      'x-team': 'blue',
      'user-agent': `hypereal-sdk/${sdk.VERSION}`,
    });
    expect(JSON.parse(asked?.body ?? '')).toEqual({ ...chat, unheard_of: 1 });
    process.env.HYPEREAL_API_KEY = 'ck_of_the_environment';
    process.env.HYPEREAL_BASE_URL = `${server.url}/v1/`;
    try {
      await new sdk.Hypereal().models.get('openai/gpt 5');
      expect(server.asked[1]).toMatchObject({
        url: '/v1/models/openai/gpt%205',
        headers: { authorization: 'Bearer ck_of_the_environment' },
      });
    } finally {
      delete process.env.HYPEREAL_API_KEY;
      delete process.env.HYPEREAL_BASE_URL;
    }
    expect(() => new sdk.Hypereal()).toThrow('An API key is required');
  });

  it('finds the API of a gateway that is named by its host alone, as its command line does', async () => {
    server.says(answer);
    for (const baseURL of [server.url, `${server.url}/`]) {
      const client = new sdk.Hypereal({ apiKey: 'ck_of_the_tests', baseURL });
      expect(client.baseURL).toBe(`${server.url}/v1`);
      await client.chat.create(chat);
      expect(server.asked.at(-1)?.url).toBe('/v1/chat/completions');
    }
    expect(new sdk.Hypereal({ apiKey: 'ck_x', baseURL: 'https://a.test/proxy/' }).baseURL).toBe('https://a.test/proxy');
  });

  it('needs no key in a page behind a proxy, and takes none there', async () => {
    Object.assign(globalThis, { document: {} });
    try {
      expect(() => new sdk.Hypereal({ apiKey: 'ck_x' })).toThrow('Everyone who opens this page');
      const urls: string[] = [];
      const fetch: sdk.Fetch = async (url, init) => {
        urls.push(`${url} ${new Headers(init?.headers).get('authorization')}`);
        return Response.json({ data: [] });
      };
      await new sdk.Hypereal({ baseURL: '/proxy', fetch }).models.list();
      expect(urls).toEqual(['/proxy/models null']);
    } finally {
      Reflect.deleteProperty(globalThis, 'document');
    }
  });
});
