import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { admitRequest, closing, holdOf, TestAccount } from './support';

describe('calls of one account that meet on the way to it', () => {
  it('are admitted and settled each for itself, as if they came one after the other', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    const stub = () => accountStub(env.ACCOUNT, account.id);
    const admitted = await Promise.all(Array.from({ length: 100 }, () => stub().admit(admitRequest({ estimateMicro: 5_000 }))));
    const holds = admitted.map(holdOf);
    expect(new Set(holds).size).toBe(100);
    expect((await stub().view())!.heldMicro).toBe(500_000);
    const closed = await Promise.all([...holds, ...holds].map((holdId, i) => stub().settle(closing(holdId, 1_000 + (i % 100)))));
    expect(closed.every(({ ok }) => ok)).toBe(true);
    expect(closed.filter((result) => result.ok && result.repeated)).toHaveLength(100);
    const view = (await stub().view())!;
    expect(view.heldMicro).toBe(0);
    expect(view.balanceMicro).toBe(1_000 * 1_000_000 - 100 * 1_000 - 4_950);
  });

  it('each see the refusal that is theirs', async () => {
    const account = await TestAccount.create({ credits: 0.03 });
    const stub = () => accountStub(env.ACCOUNT, account.id);
    const results = await Promise.all(Array.from({ length: 20 }, () => stub().admit(admitRequest({ estimateMicro: 10_000 }))));
    expect(results.filter(({ ok }) => ok)).toHaveLength(3);
    const refusals = results.flatMap((result) => (result.ok ? [] : [result.error.kind]));
    expect(new Set(refusals)).toEqual(new Set(['credits_in_flight']));
  });

  it('do not fail by the mistake of one of them', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    const stub = () => accountStub(env.ACCOUNT, account.id);
    const amounts = Array.from({ length: 20 }, (_, i) => (i === 11 ? 0.5 : 1_000));
    const results = await Promise.allSettled(amounts.map((estimateMicro) => stub().admit(admitRequest({ estimateMicro }))));
    expect(results.map(({ status }) => status)).toEqual(amounts.map((micro) => (micro === 0.5 ? 'rejected' : 'fulfilled')));
  });
});
