import { describe, expect, it } from 'vitest';
import { type LogStorage, StreamLog } from '../../../src/live/stream-log';

const HEAD = { requestId: 'req_1', headers: {}, interrupted: 'data: interrupted\n\n' };

/** Storage that counts the rows written to it. */
function storage() {
  const rows = new Map<string, unknown>();
  let writes = 0;
  const kept = {
    get: async (key: string) => structuredClone(rows.get(key)),
    list: async ({ prefix }: { prefix: string }) => new Map([...rows].filter(([key]) => key.startsWith(prefix)).sort()),
    put: async (key: string, value: unknown) => {
      writes++;
      rows.set(key, structuredClone(value));
    },
  };
  return { kept: kept as unknown as LogStorage, writes: () => writes };
}

async function collect(log: StreamLog, after = 0): Promise<string> {
  let text = '';
  for await (const events of log.after(after)) text += events;
  return text;
}

const SECOND_MS = 1_000;

describe('the log of a stream', () => {
  it('writes fewer than ten rows for a stream of a quarter of an hour', async () => {
    const { kept, writes } = storage();
    let nowMs = 0;
    const log = new StreamLog(kept, HEAD, () => nowMs);
    for (; nowMs < 900 * SECOND_MS; nowMs += SECOND_MS / 4) {
      log.add(`data: ${nowMs}\n\n`);
      await log.checkpoint();
    }
    await log.finish();
    // The alarm that removes them is one more.
    expect(writes() + 1).toBeLessThan(10);
    expect(await collect((await StreamLog.load(kept, () => nowMs))!)).toBe(await collect(log));
  });

  it('leaves keepalives to those who listen', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    expect(log.add(`data: 1\n\n${ping}data: 2\n\n`)).toBe(ping);
    await log.finish();
    expect(await collect(log, 1)).toBe('data: 2\n\n');
  });

  it('says that the stream was interrupted when its end was never written', async () => {
    const { kept } = storage();
    let nowMs = 0;
    const log = new StreamLog(kept, HEAD, () => nowMs);
    log.add('data: 1\n\n');
    nowMs = 20 * SECOND_MS;
    await log.checkpoint();
    log.add('data: never written\n\n');
    expect(await collect((await StreamLog.load(kept, () => nowMs))!)).toBe('data: 1\n\ndata: interrupted\n\n');
  });

  it('gives what comes after to those who wait', async () => {
    const log = new StreamLog(storage().kept, HEAD, Date.now);
    const collected = collect(log);
    log.add('data: 1\n\n');
    await Promise.resolve();
    log.add('data: 2\n\n');
    await log.finish();
    expect(await collected).toBe('data: 1\n\ndata: 2\n\n');
  });
});
