import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { AdmitResult } from '../../../src/account/types';
import { createApp } from '../../../src/app';
import { createKey } from '../../../src/console/api-keys/internal';
import type { Bindings } from '../../../src/env';
import { envConsoleDeps } from '../../../src/http/deps';
import { countRows } from '../count-rows';
import {
  admitRequest,
  CREDIT,
  closing,
  DAY_MS,
  holdOf,
  type Inside,
  LEASE_MS,
  MINUTE_MS,
  OPERATOR,
  refusalOf,
  SECOND_MS,
  TestAccount,
  testKey,
} from './support';

/** Takes the place of D1 and never answers. */
const noD1 = new Proxy({} as D1Database, {
  get(_target, member) {
    throw new Error(`D1 was asked: ${String(member)}`);
  },
});

const keys = [
  testKey({ id: 'key_a', spendingLimitMicro: 1_000 * CREDIT }),
  testKey({ id: 'key_b', spendingLimitMicro: 500 * CREDIT, autoDisable: true, userId: 'user-b' }),
  testKey({ id: 'key_c' }),
];

/** Its operation has made the month's table. */
async function busyAccount(): Promise<TestAccount> {
  const account = await TestAccount.create({ credits: 10_000, keys });
  await account.run((object) => {
    for (const { id } of keys) object.settle(closing(holdOf(object.admit(admitRequest({ keyId: id }))), CREDIT / 2));
  });
  return account;
}

function call(object: Inside, keyId = 'key_a'): string {
  return holdOf(object.admit(admitRequest({ keyId })));
}

describe('rows written', () => {
  it.each(keys.map(({ id }) => id))('are two to admit and two to settle: %s', async (keyId) => {
    const account = await busyAccount();
    await account.run((object, state) => {
      const written = countRows(state);
      const holdId = call(object, keyId);
      expect(written()).toBe(2);
      object.settle(closing(holdId, CREDIT / 2));
      expect(written()).toBe(2);
      object.settle(closing(holdId, CREDIT / 2));
      expect(written()).toBe(0);
    });
  });

  it('are one more than there are calls, where several come together', async () => {
    const account = await busyAccount();
    await account.run((object, state) => {
      const written = countRows(state);
      const requests = ['key_a', 'key_b', 'key_a', 'key_c'].map((keyId) => admitRequest({ keyId }));
      const holds = (JSON.parse(object.admitJson(JSON.stringify(requests))) as AdmitResult[]).map(holdOf);
      expect(written()).toBe(5);
      object.settleJson(JSON.stringify([...holds.map((holdId) => closing(holdId, CREDIT / 2)), closing(holds[0]!, CREDIT / 2)]));
      expect(written()).toBe(5);
      // Alone again, with a row of the account's own.
      object.settle(closing(call(object), CREDIT / 2));
      expect(written()).toBe(4);
    });
    await account.evict();
    await account.run((object) => {
      expect(object.view()).toMatchObject({ balanceMicro: (10_000 - 8 / 2) * CREDIT, heldMicro: 0 });
      expect(object.listKeys().map(({ id, spentThisMonthMicro }) => [id, spentThisMonthMicro / CREDIT])).toEqual([
        ['key_a', 2],
        ['key_b', 1],
        ['key_c', 1],
      ]);
    });
  });

  it('are two to release, two to settle what costs nothing, one to beat, two to extend', async () => {
    const account = await busyAccount();
    await account.run((object, state) => {
      const [first, second, unsent] = [call(object), call(object), call(object)];
      const written = countRows(state);
      object.beat({ holdId: first, checkpointMicro: 1, leaseMs: LEASE_MS });
      expect(written()).toBe(1);
      object.extend({ holdId: first, byMicro: 5, checkpointMicro: 2, leaseMs: LEASE_MS });
      expect(written()).toBe(2);
      object.release({ holdId: first, detailJson: '{}' });
      expect(written()).toBe(2);
      object.release({ holdId: unsent, detailJson: '{}', unsent: true });
      expect(written()).toBe(2);
      object.settle(closing(second, 0));
      expect(written()).toBe(2);
    });
  });

  it('are the same after an eviction', async () => {
    const account = await busyAccount();
    await account.evict();
    await account.run((object, state) => {
      object.view();
      const written = countRows(state);
      const holdId = call(object);
      expect(written()).toBe(2);
      object.settle(closing(holdId, CREDIT / 2));
      expect(written()).toBe(2);
    });
  });

  it('are none for a call that is refused, an unknown hold, or a read', async () => {
    const account = await busyAccount();
    await account.run(async (object, state) => {
      await state.storage.deleteAlarm();
      object.opened = undefined;
      const setAlarm = vi.spyOn(state.storage, 'setAlarm');
      const written = countRows(state);
      refusalOf(object.admit(admitRequest({ secretHash: 'wrong' })));
      refusalOf(object.admit(admitRequest({ minimumTier: 'scale' })));
      refusalOf(object.admit(admitRequest({ hourlyLimit: 1 })));
      refusalOf(object.admit(admitRequest({ keyId: 'key_c', estimateMicro: 20_000 * CREDIT })));
      object.authorize(admitRequest());
      object.authorize({ ...admitRequest(), tokenCountsAtMost: 1 });
      expect(object.authorize({ ...admitRequest(), tokenCountsAtMost: 1 })?.kind).toBe('rate_limited');
      object.view();
      object.books();
      object.listKeys();
      object.operations(10);
      expect(written()).toBe(0);
      expect(setAlarm).not.toHaveBeenCalled();
    });
  });

  it('are three to settle when more than fifty keys have spent', async () => {
    const many = Array.from({ length: 60 }, (_, i) => testKey({ id: `key_${i}`, spendingLimitMicro: 100 * CREDIT }));
    const account = await TestAccount.create({ credits: 10_000, keys: many });
    await account.run((object, state) => {
      for (const { id } of many) object.settle(closing(call(object, id), CREDIT));
      const written = countRows(state);
      const holdId = call(object, 'key_7');
      expect(written()).toBe(2);
      object.settle(closing(holdId, CREDIT));
      expect(written()).toBe(3);
    });
  });
});

