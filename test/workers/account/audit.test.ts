// An audit entry goes with its change: it exists if the change does, once, whatever is lost in between.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { collectAudit } from '../../../src/console/audit/commit';
import { verifyAudit } from '../../../src/console/audit/query';
import { type AuditRecord, newAuditEntryId } from '../../../src/core/audit';
import { projectLedger } from '../../../src/jobs/project-ledger';
import { queryBudget } from '../../../src/jobs/query-budget';
import { admitRequest, CREDIT, closing, deliver, holdOf, type Inside, TestAccount, testKey } from './support';

const record = (action: string, target: string | null = null): AuditRecord => ({
  entryId: newAuditEntryId(),
  at: Date.now(),
  actorKind: 'user',
  actorId: 'user-a',
  actorName: 'a@example.com',
  action,
  target,
  ip: '192.0.2.1',
  userAgent: 'a test',
  requestId: 'req_test',
  detail: '{}',
});

const actions = async ({ id }: TestAccount): Promise<string[]> =>
  (await env.DB.prepare('SELECT action FROM audit_log WHERE account_id = ? ORDER BY seq').bind(id).all<{ action: string }>()).results.map(
    ({ action }) => action,
  );

const isWhole = async ({ id }: TestAccount): Promise<boolean> => (await verifyAudit({ db: env.DB, accountId: id })).intact;
const deps = { db: env.DB, account: (id: string) => accountStub(env.ACCOUNT, id) };

