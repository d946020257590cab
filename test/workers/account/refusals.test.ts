import { env, listDurableObjectIds } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { RefusedCalls } from '../../../src/account/refusals';
import type { AdmitRequest, AdmitResult, KeyRecord } from '../../../src/account/types';
import { mintKey } from '../../../src/core/api-key';
import { accountBytes, newAccountBytes, newKeyBytes } from '../../../src/core/ids';
import { renderOpenaiError } from '../../../src/dialects/openai-errors';
import { newConversationId } from '../../../src/dialects/openai-responses/conversation';
import type { Bindings } from '../../../src/env';
import { countRows } from '../count-rows';
import { withDatabase } from '../d1-within';
import { ask, keyFor } from '../http/support';
import { write } from './lines';
import { Random } from './random';
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
  ledgerRows,
  MINUTE_MS,
  refusalOf,
  SECOND_MS,
  START_MS,
  TestAccount,
  testKey,
} from './support';

/** The refusal as an OpenAI client gets it. */
function rendered(result: AdmitResult) {
  const { status, headers, body } = renderOpenaiError(refusalOf(result), 'req_test');
  return { status, headers, body: JSON.parse(body) as Record<string, unknown> };
}

const kindOf = (object: Inside, request: Partial<AdmitRequest>): string => {
  const result = object.admit(admitRequest(request));
  if (result.ok) object.release({ holdId: holdOf(result), detailJson: '{}' });
  return result.ok ? 'admitted' : result.error.kind;
};

describe('the order of refusals', () => {
  it('is key, model, tier, hourly limit, spending limit, balance', async () => {
    const scoped: Partial<KeyRecord> = {
      status: 'revoked',
      expiresAtMs: START_MS,
      origins: ['https://app.example.com'],
      ips: ['192.0.2.0/24'],
      models: ['another-model'],
      spendingLimitMicro: 3 * CREDIT,
    };
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      object.settle(closing(holdOf(object.admit(admitRequest())), 2 * CREDIT));
      const everything: Partial<AdmitRequest> = {
        secretHash: 'wrong',
        minimumTier: 'scale',
        hourlyLimit: 1,
        estimateMicro: 50 * CREDIT,
        minimumBalanceMicro: 200 * CREDIT,
      };
      let request = everything;
      let key = testKey(scoped);
      const refusedAs = (kind: string, cure: { request?: Partial<AdmitRequest>; key?: Partial<KeyRecord> }) => {
        object.putKey(key);
        expect(kindOf(object, request)).toBe(kind);
        request = { ...request, ...cure.request };
        key = { ...key, ...cure.key };
      };
      refusedAs('invalid_key', { request: { secretHash: 'hash-a' } });
      refusedAs('revoked_key', { key: { status: 'disabled' } });
      refusedAs('disabled_key', { key: { status: 'active' } });
      refusedAs('expired_key', { key: { expiresAtMs: null } });
      refusedAs('origin_not_allowed', { request: { origin: 'https://app.example.com' } });
      refusedAs('ip_not_allowed', { request: { ip: '192.0.2.1' } });
      refusedAs('model_not_allowed', { key: { models: [] } });
      refusedAs('tier_required', { request: { minimumTier: 'free' } });
      refusedAs('rate_limited', { request: { hourlyLimit: 10 } });
      refusedAs('spending_limit', { key: { spendingLimitMicro: null } });
      refusedAs('insufficient_credits', { request: { estimateMicro: CREDIT, minimumBalanceMicro: 0 } });
      refusedAs('admitted', {});
    });
  });

  it('asks for the idempotency key after the API key, and before all the rest', async () => {
    const account = await TestAccount.create({ credits: 10 });
    const idempotency = { keyHash: 'i', bodyHash: 'b' };
    await account.run((object) => {
      holdOf(object.admit(admitRequest({ idempotency })));
      expect(kindOf(object, { idempotency, secretHash: 'wrong' })).toBe('invalid_key');
      expect(kindOf(object, { idempotency, minimumTier: 'scale', hourlyLimit: 1, estimateMicro: 50 * CREDIT })).toBe(
        'idempotency_in_flight',
      );
    });
  });
});

