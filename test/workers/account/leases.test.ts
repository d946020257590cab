import { env, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BackgroundMessage, LedgerMessage } from '../../../src/account/types';
import {
  admitRequest,
  CREDIT,
  closing,
  DAY_MS,
  deliver,
  HOUR_MS,
  holdOf,
  type Inside,
  LEASE_MS,
  MINUTE_MS,
  refusalOf,
  SECOND_MS,
  START_MS,
  settleMicrotasks,
  TestAccount,
  testKey,
} from './support';

afterEach(() => vi.restoreAllMocks());

const beat = (holdId: string, checkpointMicro: number) => ({ holdId, checkpointMicro, leaseMs: LEASE_MS });

/** An account with an expired hold, with a checkpoint or without one. */
async function withExpired(checkpointMicro: number) {
  const account = await TestAccount.create({ credits: 100 });
  const holdId = await account.run((object) => {
    const hold = holdOf(object.admit(admitRequest({ estimateMicro: 10 * CREDIT })));
    object.beat(beat(hold, checkpointMicro));
    return hold;
  });
  account.nowMs += LEASE_MS;
  expect(await account.fireAlarm()).toBe(true);
  return { account, holdId };
}

const balance = async (account: TestAccount): Promise<[balance: number, held: number]> => {
  const view = (await account.stub.view())!;
  return [view.balanceMicro / CREDIT, view.heldMicro / CREDIT];
};

describe('a lease that runs out', () => {
  it('charges the last checkpoint', async () => {
    const { account, holdId } = await withExpired(3 * CREDIT);
    expect(await balance(account)).toEqual([97, 0]);
    const { lines } = await account.stub.operations(1);
    expect(lines[0]).toMatchObject({ id: holdId, state: 'expired', outcome: 'estimated', amountMicro: -3 * CREDIT });
  });

  it('releases the hold where there is no checkpoint', async () => {
    const { account } = await withExpired(0);
    expect(await balance(account)).toEqual([100, 0]);
    expect((await account.stub.operations(1)).lines[0]).toMatchObject({ state: 'expired', outcome: 'released', amountMicro: 0 });
  });

  it('charges nothing of a test call, be it by its checkpoint or by a late close', async () => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey({ mode: 'test' })] });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest())));
    await account.run((object) => object.beat(beat(holdId, 3 * CREDIT)));
    account.nowMs += LEASE_MS;
    await account.fireAlarm();
    expect(await balance(account)).toEqual([100, 0]);
    await account.run((object) => expect(object.settle(closing(holdId, 2 * CREDIT))).toMatchObject({ ok: true, costMicro: 0 }));
    expect(await balance(account)).toEqual([100, 0]);
  });

  it('is not yet out a millisecond before, and not while it is renewed', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest())));
    account.nowMs = START_MS + LEASE_MS - 1;
    await account.fireAlarm();
    expect(await balance(account)).toEqual([100, 1]);
    await account.run((object) => object.beat(beat(holdId, 5)));
    account.nowMs++;
    expect(await account.fireAlarm()).toBe(true);
    expect(await balance(account)).toEqual([100, 1]);
    expect(await account.alarmAtMs()).toBe(START_MS + 2 * LEASE_MS - 1);
  });

  it('is kept by the longer of two renewals, and a checkpoint never goes back', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ leaseMs: 10 * MINUTE_MS })));
      object.beat(beat(holdId, 5));
      object.beat(beat(holdId, 3));
      const [hold] = object.operations(1).holds;
      expect(hold).toMatchObject({ deadlineMs: START_MS + 10 * MINUTE_MS, checkpointMicro: 5 });
    });
  });

  it('forgets what was noted where another looks after the call from then on', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 10 * CREDIT })));
      object.beat({ ...beat(holdId, 10 * CREDIT), note: { ending: 'client_gone' } });
      object.beat({ ...beat(holdId, CREDIT), startsOver: true, note: { ending: 'complete' } });
    });
    account.nowMs += LEASE_MS;
    expect(await account.fireAlarm()).toBe(true);
    expect(await balance(account)).toEqual([99, 0]);
  });

  it('runs out in an object that was evicted meanwhile, by the alarm of the platform', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest()));
      object.beat(beat(holdId, CREDIT));
    });
    await account.evict();
    account.nowMs += LEASE_MS;
    await account.run(() => undefined);
    expect(await runDurableObjectAlarm(env.ACCOUNT.getByName(account.id))).toBe(true);
    expect(await balance(account)).toEqual([99, 0]);
  });

  it('leaves no hold open a minute past its deadline, however many there are', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      for (let i = 0; i < 40; i++) {
        holdOf(object.admit(admitRequest({ leaseMs: LEASE_MS + i })));
        account.nowMs += 20 * SECOND_MS;
      }
    });
    while ((await balance(account))[1] > 0) {
      account.nowMs = Math.max(account.nowMs, (await account.alarmAtMs())!);
      expect(await account.fireAlarm()).toBe(true);
      expect((await account.stub.books())?.overdueHolds).toBe(0);
    }
    expect(await balance(account)).toEqual([1_000, 0]);
  });
});

