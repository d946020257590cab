// Alerts from account objects are mailed to everybody who can be reached, once.
import { env } from 'cloudflare:test';
import { beforeEach, describe, expect, it } from 'vitest';
import { mailAlerts } from '../../../src/console/alerts/mail';
import { queryBudget } from '../../../src/jobs/query-budget';
import type { Mail } from '../../../src/mail/mail';
import { accountOf, join, organization, someone } from './support';

const MINUTE_MS = 60_000;

beforeEach(async () => {
  await env.DB.prepare('UPDATE alerts SET mailed_at = 1 WHERE mailed_at IS NULL').run();
});

/** An alert for an organization with three owners, and a clock. */
async function raised() {
  const [people, { id, accountId }] = [await Promise.all(['a', 'b', 'c'].map(someone)), await organization()];
  for (const person of people) await join(id, person, 'owner');
  const payload = JSON.stringify({ keyId: 'key_a', spentMicro: 8_000_000, limitMicro: 10_000_000 });
  await env.DB.prepare("INSERT INTO alerts (account_id, id, version, kind, payload) VALUES (?, 'alert:1', 1, 'key_spend_80', ?)")
    .bind(accountId, payload)
    .run();
  let nowMs = Date.now();
  const emails = people.map(({ email }) => email).sort();
  const sent: string[] = [];
  const runWith = async (bouncing: string[], budget: Pick<Parameters<typeof mailAlerts>[0], 'db' | 'queriesLeft'>) => {
    nowMs += 200 * MINUTE_MS;
    const mail = async ({ to }: { to: string }) => {
      if (bouncing.includes(to)) throw new Error('no such mailbox');
      sent.push(to);
    };
    return mailAlerts({ ...budget, mail, brand: 'Gateway', origin: undefined, now: () => nowMs });
  };
  /** Runs the cron while mail to the given addresses bounces. */
  const run = (...bouncing: string[]) => runWith(bouncing, { db: env.DB });
  const isOver = async () =>
    (await env.DB.prepare('SELECT mailed_at FROM alerts WHERE account_id = ?').bind(accountId).first<{ mailed_at: number | null }>())!
      .mailed_at !== null;
  return { emails, sent, run, runWith, isOver };
}

describe('an alert', () => {
  it('goes to everybody once', async () => {
    const { emails, sent, run, isOver } = await raised();
    expect(await run()).toEqual({ mailed: 1 });
    await run();
    expect([sent.toSorted(), await isOver()]).toEqual([emails, true]);
  });

  it.each([0, 1, 2])('reaches the others, once, where address %i cannot be reached', async (index) => {
    const { emails, sent, run, isOver } = await raised();
    const bad = emails[index]!;
    for (let times = 0; times < 3; times++) expect(await run(bad)).toEqual({ mailed: 0 });
    expect(sent.toSorted()).toEqual(emails.filter((email) => email !== bad));
    expect(await isOver()).toBe(false);
    await run();
    expect([sent.toSorted(), await isOver()]).toEqual([emails, true]);
  });

  it('is one of many that are mailed by a few queries a run, each once, and none given up on for the want of them', async () => {
    const all = [await raised(), await raised(), await raised(), await raised()];
    const [{ runWith }, most] = [all[0]!, 20];
    for (let runs = 0; runs < 20; runs++) {
      const { db, left } = queryBudget(env.DB, most);
      await runWith([], { db, queriesLeft: left });
      expect(left()).toBeGreaterThanOrEqual(0);
    }
    expect(all[0]!.sent.toSorted()).toEqual(all.flatMap(({ emails }) => emails).sort());
    for (const { isOver } of all) expect(await isOver()).toBe(true);
  });

  it('is given up on in the end', async () => {
    const { emails, sent, run, isOver } = await raised();
    for (let times = 0; times < 20; times++) await run(emails[1]!);
    expect([sent.length, await isOver()]).toEqual([2, true]);
  });
});