describe('a refusal for want of credits', () => {
  it('says what is required and available, within the error and beside it', async () => {
    const account = await TestAccount.create({ credits: 150.5 });
    await account.run((object) => {
      expect(rendered(object.admit(admitRequest({ minimumBalanceMicro: 200 * CREDIT })))).toEqual({
        status: 402,
        headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
        body: {
          error: {
            type: 'insufficient_credits',
            message: 'This call needs 200 credits; the account has 150.5. Top up to go on (100 credits = 1 USD).',
            code: null,
            param: null,
            request_id: 'req_test',
            required: 200,
            available: 150.5,
            limit_source: 'credits',
          },
          required: 200,
          available: 150.5,
        },
      });
    });
  });

  it('tells credits that are held from credits that are not there', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 8 * CREDIT })));
      expect(rendered(object.admit(admitRequest({ estimateMicro: 3 * CREDIT })))).toEqual({
        status: 402,
        headers: { 'content-type': 'application/json', 'retry-after': '5' },
        body: {
          error: {
            type: 'insufficient_credits',
            message: "This call needs 3 credits; 8 of the account's are held by calls under way.",
            code: null,
            param: null,
            request_id: 'req_test',
            required: 3,
            available: 2,
            limit_source: 'in_flight',
          },
          required: 3,
          available: 2,
        },
      });
      object.release({ holdId, detailJson: '{}' });
      expect(kindOf(object, { estimateMicro: 3 * CREDIT })).toBe('admitted');
    });
  });

  it('tells of what answers in one piece may come to, and what helps', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      holdOf(object.admit(admitRequest({ estimateMicro: 3 * CREDIT, worstMicro: 90 * CREDIT })));
      const large = { estimateMicro: 3 * CREDIT, worstMicro: 90 * CREDIT };
      const holdId = holdOf(object.admit(admitRequest(large)));
      const { status, headers, body } = rendered(object.admit(admitRequest(large)));
      expect([status, headers['retry-after']]).toEqual([402, '5']);
      expect(body).toMatchObject({ error: { type: 'insufficient_credits', limit_source: 'in_flight' }, required: 3, available: 0 });
      const { message } = body.error as { message: string };
      expect(message).toContain('may take 174 beside the 6 that are held');
      for (const help of ['`max_tokens`', '`max_completion_tokens`', 'stream', 'add credits']) expect(message).toContain(help);
      expect(kindOf(object, { estimateMicro: 3 * CREDIT })).toBe('admitted');
      object.settle(closing(holdId, 3 * CREDIT));
      expect(kindOf(object, large)).toBe('admitted');
    });
  });

  it('goes by what answers in one piece may come to at the account’s own prices', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      object.setPrices(2_000);
      const call = { estimateMicro: 10 * CREDIT, worstMicro: 30 * CREDIT };
      for (let calls = 0; calls < 2; calls++) holdOf(object.admit(admitRequest(call)));
      expect(object.view()).toMatchObject({ heldMicro: 40 * CREDIT });
      expect(kindOf(object, call)).toBe('credits_in_flight');
    });
  });

  it('never comes to a test key, nor does a tier or a spending limit', async () => {
    const account = await TestAccount.create({ keys: [testKey({ mode: 'test', spendingLimitMicro: 0 })] });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 1e9, minimumBalanceMicro: 1e9, minimumTier: 'scale' })));
      expect(object.view()!.heldMicro).toBe(0);
      expect(object.settle(closing(holdId, 5 * CREDIT))).toMatchObject({ ok: true, costMicro: 0 });
      expect(object.view()!.balanceMicro).toBe(0);
    });
  });
});

describe('a grant that may not lead below zero', () => {
  it('may take all that there is, and may help out of a debt', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      const grant = (eventId: string, credits: number) =>
        object.grant({ eventId, amountMicro: credits * CREDIT, reason: '', topUp: false, keepsAboveZero: true });
      expect(grant('too much', -10.000001)).toMatchObject({ refused: 'below_zero', balanceMicro: 10 * CREDIT });
      expect(grant('all', -10)).toEqual({ balanceMicro: 0, repeated: false });
      object.grant({ eventId: 'debt', amountMicro: -5 * CREDIT, reason: '', topUp: false });
      expect(grant('help', 2)).toEqual({ balanceMicro: -3 * CREDIT, repeated: false });
    });
  });
});

describe('a refusal for the tier', () => {
  it('names the tier that is needed and the one there is', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      expect(rendered(object.admit(admitRequest({ minimumTier: 'starter', model: 'a-video' })))).toEqual({
        status: 403,
        headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
        body: {
          error: {
            type: 'access_denied',
            message: 'a-video needs the Starter tier: top-ups of 1999 credits in total (100 credits = 1 USD).',
            code: null,
            param: 'model',
            request_id: 'req_test',
            required_tier: 'starter',
            tier: 'free',
          },
        },
      });
    });
  });

  it('ends when top-ups reach the tier, and comes back when they are disputed', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      const topUp = (eventId: string, credits: number) => object.grant({ eventId, amountMicro: credits * CREDIT, reason: '', topUp: true });
      topUp('first', 1_998.99);
      expect(kindOf(object, { minimumTier: 'starter' })).toBe('tier_required');
      topUp('second', 0.01);
      expect(kindOf(object, { minimumTier: 'starter' })).toBe('admitted');
      topUp('dispute', -1_999);
      expect(kindOf(object, { minimumTier: 'starter' })).toBe('tier_required');
      topUp('another dispute', -500);
      expect(object.view()).toMatchObject({ tier: 'free', topUpMicro: -500 * CREDIT });
      object.setTier('growth');
      expect(kindOf(object, { minimumTier: 'growth' })).toBe('admitted');
    });
  });
});

describe('a suspended account', () => {
  it('admits nothing by any key, new ones too, until it is resumed; a wrong secret learns nothing of it', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const hold = holdOf(object.admit(admitRequest()));
      expect(object.setStatus('suspended').profile.status).toBe('suspended');
      object.putKey(testKey({ id: 'key_b' }));
      for (const keyId of ['key_a', 'key_b']) {
        expect(rendered(object.admit(admitRequest({ keyId })))).toMatchObject({ status: 403 });
        expect(object.authorize(admitRequest({ keyId }))?.kind).toBe('account_suspended');
      }
      expect(kindOf(object, { secretHash: 'wrong' })).toBe('invalid_key');
      expect(object.settle(closing(hold, CREDIT))).toMatchObject({ ok: true, costMicro: CREDIT });
    });
    await account.evict();
    await account.run((object) => {
      expect(kindOf(object, {})).toBe('account_suspended');
      object.setStatus('active');
      expect(kindOf(object, {})).toBe('admitted');
    });
  });
});

