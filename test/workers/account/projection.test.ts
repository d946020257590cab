import { env } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import type { LedgerMessage, LineInD1 } from '../../../src/account/types';
import { catchUp, projectLedger } from '../../../src/jobs/project-ledger';
import {
  admitRequest,
  closing,
  deliver,
  holdOf,
  type Inside,
  ledgerRows,
  MINUTE_MS,
  settleMicrotasks,
  smallTables,
  TestAccount,
  testKey,
} from './support';

afterEach(() => vi.restoreAllMocks());

async function withLines(
  count: number,
  detail: Record<string, unknown> = {},
): Promise<{ account: TestAccount; messages: LedgerMessage[] }> {
  const account = await TestAccount.create({ credits: 10_000 });
  await account.run(async (object) => {
    for (let i = 0; i < count; i++) {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 1 })));
      object.settle({ ...closing(holdId, 1), detailJson: JSON.stringify(detail) });
    }
    await settleMicrotasks();
    await object.flush();
  });
  return { account, messages: account.queue.take() };
}

function changed(json: string, change: (line: LineInD1) => void): string {
  const line = JSON.parse(json) as LineInD1;
  change(line);
  return JSON.stringify(line);
}

const acked = async (account: TestAccount): Promise<[acked: number, closed: number]> => {
  const books = (await account.stub.books())!;
  return [books.ackedCloseSeq, books.closeSeq];
};

const tierInD1 = async (account: TestAccount) =>
  (await env.DB.prepare('SELECT tier FROM accounts WHERE id = ?').bind(account.id).first<{ tier: string }>())?.tier;

describe('lines on their way to D1', () => {
  it('are there once when messages come twice and in any order, and are confirmed only without a gap', async () => {
    const { account, messages } = await withLines(350);
    expect(messages.length).toBeGreaterThan(3);
    const [first, ...rest] = messages;
    await deliver(rest.reverse());
    await deliver(rest);
    expect(await acked(account)).toEqual([0, 351]);
    await deliver([first!, first!]);
    expect(await acked(account)).toEqual([351, 351]);
    expect((await ledgerRows(account.id)).map(({ close_seq }) => close_seq)).toEqual(Array.from({ length: 351 }, (_, i) => i + 1));
  });

  it('are read from disk a part at a time, in their order, where more wait than memory has room for', async () => {
    const account = await TestAccount.create({ credits: 10_000 });
    await account.run((object, state) => smallTables(object, state, 100));
    await account.evict();
    await account.run((object) => {
      for (let i = 0; i < 350; i++) object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 1 }))), 1));
    });
    account.queue.take();
    const parts: number[][] = [];
    for (let round = 0; round < 20 && (await acked(account))[0] < 351; round++) {
      await account.evict();
      await account.run((object) => object.flush());
      const messages = account.queue.take();
      parts.push(messages.flatMap(({ closeSeqs }) => closeSeqs));
      await deliver(messages);
    }
    expect(parts).toEqual([0, 100, 200, 300].map((from) => Array.from({ length: Math.min(100, 351 - from) }, (_, i) => from + i + 1)));
    expect(await ledgerRows(account.id)).toHaveLength(351);
  });

  it('stand there under the model that answered, where another had been asked for first', async () => {
    const { account, messages } = await withLines(1, { servedModel: 'the-second' });
    await deliver(messages);
    expect((await ledgerRows(account.id)).map(({ model }) => model)).toContain('the-second');
    const { lines } = await account.stub.operations(10);
    expect(lines.map(({ model }) => model)).toContain('the-second');
  });

  it('are sent in passing once there are enough of them, without waiting for the alarm', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    await account.run(async (object) => {
      for (let i = 0; i < 100; i++) object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 1 }))), 1));
      await null;
    });
    expect(account.queue.sent.flatMap(({ lines }) => lines)).toHaveLength(100);
  });

  it('are written by a caller that is about to read them, even when already sent, and again by the queue without harm', async () => {
    const { account, messages } = await withLines(3);
    const deps = { db: env.DB, account: () => account.stub };
    await catchUp(deps, account.id);
    expect(await ledgerRows(account.id)).toHaveLength(4);
    expect(await acked(account)).toEqual([4, 4]);
    await deliver(messages);
    await catchUp(deps, account.id);
    expect(await ledgerRows(account.id)).toHaveLength(4);
    expect(await acked(account)).toEqual([4, 4]);
    expect(account.queue.take()).toEqual([]);
  });

  it('go by the queue where there are more than who reads them has time for', async () => {
    const { account } = await withLines(501);
    await account.run((object) => void object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 1 }))), 1)));
    expect(await account.stub.handOver()).toEqual([]);
    expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(1);
  });

  it('come by the queue where who was about to write them did not', async () => {
    const { account } = await withLines(1);
    expect(await account.stub.handOver()).toHaveLength(1);
    account.nowMs += 2 * MINUTE_MS;
    await account.fireAlarm();
    expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(2);
  });

  it('are not written in part when one of a batch cannot be', async () => {
    const { account, messages } = await withLines(3);
    const broken = structuredClone(messages[0]!);
    broken.lines[1] = changed(broken.lines[1]!, (line) => (line.head.id = null as unknown as string));
    await expect(deliver([broken])).rejects.toThrow();
    expect(await ledgerRows(account.id)).toEqual([]);
    expect(await acked(account)).toEqual([0, 4]);
    await deliver(messages);
    expect(await acked(account)).toEqual([4, 4]);
  });

  it('of several accounts come in one batch, and each account hears of its own', async () => {
    const [a, b] = [await withLines(5), await withLines(7)];
    await deliver([...b.messages, ...a.messages, ...b.messages]);
    expect([await acked(a.account), await acked(b.account)]).toEqual([
      [6, 6],
      [8, 8],
    ]);
  });

  it('go to D1 in parameters of less than 2 MB', async () => {
    const { account, messages } = await withLines(700, { note: '語'.repeat(1_000) });
    const bytes: number[] = [];
    const db = {
      prepare: (sql: string) => ({
        bind: (...texts: string[]) => {
          bytes.push(...texts.map((text) => new TextEncoder().encode(text).length));
          return env.DB.prepare(sql).bind(...texts);
        },
      }),
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    } as unknown as D1Database;
    await projectLedger({ db, account: (id) => accountStub(env.ACCOUNT, id) }, messages);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(2_000_000);
    expect(Math.max(...bytes)).toBeLessThan(2_000_000);
    expect(await acked(account)).toEqual([701, 701]);
  });

  it('are not confirmed when D1 has another line under their number', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { account, messages } = await withLines(3);
    const other = structuredClone(messages);
    other[0]!.lines[2] = changed(other[0]!.lines[2]!, (line) => (line.head.id += 'x'));
    await projectLedger({ db: env.DB, account: () => ({ acknowledge: async () => undefined }) as never }, other);
    await deliver(messages);
    expect(await acked(account)).toEqual([2, 4]);
    expect(logged).toHaveBeenCalledWith('lines not taken', expect.stringContaining(account.id));
  });
});