describe('the mail of an alert', () => {
  const mailsOf = async (...accounts: string[]): Promise<Mail[]> => {
    const payload = JSON.stringify({ keyId: 'key_a', spentMicro: 8_000_000, limitMicro: 10_000_000 });
    const insert = env.DB.prepare(
      "INSERT INTO alerts (account_id, id, version, kind, payload) VALUES (?, 'alert:1', 1, 'key_spend_80', ?)",
    );
    await env.DB.batch(accounts.map((account) => insert.bind(account, payload)));
    const mails: Mail[] = [];
    const mail = async (one: Mail) => void mails.push(one);
    await mailAlerts({ db: env.DB, mail, brand: 'Gateway', origin: 'https://gateway.test', now: Date.now });
    return mails;
  };

  it('tells whoever looks after two organizations which it is of, and leads to the keys of that one', async () => {
    const [owner, acme, other] = [await someone(), await organization('Acme'), await organization('Other https://evil.example')];
    for (const { id } of [acme, other]) await join(id, owner, 'owner');
    const mails = await mailsOf(acme.accountId, other.accountId);
    const byOrganization = new Map(mails.map((mail) => [mail.action?.url, mail.subject]));
    expect(byOrganization.get(`https://gateway.test/manage-api-keys?org=${acme.id}`)).toContain('“key_a” of Acme is at 80 %');
    expect(byOrganization.get(`https://gateway.test/manage-api-keys?org=${other.id}`)).toContain(
      '“key_a” of Other evil.example is at 80 %',
    );
  });

  it('names the key, and no address to go to', async () => {
    const [owner, { id, accountId }] = [await someone(), await organization()];
    await join(id, owner, 'owner');
    await env.DB.prepare("INSERT INTO api_keys VALUES (?, 'key_a', 1, ?, 'live', 'active', '{}')")
      .bind(accountId, 'Suspended! See https://evil.example/sign-in\nnow')
      .run();
    const [mail] = await mailsOf(accountId);
    expect(mail?.subject).toContain('“Suspended! See evil.example sign-in now” of Acme is at 80 %');
  });

  it('leads to their own keys who has the wallet alone', async () => {
    const person = await someone();
    const [mail, ...others] = await mailsOf(await accountOf(person));
    expect([mail?.to, mail?.action?.url, others]).toEqual([person.email, 'https://gateway.test/manage-api-keys', []]);
    expect(mail?.subject).toContain('“key_a” is at 80 %');
  });

  it('is not sent for a month that is over, except for a key that its limit keeps disabled', async () => {
    const [person, now] = [await someone(), new Date()];
    const account = await accountOf(person);
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
    const past = month.getUTCFullYear() * 100 + month.getUTCMonth() + 1;
    const record = JSON.stringify({ autoDisable: true });
    const insert = env.DB.prepare("INSERT INTO api_keys VALUES (?, ?, 1, ?, 'live', ?, ?)");
    await env.DB.batch([
      insert.bind(account, 'key_a', 'goes on', 'active', '{}'),
      insert.bind(account, 'key_b', 'ends', 'disabled', record),
    ]);
    const raise = env.DB.prepare('INSERT INTO alerts (account_id, id, version, kind, payload) VALUES (?, ?, 1, ?, ?)');
    const payload = (keyId: string) => JSON.stringify({ keyId, month: past, spentMicro: 9_000_000, limitMicro: 10_000_000 });
    await env.DB.batch([
      raise.bind(account, 'alert:1', 'key_spend_80', payload('key_a')),
      raise.bind(account, 'alert:2', 'key_spend_100', payload('key_a')),
      raise.bind(account, 'alert:3', 'key_spend_80', payload('key_b')),
      raise.bind(account, 'alert:4', 'key_spend_100', payload('key_b')),
    ]);
    const mails: Mail[] = [];
    const run = () => mailAlerts({ db: env.DB, mail: async (one) => void mails.push(one), brand: 'G', origin: undefined, now: Date.now });
    await run();
    expect(mails.map(({ subject }) => subject)).toEqual(['G: the API key “ends” has reached its limit']);
    expect(mails[0]!.paragraphs[0]).toContain(`9 of its 10 credits in ${month.toISOString().slice(0, 7)} (UTC)`);
    expect(await run()).toEqual({ mailed: 0 });
  });
});