describe('a refusal for the hourly limit', () => {
  const full = (object: Inside, hourlyLimit: number) => object.admit(admitRequest({ hourlyLimit }));

  it('says the limit and when it ends, and sends no Retry-After that is long', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      for (let i = 0; i < 3; i++) holdOf(full(object, 3));
      account.nowMs += 10 * MINUTE_MS;
      expect(rendered(full(object, 3))).toEqual({
        status: 429,
        headers: {
          'content-type': 'application/json',
          'x-should-retry': 'false',
          'retry-after-ms': '100',
          'X-RateLimit-Limit': '3',
          'X-RateLimit-Remaining': '0',
          'X-RateLimit-Reset': String((START_MS + HOUR_MS) / 1000),
        },
        body: {
          error: {
            type: 'rate_limit_error',
            message: "This user's limit of 3 chat calls an hour is reached.",
            code: null,
            param: null,
            request_id: 'req_test',
          },
        },
      });
    });
  });

  it('sends a Retry-After of 30 seconds and less', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      for (let i = 0; i < 3; i++) holdOf(full(object, 3));
      account.nowMs = START_MS + HOUR_MS - 30 * SECOND_MS - 1;
      expect(rendered(full(object, 3)).headers['retry-after']).toBeUndefined();
      account.nowMs++;
      expect(rendered(full(object, 3)).headers['retry-after']).toBe('30');
      account.nowMs = START_MS + HOUR_MS - 1;
      expect(rendered(full(object, 3)).headers['retry-after']).toBe('1');
    });
  });

  it('counts by user and family, over all of the user’s keys, and test calls apart', async () => {
    const account = await TestAccount.create({
      credits: 1_000,
      keys: [
        testKey({ id: 'key_a', userId: 'user-a' }),
        testKey({ id: 'key_a2', userId: 'user-a' }),
        testKey({ id: 'key_b', userId: 'user-b' }),
        testKey({ id: 'key_t', userId: 'user-a', mode: 'test' }),
      ],
    });
    await account.run((object) => {
      const call = (keyId: string, family: AdmitRequest['family'] = 'chat') =>
        object.admit(admitRequest({ keyId, family, hourlyLimit: 2 }));
      holdOf(call('key_a'));
      holdOf(call('key_a2'));
      expect(refusalOf(call('key_a')).kind).toBe('rate_limited');
      expect(refusalOf(call('key_a2')).kind).toBe('rate_limited');
      holdOf(call('key_b'));
      holdOf(call('key_a', 'image'));
      holdOf(call('key_t'));
      holdOf(call('key_t'));
      expect(refusalOf(call('key_t')).kind).toBe('rate_limited');
    });
  });
});

describe('a refusal for the spending limit', () => {
  it('is for good when the limit is spent', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      object.settle(closing(holdOf(object.admit(admitRequest({ estimateMicro: 9 * CREDIT }))), 9 * CREDIT));
      expect(rendered(object.admit(admitRequest({ estimateMicro: 2 * CREDIT })))).toEqual({
        status: 429,
        headers: { 'content-type': 'application/json', 'x-should-retry': 'false', 'retry-after-ms': '100' },
        body: {
          error: {
            type: 'spending_limit_error',
            message:
              "This API key's spending limit of 10 credits a month is reached. Quota exceeded; it will reset with the next month (UTC).",
            code: 'insufficient_quota',
            param: null,
            request_id: 'req_test',
            limit: 10,
            spent: 9,
            required: 2,
          },
        },
      });
      expect(kindOf(object, { estimateMicro: CREDIT })).toBe('admitted');
    });
  });

  it('may be tried again when calls under way take it up', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ spendingLimitMicro: 10 * CREDIT })] });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest({ estimateMicro: 9 * CREDIT })));
      const { status, headers, body } = rendered(object.admit(admitRequest({ estimateMicro: 10 * CREDIT })));
      expect([status, headers]).toEqual([429, { 'content-type': 'application/json', 'retry-after': '5' }]);
      expect(body.error).toMatchObject({ type: 'spending_limit_error', limit: 10, spent: 0, required: 10 });
      object.release({ holdId, detailJson: '{}' });
      expect(kindOf(object, { estimateMicro: 10 * CREDIT })).toBe('admitted');
    });
  });
});