describe('the audit record of a change in the account object', () => {
  it('arrives by the queue when whoever made the change died right after it', async () => {
    const account = await TestAccount.create();
    await account.run((object) => object.putKey(testKey({ id: 'key_b' }), record('api_key.create', 'key_b')));
    expect(await actions(account)).toEqual([]);
    await account.evict();
    await account.project();
    expect(await actions(account)).toEqual(['api_key.create']);
  });

  it('is in the log once, however often and in whatever order it is told', async () => {
    const account = await TestAccount.create();
    await account.run((object) => {
      object.putKey(testKey({ id: 'key_b' }), record('api_key.create'));
      object.rotateKey('key_b', { secretHash: 'hash-c', graceMs: 0 }, record('api_key.rotate'));
      object.changeKey('key_b', { name: 'c' }, record('api_key.update'));
      object.revokeKey('key_b', record('api_key.revoke'));
      object.grant({ eventId: 'e', amountMicro: CREDIT, reason: '', topUp: false }, record('account.grant'));
      object.setTier('growth', record('account.set_tier'));
      return object.flush();
    });
    const messages = account.queue.take();
    await Promise.all([collectAudit(deps, account.id), deliver(messages), collectAudit(deps, account.id)]);
    await deliver([...messages].reverse());
    await deliver(messages);
    expect((await actions(account)).sort()).toEqual(
      ['account.grant', 'account.set_tier', 'api_key.create', 'api_key.revoke', 'api_key.rotate', 'api_key.update'].sort(),
    );
    expect(await isWhole(account)).toBe(true);
    await account.run((object) => expect(object.auditRecords()).toEqual([]));
  });

  it('is one of hundreds that take D1 a few queries, of which an invocation has a thousand, whoever brings them', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `key_${index}`);
    const account = await TestAccount.create({ keys: ids.map((id) => testKey({ id })) });
    const revoke = (from: number, to: number) =>
      account.run((object) => object.revokeKeys(ids.slice(from, to).map((id) => ({ id, audit: record('api_key.revoke', id) }))));
    const spent = async (work: (db: D1Database) => Promise<void>): Promise<number> => {
      const { db, left } = queryBudget(env.DB, 1_000);
      await work(db);
      return 1_000 - left();
    };
    expect(await revoke(0, 200)).toBe(200);
    expect(await revoke(100, 300)).toBe(100);
    await account.run((object) => object.flush());
    const messages = account.queue.take();
    expect(await spent((db) => projectLedger({ ...deps, db }, messages))).toBeLessThan(100);
    expect(await spent((db) => projectLedger({ ...deps, db }, messages))).toBeLessThan(100);
    await account.run((object) => {
      for (const id of ids) object.putKey(testKey({ id }), record('api_key.update', id));
    });
    expect(await spent((db) => collectAudit({ ...deps, db }, account.id))).toBeLessThan(100);
    expect((await actions(account)).sort()).toEqual([...ids.map(() => 'api_key.revoke'), ...ids.map(() => 'api_key.update')]);
    expect(await isWhole(account)).toBe(true);
    await account.run((object) => expect(object.auditRecords()).toEqual([]));
  });

  it('is not written for what changed nothing', async () => {
    const account = await TestAccount.create();
    const grant = { eventId: 'once', amountMicro: CREDIT, reason: '', topUp: false };
    await account.run((object) => {
      object.grant(grant, record('account.grant'));
      object.grant(grant, record('account.grant'));
      object.revokeKey('key_a', record('api_key.revoke'));
      object.revokeKey('key_a', record('api_key.revoke'));
      object.revokeKey('no such key', record('api_key.revoke'));
      object.changeKey('key_a', { status: 'active' }, record('api_key.update'));
      object.rotateKey('key_a', { secretHash: 'hash-c', graceMs: 0 }, record('api_key.rotate'));
    });
    await account.project();
    expect(await actions(account)).toEqual(['account.grant', 'api_key.revoke']);
  });

  it('waits where D1 cannot be reached, and the verb does not fail for it', async () => {
    const account = await TestAccount.create();
    await account.run((object) => object.revokeKey('key_a', record('api_key.revoke')));
    const broken = {
      prepare: () => {
        throw new Error('D1 is away');
      },
    } as unknown as D1Database;
    await collectAudit({ ...deps, db: broken }, account.id);
    await account.run((object) => expect(object.auditRecords()).toHaveLength(1));
    await account.project();
    expect(await actions(account)).toEqual(['api_key.revoke']);
  });

  it('that D1 does not take holds up nothing else, and comes again', async () => {
    const account = await TestAccount.create({ credits: 5 });
    await account.run((object) => {
      object.putKey(testKey({ id: 'key_b' }), { ...record('api_key.create'), actorName: null as unknown as string });
      object.revokeKey('key_a', record('api_key.revoke'));
      return object.flush();
    });
    await deliver(account.queue.take());
    expect(await actions(account)).toEqual(['api_key.revoke']);
    expect(await env.DB.prepare('SELECT COUNT(*) AS n FROM ledger WHERE account_id = ?').bind(account.id).first('n')).toBe(1);
    await account.run((object) => expect(object.auditRecords()).toHaveLength(1));
  });

  it('outlives a restore: what D1 has stays, and the recovery itself is noted', async () => {
    const account = await TestAccount.create();
    await account.run((object) => object.putKey(testKey({ id: 'key_b' }), record('api_key.create')));
    await account.project();
    await account.run((object) => {
      object.stageRecovery([], 0, true);
      return object.recover([], 0, record('account.recover'));
    });
    await account.project();
    expect(await actions(account)).toEqual(['api_key.create', 'account.recover']);
    expect(await isWhole(account)).toBe(true);
  });

  it('names the account itself when a limit disables a key', async () => {
    const account = await TestAccount.create({ credits: 100, keys: [testKey({ spendingLimitMicro: CREDIT, autoDisable: true })] });
    await account.run((object: Inside) => {
      object.settle(closing(holdOf(object.admit(admitRequest())), CREDIT));
      object.admit(admitRequest());
    });
    await account.project();
    const row = await env.DB.prepare('SELECT action, actor_kind, target FROM audit_log WHERE account_id = ?').bind(account.id).first();
    expect(row).toEqual({ action: 'api_key.disable', actor_kind: 'system', target: 'key_a' });
  });
});