describe('rows read', () => {
  it('are as many with a thousand idempotency keys as with none, and old ones are swept away', async () => {
    const account = await busyAccount();
    const idempotency = (i: number) => ({ keyHash: `i${i}`, bodyHash: 'b' });
    const twice = (object: Inside, i: number) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 1, hourlyLimit: 2_000, idempotency: idempotency(i) })));
      object.settle({ ...closing(holdId, 1), idempotency: { keyHash: `i${i}`, stored: true } });
    };
    await account.run(async (object, state) => {
      for (let i = 0; i < 1_000; i++) twice(object, i);
      const read = countRows(state, 'rowsRead');
      twice(object, 1_000);
      expect(read()).toBeLessThan(10);
      account.nowMs += DAY_MS;
      await object.alarm();
      expect(state.storage.sql.exec('SELECT COUNT(*) AS count FROM idempotency').one().count).toBe(0);
    });
  });
});

describe('an object that wakes', () => {
  it('reads no receipts of what came and went while a hold was open', async () => {
    const [account, calls] = [await TestAccount.create({ credits: 10_000, keys }), 300];
    const holdId = await account.run((object) => {
      const first = call(object);
      for (let i = 1; i < calls; i++) object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
      return first;
    });
    await account.project();
    await account.run((object) => void object.settle(closing(call(object), CREDIT)));
    await account.evict();
    await account.run(async (object, { storage: { sql } }) => {
      object.opened = undefined;
      let receipts = 0;
      const exec = sql.exec.bind(sql);
      sql.exec = ((query: string, ...values: SqlStorageValue[]) => {
        const cursor = exec(query, ...values);
        return Object.assign(cursor, {
          toArray: () => {
            const rows = [...cursor];
            receipts += rows.filter((row) => 'tail' in row).length;
            return rows;
          },
        });
      }) as typeof sql.exec;
      expect(object.books()).toMatchObject({ openHeldMicro: CREDIT, overdueHolds: 0 });
      expect(receipts).toBe(1);
      sql.exec = exec;
      expect(refusalOf(object.admit(admitRequest({ hourlyLimit: calls + 1 })))).toMatchObject({ kind: 'rate_limited' });
      await object.flush();
      expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(1);
      expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true, repeated: false });
    });
  });
});

describe('the alarm', () => {
  it('is not set again by calls while one is due in time', async () => {
    const account = await busyAccount();
    await account.run((object, state) => {
      object.settle(closing(call(object), 1));
      const setAlarm = vi.spyOn(state.storage, 'setAlarm');
      for (let i = 0; i < 40; i++) {
        account.nowMs += SECOND_MS;
        const holdId = call(object, keys[i % 3]!.id);
        object.beat({ holdId, checkpointMicro: 1, leaseMs: LEASE_MS });
        object.settle(closing(holdId, CREDIT / 10));
      }
      expect(setAlarm).not.toHaveBeenCalled();
    });
  });

  it('is set once for a burst of calls to an account that slept', async () => {
    const account = await busyAccount();
    account.nowMs += 10 * MINUTE_MS;
    await account.project();
    await account.fireAlarm();
    expect(await account.alarmAtMs()).toBeNull();
    await account.run((object, state) => {
      const setAlarm = vi.spyOn(state.storage, 'setAlarm');
      const holds = Array.from({ length: 20 }, () => call(object));
      expect(setAlarm).toHaveBeenCalledTimes(1);
      expect(holds).toHaveLength(20);
    });
  });
});

describe("a request's path", () => {
  it('asks D1 for nothing: admission, lease and settlement', async () => {
    const account = await busyAccount();
    await account.run(async (object) => {
      object.env = { ...object.env, DB: noD1 };
      const holdId = call(object);
      object.beat({ holdId, checkpointMicro: 1, leaseMs: LEASE_MS });
      object.extend({ holdId, byMicro: 1, checkpointMicro: 1, leaseMs: LEASE_MS });
      object.settle(closing(holdId, CREDIT));
      account.nowMs += 2 * MINUTE_MS;
      call(object);
      await object.alarm();
    });
  });

  it('asks D1 for nothing from the key to the last byte', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const made = await createKey({ ...envConsoleDeps(env), ...OPERATOR }, account.id, { name: 'live', mode: 'live' });
    const key = made.ok ? made.value.key : made.error.message;
    const context = createExecutionContext();
    const bindings: Bindings = { ...env, DB: noD1 };
    const request = (stream: boolean) =>
      new Request('https://gateway.example/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5.4', stream, messages: [{ role: 'user', content: 'hello' }] }),
      });
    for (const stream of [false, true]) {
      const response = await createApp().fetch(request(stream), bindings, context);
      expect(await response.text()).toContain('hello');
      expect(response.status).toBe(200);
    }
    await waitOnExecutionContext(context);
    const { lines } = await account.stub.operations(10);
    expect(lines.filter(({ kind }) => kind === 'usage')).toHaveLength(2);
  });
});