describe('a call that ends after its lease', () => {
  it('is charged the difference in one line, once', async () => {
    const { account, holdId } = await withExpired(3 * CREDIT);
    await account.run((object) => {
      const late = { ...closing(holdId, 8 * CREDIT), detailJson: '{"tokens":7}' };
      expect(object.settle(late)).toEqual({ ok: true, costMicro: 8 * CREDIT, outcome: 'actual', repeated: false });
      expect(object.settle(closing(holdId, 50 * CREDIT))).toEqual({ ok: true, costMicro: 8 * CREDIT, outcome: 'actual', repeated: true });
      const { lines } = object.operations(10);
      expect(lines.filter(({ kind }) => kind === 'adjust')).toMatchObject([
        { amountMicro: -5 * CREDIT, keyId: 'key_a', detail: { tokens: 7, adjusts: holdId } },
      ]);
    });
    await account.evict();
    await account.run((object) => {
      expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ costMicro: 8 * CREDIT, repeated: true });
      expect(object.view()!.balanceMicro).toBe(92 * CREDIT);
    });
  });

  it.each([
    ['gives back what the checkpoint charged too much', CREDIT, 99, 1],
    ['gives everything back when it failed', 0, 100, 1],
    ['adds no line when the checkpoint was right', 3 * CREDIT, 97, 0],
  ])('%s', async (_what, costMicro, left, lines) => {
    const { account, holdId } = await withExpired(3 * CREDIT);
    await account.run((object) => {
      expect(object.settle(closing(holdId, costMicro))).toMatchObject({ ok: true, costMicro, repeated: false });
      expect(object.settle(closing(holdId, 9 * CREDIT))).toMatchObject({ costMicro, repeated: true });
      expect(object.view()!.balanceMicro).toBe(left * CREDIT);
      expect(object.operations(10).lines.filter(({ kind }) => kind === 'adjust')).toHaveLength(lines);
    });
  });

  it('is charged for a day, and then no more', async () => {
    const { account, holdId } = await withExpired(0);
    const other = await withExpired(0);
    account.nowMs += DAY_MS;
    other.account.nowMs += DAY_MS + 1;
    await account.run((object) => expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true }));
    await other.account.run((object) => expect(object.settle(closing(other.holdId, CREDIT))).toEqual({ ok: false, reason: 'too_late' }));
    expect(await balance(other.account)).toEqual([100, 0]);
  });

  it('has its hold enlarged once when the same request comes twice', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 2 * CREDIT })));
      const enlarge = () => object.extend({ ...beat(holdId, 0), byMicro: 5 * CREDIT, fromMicro: 2 * CREDIT });
      expect([enlarge(), enlarge()]).toEqual(Array(2).fill({ ok: true, heldMicro: 7 * CREDIT }));
    });
    expect(await account.stub.view()).toMatchObject({ heldMicro: 7 * CREDIT });
  });

  it('is told that its hold is closed when it asks for more', async () => {
    const { account, holdId } = await withExpired(0);
    await account.run((object) => {
      expect(object.beat(beat(holdId, 1))).toEqual({ ok: false, reason: 'closed' });
      expect(object.extend({ ...beat(holdId, 1), byMicro: 1 })).toMatchObject({ ok: false, error: { kind: 'unavailable' } });
    });
  });
});

