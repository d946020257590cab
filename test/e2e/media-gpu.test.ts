// GPUs, deployments and storage as in the documents' examples.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Account } from './support/account';
import { call, fileAt, openMediaAccount, post } from './support/media';
import { until } from './support/wait';
import { Worker } from './support/worker';

let worker: Worker;
let account: Account;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1', STORAGE_LIMIT_BYTES: 20_000_000 });
  account = await openMediaAccount(worker);
});
afterAll(() => worker?.stop());

interface Run {
  id: string;
  job_id: string;
  status: string;
  outputs: string[];
  costCredits: number;
  creditsCharged: number;
  executionMs: number;
}

const run = async (id: string): Promise<Run> => (await call(account, 'GET', `/v1/gpu/jobs/${id}`)).body as unknown as Run;
const finished = (id: string): Promise<Run> =>
  until('the run to end', async () => {
    const seen = await run(id);
    return ['succeeded', 'failed', 'canceled'].includes(seen.status) && seen;
  });

const DEPLOYMENT = {
  slug: 'my-comfy-workflow',
  name: 'My Comfy',
  dockerImage: 'runpod/worker-comfyui:dev-cuda12.1.1',
  gpuTypes: 'ADA_48_PRO,AMPERE_80',
};

describe('GPU models', () => {
  it('that are quick answer inline', async () => {
    const { status, body } = await post(account, '/v1/gpu/sdxl', { input: { prompt: 'a tabby cat astronaut' } });
    expect(status).toBe(200);
    const { outputs, ...rest } = body as unknown as Run;
    expect(rest).toMatchObject({ id: expect.any(String), status: 'succeeded', costCredits: 50, durationMs: expect.any(Number) });
    expect((await fileAt(outputs[0]!)).type).toBe('image/png');
    expect((await call(account, 'DELETE', `/v1/jobs/${rest.id}`)).status).toBe(200);
    const emptied = { ...rest, outputs: [], output: null, filesRemovedAt: expect.any(String) };
    expect(await run(rest.id)).toEqual(emptied);
  });

  it('that take long give a job, and cost the seconds that they took', async () => {
    const { status, body } = await post(account, '/v1/gpu/wan-video', {
      input: { prompt: 'drone over Tokyo, neon, rain sandbox:gpu=156s', seconds: 5 },
    });
    expect([status, body.status]).toEqual([202, 'queued']);
    expect(body.pollUrl).toBe(`/v1/gpu/jobs/${(body as unknown as Run).id}`);
    const done = await finished((body as unknown as Run).id);
    expect(done).toMatchObject({ status: 'succeeded', costCredits: 312, durationMs: 156_000 });
    expect((await fileAt(done.outputs[0]!)).type).toBe('video/mp4');
  });

  it('are listed with their prices, and a slug that is not there is an unknown model to who has a key', async () => {
    const listed = await call(account, 'GET', '/v1/gpu');
    expect(JSON.stringify(listed.body.data)).toContain('"slug":"sdxl"');
    const unknown = await post(account, '/v1/gpu/no-such', { input: {} });
    expect([unknown.status, unknown.body.refusal]).toMatchObject([
      400,
      { type: 'invalid_request_error', code: 'model_not_found', available_models: expect.arrayContaining(['sdxl']) },
    ]);
    const elsewhere = await account.addKey({ ips: ['192.0.2.1'] });
    expect((await post(account, '/v1/gpu/no-such', { input: {} }, { authorization: `Bearer ${elsewhere}` })).status).toBe(401);
    const missing = await post(account, '/v1/gpu/sdxl', {});
    expect([missing.status, missing.body.refusal.param]).toEqual([400, 'input']);
  });

  it('give the money back when they fail', async () => {
    const before = (await account.settled()).spentMicro;
    const { body } = await post(account, '/v1/gpu/wan-video', { input: { prompt: 'sandbox:fail' } });
    expect(await finished((body as unknown as Run).id)).toMatchObject({ status: 'failed', creditsCharged: 0, error: expect.any(String) });
    expect((await account.settled()).spentMicro).toBe(before);
  });
});

