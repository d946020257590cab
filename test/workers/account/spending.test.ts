import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { SpendAlert } from '../../../src/account/key-spending';
import { admitRequest, CREDIT, closing, DAY_MS, holdOf, type Inside, LEASE_MS, refusalOf, TestAccount, testKey } from './support';

const spend = (object: Inside, credits: number, keyId = 'key_a') =>
  object.settle(closing(holdOf(object.admit(admitRequest({ keyId, estimateMicro: credits * CREDIT }))), credits * CREDIT));

const spentBy = (object: Inside, id: string): number => object.listKeys().find((key) => key.id === id)!.spentThisMonthMicro / CREDIT;

async function alertsInD1(account: TestAccount): Promise<{ kind: string; payload: unknown }[]> {
  await account.project();
  const { results } = await env.DB.prepare('SELECT kind, payload FROM alerts WHERE account_id = ? ORDER BY kind DESC, version')
    .bind(account.id)
    .all<{ kind: string; payload: string }>();
  return results.map(({ kind, payload }) => ({ kind, payload: JSON.parse(payload) }));
}

describe("a key's spending limit", () => {
  it('tells of 80 % once, when a settlement reaches it', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => spend(object, 7.999999));
    expect(await alertsInD1(account)).toEqual([]);
    await account.run((object) => {
      spend(object, 0.000001);
      spend(object, 0.5);
    });
    const payload = { kind: 'key_spend_80', keyId: 'key_a', month: 203101, spentMicro: 8 * CREDIT, limitMicro: 10 * CREDIT };
    expect(await alertsInD1(account)).toEqual([{ kind: 'key_spend_80', payload }]);
  });

  it('tells of 100 % at the first call that it refuses, once, and disables the key if it is to', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT, autoDisable: true })] });
    await account.run((object) => {
      spend(object, 9.5);
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_limit');
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('disabled_key');
    });
    expect((await alertsInD1(account)).map(({ kind }) => kind)).toEqual(['key_spend_80', 'key_spend_100']);
    await account.evict();
    await account.run((object) => {
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('disabled_key');
      object.putKey(testKey({ spendingLimitMicro: 20 * CREDIT, autoDisable: true }));
      spend(object, 5);
    });
    expect(await env.DB.prepare('SELECT status FROM api_keys WHERE account_id = ?').bind(account.id).first()).toEqual({
      status: 'disabled',
    });
    await account.project();
    expect(await env.DB.prepare('SELECT status FROM api_keys WHERE account_id = ?').bind(account.id).first()).toEqual({ status: 'active' });
  });

  it('is not used up by one call that is too large for what is left, which says so', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT, autoDisable: true })] });
    await account.run((object) => {
      spend(object, 2);
      const refusal = refusalOf(object.admit(admitRequest({ estimateMicro: 50 * CREDIT })));
      expect(refusal.message).toBe(
        "This API key's spending limit of 10 credits a month leaves 8; this call may cost 50. Quota exceeded; it will reset with the next month (UTC).",
      );
      expect(object.admit(admitRequest()).ok).toBe(true);
    });
    expect(await alertsInD1(account)).toEqual([]);
  });

  it('that is raised tells of the new limit, and disables the key at it again; one that is lowered tells of nothing twice', async () => {
    const keyOf = (credits: number) => testKey({ spendingLimitMicro: credits * CREDIT, autoDisable: true });
    const account = await TestAccount.create({ credits: 1_000, keys: [keyOf(10)] });
    const tooMuch = (object: Inside) => refusalOf(object.admit(admitRequest({ estimateMicro: 50 * CREDIT }))).kind;
    const limits = async () => (await alertsInD1(account)).map(({ kind, payload }) => [kind, (payload as SpendAlert).limitMicro / CREDIT]);
    await account.run((object) => {
      spend(object, 9);
      expect(tooMuch(object)).toBe('spending_limit');
      object.putKey(keyOf(40));
      spend(object, 1);
    });
    const first = [
      ['key_spend_80', 10],
      ['key_spend_100', 10],
    ];
    expect(await limits()).toEqual(first);
    await account.evict();
    await account.run((object) => {
      spend(object, 27);
      expect(tooMuch(object)).toBe('spending_limit');
      expect(tooMuch(object)).toBe('disabled_key');
      object.putKey(keyOf(39));
      spend(object, 0.5);
      expect(tooMuch(object)).toBe('spending_limit');
      expect(tooMuch(object)).toBe('spending_limit');
    });
    expect(await limits()).toEqual([
      ['key_spend_80', 10],
      ['key_spend_80', 40],
      ['key_spend_100', 10],
      ['key_spend_100', 40],
    ]);
  });

  it('is told of, and disables the key, when a charge that nobody asked leave for reaches it, once', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT, autoDisable: true })] });
    const charge = (eventId: string) => ({
      ...{ eventId, amountMicro: 5 * CREDIT, keyId: 'key_a', family: 'gpu' as const },
      ...{ model: 'deployment:a', endpoint: '/v1/deployments/a', detail: {} },
    });
    await account.run((object) => object.charge(charge('first')));
    expect(await alertsInD1(account)).toEqual([]);
    await account.run((object) => {
      object.charge(charge('second'));
      object.charge(charge('third'));
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('disabled_key');
    });
    expect((await alertsInD1(account)).map(({ kind, payload }) => [kind, (payload as SpendAlert).spentMicro / CREDIT])).toEqual([
      ['key_spend_80', 10],
      ['key_spend_100', 10],
    ]);
  });

  it('is not passed by a burst of calls at once', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      const results = Array.from({ length: 30 }, () => object.admit(admitRequest()));
      expect(results.filter(({ ok }) => ok)).toHaveLength(10);
      expect(results.filter((result) => !result.ok && result.error.kind === 'spending_in_flight')).toHaveLength(20);
    });
  });

  it('is passed by no more than one call of many at once that all come to their worst, also after an eviction', async () => {
    const account = await TestAccount.create({
      credits: 1_000,
      keys: [testKey({ spendingLimitMicro: 10 * CREDIT }), testKey({ id: 'key_b' })],
    });
    const request = (over = {}) => admitRequest({ worstMicro: 8 * CREDIT, ...over });
    let spent = 0;
    for (let round = 0; round < 5; round++) {
      const holds = await account.run((object) => {
        const results = Array.from({ length: 40 }, () => object.admit(request()));
        for (const result of results) if (!result.ok) expect(result.error.kind).toBe(spent < 10 ? 'spending_in_flight' : 'spending_limit');
        return results.filter(({ ok }) => ok).map(holdOf);
      });
      await account.evict();
      await account.run((object) => {
        // A key without a limit is not affected.
        if (round === 0) for (let call = 0; call < 20; call++) holdOf(object.admit(request({ keyId: 'key_b' })));
        if (spent < 10) expect(object.admit(request()).ok).toBe(false);
        for (const hold of holds) expect(object.settle(closing(hold, 8 * CREDIT))).toMatchObject({ ok: true, costMicro: 8 * CREDIT });
      });
      spent += 8 * holds.length;
    }
    expect(spent).toBeLessThan(10 + 8);
    expect(spent).toBeGreaterThan(0);
  });

  it('lets a single call begin that might come to more than is left', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      holdOf(object.admit(admitRequest({ worstMicro: 500 * CREDIT })));
      expect(refusalOf(object.admit(admitRequest({ worstMicro: 500 * CREDIT }))).kind).toBe('spending_in_flight');
      for (let call = 0; call < 9; call++) holdOf(object.admit(admitRequest()));
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_in_flight');
    });
  });

  it('begins anew with the UTC month, and counts a call in the month that it was opened in', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      account.nowMs = Date.UTC(2031, 1, 1) - 1;
      spend(object, 8);
      const old = holdOf(object.admit(admitRequest({ estimateMicro: 2 * CREDIT })));
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_in_flight');
      account.nowMs++;
      expect(spentBy(object, 'key_a')).toBe(0);
      object.settle(closing(old, 2 * CREDIT));
      expect(spentBy(object, 'key_a')).toBe(0);
      spend(object, 10);
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_limit');
    });
  });

  it.each([
    ['day', Date.UTC(2031, 0, 15), 'a day', 'with the next day (UTC)'],
    ['week', Date.UTC(2031, 0, 20), 'a week', 'with the next week (on Monday, UTC)'],
  ] as const)(
    'a %s begins anew with the next one, and counts a call in the one that it was opened in',
    async (limitPeriod, nextMs, a, when) => {
      const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT, limitPeriod })] });
      await account.run((object) => {
        spend(object, 5);
        account.nowMs = nextMs - 1;
        spend(object, 3);
        const old = holdOf(object.admit(admitRequest({ estimateMicro: 2 * CREDIT })));
        const refusal = refusalOf(object.admit(admitRequest({ estimateMicro: 3 * CREDIT })));
        expect(refusal.message).toBe(`This API key's spending limit of 10 credits ${a} is reached. Quota exceeded; it will reset ${when}.`);
        account.nowMs++;
        object.settle(closing(old, 2 * CREDIT));
        expect(object.listKeys()[0]).toMatchObject({ spentThisMonthMicro: 10 * CREDIT, spentOfLimitMicro: 0 });
        spend(object, 10);
        expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_limit');
      });
      await account.evict();
      await account.run((object) => {
        expect(object.listKeys()[0]).toMatchObject({ spentThisMonthMicro: 20 * CREDIT, spentOfLimitMicro: 10 * CREDIT });
        expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_limit');
      });
      const told = (await alertsInD1(account)).map(({ kind, payload }) => ({ kind, ...(payload as SpendAlert) }));
      expect(told.map(({ kind, period, spentMicro }) => [kind, period, spentMicro / CREDIT])).toEqual([
        ['key_spend_80', limitPeriod, 8],
        ['key_spend_80', limitPeriod, 10],
        ['key_spend_100', limitPeriod, 8],
        ['key_spend_100', limitPeriod, 10],
      ]);
    },
  );

  it('in all never begins anew, whatever becomes of the month', async () => {
    const account = await TestAccount.create({
      credits: 1_000,
      keys: [testKey({ spendingLimitMicro: 10 * CREDIT, limitPeriod: 'total' })],
    });
    await account.run((object) => {
      spend(object, 6);
      account.nowMs = Date.UTC(2032, 5, 1);
      spend(object, 4);
      expect(object.listKeys()[0]).toMatchObject({ spentThisMonthMicro: 4 * CREDIT, spentOfLimitMicro: 10 * CREDIT });
    });
    await account.evict();
    await account.run((object) => {
      account.nowMs = Date.UTC(2033, 0, 1);
      expect(refusalOf(object.admit(admitRequest())).message).toBe(
        "This API key's spending limit of 10 credits in all is reached. Quota exceeded; it will not reset until the limit is raised.",
      );
      expect(object.listKeys()[0]).toMatchObject({ spentThisMonthMicro: 0, spentOfLimitMicro: 10 * CREDIT });
    });
    expect((await alertsInD1(account)).map(({ kind }) => kind)).toEqual(['key_spend_80', 'key_spend_100']);
  });

  it('of another period counts from when that was set, and the month’s has counted all along', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      spend(object, 7);
      expect(object.changeKey('key_a', { limitPeriod: 'total' })).toMatchObject({ limitPeriod: 'total', spentOfLimitMicro: 0 });
      spend(object, 9);
      expect(refusalOf(object.admit(admitRequest({ estimateMicro: 2 * CREDIT }))).kind).toBe('spending_limit');
      const monthly = object.changeKey('key_a', { limitPeriod: 'month', spendingLimitMicro: 20 * CREDIT });
      expect(monthly).toMatchObject({ spentThisMonthMicro: 16 * CREDIT, spentOfLimitMicro: 16 * CREDIT });
      spend(object, 4);
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('spending_limit');
    });
  });

  it('of another period is told of anew', async () => {
    const key = testKey({ spendingLimitMicro: 10 * CREDIT, limitPeriod: 'day' });
    const account = await TestAccount.create({ credits: 1_000, keys: [key] });
    await account.run((object) => {
      const tooMuch = () => expect(refusalOf(object.admit(admitRequest({ estimateMicro: 3 * CREDIT }))).kind).toBe('spending_limit');
      for (const limitPeriod of ['day', 'week'] as const) {
        object.changeKey('key_a', { limitPeriod });
        spend(object, 8);
        tooMuch();
        account.nowMs++;
      }
      object.changeKey('key_a', { limitPeriod: 'month' });
      tooMuch();
    });
    expect((await alertsInD1(account)).map(({ kind, payload }) => [kind, (payload as SpendAlert).period])).toEqual([
      ['key_spend_80', 'day'],
      ['key_spend_80', 'week'],
      ['key_spend_100', 'day'],
      ['key_spend_100', 'week'],
      ['key_spend_100', undefined],
    ]);
  });

  it('counts what a late close adds or gives back', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run(async (object) => {
      const [more, less] = [holdOf(object.admit(admitRequest())), holdOf(object.admit(admitRequest()))];
      for (const holdId of [more, less]) object.beat({ holdId, checkpointMicro: 2 * CREDIT, leaseMs: LEASE_MS });
      account.nowMs += LEASE_MS;
      await object.alarm();
      expect(spentBy(object, 'key_a')).toBe(4);
      object.settle(closing(more, 5 * CREDIT));
      object.settle(closing(less, CREDIT));
      expect(spentBy(object, 'key_a')).toBe(6);
      object.opened = undefined;
      expect(spentBy(object, 'key_a')).toBe(6);
    });
  });

  it('does not make a revoked key a disabled one when a call under way runs into it', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT, autoDisable: true })] });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest()));
      object.revokeKey('key_a');
      const extended = object.extend({ holdId, byMicro: 50 * CREDIT, checkpointMicro: 0, leaseMs: LEASE_MS });
      expect(extended).toMatchObject({ ok: false, error: { kind: 'spending_limit' } });
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('revoked_key');
    });
  });

  it('survives evictions with more than fifty keys, some of which have not spent', async () => {
    const keys = Array.from({ length: 60 }, (_, i) => testKey({ id: `key_${i}`, spendingLimitMicro: 5 * CREDIT }));
    const account = await TestAccount.create({ credits: 1_000, keys });
    await account.run((object) => {
      for (const { id } of keys) object.release({ holdId: holdOf(object.admit(admitRequest({ keyId: id }))), detailJson: '{}' });
      spend(object, 2, 'key_0');
    });
    await account.evict();
    await account.run((object) => spend(object, 2, 'key_0'));
    await account.evict();
    await account.run((object) => {
      expect(spentBy(object, 'key_0')).toBe(4);
      expect(refusalOf(object.admit(admitRequest({ keyId: 'key_0', estimateMicro: 2 * CREDIT }))).kind).toBe('spending_limit');
    });
  });
});