describe('what is sent to providers', () => {
  const failed = (object: Inside, over: Partial<AdmitRequest> = {}, unsent = false): void => {
    const holdId = holdOf(object.admit(admitRequest({ hourlyLimit: 2, ...over })));
    object.release({ holdId, detailJson: '{}', ...(unsent && { unsent }) });
  };

  it('is bounded to three times the limit in an hour when it comes to nothing, also after an eviction', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey(), testKey({ id: 'key_b', userId: 'user-b' })] });
    await account.run((object) => {
      for (let i = 0; i < 6; i++) {
        failed(object);
        account.nowMs += SECOND_MS;
      }
    });
    for (let round = 0; round < 2; round++) {
      await account.run((object) => {
        const { status, headers, body } = rendered(object.admit(admitRequest({ hourlyLimit: 2 })));
        expect(status).toBe(429);
        expect(body.error).toMatchObject({
          type: 'rate_limit_error',
          message: "This user's limit of 6 chat calls an hour is reached, those that failed at a provider included.",
        });
        expect(headers).toMatchObject({
          'x-should-retry': 'false',
          'X-RateLimit-Limit': '6',
          'X-RateLimit-Remaining': '0',
          'X-RateLimit-Reset': String((START_MS + HOUR_MS) / 1000),
        });
      });
      await account.evict();
    }
    await account.run((object) => {
      failed(object, { family: 'image' });
      failed(object, { keyId: 'key_b' });
      account.nowMs = START_MS + HOUR_MS - 1;
      expect(kindOf(object, { hourlyLimit: 2 })).toBe('rate_limited');
      account.nowMs++;
      failed(object);
      expect(kindOf(object, { hourlyLimit: 2 })).toBe('rate_limited');
    });
  });

  it('counts what expired, and not what nobody got', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    await account.run((object) => {
      for (let i = 0; i < 20; i++) failed(object, {}, true);
      object.opened = undefined;
      for (let i = 0; i < 4; i++) failed(object);
      for (let i = 0; i < 2; i++) holdOf(object.admit(admitRequest({ hourlyLimit: 2 })));
    });
    account.nowMs += 2 * MINUTE_MS;
    await account.fireAlarm();
    for (let round = 0; round < 2; round++) {
      await account.run((object) =>
        expect(rendered(object.admit(admitRequest({ hourlyLimit: 2 }))).headers['X-RateLimit-Limit']).toBe('6'),
      );
      await account.evict();
    }
  });

  it('is nothing of what a test key asks for', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [testKey({ mode: 'test' })] });
    await account.run((object) => {
      for (let i = 0; i < 20; i++) failed(object);
      expect(kindOf(object, { hourlyLimit: 2 })).toBe('admitted');
    });
  });

  it('is bounded for token counts too, each user by themselves, and leaves calls alone', async () => {
    const account = await TestAccount.create({ keys: [testKey(), testKey({ id: 'key_b', userId: 'user-b' })] });
    await account.run((object) => {
      const count = (keyId = 'key_a') => object.authorize({ ...admitRequest({ keyId }), tokenCountsAtMost: 3 })?.kind ?? null;
      expect([count(), count(), count(), count(), count('key_b')]).toEqual([null, null, null, 'rate_limited', null]);
      expect(object.authorize(admitRequest())).toBeNull();
      expect(object.authorize({ ...admitRequest({ secretHash: 'wrong' }), tokenCountsAtMost: 3 })?.kind).toBe('invalid_key');
      account.nowMs += HOUR_MS / 2;
      expect(count()).toBe('rate_limited');
      account.nowMs += HOUR_MS / 2;
      expect([count(), count(), count()]).toEqual([null, null, null]);
    });
  });

  it('is bounded for changes of conversations, of which a large one counts as several', async () => {
    const account = await TestAccount.create({ keys: [testKey(), testKey({ id: 'key_b', userId: 'user-b' })] });
    await account.run((object) => {
      const change = (places: number, keyId = 'key_a') =>
        object.authorize({ ...admitRequest({ keyId }), conversationChange: { atMost: 4, places } })?.kind ?? null;
      expect([change(0), change(1), change(3), change(1), change(1, 'key_b')]).toEqual([null, null, null, 'rate_limited', null]);
      expect(object.authorize({ ...admitRequest(), tokenCountsAtMost: 1 })).toBeNull();
      account.nowMs += HOUR_MS;
      expect(change(1)).toBeNull();
    });
  });
});

describe('a change of the account', () => {
  it('is one of six hundred an hour, of each actor by themselves', async () => {
    const account = await TestAccount.create();
    await account.run((object) => {
      for (let change = 0; change < 600; change++) expect(object.refuseChange('user-a')).toBeNull();
      expect([object.refuseChange('user-a')?.kind, object.refuseChange('user-b')]).toEqual(['rate_limited', null]);
      account.nowMs += HOUR_MS;
      expect(object.refuseChange('user-a')).toBeNull();
    });
  });
});

describe('a new key', () => {
  const add = (object: Inside, id: string): boolean => object.addKey(testKey({ id, secretHash: `hash of ${id}` })) !== null;
  const idsOf = (object: Inside): string[] => object.listKeys().map(({ id }) => id);

  it('has room where others are revoked, of which the newest are remembered', async () => {
    const account = await TestAccount.create({ keys: [] });
    const inside = <T>(work: (object: Inside) => T): Promise<T> =>
      account.run((object) => {
        object.mostKeys = 2;
        return work(object);
      });
    expect(await inside((object) => ['key_1', 'key_2', 'key_3'].map((id) => add(object, id)))).toEqual([true, true, false]);
    for (const index of [3, 4, 5, 6]) {
      account.nowMs += SECOND_MS;
      await inside((object) => {
        object.revokeKey(`key_${index - 2}`);
        expect(add(object, `key_${index}`)).toBe(true);
      });
      await account.project();
    }
    await inside((object) => add(object, 'one too many'));
    await account.evict();
    expect(await inside((object) => idsOf(object).toSorted())).toEqual(['key_2', 'key_3', 'key_4', 'key_5', 'key_6']);
    await inside((object) => {
      object.revokeKey('key_5');
      expect(add(object, 'key_7')).toBe(true);
      expect(idsOf(object)).toEqual(expect.arrayContaining(['key_4', 'key_5', 'key_6', 'key_7']));
      expect(idsOf(object)).not.toContain('key_2');
    });
  });

  it('is not forgotten before D1 knows that it is revoked', async () => {
    const account = await TestAccount.create({ keys: [] });
    await account.run((object) => {
      object.mostKeys = 1;
      for (let index = 0; index < 5; index++) {
        expect(add(object, `key_${index}`)).toBe(true);
        object.revokeKey(`key_${index}`);
      }
      expect(idsOf(object)).toHaveLength(5);
    });
  });
});