describe('deployments', () => {
  it('are made, run, changed and removed', async () => {
    const made = await post(account, '/v1/deployments', DEPLOYMENT);
    expect(made.status, made.text).toBe(201);
    expect(made.body).toMatchObject({ ...DEPLOYMENT, minWorkers: 0, status: 'active' });
    expect((await post(account, '/v1/deployments', DEPLOYMENT)).status).toBe(409);
    const idle = await post(await openMediaAccount(worker, 1_000), '/v1/deployments', { ...DEPLOYMENT, minWorkers: 1 });
    expect([idle.status, idle.body]).toMatchObject([402, { required: 1_444, available: 1_000 }]);
    const once = { 'idempotency-key': 'one deployment' };
    const twice = [1, 2].map(() => post(account, '/v1/deployments', { ...DEPLOYMENT, slug: 'twice' }, once));
    expect((await Promise.all(twice)).map(({ status }) => status).filter((status) => status === 201).length).toBeGreaterThan(0);
    const replayed = await post(account, '/v1/deployments', { ...DEPLOYMENT, slug: 'twice' }, once);
    expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect((await post(account, '/v1/deployments', { ...DEPLOYMENT, slug: 'thrice' }, once)).status).toBe(422);
    expect((await call(account, 'DELETE', '/v1/deployments/twice')).status).toBe(200);

    const input = {
      prompt: 'a cinematic portrait of an astronaut sandbox:gpu=18420ms',
      seed: 42,
      workflow_overrides: { 'Sampler.steps': 30 },
    };
    const started = await post(account, '/v1/gpu/run/my-comfy-workflow', { input });
    expect(started.body).toMatchObject({ job_id: expect.any(String), status: 'queued', provider_job_id: expect.any(String) });
    const done = await finished((started.body as unknown as Run).job_id);
    expect(done).toMatchObject({ status: 'succeeded', executionMs: 18_420, creditsCharged: 56 });
    const waited = await post(account, '/v1/gpu/run/my-comfy-workflow', { input: { prompt: 'quick' }, sync: true });
    expect(waited.body).toMatchObject({ status: 'succeeded' });

    const changed = await call(account, 'PATCH', '/v1/deployments/my-comfy-workflow', { maxWorkers: 5, gpuTypes: ['ADA_48_PRO'] });
    expect(changed.body).toMatchObject({ maxWorkers: 5, gpuTypes: 'ADA_48_PRO' });
    // As in a request: an empty form field is no URL.
    const untold = await call(account, 'PATCH', '/v1/deployments/my-comfy-workflow', { webhookUrl: '' });
    expect(untold.body).toMatchObject({ webhookUrl: null });
    const again = await post(account, '/v1/gpu/run/my-comfy-workflow', { input, sync: true });
    expect(again.body).toMatchObject({ creditsCharged: 56 });

    expect((await call(account, 'DELETE', '/v1/deployments/my-comfy-workflow')).status).toBe(200);
    expect((await call(account, 'GET', '/v1/deployments')).body.data).toEqual([]);
    expect((await post(account, '/v1/gpu/run/my-comfy-workflow', { input })).status).toBe(404);
  });

  it.each([
    [{ slug: 'Not A Slug' }, 'slug'],
    [{ dockerImage: 'rm -rf /' }, 'dockerImage'],
    [{ gpuTypes: 'ABACUS' }, 'gpuTypes'],
    [{ gpuTypes: undefined }, 'gpuTypes'],
    [{ minWorkers: 5, maxWorkers: 2 }, 'minWorkers'],
    [{ webhookUrl: 'https://169.254.169.254/' }, 'webhookUrl'],
  ])('are refused with %j', async (wrong, param) => {
    const refused = await post(account, '/v1/deployments', { ...DEPLOYMENT, slug: 'wrong', ...wrong });
    expect(refused.status).toBe(400);
    expect(refused.body.refusal.param).toContain(param);
  });

  it('of a test key cost nothing, and run for no other key', async () => {
    const caller = await openMediaAccount(worker);
    const tester = new Account(worker, caller.id, await caller.addKey({ mode: 'test' }), 0);
    expect((await post(tester, '/v1/deployments', { ...DEPLOYMENT, slug: 'trial', minWorkers: 3 })).status).toBe(201);
    const free = await post(tester, '/v1/gpu/run/trial', { input: { prompt: 'a fox' }, sync: true });
    expect(free.body).toMatchObject({ status: 'succeeded', creditsCharged: 0 });
    const refused = await post(caller, '/v1/gpu/run/trial', { input: { prompt: 'a fox' } });
    expect([refused.status, refused.body.refusal.code]).toEqual([409, 'test_deployment']);
    expect(await caller.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });

  it("of another account's are not there", async () => {
    await post(account, '/v1/deployments', { ...DEPLOYMENT, slug: 'mine' });
    const other = await openMediaAccount(worker);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const foreign = await call(other, method, '/v1/deployments/mine', method === 'PATCH' ? { name: 'theirs' } : undefined);
      expect(foreign.status).toBe(404);
    }
    expect((await post(other, '/v1/gpu/run/mine', { input: {} })).status).toBe(404);
  });
});