describe('a balance', () => {
  const WORST = 20 * CREDIT;
  const request = (over = {}) => admitRequest({ worstMicro: WORST, ...over });
  const left = (object: Inside): number => object.view()!.balanceMicro;

  it('is passed by no more than one call of many at once that all come to their worst, also after an eviction', async () => {
    const account = await TestAccount.create({ credits: 50 });
    for (let round = 0; round < 3; round++) {
      const holds = await account.run((object) => {
        const results = Array.from({ length: 40 }, () => object.admit(request()));
        for (const result of results)
          if (!result.ok) expect(result.error.kind).toBe(left(object) > 0 ? 'credits_in_flight' : 'insufficient_credits');
        return results.filter(({ ok }) => ok).map(holdOf);
      });
      await account.evict();
      await account.run((object) => {
        expect(object.admit(request()).ok).toBe(false);
        for (const hold of holds) object.settle(closing(hold, WORST));
      });
    }
    await account.run((object) => {
      expect(left(object)).toBeLessThanOrEqual(0);
      expect(left(object)).toBeGreaterThan(CREDIT - WORST);
    });
  });

  it('lets a single call begin that might come to more than there is, and others beside it that fit', async () => {
    const account = await TestAccount.create({ credits: 50 });
    await account.run((object) => {
      holdOf(object.admit(request({ worstMicro: 500 * CREDIT })));
      holdOf(object.admit(request()));
      expect(refusalOf(object.admit(request({ worstMicro: 501 * CREDIT }))).kind).toBe('credits_in_flight');
      for (let call = 0; call < 48; call++) holdOf(object.admit(admitRequest()));
      expect(refusalOf(object.admit(admitRequest())).kind).toBe('credits_in_flight');
    });
  });
});