describe('queue messages', () => {
  it('stay below 128 kB whatever is in them', async () => {
    const origins = Array.from({ length: 50 }, (_, i) => `https://${'a'.repeat(50)}${i}.example.com`);
    const keys = Array.from({ length: 80 }, (_, i) => testKey({ id: `key_${i}`, origins }));
    const account = await TestAccount.create({ keys });
    await account.run((object) => {
      for (let i = 0; i < 150; i++) object.grant({ eventId: `e${i}`, amountMicro: 1, reason: '語'.repeat(500), topUp: false });
    });
    await account.project();
    expect(await acked(account)).toEqual([150, 150]);
    const { results } = await env.DB.prepare('SELECT id FROM api_keys WHERE account_id = ?').bind(account.id).all();
    expect(results).toHaveLength(80);
  });

  it('that cannot be sent do not hold up the others', async () => {
    const account = await TestAccount.create({ credits: 5, keys: [testKey({ models: ['m'.repeat(200_000)] })] });
    await account.run((object) => expect(object.flush()).rejects.toThrow('too large'));
    await deliver(account.queue.take());
    expect(await acked(account)).toEqual([1, 1]);
  });
});

describe('states on their way to D1', () => {
  it('change twice within a millisecond, and D1 has the second', async () => {
    const account = await TestAccount.create();
    await account.project();
    for (const tier of ['starter', 'growth', 'scale'] as const) {
      await account.run((object) => void object.setTier(tier));
      await account.project();
      expect(await tierInD1(account)).toBe(tier);
    }
  });

  it('change under a clock that goes back, after an eviction too, and D1 has the last', async () => {
    const account = await TestAccount.create();
    await account.project();
    for (const tier of ['starter', 'growth', 'scale'] as const) {
      account.nowMs -= MINUTE_MS;
      await account.evict();
      await account.run((object) => void object.setTier(tier));
      await account.project();
      expect(await tierInD1(account)).toBe(tier);
    }
  });

  it('arrive out of order, and the newest stays', async () => {
    const account = await TestAccount.create();
    const sent: LedgerMessage[] = [];
    for (const tier of ['starter', 'growth'] as const) {
      account.nowMs += MINUTE_MS;
      await account.run(async (object) => {
        object.setTier(tier);
        await object.flush();
      });
      sent.push(...account.queue.take());
    }
    await deliver(sent.reverse());
    expect(await tierInD1(account)).toBe('growth');
    await deliver(sent);
    expect(await tierInD1(account)).toBe('growth');
  });

  it('are sent again until they are confirmed, and then no more', async () => {
    const account = await TestAccount.create();
    await account.run((object) => object.flush());
    account.queue.take();
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    const again = account.queue.take();
    expect(again.flatMap(({ entities }) => entities.map(({ id }) => id))).toEqual(['account', 'key:key_a']);
    await deliver(again);
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    expect(account.queue.take()).toEqual([]);
    expect(await account.alarmAtMs()).toBeNull();
  });

  it('are not sent with every message while D1 is slow, but a change of theirs at once, and all after a minute', async () => {
    const account = await TestAccount.create();
    const sent = async (change: (object: Inside) => void, afterMs = 0) => {
      account.nowMs += afterMs;
      await account.run((object) => {
        change(object);
        return object.flush();
      });
      return account.queue.take().flatMap(({ entities }) => entities.map(({ id }) => id));
    };
    expect(await sent(() => undefined)).toEqual(['account', 'key:key_a']);
    const grant = (object: Inside) => void object.grant({ eventId: 'more', amountMicro: 1, reason: '', topUp: false });
    expect(await sent(grant)).toEqual([]);
    expect(await sent((object) => void object.revokeKey('key_a'))).toEqual(['key:key_a']);
    expect(await sent(() => undefined, MINUTE_MS)).toEqual(['account', 'key:key_a']);
  });

  it('never carry the hash of a secret', async () => {
    const account = await TestAccount.create();
    await account.project();
    const rows = await env.DB.prepare('SELECT record FROM api_keys WHERE account_id = ?').bind(account.id).all<{ record: string }>();
    expect(rows.results).toHaveLength(1);
    expect(rows.results[0]!.record).not.toContain('hash-a');
  });
});