describe('quota', () => {
  it('is not used by refusals', async () => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey({ spendingLimitMicro: 50 * CREDIT })] });
    await account.run((object) => {
      for (let i = 0; i < 5; i++) {
        kindOf(object, { secretHash: 'wrong', hourlyLimit: 1 });
        kindOf(object, { minimumTier: 'scale', hourlyLimit: 1 });
        kindOf(object, { estimateMicro: 60 * CREDIT, hourlyLimit: 1 });
        kindOf(object, { minimumBalanceMicro: 200 * CREDIT, hourlyLimit: 1 });
      }
      holdOf(object.admit(admitRequest({ hourlyLimit: 1 })));
      expect(kindOf(object, { hourlyLimit: 1 })).toBe('rate_limited');
      expect(object.view()).toMatchObject({ balanceMicro: 100 * CREDIT, heldMicro: CREDIT });
    });
  });

  it('is given back by calls that failed, and kept by calls that cost nothing', async () => {
    const account = await TestAccount.create({ credits: 100 });
    await account.run((object) => {
      const call = () => object.admit(admitRequest({ hourlyLimit: 2 }));
      const [first, second] = [holdOf(call()), holdOf(call())];
      object.release({ holdId: first, detailJson: '{}' });
      const third = holdOf(call());
      object.settle(closing(second, 0));
      object.settle(closing(third, 0));
      expect(refusalOf(call()).kind).toBe('rate_limited');
      object.opened = undefined;
      expect(refusalOf(call()).kind).toBe('rate_limited');
    });
  });
});

describe('an idempotency key', () => {
  const idempotency = { keyHash: 'i', bodyHash: 'b' };
  const first = (object: Inside) => holdOf(object.admit(admitRequest({ idempotency })));
  const again = (object: Inside) => object.admit(admitRequest({ idempotency }));
  const close = (object: Inside, holdId: string, stored: boolean) =>
    object.settle({ ...closing(holdId, CREDIT), idempotency: { keyHash: 'i', stored } });

  it('sends the first answer again, and charges once', async () => {
    const account = await TestAccount.create({ credits: 10 });
    const holdId = await account.run((object) => {
      const hold = first(object);
      close(object, hold, true);
      return hold;
    });
    await account.evict();
    await account.run((object) => {
      expect(again(object)).toEqual({ ok: true, replay: { operationId: holdId } });
      expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
    });
  });

  it('is refused with another body', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      close(object, first(object), true);
      const { status, headers, body } = rendered(object.admit(admitRequest({ idempotency: { keyHash: 'i', bodyHash: 'other' } })));
      expect([status, headers['x-should-retry'], body.error]).toMatchObject([422, 'false', { type: 'idempotency_error' }]);
    });
  });

  it('makes a twin come back later while the first is under way', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      first(object);
      const { status, headers } = rendered(again(object));
      expect([status, headers]).toEqual([409, { 'content-type': 'application/json', 'retry-after': '1' }]);
    });
  });

  it('is refused when the answer was charged and could not be kept', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      close(object, first(object), false);
      expect(refusalOf(again(object)).kind).toBe('idempotency_mismatch');
    });
  });

  it('is free again after a call that came to nothing, and after a day', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      object.release({ holdId: first(object), detailJson: '{}', idempotency: { keyHash: 'i', stored: false } });
      const expired = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      const third = first(object);
      expect(third).not.toBe(expired);
      close(object, third, true);
      account.nowMs += DAY_MS - 1;
      expect(again(object)).toMatchObject({ replay: { operationId: third } });
      account.nowMs++;
      expect(holdOf(again(object))).not.toBe(third);
    });
  });

  it('is not charged again after a call that expired with a charge, whose late close has the answer given again', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const holdId = first(object);
      object.beat({ holdId, checkpointMicro: CREDIT, leaseMs: LEASE_MS });
      account.nowMs += LEASE_MS;
      await object.alarm();
      expect(refusalOf(again(object)).kind).toBe('idempotency_mismatch');
      close(object, holdId, true);
      expect(again(object)).toEqual({ ok: true, replay: { operationId: holdId } });
      expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
    });
  });

  it('is not charged again after a call that expired without a charge, and ends with one all the same', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const holdId = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      close(object, holdId, true);
      expect(again(object)).toEqual({ ok: true, replay: { operationId: holdId } });
      expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
    });
  });

  it('is not charged again where a call expired, its second try came to nothing, and the first ends with a charge all the same', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const expired = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      object.release({ holdId: first(object), detailJson: '{}', idempotency: { keyHash: 'i', stored: false } });
      close(object, expired, true);
      expect(refusalOf(again(object)).kind).toBe('idempotency_mismatch');
      expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
    });
  });

  it.each(['under way', 'over', 'expired as well'])(
    'is charged once for calls of which the first had expired, the second being %s',
    async (second) => {
      const account = await TestAccount.create({ credits: 10 });
      await account.run(async (object) => {
        const expired = first(object);
        account.nowMs += LEASE_MS;
        await object.alarm();
        const other = first(object);
        if (second === 'over') close(object, other, true);
        account.nowMs += LEASE_MS;
        if (second === 'expired as well') await object.alarm();
        close(object, expired, true);
        close(object, other, true);
        expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
        if (second === 'expired as well') expect(refusalOf(again(object)).kind).toBe('idempotency_mismatch');
        else expect(again(object)).toEqual({ ok: true, replay: { operationId: other } });
      });
    },
  );

  it('begins nothing again that was handed over after its hold had run out, and is free again where that fails', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const holdId = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      expect(object.beat({ holdId, checkpointMicro: 0, leaseMs: LEASE_MS, answeredKeyHash: 'i' })).toEqual({ ok: false, reason: 'closed' });
      expect(again(object)).toEqual({ ok: true, replay: { operationId: holdId } });
      object.release({ holdId, detailJson: '{}', idempotency: { keyHash: 'i', stored: true } });
      expect(holdOf(again(object))).not.toBe(holdId);
    });
  });

  it.each([
    ['comes to nothing', 'itself'],
    ['runs out as well', 'itself'],
    ['is charged', 'the second'],
  ])('has a late charge wait for the second try, which %s: %s pays', async (ending, payer) => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const expired = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      const second = first(object);
      expect(close(object, expired, true)).toEqual({ ok: false, reason: 'undecided' });
      if (ending === 'is charged') close(object, second, true);
      else if (ending === 'comes to nothing')
        object.release({ holdId: second, detailJson: '{}', idempotency: { keyHash: 'i', stored: false } });
      else account.nowMs += LEASE_MS;
      await object.alarm();
      expect(close(object, expired, true)).toMatchObject({ ok: true, costMicro: payer === 'itself' ? CREDIT : 0, repeated: false });
      expect(object.view()).toMatchObject({ balanceMicro: 9 * CREDIT, heldMicro: 0 });
      if (payer === 'itself') expect(refusalOf(again(object)).kind).toBe('idempotency_mismatch');
      else expect(again(object)).toEqual({ ok: true, replay: { operationId: second } });
    });
  });

  it.each([
    ['is used up', false, 'idempotency_mismatch'],
    ['is left to the second try', true, 'idempotency_in_flight'],
  ] as const)('%s where the answer of a call that had expired is delivered, which is charged', async (_what, isTriedAgain, kind) => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const expired = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      if (isTriedAgain) first(object);
      const delivered = { ...closing(expired, CREDIT), idempotency: { keyHash: 'i', stored: false }, isDelivered: true };
      expect(object.settle(delivered)).toMatchObject({ ok: true, costMicro: CREDIT });
      expect(refusalOf(again(object)).kind).toBe(kind);
    });
  });

  it.each(['settled', 'released'])('is not ended by the late close of an earlier call that bore it: %s', async (ending) => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run(async (object) => {
      const lost = first(object);
      account.nowMs += LEASE_MS;
      await object.alarm();
      first(object);
      if (ending === 'settled') close(object, lost, true);
      else object.release({ holdId: lost, detailJson: '{}', idempotency: { keyHash: 'i', stored: false } });
      expect(refusalOf(again(object)).kind).toBe('idempotency_in_flight');
    });
  });
});

