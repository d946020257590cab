// Jobs as clients see them: waiting, hanging up, cancelling, asking twice, and a Worker that dies midway.
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Account } from './support/account';
import { call, ended, fileAt, jobOf, openMediaAccount, post } from './support/media';
import { Worker } from './support/worker';

const STATUS_HOLD_MS = 2_000;

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', JSON_STATUS_HOLD_MS: STATUS_HOLD_MS, KEEPALIVE_MS: 200 });
});
afterAll(() => worker?.stop());

const account = (credits?: number): Promise<Account> => openMediaAccount(worker, credits);
const picture = (prompt: string, more: Record<string, unknown> = {}) => ({ model: 'nano_banana_pro', prompt, ...more });
const film = (prompt: string, more: Record<string, unknown> = {}) => ({ model: 'kling-v3', prompt, duration: 5, ...more });

// Concurrent, since they mostly wait for a job of their own account.
describe.concurrent('a synchronous call', () => {
  it('sends white space before its answer once it takes long, and names its job in a header at once', async () => {
    const caller = await account();
    const response = await fetch(`${caller.baseUrl}/images/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${caller.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(picture('sandbox:delay=3s')),
    });
    expect(response.status).toBe(200);
    // Otherwise a compressing proxy would hold back the white space.
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    const id = response.headers.get('x-job-id')!;
    expect(await jobOf(caller, id)).toMatchObject({ status: 'processing', outputUrl: null });
    const text = await response.text();
    expect(text).toMatch(/^\n+\{/);
    expect(JSON.parse(text)).toMatchObject({ jobId: id, creditsUsed: 10 });
  });

  it('goes on without its client, is charged once, and can be fetched by its id', async () => {
    const caller = await account();
    const body = JSON.stringify(picture('sandbox:delay=3s'));
    const id = await new Promise<string>((done, fail) => {
      const headers = { authorization: `Bearer ${caller.key}`, 'content-type': 'application/json', 'content-length': body.length };
      const asked = request(`${caller.baseUrl}/images/generations`, { method: 'POST', headers }, (response) => {
        done(String(response.headers['x-job-id']));
        response.socket.resetAndDestroy();
      });
      asked.on('error', fail);
      asked.end(body);
    });
    expect(await ended(caller, id)).toMatchObject({ status: 'completed', creditsUsed: 10 });
    expect((await caller.settled()).spentMicro).toBe(10_000_000);
  });

  it('for a film goes on without its client too', async () => {
    const caller = await account();
    const leaving = new AbortController();
    const response = await fetch(`${caller.baseUrl}/video/generations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${caller.key}`, 'content-type': 'application/json' },
      body: JSON.stringify(film('sandbox:delay=4s')),
      signal: leaving.signal,
    });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^\n+$/);
    leaving.abort();
    const id = response.headers.get('x-job-id')!;
    expect(await jobOf(caller, id)).toMatchObject({ status: 'processing' });
    const job = await ended(caller, id);
    expect(job).toMatchObject({ status: 'completed', creditsUsed: 67 });
    expect((await fileAt(job.outputUrl!)).type).toBe('video/mp4');
    expect((await caller.settled()).spentMicro).toBe(67_000_000);
  });

  it('tells a failure with its status, or in the body when the status is out, and charges nothing', async () => {
    const caller = await account();
    const early = await post(caller, '/v1/images/generations', picture('sandbox:fail'));
    expect(early.status).toBe(502);
    expect(early.body.refusal).toMatchObject({ type: 'api_error', job_id: expect.stringMatching(/^job_/) });
    const late = await post(caller, '/v1/images/generations', picture('sandbox:fail sandbox:delay=3s'));
    expect(late.status).toBe(200);
    expect(late.body.refusal).toMatchObject({ type: 'api_error' });
    expect(await caller.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it("keeps a provider's refusal of the request, and says all others as its own", async () => {
    const caller = await account();
    const refused = await post(caller, '/v1/images/generations', picture('sandbox:status=422'));
    expect([refused.status, refused.body.refusal.type]).toEqual([422, 'invalid_request_error']);
    const broken = await post(caller, '/v1/images/generations', picture('sandbox:status=503'));
    expect([broken.status, broken.body.refusal.type]).toEqual([502, 'api_error']);
    expect((await caller.settled()).spentMicro).toBe(0);
  });

  it('is charged for the pictures that came, and for none when none came', async () => {
    const caller = await account();
    const some = await post(caller, '/v1/images/generations', picture('sandbox:files=2', { n: 5 }));
    expect(some.body.data).toHaveLength(2);
    expect(some.body.creditsUsed).toBe(20);
    const clamped = await post(caller, '/v1/images/generations', picture('ten at most', { n: 50 }));
    expect(clamped.body.data).toHaveLength(10);
    const none = await post(caller, '/v1/images/generations', picture('sandbox:empty'));
    expect(none.status).toBe(502);
    expect((await caller.settled()).spentMicro).toBe(120_000_000);
  });
});

describe.concurrent('an asynchronous call', () => {
  it('waits as long as Prefer says, and no longer', async () => {
    const caller = await account();
    const quick = await post(caller, '/v1/videos/generate', film('a cat'), { prefer: 'wait=20' });
    expect(quick.headers.get('preference-applied')).toBe('wait=20');
    expect(quick.body).toMatchObject({ status: 'completed', outputUrl: expect.stringContaining('.mp4') });
    const slow = await post(caller, '/v1/videos/generate', film('sandbox:hang'), { prefer: 'wait=1' });
    expect(slow.body.status).toBe('processing');
    expect(slow.headers.get('x-credits-charged')).toBe('67');
    const job = await call(caller, 'GET', `/v1/jobs/${slow.body.jobId}`, undefined, { prefer: 'wait=1' });
    expect([job.headers.get('preference-applied'), job.body.status]).toEqual(['wait=1', 'processing']);
  });

  it('sends its status and white space while Prefer makes it wait long', async () => {
    const caller = await account();
    const waited = await post(caller, '/v1/videos/generate', film('sandbox:delay=3s'), { prefer: 'wait=30' });
    expect(waited.text).toMatch(/^\n+\{/);
    expect(waited.headers.get('preference-applied')).toBe('wait=30');
    expect(waited.body).toMatchObject({ status: 'completed', pollUrl: expect.stringContaining(waited.headers.get('x-job-id')!) });
    const hanging = await post(caller, '/v1/videos/generate', film('sandbox:hang'), { prefer: 'wait=3' });
    expect(hanging.text).toMatch(/^\n+\{/);
    expect(hanging.body).toMatchObject({ status: 'processing', creditsUsed: 67 });
    const failing = await post(caller, '/v1/videos/generate', film('sandbox:delay=4s sandbox:fail'));
    expect(failing.headers.get('x-credits-charged')).toBe('67');
    const seen = await call(caller, 'GET', `/v1/jobs/${failing.body.jobId}`, undefined, { prefer: 'wait=30' });
    expect(seen.text).toMatch(/^\n+\{/);
    expect(seen.body).toMatchObject({ status: 'failed', error: expect.any(String) });
  });

  it('takes the documented length for every film, and holds what will be made of it', async () => {
    const caller = await account();
    for (const [model, credits] of [
      ['veo3.1-fast', 16],
      ['veo3.1-quality', 120],
      ['Veo3.1-fast-official', 64],
      ['Veo3.1-quality-official', 128],
      ['MiniMax-Hailuo-02', 48],
      ['MiniMax-Hailuo-2.3', 58.8],
      ['grok-video-3', 16],
      ['grok-video-t2v', 16],
    ]) {
      const { status, body } = await post(caller, '/v1/videos/generate', { model, prompt: 'a cat', duration: 5 });
      expect([model, status, body.creditsUsed]).toEqual([model, 200, credits]);
    }
  });

  it('is charged by the seconds that were made', async () => {
    const caller = await account();
    const { body } = await post(caller, '/v1/videos/generate', film('sandbox:seconds=2', { duration: 10 }));
    expect(body.creditsUsed).toBe(134);
    expect((await caller.money()).heldMicro).toBe(134_000_000);
    expect(await ended(caller, body.jobId)).toMatchObject({ creditsUsed: 26.8 });
    expect((await caller.settled()).spentMicro).toBe(26_800_000);
  });

  it('is canceled at the provider, and free', async () => {
    const caller = await account();
    const { body } = await post(caller, '/v1/videos/generate', film('sandbox:hang'));
    await sleep(500);
    const canceled = await post(caller, `/v1/jobs/${body.jobId}/cancel`, {});
    expect(canceled.status).toBe(200);
    expect(await ended(caller, body.jobId)).toMatchObject({ status: 'canceled', creditsUsed: 0 });
    expect(await caller.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
    const again = await post(caller, `/v1/jobs/${body.jobId}/cancel`, {});
    expect([again.status, again.body.status]).toEqual([200, 'canceled']);
  });
});

describe.concurrent('an Idempotency-Key', () => {
  it('makes one job of twenty calls, together or one after the other, and none of another body', async () => {
    const caller = await account();
    const headers = { 'idempotency-key': 'once' };
    const body = film('a cat');
    const twins = await Promise.all(Array.from({ length: 20 }, () => post(caller, '/v1/videos/generate', body, headers)));
    const started = twins.filter(({ status }) => status === 200);
    expect(new Set(started.map((answer) => answer.body.jobId)).size).toBe(1);
    for (const { status } of twins) expect([200, 409]).toContain(status);
    const id = started[0]!.body.jobId;
    await ended(caller, id);
    const again = await post(caller, '/v1/videos/generate', body, headers);
    expect(again.body.jobId).toBe(id);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await post(caller, '/v1/videos/generate', film('a dog'), headers)).status).toBe(422);
    expect((await caller.settled()).spentMicro).toBe(67_000_000);
  });

  it('may be used again after a failure', async () => {
    const caller = await account();
    const headers = { 'idempotency-key': 'again' };
    const first = await post(caller, '/v1/images/generations', picture('sandbox:fail'), headers);
    const second = await post(caller, '/v1/images/generations', picture('sandbox:fail'), headers);
    expect(second.status).toBe(502);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  });
});

describe.concurrent('a result', () => {
  it('is served in parts, for ever, and to nobody who guesses', async () => {
    const caller = await account();
    const { body } = await post(caller, '/v1/images/generations', picture('a cat'));
    const { url } = body.data[0]!;
    const whole = await fileAt(url);
    expect(whole.headers.get('cache-control')).toContain('immutable');
    expect(whole.headers.get('content-security-policy')).toContain('sandbox');
    const part = await fileAt(url, { range: 'bytes=4-9' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 4-9/${whole.bytes.length}`]);
    expect(part.bytes).toEqual(whole.bytes.subarray(4, 10));
    const last = await fileAt(url, { range: 'bytes=-5' });
    expect(last.bytes).toEqual(whole.bytes.subarray(-5));
    expect((await fileAt(url, { range: 'bytes=0-' })).headers.get('content-range')).toMatch(/^bytes 0-/);
    const etag = whole.headers.get('etag')!;
    expect((await fileAt(url, { range: 'bytes=4-9', 'if-range': etag })).status).toBe(206);
    expect((await fileAt(url, { range: 'bytes=4-9', 'if-none-match': etag })).status).toBe(304);
    // Several ranges, an invalid one, or another version: the whole file is sent.
    for (const headers of [
      { range: 'bytes=0-1,4-5' },
      { range: 'lines=1-2' },
      { range: 'bytes=9-4' },
      { range: 'bytes=4-9', 'if-range': '"old"' },
    ]) {
      const all = await fileAt(url, headers);
      expect([all.status, all.bytes.length]).toEqual([200, whole.bytes.length]);
    }
    for (const range of ['bytes=99999999-', 'bytes=-0']) {
      const beyond = await fileAt(url, { range });
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.bytes.length}`]);
    }
    expect((await fileAt(url, { 'if-none-match': whole.headers.get('etag')! })).status).toBe(304);
    const [past, future] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toUTCString());
    expect((await fileAt(url, { 'if-modified-since': future! })).status).toBe(304);
    expect((await fileAt(url, { 'if-modified-since': past! })).status).toBe(200);
    expect((await fileAt(url, { 'if-unmodified-since': past! })).status).toBe(412);
    expect((await fileAt(url, { 'if-match': '"old"' })).status).toBe(412);
    // Values that are neither a version nor a date are ignored.
    const bare = etag.replaceAll('"', '');
    for (const headers of [{ 'if-none-match': bare }, { 'if-match': bare }, { 'if-unmodified-since': 'yesterday' }])
      expect((await fileAt(url, headers)).status).toBe(200);
    expect((await fileAt(url, { range: 'bytes=4-9', 'if-none-match': bare })).status).toBe(206);
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(whole.bytes.length));
    expect((await fileAt(url.replace(/\/[^/]+\/(\d+\.png)$/, '/0000000000000000000000ab/$1'))).status).toBe(404);
  });

  it('that cannot be fetched is asked for again, and the generation never is', async () => {
    const caller = await account();
    const { body } = await post(caller, '/v1/videos/generate', film('sandbox:lost sandbox:delay=0ms'));
    await sleep(1_500);
    expect(await jobOf(caller, body.jobId)).toMatchObject({ status: 'processing' });
    await post(caller, `/v1/jobs/${body.jobId}/cancel`, {});
  });
});

describe('jobs', () => {
  it("are listed newest first, page by page, and another account's are not there", async () => {
    const [mine, other] = await Promise.all([account(), account()]);
    const ids: string[] = [];
    for (const prompt of ['one', 'two', 'three']) ids.push((await post(mine, '/v1/images/generate', picture(prompt))).body.jobId);
    const page = await call(mine, 'GET', '/v1/jobs?limit=2');
    const listed = page.body.data as unknown as { jobId: string }[];
    expect(listed.map(({ jobId }) => jobId)).toEqual(ids.slice(1).reverse());
    const { next } = page.body as unknown as { next: string };
    const rest = await call(mine, 'GET', `/v1/jobs?limit=2&before=${encodeURIComponent(next)}`);
    expect((rest.body.data as unknown as { jobId: string }[]).map(({ jobId }) => jobId)).toEqual(ids.slice(0, 1));
    for (const [method, path] of [
      ['GET', `/v1/jobs/${ids[0]}`],
      ['POST', `/v1/jobs/${ids[0]}/cancel`],
      ['DELETE', `/v1/jobs/${ids[0]}`],
      ['GET', `/v1/gpu/jobs/${ids[0]}`],
    ] as const) {
      const foreign = await call(other, method, path, method === 'POST' ? {} : undefined);
      expect([foreign.status, foreign.body.refusal.message]).toEqual([404, 'Job not found']);
    }
    expect((await call(other, 'GET', '/v1/jobs')).body.data).toEqual([]);
  });

  it('of a test key are free', async () => {
    const caller = await account();
    const key = await caller.addKey({ mode: 'test' });
    const tester = new Account(worker, caller.id, key, 0);
    const { body } = await post(tester, '/v1/images/generate', picture('a cat'));
    expect(body).toMatchObject({ creditsUsed: 0, data: [expect.anything()] });
    expect((await caller.settled()).spentMicro).toBe(0);
  });

  it('survive a Worker that is killed: those under way end, and are charged once', async () => {
    const caller = await account();
    const { body } = await post(caller, '/v1/videos/generate', film('sandbox:delay=4s'));
    await sleep(700);
    await worker.kill();
    await worker.run();
    const survivor = new Account(worker, caller.id, caller.key, 10_000_000_000);
    await worker.admin('/sweep', { aheadSeconds: 600 });
    await worker.admin('/sweep', { aheadSeconds: 600 });
    expect(await ended(survivor, body.jobId)).toMatchObject({ status: 'completed', creditsUsed: 67 });
    expect((await survivor.settled()).spentMicro).toBe(67_000_000);
    expect(await survivor.problems()).toEqual([]);
  });
});
