import { describe, expect, it } from 'vitest';
import { parseOperationId } from '../../../src/core/ids';
import { TestAccount } from '../account/support';
import { ask, keyFor } from './support';

const read = async (key: string, id: string) => {
  const { status, text } = await ask({ key, path: `/v1/generations/${id}`, body: null });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
};

describe('a generation', () => {
  it('is found in D1 once its account has dropped the month, and shows the same', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const key = await keyFor(account);
    const id = (await ask({ key })).headers.get('x-request-id')!;
    const before = await read(key, id);
    expect(before).toMatchObject({ status: 200, body: { id, model: 'gpt-5.4', state: 'settled', outcome: 'actual' } });
    await account.project();
    await account.run((_object, state) => state.storage.sql.exec(`DROP TABLE op_${parseOperationId(id)!.month}`));
    await account.evict();
    await account.run((object) => expect(object.operations(10).lines).toEqual([]));
    expect(await read(key, id)).toEqual(before);
  });

  it("is not found there by another account's key", async () => {
    const [owner, other] = [await TestAccount.create({ credits: 1_000, keys: [] }), await TestAccount.create({ credits: 1_000, keys: [] })];
    const [key, otherKey] = [await keyFor(owner), await keyFor(other)];
    const id = (await ask({ key })).headers.get('x-request-id')!;
    await owner.project();
    expect((await read(otherKey, id)).status).toBe(404);
    expect((await read(key, id)).status).toBe(200);
  });
});
