// Files are kept for a limited time; then they are removed, and their URLs say so.
import { env, SELF } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { monthOf, newNonce, operationId } from '../../../src/core/ids';
import { keptAnswerKey } from '../../../src/core/kept-answers';
import { advanceJob, startJob } from '../../../src/jobs/advance';
import { createMediaJob } from '../../../src/jobs/create';
import type { JobDeps } from '../../../src/jobs/deps';
import { deleteContent, keptSeconds, removeOldFiles } from '../../../src/jobs/retention';
import { findObject, listObjects, storeObject } from '../../../src/jobs/storage';
import { changeJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { jobView } from '../../../src/jobs/view';
import { TestAccount } from '../account/support';
import { ask as call, keyFor } from '../http/support';
import { JobBench, MODEL, requestOf } from './support';

const DAY_MS = 24 * 3_600_000;

const kept = (bench: JobBench, settings: Partial<JobDeps['settings']> = {}): JobDeps => ({
  ...bench.deps(),
  settings: { ...bench.deps().settings, RESULT_RETENTION_DAYS: 30, UPLOAD_RETENTION_DAYS: 0, ...settings },
});

/** A job that has ended with a file, and with a picture that came with its request. */
async function done(): Promise<{ bench: JobBench; job: Job; file: string; input: string }> {
  const bench = await JobBench.create();
  bench.provider.pollsToDone = 1;
  const { id } = await bench.start({ image: 'data:image/png;base64,iVBORw0KGgo=' });
  await startJob(bench.deps(), { jobId: id });
  for (let look = 0; look < 5; look++) await advanceJob(bench.deps(), { jobId: id });
  const job = await bench.job(id);
  const input = job.input as { firstFrame: { key: string } };
  return { bench, job, file: job.outputs!.files[0]!.key, input: input.firstFrame.key };
}

const uploader = (bench: JobBench) => ({ accountId: bench.account.id, test: false });

const present = async (...keys: string[]): Promise<boolean[]> => Promise.all(keys.map(async (key) => (await env.FILES.head(key)) !== null));
const ask = (key: string) => SELF.fetch(`https://gateway.test/${key}.mp4`);

describe('an answer that is kept to be given or named again', () => {
  const of = (atMs: number) => operationId({ nonce: newNonce(), epoch: 1, month: monthOf(atMs), seq: 1 });

  it.each(['replays', 'items'] as const)('lasts for a month at least, and for two at most: %s', async (kind) => {
    const bench = await JobBench.create();
    const key = keptAnswerKey(kind, bench.account.id, of(bench.nowMs))!;
    const later = keptAnswerKey(kind, bench.account.id, of(bench.nowMs + 62 * DAY_MS))!;
    for (const path of [key, later]) await env.FILES.put(path, '[]');
    await bench.wait(31 * DAY_MS - 1);
    await removeOldFiles(kept(bench));
    expect(await present(key, later)).toEqual([true, true]);
    await bench.wait(31 * DAY_MS + 1);
    await removeOldFiles(kept(bench));
    expect(await present(key, later)).toEqual([false, true]);
  });
});

describe('a job', () => {
  it.each([
    ['400 days', 0, 400],
    ['31 days, of a test key', 1, 31],
  ])('is known for %s once its content is gone, and no longer', async (_how, test, days) => {
    const { bench, job } = await done();
    await env.DB.prepare('UPDATE jobs SET test = ? WHERE id = ?').bind(test, job.id).run();
    const known = async () => (await env.DB.prepare('SELECT 1 FROM jobs WHERE id = ?').bind(job.id).first()) !== null;
    await bench.wait(days * DAY_MS - 60_000);
    await removeOldFiles(kept(bench, { RESULT_RETENTION_DAYS: 0 }));
    await removeOldFiles(kept(bench));
    expect([await known(), (await bench.job(job.id)).filesRemovedAt]).toEqual([true, expect.any(Number)]);
    await bench.wait(120_000);
    await removeOldFiles(kept(bench));
    expect(await known()).toBe(false);
  });

  it('is known as long as it has content', async () => {
    const { bench, job } = await done();
    await bench.wait(500 * DAY_MS);
    await removeOldFiles(kept(bench, { RESULT_RETENTION_DAYS: 0 }));
    expect(await bench.job(job.id)).toMatchObject({ id: job.id });
  });
});

describe('a result', () => {
  it('is there until its time is over, and after that it is gone rather than never heard of', async () => {
    const { bench, job, file, input } = await done();
    const deliver = env.DB.prepare(
      'INSERT INTO webhook_deliveries (id, account_id, job_id, url, state, tries, log, created_at, ended_at) VALUES (?, ?, ?, ?, ?, 1, ?, 0, ?)',
    );
    for (const [id, state, endedAt] of [['ended', 'delivered', 1] as const, ['open', 'pending', null] as const])
      await deliver.bind(`${job.id}-${id}`, job.accountId, job.id, 'https://x.test', state, '[]', endedAt).run();
    await bench.wait(29 * DAY_MS);
    await removeOldFiles(kept(bench));
    expect(await present(file, input)).toEqual([true, true]);
    expect((await ask(file)).status).toBe(200);
    await bench.wait(2 * DAY_MS);
    await removeOldFiles(kept(bench));
    expect(await present(file, input)).toEqual([false, false]);
    const answer = await ask(file);
    expect(answer.status).toBe(410);
    expect(await answer.json()).toMatchObject({ error: { code: 'file_expired', message: expect.stringContaining('30 days') } });
    expect((await ask(file.replace(job.mediaToken, 'A'.repeat(24)))).status).toBe(404);
    expect(await bench.job(job.id)).toMatchObject({ input: { stored: '' }, result: null, costMicro: job.costMicro, plan: job.plan });
    const left = await env.DB.prepare('SELECT state FROM webhook_deliveries WHERE job_id = ?').bind(job.id).all();
    expect(left.results).toEqual([{ state: 'pending' }]);
    const removed = await bench.job(job.id);
    await bench.wait(1_000);
    await removeOldFiles(kept(bench));
    expect(await bench.job(job.id)).toEqual(removed);
    const view = jobView(removed);
    expect(view).toMatchObject({
      status: 'completed',
      outputUrl: null,
      outputUrls: [],
      filesRemovedAt: expect.any(String),
      creditsUsed: 67,
    });
  });

  it('is deleted with what was asked for and told of it, once the job is over, as often as somebody wishes', async () => {
    const { bench, job: made, file, input } = await done();
    const outputs = { files: made.outputs!.files, usage: { seconds: 4 }, revisedPrompt: 'A red cat.' };
    await env.DB.prepare('UPDATE jobs SET outputs = ? WHERE id = ?').bind(JSON.stringify(outputs), made.id).run();
    const delivered = `INSERT INTO webhook_deliveries (id, account_id, job_id, url, state, tries, log, created_at, ended_at)
      VALUES (?, ?, ?, 'https://x.test', 'delivered', 1, '[]', 0, 1)`;
    await env.DB.prepare(delivered).bind(`${made.id}-told`, made.accountId, made.id).run();
    const parts = JSON.stringify([{ state: 'done', result: { files: [], revisedPrompt: 'a striped cat' } }]);
    const job = (await changeJob(env.DB, await bench.job(made.id), ({ upstream }) => ({ upstream: { ...upstream!, parts } })))!;
    const running = await bench.start();
    expect(await deleteContent(bench.deps(), running)).toMatchObject({ ok: false, error: { kind: 'conflict', code: 'job_not_over' } });
    expect(await deleteContent(bench.deps(), job)).toEqual({ ok: true });
    const removed = await bench.job(job.id);
    expect(removed).toMatchObject({ input: { stored: '' }, result: null, costMicro: job.costMicro, filesRemovedAt: expect.any(Number) });
    expect(removed.upstream).toEqual(made.upstream);
    expect(removed.outputs).toEqual({ files: outputs.files, usage: outputs.usage });
    expect(await env.DB.prepare('SELECT 1 FROM webhook_deliveries WHERE job_id = ?').bind(job.id).first()).toBeNull();
    expect(await present(file, input)).toEqual([false, false]);
    expect((await ask(file)).status).toBe(410);
    await bench.wait(1_000);
    expect(await deleteContent(bench.deps(), removed)).toEqual({ ok: true });
    expect(await bench.job(job.id)).toEqual(removed);
  });

  it('is deleted by the next try where the bucket fails, and is not said to be until then', async () => {
    const { bench, job, file, input } = await done();
    let fails = true;
    const remove = (keys: string[]) => (fails ? Promise.reject(new Error('internal error (10001)')) : env.FILES.delete(keys));
    const files = new Proxy(env.FILES, { get: (of, name) => (name === 'delete' ? remove : Reflect.get(of, name).bind(of)) });
    const deps = { ...bench.deps(), files };
    expect(await deleteContent(deps, job)).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
    expect(await bench.job(job.id)).toEqual(job);
    fails = false;
    expect(await deleteContent(deps, job)).toEqual({ ok: true });
    expect(await present(file, input)).toEqual([false, false]);
  });

  it('does not lead from its URL to the files of the request, which have URLs of their own', async () => {
    const { bench, file, input } = await done();
    expect((await ask(input)).status).toBe(200);
    const name = input.split('/').at(-1)!;
    expect((await ask(file.replace(/[^/]+$/, name))).status).toBe(404);
    await bench.wait(31 * DAY_MS);
    await removeOldFiles(kept(bench));
    expect((await ask(input)).status).toBe(410);
  });

  it('of a test key is there for a day, however long others are', async () => {
    const { bench, job, file, input } = await done();
    await env.DB.prepare('UPDATE jobs SET test = 1 WHERE id = ?').bind(job.id).run();
    const other = await done();
    await bench.wait(DAY_MS - 60_000);
    await removeOldFiles(kept(bench, { RESULT_RETENTION_DAYS: 0 }));
    expect(await present(file, input)).toEqual([true, true]);
    await bench.wait(120_000);
    await removeOldFiles(kept(bench, { RESULT_RETENTION_DAYS: 0 }));
    expect(await present(file, input, other.file)).toEqual([false, false, true]);
    const answer = await ask(file);
    expect(answer.status).toBe(410);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('for a day') } });
  });

  it('is kept for ever where the operator says so', async () => {
    const { bench, file } = await done();
    await bench.wait(4_000 * DAY_MS);
    await removeOldFiles(kept(bench, { RESULT_RETENTION_DAYS: 0 }));
    expect(await present(file)).toEqual([true]);
  });

  it('may lie in caches for as long as it is kept', () => {
    expect([keptSeconds(0, 0, 0), keptSeconds(1, 0, 0), keptSeconds(1, 0, 500), keptSeconds(1, 0, 2 * DAY_MS)]).toEqual([
      undefined,
      86_400,
      86_399,
      0,
    ]);
  });

  it('waits for its end where there are no queries left, or its job is not settled', async () => {
    const { bench, job, file } = await done();
    await bench.wait(31 * DAY_MS);
    await removeOldFiles(kept(bench), () => 0);
    const settle = (at: number | null) => env.DB.prepare('UPDATE jobs SET settled_at = ? WHERE id = ?').bind(at, job.id).run();
    await settle(null);
    await removeOldFiles(kept(bench));
    expect(await present(file)).toEqual([true]);
    await settle(1);
    await removeOldFiles(kept(bench));
    expect(await present(file)).toEqual([false]);
  });

  it('of a request whose job could not be kept is not kept either', async () => {
    const bench = await JobBench.create();
    const before = (await env.FILES.list({ prefix: 'media/' })).objects.length;
    const prepare = (query: string) => {
      if (/^insert into "?jobs/i.test(query)) throw new Error('D1_ERROR: Network connection lost.');
      return env.DB.prepare(query);
    };
    const db = new Proxy(env.DB, { get: (of, name) => (name === 'prepare' ? prepare : Reflect.get(of, name).bind(of)) });
    const request = requestOf('/v1/videos/generate', bench.account.id);
    const fields = { model: MODEL, prompt: 'a cat', image: 'data:image/png;base64,iVBORw0KGgo=' };
    const made = await createMediaJob({ ...bench.deps(), db }, request, { fields, uploads: {}, families: ['video'] });
    expect(made).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
    expect(await bench.heldMicro()).toBe(0);
    expect((await env.FILES.list({ prefix: 'media/' })).objects).toHaveLength(before);
  });

  it('of a job under way is not touched, however old', async () => {
    const bench = await JobBench.create();
    const job = await bench.start({ image: 'data:image/png;base64,iVBORw0KGgo=' });
    const { key } = (job.input as { firstFrame: { key: string } }).firstFrame;
    await bench.wait(100 * DAY_MS);
    await removeOldFiles(kept(bench));
    expect(await present(key)).toEqual([true]);
  });
});

