import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { findLedgerLine } from '../../../src/console/ledger';
import { operationId, parseOperationId } from '../../../src/core/ids';
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
    await account.run((_object, state) => state.storage.sql.exec(`DROP TABLE op_${parseOperationId(id)!.month}_0`));
    await account.evict();
    await account.run((object) => expect(object.operations(10).lines).toEqual([]));
    expect(await read(key, id)).toEqual(before);
  });

  it("is looked for among its month's lines alone, found or not", async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const id = (await ask({ key: await keyFor(account) })).headers.get('x-request-id')!;
    await account.project();
    const asked: string[] = [];
    const db = new Proxy(env.DB, {
      get: (target, name) =>
        name === 'prepare' ? (sql: string) => target.prepare(asked[asked.push(sql) - 1]!) : Reflect.get(target, name),
    });
    const ref = parseOperationId(id)!;
    expect(await findLedgerLine(db, account.id, id)).toMatchObject({ id });
    for (const other of [
      { ...ref, seq: 99 },
      { ...ref, month: 202_001 },
    ])
      expect(await findLedgerLine(db, account.id, operationId(other))).toBeUndefined();
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${asked[0]}`).bind(account.id, 1, 2, id, 1).all<{ detail: string }>();
    expect(results.map(({ detail }) => detail)).toEqual([
      'SEARCH ledger USING INDEX ledger_by_time (account_id=? AND opened_at>? AND opened_at<?)',
    ]);
    expect(await findLedgerLine(db, account.id, operationId({ ...ref, month: 202_613 }))).toBeUndefined();
    expect(asked).toHaveLength(3);
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
