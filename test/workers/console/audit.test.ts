import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type AuditContext, commit } from '../../../src/console/audit/commit';
import { accountOf, audited, call, must, type Someone, someone } from './support';

const contextOf = (accountId: string): AuditContext => ({
  db: env.DB,
  now: Date.now,
  accountId,
  actor: { kind: 'system', id: 'a test', name: 'a test' },
  from: { ip: null, userAgent: null, requestId: 'req_test' },
});

const fresh = async (): Promise<{ person: Someone; account: string }> => {
  const person = await someone();
  return { person, account: await accountOf(person) };
};

describe('the audit log', () => {
  it('is a chain that holds under writers who come at once', async () => {
    const { person, account } = await fresh();
    await Promise.all(Array.from({ length: 6 }, (_, index) => commit(contextOf(account), { action: `test.${index}` })));
    const rows = await audited(account);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await must('GET', '/api/audit/verify', { as: person })).toMatchObject({ intact: true, entries: 7, brokenAt: null });
  });

  it('takes what an administrator does fifty times at once, such as a script that invites a company', async () => {
    const { person, account } = await fresh();
    await Promise.all(Array.from({ length: 50 }, (_, index) => commit(contextOf(account), { action: `test.${index}` })));
    expect(await must('GET', '/api/audit/verify', { as: person })).toMatchObject({ intact: true, entries: 51 });
  });

  it.each([
    ['changed', "UPDATE audit_log SET detail = '{}' WHERE account_id = ? AND seq = 3", 3],
    ['taken out', 'DELETE FROM audit_log WHERE account_id = ? AND seq = 3', 3],
    ['given to somebody else', "UPDATE audit_log SET actor_id = 'me' WHERE account_id = ? AND seq = 4", 4],
  ])('shows where an entry was %s', async (_name, sql, brokenAt) => {
    const { person, account } = await fresh();
    for (let index = 0; index < 5; index++) await commit(contextOf(account), { action: 'test', detail: { index } });
    await env.DB.prepare(sql).bind(account).run();
    expect(await must('GET', '/api/audit/verify', { as: person })).toMatchObject({ intact: false, brokenAt });
  });

  it('has no entry for a change that did not take place, and no change without its entry', async () => {
    const { person, account } = await fresh();
    const before = await audited(account);
    const nothing = env.DB.prepare("UPDATE users SET name = 'x' WHERE id = 'nobody'");
    expect(await commit(contextOf(account), { action: 'test' }, nothing)).toBe(false);
    expect(await audited(account)).toEqual(before);
    const rename = env.DB.prepare("UPDATE users SET name = 'renamed' WHERE id = ?").bind(person.id);
    const broken = env.DB.prepare("INSERT INTO members VALUES ('no organization', 'nobody', 'owner', 'x', 1)");
    await expect(commit(contextOf(account), { action: 'test' }, rename, broken)).rejects.toThrow();
    expect(await audited(account)).toEqual(before);
    expect(await env.DB.prepare('SELECT name FROM users WHERE id = ?').bind(person.id).first('name')).toBe('person');
  });

  it('is filtered, paged and exported', async () => {
    const { person, account } = await fresh();
    for (let index = 0; index < 7; index++)
      await commit(contextOf(account), { action: index % 2 === 0 ? 'even' : 'odd', target: `t${index}`, detail: { index } });
    const first = await must('GET', '/api/audit?action=even&limit=3', { as: person });
    expect(first.entries.map(({ target }: { target: string }) => target)).toEqual(['t6', 't4', 't2']);
    const second = await must('GET', `/api/audit?action=even&limit=3&cursor=${first.nextCursor}`, { as: person });
    expect([second.entries.map(({ target }: { target: string }) => target), second.nextCursor]).toEqual([['t0'], null]);
    expect((await must('GET', '/api/audit?actor=a%20test', { as: person })).entries).toHaveLength(7);
    expect((await must('GET', `/api/audit?actor=${encodeURIComponent(person.email)}`, { as: person })).entries).toHaveLength(1);
    expect((await must('GET', '/api/audit?from=2040-01-01T00:00:00Z', { as: person })).entries).toEqual([]);
    const exported = (await call('GET', '/api/audit/export', { as: person })).text.trim().split('\n');
    expect(exported.map((line) => JSON.parse(line).seq)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });
});