describe('the scope of a key', () => {
  async function kindFor(key: Partial<KeyRecord>, request: Partial<AdmitRequest>): Promise<string> {
    const account = await TestAccount.create({ credits: 10, keys: [testKey(key)] });
    return account.run((object) => kindOf(object, request));
  }

  it.each([
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.7', '::ffff:192.0.2.7', true],
    ['192.0.2.0/24', '::ffff:c000:2ff', true],
    ['::ffff:192.0.2.7', '192.0.2.7', true],
    ['::ffff:192.0.2.0/120', '192.0.2.200', true],
    ['::ffff:192.0.2.0/120', '192.0.3.200', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['2001:db8::/32', '192.0.2.7', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '203.0.113.9', false],
    ['192.0.2.7', 'not an address', false],
    ['192.0.2.7', null, false],
    ['nonsense', '192.0.2.7', false],
  ])('with the range %s and the address %s allows: %s', async (range, ip, allowed) => {
    expect(await kindFor({ ips: [range] }, { ip })).toBe(allowed ? 'admitted' : 'ip_not_allowed');
  });

  it.each([
    ['https://app.example.com', 'https://app.example.com', true],
    ['https://app.example.com/', 'HTTPS://APP.example.com', true],
    ['https://app.example.com', 'https://app.example.com.evil.test', false],
    ['https://app.example.com', 'http://app.example.com', false],
    ['https://app.example.com', 'https://app.example.com:8443', false],
    ['https://app.example.com', 'null', false],
    ['https://app.example.com', null, false],
  ])('with the origin %s and a call from %s allows: %s', async (origin, from, allowed) => {
    expect(await kindFor({ origins: [origin] }, { origin: from })).toBe(allowed ? 'admitted' : 'origin_not_allowed');
  });

  it('holds by model and by family', async () => {
    expect(await kindFor({ models: ['a-model'] }, {})).toBe('admitted');
    expect(await kindFor({ models: ['b-model'] }, {})).toBe('model_not_allowed');
    expect(await kindFor({ families: ['image'] }, {})).toBe('model_not_allowed');
    expect(await kindFor({ families: ['image', 'chat'] }, {})).toBe('admitted');
  });

  it('ends at the moment that a key expires', async () => {
    const account = await TestAccount.create({ credits: 10, keys: [testKey({ expiresAtMs: START_MS + 5 })] });
    await account.run((object) => {
      account.nowMs = START_MS + 4;
      expect(kindOf(object, {})).toBe('admitted');
      account.nowMs++;
      expect(kindOf(object, {})).toBe('expired_key');
      expect(object.authorize(admitRequest())?.kind).toBe('expired_key');
    });
  });

  it('ends at once with a revocation, whose calls under way are still charged', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      const holdId = holdOf(object.admit(admitRequest()));
      object.revokeKey('key_a');
      expect(kindOf(object, {})).toBe('revoked_key');
      expect(object.authorize(admitRequest())?.kind).toBe('revoked_key');
      expect(object.settle(closing(holdId, CREDIT)).ok).toBe(true);
      expect(object.view()!.balanceMicro).toBe(9 * CREDIT);
    });
  });

  it.each([
    ['a key that is not there', { keyId: 'key_none' }],
    ['another secret', { secretHash: 'hash-b' }],
    ['a part of its secret', { secretHash: 'hash' }],
    ['more than its secret', { secretHash: 'hash-ab' }],
    ['no secret', { secretHash: '' }],
  ])('is 401 and nothing that helps to guess for %s', async (_what, over) => {
    const account = await TestAccount.create({ credits: 10 });
    await account.run((object) => {
      const request = admitRequest(over);
      expect(rendered(object.admit(request))).toEqual({
        status: 401,
        headers: { 'content-type': 'application/json', 'x-should-retry': 'false' },
        body: {
          error: { type: 'authentication_error', message: 'This API key does not exist.', code: null, param: null, request_id: 'req_test' },
        },
      });
    });
  });
});