describe('a stream that outgrows its hold', () => {
  /** A stream and a call in one piece of one credit each, the second of which may cost 90; returns how far the first may grow. */
  async function grownBeside(credits: number, limit: number | null): Promise<number> {
    const spendingLimitMicro = limit === null ? null : limit * CREDIT;
    const account = await TestAccount.create({ credits, keys: [testKey({ spendingLimitMicro })] });
    const holdId = await account.run((object) => {
      const stream = holdOf(object.admit(admitRequest()));
      holdOf(object.admit(admitRequest({ worstMicro: 90 * CREDIT })));
      return stream;
    });
    await account.evict();
    return account.run((object) => {
      let held = 1;
      while (object.extend({ holdId, byMicro: CREDIT, checkpointMicro: 0, leaseMs: LEASE_MS }).ok) held++;
      return held;
    });
  }

  it.each([
    ["its key's limit", 1_000, 100],
    ['the balance', 100, null],
  ])('is not cut off at %s for what an answer in one piece might come to', async (_, credits, limit) => {
    expect(await grownBeside(credits, limit)).toBe(99);
  });
});

describe('a grant', () => {
  it('is given once for each event, also after an eviction', async () => {
    const account = await TestAccount.create();
    const grant = { eventId: 'payment-1', amountMicro: 5 * CREDIT, reason: 'top-up', topUp: true };
    await account.run((object) => {
      expect(object.grant(grant)).toEqual({ balanceMicro: 5 * CREDIT, repeated: false });
      expect(object.grant({ ...grant, amountMicro: 9 * CREDIT })).toEqual({ balanceMicro: 5 * CREDIT, repeated: true });
    });
    await account.evict();
    await account.run((object) => {
      expect(object.grant(grant)).toEqual({ balanceMicro: 5 * CREDIT, repeated: true });
      expect(object.view()).toMatchObject({ balanceMicro: 5 * CREDIT, topUpMicro: 5 * CREDIT });
    });
  });

  it('may take the balance below zero: what was paid back is gone', async () => {
    const account = await TestAccount.create({ credits: 5 });
    await account.run((object) => {
      object.grant({ eventId: 'dispute', amountMicro: -8 * CREDIT, reason: '', topUp: false });
      expect(refusalOf(object.admit(admitRequest()))).toMatchObject({
        kind: 'insufficient_credits',
        details: { required: 1, available: -3 },
      });
    });
  });
});

