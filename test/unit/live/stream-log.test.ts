import { describe, expect, it } from 'vitest';
import { type LogStorage, StreamLog } from '../../../src/live/stream-log';

const HEAD = { requestId: 'req_1', headers: {}, interrupted: 'data: interrupted\n\n', notKept: 'data: not kept\n\n' };

/** Storage that counts the rows written to it. */
function storage() {
  const rows = new Map<string, unknown>();
  let writes = 0;
  const kept = {
    get: async (key: string) => structuredClone(rows.get(key)),
    put: async (key: string, value: unknown) => {
      writes++;
      rows.set(key, structuredClone(value));
    },
  };
  return { kept: kept as unknown as LogStorage, rows, writes: () => writes };
}

async function collect(log: StreamLog, after = 0): Promise<string> {
  let text = '';
  for await (const events of log.after(after)) text += events;
  return text;
}

/** Those of its events that follow, without waiting for others. */
async function collectUntil(log: StreamLog, after: number, count: number): Promise<string> {
  let text = '';
  for await (const events of log.after(after)) {
    text += events;
    if (namesIn(text).length >= count) break;
  }
  return text;
}

const loaded = async (kept: LogStorage): Promise<StreamLog> => (await StreamLog.load(kept, Date.now))!;
/** An event of this many characters. */
const long = (name: string, chars: number): string => `data: ${name}${'A'.repeat(chars - name.length - 8)}\n\n`;
const namesIn = (text: string): string[] => text.match(/(?<=data: )(?:e\d+|not kept|interrupted)/g) ?? [];

const SECOND_MS = 1_000;
const MILLION = 1_000_000;

describe('the log of a stream', () => {
  it('writes fewer than ten rows for a stream of a quarter of an hour', async () => {
    const { kept, writes } = storage();
    let nowMs = 0;
    const log = new StreamLog(kept, HEAD, () => nowMs);
    await log.begin();
    for (; nowMs < 900 * SECOND_MS; nowMs += SECOND_MS / 4) {
      log.add([`data: ${nowMs}\n\n`]);
      await log.checkpoint();
    }
    await log.finish(true);
    // The alarms that remove the rows write more than this.
    expect(writes()).toBeLessThan(10);
    expect(await collect(await loaded(kept))).toBe(await collect(log));
  });

  it('leaves keepalives to those who listen and have heard everything', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    log.add(['data: 1\n\n']);
    const listening = log.after(0);
    const heard = async (): Promise<unknown> => (await listening.next()).value;
    expect(await heard()).toBe('data: 1\n\n');
    const next = heard();
    log.keepalive(ping);
    expect(await next).toBe(ping);
    log.keepalive(ping);
    log.add(['data: 2\n\n']);
    expect(await heard()).toBe('data: 2\n\n');
    await log.finish(true);
    expect(await heard()).toBeUndefined();
    expect(await collect(log, 1)).toBe('data: 2\n\n');
  });

  it('says that the stream was interrupted when its end was never written, to those who had heard more too', async () => {
    const { kept } = storage();
    let nowMs = 0;
    const log = new StreamLog(kept, HEAD, () => nowMs);
    await log.begin();
    log.add(['data: 1\n\n']);
    nowMs = 20 * SECOND_MS;
    await log.checkpoint();
    log.add(['data: never written\n\n']);
    const left = await loaded(kept);
    expect(await collect(left)).toBe('data: 1\n\ndata: interrupted\n\n');
    expect(await collect(left, 5)).toBe('data: interrupted\n\n');
  });

  it('says so when it broke off', async () => {
    const { kept } = storage();
    const log = new StreamLog(kept, HEAD, Date.now);
    await log.begin();
    log.add(['data: 1\n\n']);
    await log.finish(false);
    for (const one of [log, await loaded(kept)]) expect(await collect(one)).toBe('data: 1\n\ndata: interrupted\n\n');
  });

  it('gives what comes after to those who wait', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    const collected = collect(log);
    log.add(['data: 1\n\n']);
    await Promise.resolve();
    log.add(['data: 2\n\n']);
    await log.finish(true);
    expect(await collected).toBe('data: 1\n\ndata: 2\n\n');
  });

  it('counts the same events after it was written, however long they are', async () => {
    const { kept, rows } = storage();
    const log = new StreamLog(kept, HEAD, Date.now);
    await log.begin();
    const events = [10, 1_500_000, 10, 700_000, 599_990, 300_000, 300_000, 300_001, 20].map((chars, n) => long(`e${n}`, chars));
    log.add(events);
    await log.finish(true);
    const back = await loaded(kept);
    for (let after = 0; after <= events.length + 1; after++) {
      const rest = await collect(back, after);
      expect(rest === (await collect(log, after)), `after ${after}`).toBe(true);
      expect(namesIn(rest)).toHaveLength(Math.max(0, events.length - after));
    }
    for (const row of rows.values()) expect((row as { text?: string }).text?.length ?? 0).toBeLessThanOrEqual(600_000);
  });

  it('holds what is stored on disk alone, and tells all of it to those who come back or are behind', async () => {
    const { kept, rows, writes } = storage();
    const log = new StreamLog(kept, HEAD, () => 0);
    await log.begin();
    const behind = log.after(0);
    log.add([long('e0', 100)]);
    const first = (await behind.next()).value as string;
    const chars = [...Array(120).fill(20_000), 1_500_000, ...Array(40).fill(20_000)] as number[];
    for (const [n, each] of chars.entries()) {
      log.add([long(`e${n + 1}`, each)]);
      await log.checkpoint();
      // A long event goes to disk as it comes.
      expect((log as unknown as { events: string[] }).events.join('').length).toBeLessThanOrEqual(600_000);
    }
    // The head, and hardly more rows than it takes.
    expect(writes()).toBeLessThan(1 + chars.reduce((sum, each) => sum + each, 0) / 600_000 + 2);
    const all = Array.from({ length: chars.length + 1 }, (_, n) => `e${n}`);
    expect(namesIn(await collectUntil(log, 40, all.length - 40))).toEqual(all.slice(40));
    await log.finish(true);
    let rest = '';
    for await (const events of behind) rest += events;
    expect(namesIn(first + rest)).toEqual(all);
    expect(namesIn(await collect(log, 119))).toEqual(all.slice(119));
    expect(await collect(await loaded(kept), 119)).toBe(await collect(log, 119));
    rows.clear();
    expect(namesIn(await collect(log))).toEqual(['not kept']);
  });

  it('keeps in memory what could not be stored, and stores it later', async () => {
    const { kept } = storage();
    let failures = 1;
    const put = async (key: string, value: unknown): Promise<void> => {
      if (key === 'text:0001' && failures-- > 0) throw new Error('the disk is away');
      await kept.put(key, value);
    };
    const log = new StreamLog({ ...kept, put } as LogStorage, HEAD, () => 0);
    await log.begin();
    log.add([long('e0', MILLION)]);
    await expect(log.checkpoint()).rejects.toThrow('away');
    await log.finish(true);
    for (const one of [log, await loaded(kept)]) expect(await collect(one)).toBe(long('e0', MILLION));
  });

  it('leaves out an event that was written in part', async () => {
    const { kept, rows } = storage();
    const log = new StreamLog(kept, HEAD, Date.now);
    await log.begin();
    log.add(['data: 1\n\n', long('e1', 2 * MILLION)]);
    await log.finish(true);
    rows.delete('text:0003');
    expect(await collect(await loaded(kept))).toBe('data: 1\n\ndata: interrupted\n\n');
  });
});