describe('the alarm', () => {
  it('has a background answer whose message was lost looked after again, as often as it is lost, and keeps its hold', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await TestAccount.create({ credits: 100 });
    const sent: BackgroundMessage[] = [];
    let works = true;
    const send = async (message: BackgroundMessage) => void (works ? sent.push(message) : expect.unreachable('the queue is not there'));
    const price = { input: 1, output: 2 };
    const [holdId, other] = await account.run((object) => {
      const ids = [0, 1].map(() => holdOf(object.admit(admitRequest())));
      const note = { ending: 'background', provider: 'openai', storedId: 'resp_1', price, background: { estimatedInputTokens: 7 } };
      object.beat({ ...beat(ids[0]!, 0), note });
      return ids;
    });
    await account.evict();
    const later = (ms: number) => {
      account.nowMs += ms;
      return account.run(async (object) => {
        object.env = { ...object.env, BACKGROUND_QUEUE: { send } as unknown as Inside['env']['BACKGROUND_QUEUE'] };
        await object.alarm();
      });
    };
    const message = { accountId: account.id, holdId, provider: 'openai', storedId: 'resp_1', price, estimatedInputTokens: 7 };
    await later(DAY_MS);
    await later(MINUTE_MS);
    expect(sent).toMatchObject([message]);
    expect((await account.stub.operations(9)).lines).toMatchObject([{ id: other, state: 'expired' }, { kind: 'grant' }]);
    works = false;
    await later(15 * MINUTE_MS);
    works = true;
    await later(MINUTE_MS);
    expect(sent).toMatchObject([message, message]);
    expect((await account.stub.operations(9)).holds).toMatchObject([{ id: holdId }]);
  });

  it('does not give up a background answer whose lease runs out while another one is sent to be looked after', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const note = { ending: 'background', provider: 'openai', storedId: 'resp_1', price: { input: 1, output: 2 } };
    const ids = await account.run((object) =>
      [0, 1].map((later) => {
        const holdId = holdOf(object.admit(admitRequest()));
        object.beat({ ...beat(holdId, 0), leaseMs: LEASE_MS + later, note });
        return holdId;
      }),
    );
    account.nowMs += LEASE_MS;
    const sent: string[] = [];
    await account.run(async (object) => {
      const send = async ({ holdId }: BackgroundMessage) => {
        sent.push(holdId);
        account.nowMs += SECOND_MS;
        object.admit(admitRequest());
      };
      object.env = { ...object.env, BACKGROUND_QUEUE: { send } as unknown as Inside['env']['BACKGROUND_QUEUE'] };
      await object.alarm();
      expect(sent).toEqual(ids.slice(0, 1));
      await object.alarm();
    });
    expect(sent).toEqual(ids);
    expect((await account.stub.operations(9)).lines).toMatchObject([{ kind: 'grant' }]);
  });

  it('goes on when the queue fails, and hands everything over once it works', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await TestAccount.create({ credits: 100 });
    account.queue.mode = 'fails';
    await account.run((object) => void object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT)));
    for (let i = 0; i < 20; i++) {
      account.nowMs = (await account.alarmAtMs())!;
      expect(account.nowMs).toBeLessThanOrEqual(START_MS + (i + 1) * MINUTE_MS);
      expect(await account.fireAlarm()).toBe(true);
    }
    expect(account.queue.sent).toEqual([]);
    account.queue.mode = 'works';
    account.nowMs = (await account.alarmAtMs())!;
    await account.fireAlarm();
    expect(account.queue.sent.flatMap(({ lines }) => lines)).toHaveLength(2);
    await account.project();
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    expect(await account.alarmAtMs()).toBeNull();
  });

  it('lets holds expire while the queue fails', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await TestAccount.create({ credits: 100 });
    account.queue.mode = 'fails';
    for (let i = 0; i < 5; i++) {
      await account.run((object) => void holdOf(object.admit(admitRequest())));
      account.nowMs += LEASE_MS;
      await account.fireAlarm();
      expect(await balance(account)).toEqual([100, 0]);
    }
  });

  it('is one alarm, due at the first thing to do', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.project();
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    expect(await account.alarmAtMs()).toBeNull();
    const at = account.nowMs;
    await account.run((object) => {
      holdOf(object.admit(admitRequest({ leaseMs: 30 * MINUTE_MS })));
      holdOf(object.admit(admitRequest({ leaseMs: 2 * MINUTE_MS })));
      holdOf(object.admit(admitRequest({ leaseMs: 10 * MINUTE_MS })));
    });
    expect(await account.alarmAtMs()).toBe(at + 2 * MINUTE_MS);
    account.nowMs = at + 2 * MINUTE_MS;
    await account.fireAlarm();
    await account.project();
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    expect(await account.alarmAtMs()).toBe(at + 10 * MINUTE_MS);
  });

  it.each([
    ['a grant', (object: Inside) => object.grant({ eventId: 'more', amountMicro: 1, reason: '', topUp: false })],
    ['a key that changes', (object: Inside) => object.revokeKey('key_a')],
    ['a tier that changes', (object: Inside) => object.setTier('scale')],
    ['a call that is refused at its spending limit', (object: Inside) => object.admit(admitRequest({ estimateMicro: 50 * CREDIT }))],
  ])('is set within a minute by %s, and D1 hears of it', async (_what, happen) => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 9 * CREDIT }))), 9 * CREDIT));
    });
    await account.project();
    account.nowMs += MINUTE_MS;
    await account.fireAlarm();
    expect(await account.alarmAtMs()).toBeNull();
    await account.run((object) => void happen(object));
    account.nowMs += MINUTE_MS;
    expect(await account.fireAlarm()).toBe(true);
    expect(account.queue.take()).toHaveLength(1);
  });

  // The runtime does so after six failures, and the object still knows when it was to come.
  it.each([
    ['a call', (object: Inside) => void holdOf(object.admit(admitRequest()))],
    [
      'a call that the forgotten hold leaves nothing for',
      (object: Inside) => void object.admit(admitRequest({ estimateMicro: 95 * CREDIT })),
    ],
    ['the check of its books', (object: Inside) => object.wakeIfForgotten()],
  ])('that was given up is made up for at %s', async (_what, happen) => {
    for (const wasEvicted of [false, true]) {
      const account = await TestAccount.create({ credits: 100 });
      await account.project();
      await account.run((object, state) => {
        holdOf(object.admit(admitRequest({ estimateMicro: 10 * CREDIT })));
        return state.storage.deleteAlarm();
      });
      if (wasEvicted) await account.evict();
      account.nowMs += 10 * MINUTE_MS;
      await account.run(happen);
      account.nowMs += LEASE_MS;
      expect(await account.fireAlarm()).toBe(true);
      expect(await balance(account)).toEqual([100, 0]);
    }
  });

  it('has what could not be sent sent at the next occasion, without waiting', async () => {
    const account = await TestAccount.create({ credits: 100 });
    account.queue.mode = 'fails';
    await account.run((object) => expect(object.flush()).rejects.toThrow('the queue is not there'));
    account.queue.mode = 'works';
    account.nowMs += SECOND_MS;
    await account.run((object) => object.flush());
    expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(1);
  });

  it('sends a hundred lines in passing also after some were confirmed while they were sent again', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run(async (object) => {
      const { queue } = account;
      const grants = (from: number, to: number) => {
        for (let at = from; at < to; at++) object.grant({ eventId: `event-${at}`, amountMicro: 1, reason: '', topUp: false });
      };
      grants(1, 400);
      queue.mode = 'waits';
      const flushed = object.flush();
      object.acknowledge({ epoch: 1, closeSeqs: Array.from({ length: 400 }, (_, at) => at + 1), entities: [] });
      await queue.calm();
      await flushed;
      queue.take();
      grants(400, 500);
      object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
      await queue.calm();
      expect(queue.take().flatMap(({ lines }) => lines)).toHaveLength(101);
    });
  });

  it('sends again after a minute what was not confirmed, and not before', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => object.flush());
    expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(1);
    account.nowMs += MINUTE_MS - 1;
    await account.run((object) => object.flush());
    expect(account.queue.take().flatMap(({ lines }) => lines)).toEqual([]);
    account.nowMs++;
    await account.run((object) => object.flush());
    expect(account.queue.take().flatMap(({ lines }) => lines)).toHaveLength(1);
  });

  it('waits twice as long each time that nothing is confirmed, and a minute again once something is', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const sent = async (afterMs: number): Promise<number> => {
      account.nowMs += afterMs;
      await account.fireAlarm();
      return account.queue.take().flatMap(({ lines }) => lines).length;
    };
    expect(await sent(MINUTE_MS)).toBe(1);
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      expect(await sent(minutes * MINUTE_MS - 1)).toBe(0);
      expect(await sent(1)).toBe(1);
    }
    await account.run((object) => {
      object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
      object.acknowledge({ epoch: 1, closeSeqs: [1], entities: [] });
    });
    expect(await sent(MINUTE_MS)).toBe(1);
    expect(await sent(MINUTE_MS)).toBe(1);
  });

  it.each([
    ['first', 2, 2],
    ['second', 3, 1],
  ])(
    'counts lines as confirmed up to the first that is not, whichever call began first: the %s to end',
    async (_which, confirmed, acked) => {
      const account = await TestAccount.create({ credits: 100 });
      await account.project();
      await account.run((object) => {
        const holds = Array.from({ length: 3 }, () => holdOf(object.admit(admitRequest())));
        for (const holdId of holds.reverse()) object.settle(closing(holdId, CREDIT));
      });
      await account.evict();
      await account.run((object) => object.acknowledge({ epoch: 1, closeSeqs: [confirmed], entities: [] }));
      expect(await account.stub.books()).toMatchObject({ closeSeq: 4, ackedCloseSeq: acked });
    },
  );

  it('hands a long backlog over in parts, and stops where the queue takes nothing', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const account = await TestAccount.create({ credits: 100 });
    const CALLS = 5_100;
    account.queue.mode = 'fails';
    let tries = 0;
    await account.run(async (object) => {
      for (let i = 0; i < CALLS; i++)
        object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 1, hourlyLimit: 10_000 }))), 1));
      // Some of it was tried in passing.
      await settleMicrotasks();
      const { send } = account.queue;
      object.env.LEDGER_QUEUE.send = ((message: LedgerMessage) => {
        tries++;
        return send(message);
      }) as unknown as typeof object.env.LEDGER_QUEUE.send;
      await expect(object.flush()).rejects.toThrow('the queue is not there');
    });
    expect(tries).toBe(3);
    account.queue.mode = 'works';
    const sent = async (): Promise<number> => {
      await account.run((object) => object.flush());
      const messages = account.queue.take();
      await deliver(messages);
      return messages.flatMap(({ lines }) => lines).length;
    };
    expect(await sent()).toBe(5_000);
    expect(await sent()).toBe(CALLS + 1 - 5_000);
    expect(await account.stub.books()).toMatchObject({ closeSeq: CALLS + 1, ackedCloseSeq: CALLS + 1 });
  });

  it('does not wait for ever for a queue that does not answer', async () => {
    const account = await TestAccount.create({ credits: 100 });
    account.queue.mode = 'waits';
    await account.run((object) => void object.flush());
    expect(account.queue.take()).toHaveLength(1);
    await account.run((object) => void object.flush());
    expect(account.queue.take()).toHaveLength(0);
    account.nowMs += MINUTE_MS;
    await account.run((object) => void object.flush());
    expect(account.queue.take()).toHaveLength(1);
    account.queue.answer(true);
  });

  it('tidies old months away, also when somebody has just read some of the lines', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      for (let i = 0; i < 5; i++) object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
    });
    for (let month = 1; month <= 3; month++) {
      await account.project();
      account.nowMs = Date.UTC(2031, month, 14);
      await account.run((object) => {
        object.operations(1);
        object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
        object.operations(1);
      });
    }
    account.nowMs += 2 * MINUTE_MS;
    expect(await account.fireAlarm()).toBe(true);
    await account.run((object, state) => {
      const tables = state.storage.sql.exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE name LIKE 'op\\_%' ESCAPE '\\' ORDER BY name",
      );
      expect(tables.toArray().map(({ name }) => name)).toEqual(['op_203102_0', 'op_203103_0', 'op_203104_0']);
      expect(object.books()).toMatchObject({ balanceMicro: 92 * CREDIT, linesMicro: 92 * CREDIT });
    });
  });

  it('keeps an old month for as long as D1 lacks a line of it, or a hold of it is open', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest({ leaseMs: 200 * DAY_MS }))));
    await account.project();
    account.nowMs = Date.UTC(2031, 5, 14);
    await account.fireAlarm();
    await account.run((object) => expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true, repeated: false }));
    account.nowMs += 2 * MINUTE_MS;
    await account.fireAlarm();
    await account.run((object) => expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true, repeated: true }));
    await account.project();
    expect(await balance(account)).toEqual([99, 0]);
  });
});