describe('what a customer stores', () => {
  const upload = () => ({ filename: 'a.txt', contentType: 'text/plain', kind: 'file', content: new Response('hello') });

  it('stays, unless the operator says for how long', async () => {
    const bench = await JobBench.create();
    const stored = await storeObject(kept(bench), uploader(bench), upload());
    if (!stored.ok) throw new Error(stored.error.message);
    const { fileKey } = stored.value.row;
    await bench.wait(100 * DAY_MS);
    await removeOldFiles(kept(bench));
    expect(await present(fileKey)).toEqual([true]);
    await removeOldFiles(kept(bench, { UPLOAD_RETENTION_DAYS: 90 }));
    expect(await present(fileKey)).toEqual([false]);
    expect((await SELF.fetch(`https://gateway.test/${fileKey}.txt`)).status).toBe(404);
  });

  it('is its own: no other account finds it, lists it or has it for an idempotency key of the same name', async () => {
    const [mine, theirs] = [await JobBench.create(), await JobBench.create()];
    const store = async (bench: JobBench) => {
      const stored = await storeObject(kept(bench), uploader(bench), upload(), 'a-key');
      if (!stored.ok) throw new Error(stored.error.message);
      return stored.value;
    };
    const { row } = await store(mine);
    const other = await store(theirs);
    expect([other.repeated, other.row.id === row.id]).toEqual([false, false]);
    const found = async (bench: JobBench, id: string) => (await findObject(kept(bench), bench.account.id, id)).ok;
    expect([await found(mine, row.id), await found(theirs, row.id)]).toEqual([true, false]);
    const listed = async (bench: JobBench, kind?: string) =>
      (await listObjects(kept(bench), bench.account.id, { limit: 10, kind })).map(({ id }) => id);
    expect([await listed(mine), await listed(theirs), await listed(mine, 'file'), await listed(mine, 'image')]).toEqual([
      [row.id],
      [other.row.id],
      [row.id],
      [],
    ]);
  });

  it('is limited for each file and for all of them together, whatever its length was said to be', async () => {
    const bench = await JobBench.create();
    const small = kept(bench, { STORAGE_LIMIT_BYTES: 4 });
    expect(await storeObject(small, uploader(bench), upload())).toMatchObject({
      ok: false,
      error: { kind: 'body_too_large', param: 'file' },
    });
    const full = kept(bench, { STORAGE_ACCOUNT_BYTES: 8 });
    expect(await storeObject(full, uploader(bench), upload())).toMatchObject({ ok: true });
    expect(await storeObject(full, uploader(bench), upload())).toMatchObject({ ok: false, error: { code: 'storage_full' } });
    const announced = new Response('hello', { headers: { 'content-length': '5' } });
    expect(await storeObject(full, uploader(bench), { ...upload(), content: announced })).toMatchObject({
      error: { code: 'storage_full' },
    });
  });

  it('is limited together with those that are sent at the same time', async () => {
    const bench = await JobBench.create();
    const full = kept(bench, { STORAGE_ACCOUNT_BYTES: 18, STORAGE_LIMIT_BYTES: 10 });
    const store = (announced: boolean) =>
      storeObject(full, uploader(bench), {
        ...upload(),
        content: new Response('hello', announced ? { headers: { 'content-length': '5' } } : {}),
      });
    const stored = await Promise.all(Array.from({ length: 10 }, () => store(true)));
    expect(stored.filter(({ ok }) => ok)).toHaveLength(3);
    for (const result of stored) if (!result.ok) expect(result.error.code).toBe('storage_full');
    // A failed upload leaves nothing behind, nor does one that died, once its time is over.
    expect(await store(false)).toMatchObject({ ok: false, error: { code: 'storage_full' } });
    const left = 'INSERT INTO storage_reservations VALUES (?, ?, 3, ?)';
    await env.DB.prepare(left).bind('obj_left', bench.account.id, bench.nowMs).run();
    const tiny = (text: string) => storeObject(full, uploader(bench), { ...upload(), content: new Response(text) });
    expect(await tiny('abc')).toMatchObject({ ok: false });
    await bench.wait(2 * 3_600_000);
    expect(await tiny('abc')).toMatchObject({ ok: true });
  });

  it('goes when its organization was deleted while it came', async () => {
    const bench = await JobBench.create();
    const sent = (sql: string) => env.DB.prepare(sql).bind(bench.account.id).run();
    await sent('INSERT INTO organizations (id, slug, name, account_id, created_at) VALUES (?1, ?1, ?1, ?1, 0)');
    const before = await storeObject(kept(bench), uploader(bench), upload());
    await sent('UPDATE organizations SET deleted_at = 1 WHERE account_id = ?');
    const late = await storeObject(kept(bench), uploader(bench), upload());
    if (!before.ok || !late.ok) throw new Error('not stored');
    await removeOldFiles(kept(bench));
    expect(await present(before.value.row.fileKey, late.value.row.fileKey)).toEqual([true, false]);
  });

  it('leaves nothing behind unrecorded, wherever an upload was cut short', async () => {
    const bench = await JobBench.create();
    const before = new Set((await env.FILES.list({ prefix: 'storage/' })).objects.map(({ key }) => key));
    const own = () => env.DB.prepare('SELECT file_key AS key FROM stored_objects WHERE account_id = ?').bind(bench.account.id);
    for (const after of [false, true])
      for (let at = 0; await bench.dies((deps) => storeObject(deps, uploader(bench), upload()), at, after); at++);
    const { results } = await own().all<{ key: string }>();
    await bench.wait(2 * DAY_MS);
    const underWay = `obj_${bench.account.id}`;
    await env.DB.prepare('INSERT INTO storage_reservations VALUES (?, ?, 3, ?)').bind(underWay, bench.account.id, bench.nowMs).run();
    await removeOldFiles(kept(bench));
    const { objects } = await env.FILES.list({ prefix: 'storage/' });
    const left = objects.map(({ key }) => key).filter((key) => !before.has(key));
    expect(left.toSorted()).toEqual(results.map(({ key }) => key).toSorted());
    const reserved = env.DB.prepare('SELECT id FROM storage_reservations WHERE account_id = ?').bind(bench.account.id);
    expect((await reserved.all()).results).toEqual([{ id: underWay }]);
  });

  it.each(['', '5'])('can be sent again where R2 does not take it, announced as %j', async (announced) => {
    const bench = await JobBench.create();
    const taken: string[] = [];
    const put = async (key: string, ...given: [ReadableStream, R2PutOptions]): Promise<never> => {
      await env.FILES.put(key, ...given);
      taken.push(key);
      throw new Error('internal error (10001)');
    };
    const files = new Proxy(env.FILES, { get: (of, name) => (name === 'put' ? put : Reflect.get(of, name).bind(of)) });
    const content = new Response('hello', announced ? { headers: { 'content-length': announced } } : {});
    expect(await storeObject({ ...kept(bench), files }, uploader(bench), { ...upload(), content })).toMatchObject({
      error: { kind: 'unavailable' },
    });
    expect(await present(...taken)).toEqual([false]);
  });

  it('is not kept for an account that has no credits, has never paid and has no tier', async () => {
    const account = await TestAccount.create();
    const key = await keyFor(account);
    const send = () => call({ key, path: '/v1/storage?filename=a.txt' });
    expect(await send()).toMatchObject({ status: 402, text: expect.stringContaining('insufficient_credits') });
    await account.run((object) => object.setTier('starter'));
    expect((await send()).status).toBe(201);
    const spent = await TestAccount.create();
    for (const [eventId, amountMicro] of [['paid', 5_000_000] as const, ['taken', -5_000_000] as const])
      await spent.stub.grant({ eventId, amountMicro, reason: '', topUp: amountMicro > 0 });
    expect((await call({ key: await keyFor(spent), path: '/v1/storage?filename=a.txt' })).status).toBe(201);
  });

  it('is stored once of uploads under one idempotency key, together or one after the other', async () => {
    const bench = await JobBench.create();
    const store = (text: string) => storeObject(kept(bench), uploader(bench), { ...upload(), content: new Response(text) }, 'a-key');
    const twins = await Promise.all(Array.from({ length: 20 }, () => store('hello')));
    const ids = new Set(twins.map((twin) => (twin.ok ? twin.value.row.id : twin.error.kind)));
    expect(ids.size).toBe(1);
    expect(twins.filter((twin) => twin.ok && !twin.value.repeated)).toHaveLength(1);
    expect(await store('hello')).toMatchObject({ ok: true, value: { repeated: true, row: { id: [...ids][0] } } });
    expect(await store('another')).toMatchObject({ ok: false, error: { kind: 'idempotency_mismatch' } });
    const { objects } = await env.FILES.list({ prefix: 'storage/' });
    const [id] = [...ids];
    expect(objects.filter(({ key }) => key.includes(String(id)))).toHaveLength(1);
    await bench.wait(25 * 3_600_000);
    expect(await store('another')).toMatchObject({ ok: true, value: { repeated: false } });
  });
});
