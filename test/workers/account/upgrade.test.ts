// Accounts that an older version of the gateway wrote.
import { describe, expect, it } from 'vitest';
import { admitRequest, CREDIT, closing, holdOf, ledgerRows, TestAccount } from './support';

describe('an account whose rows do not hold the ids of its operations', () => {
  it('finds its calls by their ids, closes what is open, and hands everything to D1', async () => {
    const account = await TestAccount.create({ credits: 100 });
    const [closed, open] = await account.run((object) => {
      const ids = [holdOf(object.admit(admitRequest())), holdOf(object.admit(admitRequest()))];
      object.settle(closing(ids[0]!, CREDIT));
      return ids;
    });
    await account.run((_object, { storage }) => {
      const [table] = storage.sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'op\\_%' ESCAPE '\\'").toArray();
      storage.sql.exec(`UPDATE ${String(table!.name)} SET head = json_remove(head, '$.id')`);
      storage.sql.exec('UPDATE account SET schema = 1');
    });
    await account.evict();
    await account.run((object) => {
      const { holds, lines } = object.operations(10);
      expect(holds.map(({ id }) => id)).toEqual([open]);
      expect(lines.map(({ id }) => id)).toContain(closed);
      expect(object.settle(closing(open!, CREDIT))).toMatchObject({ ok: true, repeated: false });
    });
    await account.project();
    expect((await ledgerRows(account.id)).map(({ id }) => id)).toEqual(expect.arrayContaining([closed, open]));
    expect((await account.stub.books())!.ackedCloseSeq).toBe(3);
  });
});