describe('a rolling hour', () => {
  it('counts a thousand calls exactly, also after an eviction, and lets each leave after exactly an hour', async () => {
    const account = await TestAccount.create({ credits: 10_000 });
    await account.run((object) => {
      for (let i = 0; i < 1_000; i++) {
        object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 1 }))), 1));
        account.nowMs += SECOND_MS;
      }
    });
    await account.evict();
    await account.run((object) => {
      const call = () => object.admit(admitRequest({ estimateMicro: 1 }));
      expect(refusalOf(call()).headers).toMatchObject({
        'X-RateLimit-Limit': '1000',
        'X-RateLimit-Reset': String((START_MS + HOUR_MS) / 1000),
      });
      account.nowMs = START_MS + HOUR_MS - 1;
      object.opened = undefined;
      expect(refusalOf(call()).kind).toBe('rate_limited');
      account.nowMs++;
      object.opened = undefined;
      holdOf(call());
      expect(refusalOf(call()).kind).toBe('rate_limited');
      account.nowMs += SECOND_MS;
      holdOf(call());
      expect(refusalOf(call()).kind).toBe('rate_limited');
    });
    await account.evict();
    await account.run((object) => {
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('rate_limited');
      account.nowMs += 998 * SECOND_MS;
      for (let i = 0; i < 998; i++) holdOf(object.admit(admitRequest({ estimateMicro: 1 })));
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('rate_limited');
    });
  });

  it('does not count a call that expired without a charge, and counts one that was charged', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const call = () => account.run((object) => object.admit(admitRequest({ hourlyLimit: 2 })));
    const charged = holdOf(await call());
    await account.run((object) => object.beat(beat(charged, 1)));
    holdOf(await call());
    expect(refusalOf(await call()).kind).toBe('rate_limited');
    account.nowMs += LEASE_MS;
    await account.fireAlarm();
    await account.evict();
    holdOf(await call());
    expect(refusalOf(await call()).kind).toBe('rate_limited');
  });

  it('reaches over the turn of a month', async () => {
    const account = await TestAccount.create({ credits: 100 });
    account.nowMs = Date.UTC(2031, 1, 1) - MINUTE_MS;
    await account.run((object) => void holdOf(object.admit(admitRequest({ hourlyLimit: 2 }))));
    account.nowMs += 2 * MINUTE_MS;
    await account.run((object) => void holdOf(object.admit(admitRequest({ hourlyLimit: 2 }))));
    await account.evict();
    await account.run((object) => expect(refusalOf(object.admit(admitRequest({ hourlyLimit: 2 }))).kind).toBe('rate_limited'));
  });

  it('is not reset by a clock that goes back', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      holdOf(object.admit(admitRequest({ hourlyLimit: 1 })));
      account.nowMs -= 5 * MINUTE_MS;
      expect(refusalOf(object.admit(admitRequest({ hourlyLimit: 1 }))).kind).toBe('rate_limited');
    });
    await account.evict();
    await account.run((object) => expect(refusalOf(object.admit(admitRequest({ hourlyLimit: 1 }))).kind).toBe('rate_limited'));
  });
});