const refusalsOf = async (account: TestAccount) =>
  (
    await env.DB.prepare(
      'SELECT day, key_id AS keyId, code, model, endpoint, calls, last_at AS lastAtMs FROM refusals WHERE account_id = ? ORDER BY 1, 2, 3, 4, 5',
    )
      .bind(account.id)
      .all<{ day: number; code: string; calls: number }>()
  ).results;

const DAY = Math.floor(START_MS / DAY_MS);

describe('calls that are refused', () => {
  it('are counted without a row, and go to D1 within seconds, once however often their message comes', async () => {
    const account = await TestAccount.create({ credits: 1 });
    await account.project();
    await account.run((object, state) => {
      const written = countRows(state);
      for (const over of [{ secretHash: 'wrong' }, { estimateMicro: 2 * CREDIT }, { estimateMicro: 3 * CREDIT }])
        expect(object.admit(admitRequest(over)).ok).toBe(false);
      expect(written()).toBe(0);
      const holdId = holdOf(object.admit(admitRequest()));
      expect(written()).toBe(2);
      object.release({ holdId, detailJson: '{}' });
    });
    account.nowMs += 5 * SECOND_MS;
    expect(await account.fireAlarm()).toBe(true);
    const messages = account.queue.take();
    expect(messages.flatMap(({ refusals = [] }) => refusals).length).toBe(1);
    await Promise.all([deliver([...messages, ...messages]), deliver(messages)]);
    await deliver(messages);
    const known = { day: DAY, keyId: 'key_a', model: 'a-model', endpoint: '/v1/chat/completions', lastAtMs: START_MS };
    expect(await refusalsOf(account)).toEqual([
      { ...known, code: 'insufficient_credits', calls: 2 },
      { ...known, code: 'invalid_key', calls: 1 },
    ]);
  });

  it('wait for a flush that is under way, and do not have the alarm go off again and again meanwhile', async () => {
    const account = await TestAccount.create({ credits: 1 });
    await account.project();
    account.queue.mode = 'waits';
    await account.run(async (object, state) => {
      object.admit(admitRequest({ hourlyLimit: 0 }));
      const flushing = object.flush();
      object.admit(admitRequest({ hourlyLimit: 0 }));
      account.nowMs += 10 * SECOND_MS;
      await object.alarm();
      expect(await state.storage.getAlarm()).toBe(account.nowMs + MINUTE_MS);
      await account.queue.calm();
      await flushing;
    });
    account.queue.mode = 'works';
    account.nowMs += MINUTE_MS;
    expect(await account.fireAlarm()).toBe(true);
    await deliver(account.queue.take());
    expect((await refusalsOf(account)).map(({ calls }) => calls)).toEqual([2]);
    expect(await account.alarmAtMs()).toBeNull();
  });

  it('are counted once where whoever reads D1 has them written, and the queue brings them again', async () => {
    const account = await TestAccount.create({ credits: 1 });
    await account.project();
    await account.run((object) => object.admit(admitRequest({ hourlyLimit: 0 })));
    const handed = await account.run((object) => object.handOver());
    expect(handed).toMatchObject([{ lines: [], entities: [], refusals: [{ counts: [{ code: 'rate_limited', calls: 1 }] }] }]);
    await deliver(handed);
    await account.run((object) => object.admit(admitRequest({ hourlyLimit: 0 })));
    await account.project();
    expect((await refusalsOf(account)).map(({ calls }) => calls)).toEqual([2]);
    expect(await account.run((object) => object.handOver())).toEqual([]);
  });

  it('come with the next call where the isolate refused them by itself', async () => {
    const account = await TestAccount.create({ credits: 10 });
    await account.project();
    const noted: RefusedCalls = {
      ...{ keyId: 'key_a', test: false, code: 'unknown_model', model: 'gpt-5', endpoint: '/v1/messages', calls: 1, lastAtMs: START_MS },
    };
    const clock = vi.spyOn(Date, 'now').mockReturnValue(START_MS);
    for (let calls = 0; calls < 3; calls++) await account.stub.noteRefused(noted);
    clock.mockRestore();
    await account.run((object) => object.flush());
    const first = account.queue.take();
    holdOf(await account.stub.admit(admitRequest()));
    await account.run((object) => object.flush());
    await deliver([...first, ...account.queue.take()]);
    expect(first.flatMap(({ refusals = [] }) => refusals[0]!.counts)).toEqual([noted]);
    expect(await refusalsOf(account)).toEqual([
      { day: DAY, keyId: 'key_a', code: 'unknown_model', model: 'gpt-5', endpoint: '/v1/messages', calls: 3, lastAtMs: START_MS },
    ]);
  });

  it('add up in D1, whatever they were refused for and wherever', async () => {
    const account = await TestAccount.create({ credits: 5, keys: [testKey(), testKey({ id: 'key_t', mode: 'test' })] });
    const random = new Random(11);
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const counted = new Map<string, number>();
    for (let step = 0; step < 60; step++) {
      account.nowMs += random.between(0, HOUR_MS);
      const over = random.of<Partial<AdmitRequest>>([
        {},
        { keyId: 'key_t' },
        { hourlyLimit: 0 },
        { keyId: 'key_t', hourlyLimit: 0 },
        { estimateMicro: 50 * CREDIT },
        { secretHash: 'wrong' },
        { minimumTier: 'scale' },
      ]);
      await account.run((object) => {
        for (let times = random.between(1, 3); times > 0; times--) {
          const result = object.admit(admitRequest(over));
          if (result.ok) object.settle(closing(holdOf(result), 1));
          else counted.set(result.error.kind, (counted.get(result.error.kind) ?? 0) + 1);
        }
      });
      account.queue.mode = random.chance(0.2) ? 'fails' : 'works';
      if (random.chance(0.3)) await account.fireAlarm();
      if (random.chance(0.2))
        await deliver(random.shuffled([...account.queue.sent, ...(await account.run((object) => object.handOver()))]));
      if (random.chance(0.3)) await deliver(account.queue.take());
    }
    account.queue.mode = 'works';
    for (let time = 0; time < 2; time++) await account.project();
    const seen = new Map<string, number>();
    for (const { code, calls } of await refusalsOf(account)) seen.set(code, (seen.get(code) ?? 0) + calls);
    expect(new Map([...seen].sort())).toEqual(new Map([...counted].sort()));
    expect(counted.size).toBeGreaterThan(3);
    said.mockRestore();
  });

  it('take up a bounded number of rows, and are all in the totals, by code, mode and endpoint', () =>
    withDatabase('refusals-bounded', async (db) => {
      const report = (id: string, at: number) => ({
        ...{ accountId: 'acc_a', epoch: 1, closeSeqs: [], lines: [], entities: [] },
        refusals: [
          {
            id,
            counts: Array.from({ length: 100 }, (_, each) => ({
              ...{ keyId: 'key_a', test: each === 0, code: 'unknown_model', model: `made-up-${at}-${each}`, calls: 2, lastAtMs: START_MS },
              endpoint: each < 50 ? '/v1/messages' : `/v1/gpu/${each}`,
            })),
          },
        ],
      });
      for (let at = 0; at < 5; at++) await write(db, [report(`one-${at}`, at), report(`other-${at}`, -at)]);
      const { rows, calls } = (await db
        .prepare('SELECT COUNT(*) AS rows, SUM(calls) AS calls FROM refusals')
        .first<{ rows: number; calls: number }>())!;
      expect(calls).toBe(2_000);
      expect(rows).toBeLessThanOrEqual(202);
      expect((await db.prepare('SELECT code, test, endpoint, calls FROM refusal_totals').all()).results).toEqual([
        { code: 'unknown_model', test: 0, endpoint: '/v1/gpu', calls: 1_000 },
        { code: 'unknown_model', test: 0, endpoint: '/v1/messages', calls: 980 },
        { code: 'unknown_model', test: 1, endpoint: '/v1/messages', calls: 20 },
      ]);
    }));
});