describe('a stream that says more than is kept', () => {
  const END = 'data: e99\n\n';
  const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `e${n}`);

  /** Adds this many events of a million characters each, as fast as the listeners read them. */
  async function say(log: StreamLog, count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      log.add([long(`e${n}`, MILLION)]);
      while (log.isAhead) await log.taken();
      await Promise.resolve();
    }
  }

  it('is heard whole by those who listen', async () => {
    const { kept } = storage();
    const log = new StreamLog(kept, HEAD, Date.now);
    const slow = (async () => {
      let text = '';
      for await (const events of log.after(0)) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        text += events;
      }
      return text;
    })();
    const first = collect(log);
    await say(log, 40);
    log.add([END]);
    await log.finish(true);
    expect(namesIn(await first)).toEqual([...names(40), 'e99']);
    expect(namesIn(await slow)).toEqual([...names(40), 'e99']);
  });

  it('is kept from its beginning, and says where it is not', async () => {
    const { kept } = storage();
    const log = new StreamLog(kept, HEAD, Date.now);
    await log.begin();
    await say(log, 40);
    log.add([END]);
    await log.finish(true);
    for (const one of [log, await loaded(kept)]) {
      expect(namesIn(await collect(one))).toEqual([...names(16), 'not kept']);
      expect(namesIn(await collect(one, 20))).toEqual(['not kept']);
      expect(await collect(one, 41)).toBe('');
    }
    // The log in memory also still has its latest events.
    expect(namesIn(await collect(log, 38))).toEqual(['e38', 'e39', 'e99']);
    expect(namesIn(await collect(await loaded(kept), 38))).toEqual(['not kept']);
  });

  it('can be joined where it is', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    await say(log, 30);
    const again = collect(log, 28);
    log.add([END]);
    await log.finish(true);
    expect(namesIn(await again)).toEqual(['e28', 'e29', 'e99']);
  });

  it('goes on without those who take nothing, and tells them', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    log.add([long('e0', MILLION)]);
    const stuck = log.after(0);
    expect(namesIn((await stuck.next()).value as string)).toEqual(['e0']);
    const healthy = collect(log);
    for (let n = 1; n < 40; n++) {
      log.add([long(`e${n}`, MILLION)]);
      await new Promise((resolve) => setTimeout(resolve));
      if (log.isAhead) log.leaveBehind();
    }
    await log.finish(true);
    expect(namesIn(await healthy)).toEqual(['e0', ...names(40).slice(1)]);
    let rest = '';
    for await (const events of stuck) rest += events;
    expect(namesIn(rest).at(-1)).toBe('not kept');
  });
});
