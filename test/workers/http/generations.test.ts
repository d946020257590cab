import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type AccountStub, accountStub } from '../../../src/account/stub';
import { findLedgerLine, findOperation } from '../../../src/console/ledger';
import { newNonce, operationId, parseOperationId } from '../../../src/core/ids';
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

  it('is found in D1 where its account, being restored, has given its sequence to another', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const id = (await ask({ key: await keyFor(account) })).headers.get('x-request-id')!;
    await account.project();
    const another = (await accountStub(env.ACCOUNT, account.id).operations(1)).lines[0]!;
    const restored = () => ({ operation: async () => ({ ...another, id: `${id}0` }) }) as unknown as AccountStub;
    expect(await findOperation({ db: env.DB, files: env.FILES, account: restored }, account.id, id)).toMatchObject({ id });
  });

  it('is found among many by reading some hundred rows, as is that an id does not exist', async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const id = (await ask({ key: await keyFor(account) })).headers.get('x-request-id')!;
    await account.project();
    const { results } = await env.DB.prepare('SELECT * FROM ledger WHERE account_id = ? AND id = ?').bind(account.id, id).all();
    const [row] = results;
    await env.DB.prepare('DELETE FROM ledger WHERE account_id = ?').bind(account.id).run();
    const ref = parseOperationId(id)!;
    const startMs = Date.UTC(Math.floor(ref.month / 100), (ref.month % 100) - 1, 1);
    // Nine at a time, three in each millisecond, not in order of time; nine more every quarter of an hour.
    const there: string[] = [];
    const insert = env.DB.prepare(
      `INSERT INTO ledger (${Object.keys(row!).join(', ')}) VALUES (${Object.keys(row!)
        .map(() => '?')
        .join(', ')})`,
    );
    const rows = Array.from({ length: 2_700 }, (_, index) => {
      const line = { ...ref, nonce: newNonce(), epoch: index < 1_350 ? 3 : 4, seq: 10 + (index < 1_350 ? index : index - 1_000) };
      const openedAt = startMs + Math.floor(index / 9) * 900_000 + Math.floor((index % 9) / 3);
      there.push(operationId(line));
      const values = { ...row, id: operationId(line), seq: line.seq, epoch: 9, close_seq: 5_000 - index, opened_at: openedAt };
      return insert.bind(...Object.values(values));
    });
    await env.DB.batch(rows);
    let read = 0;
    const counted = <T extends { meta: D1Meta }>(result: T): T => {
      read += result.meta.rows_read;
      return result;
    };
    const db = new Proxy(env.DB, {
      get: (target, name) => {
        if (name === 'batch') return async (all: D1PreparedStatement[]) => (await target.batch(all)).map(counted);
        return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
      },
    });
    for (const known of [0, 1, 2, 8, 9, 1_349, 1_350, 1_351, 2_000, 2_698, 2_699].map((index) => there[index]!))
      expect(await findLedgerLine({ db, files: env.FILES }, account.id, known), known).toMatchObject({ id: known });
    read = 0;
    for (const other of [{ seq: 1 }, { epoch: 3, seq: 700 }, { epoch: 3, seq: 5_000 }, { epoch: 4, seq: 500 }, { epoch: 5, seq: 1 }])
      expect(await findLedgerLine({ db, files: env.FILES }, account.id, operationId({ ...ref, epoch: 3, ...other }))).toBeUndefined();
    expect(read).toBeLessThan(5 * 250);
  });

  it("is looked for among its month's lines alone, found or not", async () => {
    const account = await TestAccount.create({ credits: 1_000, keys: [] });
    const id = (await ask({ key: await keyFor(account) })).headers.get('x-request-id')!;
    await account.project();
    const asked: string[] = [];
    const db = new Proxy(env.DB, {
      get: (target, name) =>
        name === 'prepare'
          ? (sql: string) => target.prepare(asked[asked.push(sql) - 1]!)
          : (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
    });
    const ref = parseOperationId(id)!;
    expect(await findLedgerLine({ db, files: env.FILES }, account.id, id)).toMatchObject({ id });
    for (const other of [
      { ...ref, seq: 99 },
      { ...ref, month: 202_001 },
    ])
      expect(await findLedgerLine({ db, files: env.FILES }, account.id, operationId(other))).toBeUndefined();
    const queries = [...new Set(asked)].filter((sql) => !sql.includes('ledger_parts'));
    for (const sql of queries) {
      const values = [account.id, 1, 2, id, 1].slice(0, sql.split('?').length - 1);
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...values)
        .all<{ detail: string }>();
      expect(results.map(({ detail }) => detail)).toEqual([
        'SEARCH ledger USING INDEX ledger_by_time (account_id=? AND opened_at>? AND opened_at<?)',
      ]);
    }
    const before = asked.length;
    expect(await findLedgerLine({ db, files: env.FILES }, account.id, operationId({ ...ref, month: 202_613 }))).toBeUndefined();
    expect(asked).toHaveLength(before);
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