describe('a call that is refused before its account is asked', () => {
  const asking = (model: unknown) => ({ model, messages: [{ role: 'user', content: 'hello' }] });

  async function statusesOf(key: string, models: readonly unknown[]): Promise<number[]> {
    const statuses: number[] = [];
    for (const model of models) statuses.push((await ask({ key, body: asking(model) })).status);
    return statuses;
  }

  async function madeWith(credits: number): Promise<{ account: TestAccount; key: string }> {
    const account = await TestAccount.create({ credits, keys: [] });
    const key = await keyFor(account);
    await account.project();
    return { account, key };
  }

  it('is counted for its key, and neither as well nor instead where it is admitted', async () => {
    const { account, key } = await madeWith(10_000);
    // The call that is admitted takes along what waits.
    const statuses = await statusesOf(key, ['no-such-model', 3, 'no-such-model', 'gpt-5.4']);
    expect(statuses).toEqual([400, 400, 400, 200]);
    await account.project();
    expect(await refusalsOf(account)).toMatchObject([
      { code: 'invalid_request', model: '', endpoint: '/v1/chat/completions', calls: 1 },
      { code: 'unknown_model', model: 'no-such-model', endpoint: '/v1/chat/completions', calls: 2 },
    ]);
  });

  it('has a line, and is counted there alone, where its conversation has gone on since it was admitted', async () => {
    const { account, key } = await madeWith(10_000);
    const conversation = { transcript: async () => ({ texts: [], version: 3 }), take: async () => ({ refused: 'changed' }) };
    const bindings = { ...env, CONVERSATION: { getByName: () => conversation } } as unknown as Bindings;
    const body = { model: 'gpt-5.4', input: 'hello', conversation: newConversationId() };
    expect((await ask({ key, path: '/v1/responses', body, bindings })).status).toBe(409);
    expect(await statusesOf(key, ['gpt-5.4'])).toEqual([200]);
    await account.project();
    expect(await refusalsOf(account)).toEqual([]);
    expect((await ledgerRows(account.id)).filter(({ kind, state }) => kind === 'usage' && state === 'released')).toHaveLength(1);
  });

  it('makes no object where the key is not signed', async () => {
    const { token } = await mintKey('another-secret-of-another-gateway-0123456789', 'live', newAccountBytes(), newKeyBytes());
    const before = await listDurableObjectIds(env.ACCOUNT);
    expect(await statusesOf(token, ['no-such-model', 3, 'gpt-5.4'])).toEqual([401, 401, 401]);
    expect(await listDurableObjectIds(env.ACCOUNT)).toHaveLength(before.length);
  });

  it('leaves nothing in the object of an account that does not exist', async () => {
    const account = new TestAccount();
    const { token } = await mintKey(env.KEY_MAC_SECRET, 'live', accountBytes(account.id)!, newKeyBytes());
    expect(await statusesOf(token, ['no-such-model', 'gpt-5.4'])).toEqual([400, 401]);
    expect([await account.alarmAtMs(), await account.run((object) => object.handOver())]).toEqual([null, []]);
  });
});