describe('storage', () => {
  const upload = (body: FormData | Uint8Array | string, query = '', headers: Record<string, string> = {}) =>
    fetch(`${account.baseUrl}/storage${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, ...headers },
      body: body as never,
    });
  interface Stored {
    id: string;
    url: string;
    [field: string]: unknown;
  }

  it('takes forms and bare files, lists them by kind, and gives them back', async () => {
    const form = new FormData();
    form.set('file', new Blob(['a,b\n1,2\n'], { type: 'text/plain' }), 'table.txt');
    form.set('kind', 'dataset');
    const first = (await (await upload(form)).json()) as Stored;
    expect(first).toMatchObject({ kind: 'dataset', filename: 'table.txt', contentType: 'text/plain', size: 8 });
    const large = Buffer.alloc(18_000_000, 7);
    const answer = await upload(large, '?filename=weights.bin&kind=weights', { 'content-type': 'application/octet-stream' });
    const second = (await answer.json()) as Stored;
    expect(second).toMatchObject({ kind: 'weights', filename: 'weights.bin', size: large.length });
    expect((await fileAt(first.url)).bytes.toString()).toBe('a,b\n1,2\n');
    const back = await fileAt(second.url);
    expect(back.bytes.equals(large)).toBe(true);
    expect(back.headers.get('content-disposition')).toBe('attachment');
    const listed = await call(account, 'GET', '/v1/storage?kind=dataset');
    expect(listed.body.data).toHaveLength(1);
    expect((await call(account, 'DELETE', `/v1/storage/${first.id}`)).status).toBe(200);
    expect((await fileAt(first.url)).status).toBe(404);
    expect((await call(account, 'GET', `/v1/storage/${first.id}`)).status).toBe(404);
    const other = await openMediaAccount(worker);
    for (const method of ['GET', 'DELETE']) expect((await call(other, method, `/v1/storage/${second.id}`)).status).toBe(404);
    expect((await fileAt(second.url)).status).toBe(200);
  });

  it('keeps one file of an upload that is sent again under its Idempotency-Key', async () => {
    const once = { 'idempotency-key': 'once', 'content-type': 'text/plain' };
    const first = await upload('hello', '?filename=a.txt&kind=once', once);
    const again = await upload('hello', '?filename=a.txt&kind=once', once);
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true']);
    expect(await again.json()).toEqual(await first.json());
    expect((await upload('other', '?filename=a.txt&kind=once', once)).status).toBe(422);
    expect((await upload('hello', '?filename=b.txt&kind=once', once)).status).toBe(422);
    expect((await call(account, 'GET', '/v1/storage?kind=once')).body.data).toHaveLength(1);
  });

  it.each([
    ['?filename=a.txt&kind=not%20a%20word', {}, 'kind'],
    ['?filename=a.txt&contentType=nonsense', {}, 'contentType'],
    [`?filename=${'a'.repeat(300)}`, {}, 'filename'],
    ['?filename=a%0Ab', {}, 'filename'],
    ['?filename=a.txt', { 'idempotency-key': 'x'.repeat(300) }, 'Idempotency-Key'],
  ])('refuses %s by the name of its field', async (query, headers, param) => {
    const refused = await upload('x', query, headers as Record<string, string>);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { param } });
  });

  it('refuses what is too large, empty or nameless, and keeps nothing of it', async () => {
    expect((await upload(Buffer.alloc(20_000_001), '?filename=a.bin&kind=big')).status).toBe(413);
    expect((await upload(new Uint8Array(), '?filename=a.bin')).status).toBe(400);
    expect((await upload('x', '?filename=../a')).status).toBe(400);
    expect((await call(account, 'GET', '/v1/storage?kind=big')).body.data).toEqual([]);
  });
});
