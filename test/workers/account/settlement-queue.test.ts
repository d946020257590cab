import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import type { SettlementMessage } from '../../../src/account/types';
import { settle } from '../../../src/gateway/settle';
import { queueDeps } from '../../../src/http/deps';
import { consume } from '../../../src/jobs/queues';
import { admitRequest, closing, holdOf, LEASE_MS, TestAccount } from './support';

const unreachable = { settle: () => Promise.reject(new Error('the object is being moved')) } as unknown as AccountStub;

function batchOf(bodies: SettlementMessage[]) {
  const acks: number[] = [];
  const retries: number[] = [];
  const messages = bodies.map((body, i) => ({
    id: String(i),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => acks.push(i),
    retry: () => retries.push(i),
  }));
  return { batch: { queue: 'hypereal-settlements', messages } as unknown as MessageBatch, acks, retries };
}

describe('a settlement whose account object cannot be reached', () => {
  it('goes through the queue and is charged once, however often its message comes', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: 5_000 }))));
    const sent: SettlementMessage[] = [];
    const close = closing(holdId, 3_000);
    await settle(
      { account: () => unreachable, settlements: { send: async (message) => void sent.push(message) as never } },
      account.id,
      unreachable,
      close,
    );
    expect(sent).toEqual([{ accountId: account.id, close }]);

    const deps = queueDeps(env);
    const first = batchOf(sent);
    await consume(deps, first.batch);
    const again = batchOf(sent);
    await consume(deps, again.batch);
    expect([first.acks, again.acks]).toEqual([[0], [0]]);
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 999_997_000, heldMicro: 0 });
  });

  it('is tried again later while it stays out of reach, without holding up the others', async () => {
    const account = await TestAccount.create({ credits: 1_000 });
    const holdId = await account.run((object) => holdOf(object.admit(admitRequest({ estimateMicro: 5_000 }))));
    const close = closing(holdId, 1_000);
    const { batch, acks, retries } = batchOf([
      { accountId: 'elsewhere', close },
      { accountId: account.id, close },
    ]);
    await consume({ ...queueDeps(env), account: (id) => (id === account.id ? accountStub(env.ACCOUNT, id) : unreachable) }, batch);
    expect({ acks, retries }).toEqual({ acks: [1], retries: [0] });
  });

  it('waits in the queue while another call with its idempotency key is under way', async () => {
    const account = await TestAccount.create({ credits: 10 });
    const admit = () => account.run((object) => holdOf(object.admit(admitRequest({ idempotency: { keyHash: 'i', bodyHash: 'b' } }))));
    const late = { ...closing(await admit(), 1_000), idempotency: { keyHash: 'i', stored: true } };
    account.nowMs += LEASE_MS;
    await account.fireAlarm();
    const second = await admit();
    const sent: SettlementMessage[] = [];
    const deps = {
      account: () => account.stub,
      settlements: { send: async (message: SettlementMessage) => void sent.push(message) as never },
    };
    await settle(deps, account.id, account.stub, late);
    const consumed = async () => {
      const { batch, acks, retries } = batchOf(sent);
      await consume(queueDeps(env), batch);
      return { acks, retries };
    };
    expect(await consumed()).toEqual({ acks: [], retries: [0] });
    await account.run((object) => object.release({ holdId: second, detailJson: '{}', idempotency: { keyHash: 'i', stored: false } }));
    expect(await consumed()).toEqual({ acks: [0], retries: [] });
    expect(await account.stub.view()).toMatchObject({ balanceMicro: 9_999_000, heldMicro: 0 });
  });

  it('is left to its lease when the queue fails too, and nothing is thrown at the client', async () => {
    const deps = { account: () => unreachable, settlements: { send: () => Promise.reject(new Error('the queue is down')) } };
    await expect(settle(deps, 'acc_x', unreachable, closing('x', 1))).resolves.toBeUndefined();
  });
});
