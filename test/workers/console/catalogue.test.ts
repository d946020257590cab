/** The catalogue's file in R2: calls use the loaded catalogue while the file is read again, and while it is broken. */
import { createExecutionContext, createMessageBatch, env, getQueueResult } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CATALOGUE_KEY, LAST_GOOD_KEY, LiveCatalogue, LOOK_EVERY_MS } from '../../../src/console/catalogue/live';
import { checkCatalogue, showCatalogue, storeCatalogue } from '../../../src/console/catalogue/manage';
import type { Bindings } from '../../../src/env';
import { envConsoleDeps } from '../../../src/http/deps';
import worker from '../../../src/index';
import { buildRegistry } from '../../../src/providers/registry';
import { OPERATOR } from '../account/support';

const textOf = (label: string): string => JSON.stringify({ models: [{ id: 'gpt-5.5', label }] });
const labelIn = ({ registry }: LiveCatalogue): string => registry.models.find('gpt-5.5')!.label;
const BROKEN = '{"models": [\n{"id": "gpt-5.5", "prize": 1}]}';

let nowMs = 0;
let logged: unknown[][] = [];
const fresh = (): LiveCatalogue => new LiveCatalogue(buildRegistry({}), env.FILES, () => nowMs);

beforeEach(async () => {
  nowMs = Date.UTC(2031, 0, 1);
  logged = [];
  vi.spyOn(console, 'error').mockImplementation((...words) => void logged.push(words));
  await env.FILES.delete([CATALOGUE_KEY, LAST_GOOD_KEY]);
});
afterEach(() => vi.restoreAllMocks());

/** Reads the catalogue as a call does, and runs the work that it leaves for afterwards. */
async function call(live: LiveCatalogue): Promise<string> {
  const work: Promise<unknown>[] = [];
  live.refresh((promise) => work.push(promise));
  const label = labelIn(live);
  await Promise.all(work);
  return `${label} ${work.length}`;
}

describe('the file', () => {
  it('is looked at every half minute, after the call', async () => {
    const live = fresh();
    await env.FILES.put(CATALOGUE_KEY, textOf('One'));
    expect([await call(live), await call(live)]).toEqual(['GPT-5.5 1', 'One 0']);
    await env.FILES.put(CATALOGUE_KEY, textOf('Two'));
    nowMs += LOOK_EVERY_MS - 1;
    expect(await call(live)).toBe('One 0');
    nowMs += 1;
    expect([await call(live), await call(live)]).toEqual(['One 1', 'Two 0']);
  });

  it('may be waited for by the first calls, and by queues', async () => {
    await env.FILES.put(CATALOGUE_KEY, textOf('One'));
    const patient = fresh();
    await patient.firstLook(5_000);
    expect(labelIn(patient)).toBe('One');
    const queue = fresh();
    await queue.refreshed();
    expect(labelIn(queue)).toBe('One');
  });

  it('is waited for by jobs, whose model may be in it alone, where R2 does not say whether there is one', async () => {
    const get = () => Promise.reject(new Error('R2 is away'));
    const FILES = new Proxy(env.FILES, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name).bind(of)) });
    const message = { id: 'm', timestamp: new Date(), attempts: 1, body: { jobId: 'job_none' } };
    const handled = async (queue: string, bindings: Bindings) => {
      const batch = createMessageBatch(queue, [message]);
      const context = createExecutionContext();
      await worker.queue!(batch, bindings, context);
      return getQueueResult(batch, context);
    };
    for (const queue of ['hypereal-jobs', 'hypereal-submissions'])
      expect(await handled(queue, { ...env, FILES }), queue).toMatchObject({ retryBatch: { retry: true }, explicitAcks: [] });
    for (const queue of ['hypereal-jobs', 'hypereal-submissions'])
      expect(await handled(queue, { ...env }), queue).toMatchObject({ retryBatch: { retry: false }, explicitAcks: ['m'] });
  });

  it('is forgotten when it is removed', async () => {
    await env.FILES.put(CATALOGUE_KEY, textOf('One'));
    const live = fresh();
    await live.load();
    await env.FILES.delete(CATALOGUE_KEY);
    await live.load();
    expect([labelIn(live), live.registry.catalogueVersion, await env.FILES.head(LAST_GOOD_KEY)]).toEqual(['GPT-5.5', undefined, null]);
  });

  it('stays in force as it was while it is broken, in isolates that start meanwhile too', async () => {
    await env.FILES.put(CATALOGUE_KEY, textOf('One'));
    const live = fresh();
    await live.load();
    await env.FILES.put(CATALOGUE_KEY, BROKEN);
    await live.load();
    const young = fresh();
    await young.load();
    expect([labelIn(live), labelIn(young)]).toEqual(['One', 'One']);
    expect(logged[0]).toEqual([
      'catalogue file refused',
      '{"key":"config/catalogue.json","errors":["line 2, models[0].prize: there is no such field"]}',
    ]);
    await env.FILES.put(CATALOGUE_KEY, textOf('Two'));
    await live.load();
    expect(labelIn(live)).toBe('Two');
  });

  it('stays in force while R2 fails', async () => {
    await env.FILES.put(CATALOGUE_KEY, textOf('One'));
    const live = fresh();
    await live.load();
    vi.spyOn(live.files, 'get').mockRejectedValue(new Error('R2 is away'));
    await live.load();
    expect(labelIn(live)).toBe('One');
  });
});

describe("the operator's verbs", () => {
  it('show what is in force and what is wrong', async () => {
    const live = fresh();
    expect(await showCatalogue(live)).toEqual({ version: null, variableVersion: null, file: null });
    await env.FILES.put(CATALOGUE_KEY, BROKEN);
    const { file } = await showCatalogue(live);
    expect(file).toMatchObject({ valid: false, errors: [{ line: 2, field: 'models[0].prize' }] });
  });

  it('put a file in place only when it is usable', async () => {
    const deps = { ...envConsoleDeps(env), ...OPERATOR };
    const live = fresh();
    const refused = await storeCatalogue(deps, live, BROKEN);
    expect(refused).toMatchObject({ ok: false, error: { kind: 'invalid_request' } });
    expect(await env.FILES.head(CATALOGUE_KEY)).toBeNull();
    expect(await storeCatalogue(deps, live, textOf('One'))).toMatchObject({
      ok: true,
      value: { file: { valid: true, models: ['gpt-5.5'] } },
    });
    expect(labelIn(live)).toBe('One');
  });

  it('put no file over one that came between the look at it and the change', async () => {
    const deps = { ...envConsoleDeps(env), ...OPERATOR };
    const before = await env.FILES.put(CATALOGUE_KEY, textOf('Zero'));
    await env.FILES.put(CATALOGUE_KEY, textOf('Between'));
    for (const seen of [before, null]) {
      const live = fresh();
      vi.spyOn(live.files, 'head').mockResolvedValueOnce(seen);
      expect(await storeCatalogue(deps, live, textOf('One'), { etag: seen?.etag })).toMatchObject({
        ok: false,
        error: { kind: 'conflict' },
      });
    }
    expect(await (await env.FILES.get(CATALOGUE_KEY))!.text()).toBe(textOf('Between'));
  });

  it('check a text without touching anything', () => {
    const live = fresh();
    expect(checkCatalogue(live, textOf('One'))).toEqual({ valid: true, errors: [], models: ['gpt-5.5'] });
    expect(labelIn(live)).toBe('GPT-5.5');
  });
});
