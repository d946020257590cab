// The object of a resumable stream: what it does with a body that breaks off, and what it leaves behind.
import { env, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { StreamLog } from '../../../src/live/stream-log';

interface Inside {
  log: StreamLog | undefined;
  record(log: StreamLog, body: ReadableStream<Uint8Array>): Promise<void>;
  alarm(): Promise<void>;
}

const MINUTE_MS = 60_000;
const ID = 'req_1';
const HEAD = { requestId: ID, headers: {}, interrupted: 'data: interrupted\n\n', notKept: 'data: not kept\n\n' };

let objects = 0;
const fresh = () => env.LIVE_STREAM.getByName(`live-stream-test-${objects++}`);
type Stub = ReturnType<typeof fresh>;

const inside = <T>(stub: Stub, work: (object: Inside, state: DurableObjectState) => Promise<T>): Promise<T> =>
  runInDurableObject(stub, (instance, state) => work(instance as unknown as Inside, state));

/** Records a body of these pieces, which then ends or breaks off. */
const recorded = (stub: Stub, pieces: readonly string[], breaks: boolean): Promise<number | null> =>
  inside(stub, async (object, state) => {
    const { readable, writable } = new IdentityTransformStream();
    object.log = new StreamLog(state.storage, HEAD, Date.now);
    const recording = object.record(object.log, readable);
    const writer = writable.getWriter();
    for (const piece of pieces) await writer.write(new TextEncoder().encode(piece));
    await (breaks ? writer.abort(new Error('gone')) : writer.close());
    await recording;
    return state.storage.getAlarm();
  });

const heard = async (stub: Stub, after = 0): Promise<string> => (await stub.fetch(`https://live.invalid/?id=${ID}&after=${after}`)).text();

describe('the object of a resumable stream', () => {
  it('says of a body that broke off that it did, and nothing of what was torn', async () => {
    const stub = fresh();
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    await recorded(stub, ['data: 1\n\n', 'data: {"to'], true);
    expect(logged).toHaveBeenCalledOnce();
    logged.mockRestore();
    expect(await heard(stub)).toBe('data: 1\n\ndata: interrupted\n\n');
    await evictDurableObject(stub);
    expect(await heard(stub)).toBe('data: 1\n\ndata: interrupted\n\n');
    expect(await heard(stub, 1)).toBe('data: interrupted\n\n');
  });

  it('keeps a stream for ten minutes, and nothing after that', async () => {
    const stub = fresh();
    const alarmMs = await recorded(stub, [': ping\n', 'data: 1\n', '\ndata: 2\n\n'], false);
    expect(alarmMs! - Date.now()).toBeGreaterThan(9 * MINUTE_MS);
    expect(alarmMs! - Date.now()).toBeLessThanOrEqual(10 * MINUTE_MS);
    expect(await heard(stub, 1)).toBe('data: 2\n\n');
    await inside(stub, (object) => object.alarm());
    expect(await inside(stub, async (_, { storage }) => (await storage.list()).size)).toBe(0);
    expect((await stub.fetch(`https://live.invalid/?id=${ID}`)).status).toBe(404);
  });

  it('takes what a stream has left that died under way, and leaves one that is under way alone', async () => {
    const left = await inside(fresh(), async (object, { storage }) => {
      let nowMs = 0;
      object.log = new StreamLog(storage, HEAD, () => nowMs);
      const { readable, writable } = new IdentityTransformStream();
      const recording = object.record(object.log, readable);
      const writer = writable.getWriter();
      nowMs = MINUTE_MS;
      await writer.write(new TextEncoder().encode('data: 1\n\n'));
      while ((await storage.list()).size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
      await object.alarm();
      const alarmMs = await storage.getAlarm();
      const rowsUnderWay = (await storage.list()).size;
      // As if it had been evicted.
      object.log = undefined;
      await object.alarm();
      const rows = (await storage.list()).size;
      await writer.close();
      await recording;
      return { alarmMs, rowsUnderWay, rows };
    });
    expect(left).toMatchObject({ rowsUnderWay: 2, rows: 0 });
    expect(left.alarmMs! - Date.now()).toBeGreaterThan(10 * MINUTE_MS);
  });

  it('says of a stream that it was interrupted, though it died before anything of it was kept', async () => {
    const stub = fresh();
    await inside(stub, async (object, { storage }) => {
      object.log = new StreamLog(storage, HEAD, Date.now);
      void object.record(object.log, new IdentityTransformStream().readable);
      while ((await storage.getAlarm()) === null) await new Promise((resolve) => setTimeout(resolve, 1));
      object.log = undefined;
    });
    expect(await heard(stub)).toBe('data: interrupted\n\n');
  });

  it('has an alarm though its end could not be kept, and another where it could not be emptied', () =>
    inside(fresh(), async (object, { storage }) => {
      const logged = vi.spyOn(console, 'error').mockReturnValue();
      const log = new StreamLog(storage, HEAD, Date.now);
      vi.spyOn(log, 'finish').mockRejectedValueOnce(new Error('the storage is not there'));
      await expect(object.record(log, new Response('data: 1\n\n').body!)).rejects.toThrow('not there');
      expect(await storage.getAlarm()).not.toBeNull();
      await storage.deleteAlarm();
      const emptied = vi.spyOn(storage, 'deleteAll').mockRejectedValueOnce(new Error('the storage is not there'));
      await object.alarm();
      expect(await storage.getAlarm()).not.toBeNull();
      emptied.mockRestore();
      logged.mockRestore();
    }));
});