describe('amounts', () => {
  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 53])('are refused before they reach the books: %s', async (micro) => {
    const account = await TestAccount.create({ credits: 5 });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest())));
    await account.run((object) => {
      const beat = { holdId, checkpointMicro: micro, leaseMs: LEASE_MS };
      expect(() => object.admit(admitRequest({ estimateMicro: micro }))).toThrow('no exact amount');
      expect(() => object.settle(closing(holdId, micro))).toThrow('no exact amount');
      expect(() => object.beat(beat)).toThrow('no exact amount');
      expect(() => object.extend({ ...beat, checkpointMicro: 0, byMicro: micro })).toThrow('no exact amount');
      expect(object.view()).toMatchObject({ balanceMicro: 5 * CREDIT, heldMicro: CREDIT });
      expect(object.settle(closing(holdId, CREDIT))).toMatchObject({ ok: true });
    });
  });

  it('stay exact: a grant that would take the balance beyond whole numbers is refused', async () => {
    const account = await TestAccount.create();
    await account.run((object) => {
      const grant = (eventId: string, amountMicro: number) => object.grant({ eventId, amountMicro, reason: '', topUp: false });
      grant('most', Number.MAX_SAFE_INTEGER);
      expect(() => grant('more', 1)).toThrow('no exact amount');
      expect(object.view()!.balanceMicro).toBe(Number.MAX_SAFE_INTEGER);
    });
  });

  it('are never minus zero', async () => {
    const account = await TestAccount.create({ credits: 5 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest()));
      expect(object.release({ holdId, detailJson: '{}' })).toEqual({ ok: true, costMicro: 0, outcome: 'released', repeated: false });
      expect(object.release({ holdId, detailJson: '{}' })).toEqual({ ok: true, costMicro: 0, outcome: 'released', repeated: true });
      expect(object.operations(1).lines[0]!.amountMicro).toBe(0);
    });
  });
});

describe('creating an account', () => {
  it('twice gives what is there', async () => {
    const account = await TestAccount.create({ credits: 5, tier: 'growth' });
    account.nowMs += DAY_MS;
    const again = await account.stub.create({ id: account.id, name: 'Other', email: 'x@example.com', createdAtMs: 1, grantedTier: 'free' });
    expect(again).toMatchObject({ balanceMicro: 5 * CREDIT, tier: 'growth', profile: { name: 'Test' } });
  });
});