it('no call is opened before an earlier one, though the clock goes back, also after an eviction', async () => {
  const account = await TestAccount.create({ credits: 100 });
  const call = () => account.run((object) => void holdOf(object.admit(admitRequest())));
  await call();
  account.nowMs -= 5 * MINUTE_MS;
  await call();
  await account.evict();
  await call();
  await account.run((object) =>
    expect(object.operations(3).holds.map(({ openedAtMs }) => openedAtMs)).toEqual([START_MS, START_MS, START_MS]),
  );
});

describe('a step that fails', () => {
  it('leaves nothing behind, and the next one works', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest())));
    const before = await account.stub.books();
    await expect(
      account.run((object, state) => {
        const { sql } = state.storage;
        const exec = sql.exec.bind(sql);
        sql.exec = ((query: string, ...values: SqlStorageValue[]) => {
          if (query.startsWith('UPDATE account')) throw new Error('the disk is full');
          return exec(query, ...values);
        }) as typeof sql.exec;
        object.settle(closing(holdId, CREDIT));
      }),
    ).rejects.toThrow();
    await account.run((object) => {
      expect(object.books()).toEqual(before);
      expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true, repeated: false });
      expect(object.books()).toMatchObject({ balanceMicro: 99 * CREDIT, linesMicro: 99 * CREDIT, heldMicro: 0, openHeldMicro: 0 });
    });
  });
});
