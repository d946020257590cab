// From sign-up to a bill: a key, a call, its cost, a cap that is reached, and the mails about it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mailsTo, mailTo, Person } from './support/person';
import { type Lane, Rig } from './support/rig';
import { until } from './support/wait';
import { answer } from './support/wire';

let rig: Rig;
let budgeted: Lane;
beforeAll(async () => {
  rig = await Rig.start({ dear: 3, solo: 1 });
  budgeted = rig.lane('dear');
});
afterAll(() => rig?.stop());

interface Key {
  id: string;
  key: string;
  status: string;
}

interface Usage {
  logs: { id: string; model: string; creditsUsed: number; status: string; keyId: string }[];
}

const credits = (person: Person, accountId: string, amount: number) =>
  rig.worker.admin(`/accounts/${accountId}/grants`, { credits: amount, reason: 'a test', eventId: `${person.email}-${amount}` });

const chat = (key: string, model: string) =>
  fetch(`${rig.worker.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 30, messages: [{ role: 'user', content: 'Say something.' }] }),
  });

it('a person signs up, makes a key, calls with it, and finds the call in their usage', async () => {
  const person = await Person.signedIn(rig.worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await credits(person, accountId, 1_000);
  const { key, id: keyId } = await person.get<Key>('/api/api-keys', { json: { name: 'first' } });
  const lane = rig.lane('solo');
  lane.first.reply(answer('Hello'));
  const called = await chat(key, lane.model);
  expect(called.status, await called.clone().text()).toBe(200);
  const requestId = called.headers.get('x-request-id')!;
  const logs = await until('the call in the usage', async () => {
    const usage = await person.get<Usage>('/api/api-usage?days=1');
    return usage.logs.length > 0 && usage.logs;
  });
  expect(logs).toMatchObject([{ id: requestId, model: lane.model, status: 'succeeded', keyId, creditsUsed: 0.02 }]);
  const csv = await (await person.fetch('/api/api-usage/export?days=1')).text();
  expect(csv).toContain(requestId);
  const receipt = await person.get<{ creditsUsed: number; lines: { credits: number }[] }>(`/api/api-usage/requests/${requestId}`);
  expect(receipt.lines.reduce((sum, line) => sum + line.credits, 0)).toBeCloseTo(receipt.creditsUsed, 6);
});

it('whom and what a call is for is told by a client in any format, and usage is had by it', async () => {
  const person = await Person.signedIn(rig.worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await credits(person, accountId, 20_000);
  const { key } = await person.get<Key>('/api/api-keys', { json: { name: 'first' } });
  const { first, model } = rig.lane('dear');
  const turn = [{ role: 'user', content: 'Say something.' }];
  const ask = async (path: string, body: object, tags: string): Promise<void> => {
    first.reply(answer('Hello'));
    const response = await fetch(`${rig.worker.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-tags': tags },
      body: JSON.stringify({ model, ...body }),
    });
    expect(response.status, await response.text()).toBe(200);
  };
  await ask('/v1/chat/completions', { user: 'ada', messages: turn }, 'search,env:prod');
  await ask('/v1/responses', { safety_identifier: 'ada', input: 'Say something.' }, 'search');
  await ask('/v1/chat/completions', { metadata: { tags: ['summary'] }, messages: turn }, '');
  const sums = async (by: string) => {
    const { shares } = await person.get<{ shares: { value: string | null; calls: number }[] }>(`/api/api-usage/breakdown?by=${by}`);
    return Object.fromEntries(shares.map(({ value, calls }) => [String(value), calls]));
  };
  await until('the calls in the usage', async () => (await person.get<Usage>('/api/api-usage?tag=summary')).logs.length === 1);
  expect(await sums('endUser')).toEqual({ ada: 2, null: 1 });
  expect(await sums('tag')).toEqual({ search: 2, 'env:prod': 1, summary: 1 });
  const { logs } = await person.get<Usage>('/api/api-usage?endUser=ada&tag=env:prod');
  expect(logs).toMatchObject([{ endUser: 'ada', tags: ['search', 'env:prod'] }]);
});

it('a key tells what is left of its limit, and of the wallet where that is less', async () => {
  const account = await rig.account(100);
  const capped = await account.addKey({ name: 'capped', spendingLimit: 40 });
  const ownKey = async (key: string) => {
    const response = await fetch(`${rig.worker.url}/api/v1/key`, { headers: { authorization: `Bearer ${key}` } });
    return [response.status, await response.json()] as const;
  };
  const free = { spentThisMonth: 0, spendingLimit: null, expiresAt: null };
  expect(await ownKey(account.key)).toMatchObject([200, { object: 'key', mode: 'live', ...free, remaining: 100, data: { limit: null } }]);
  await rig.worker.admin(`/accounts/${account.id}/grants`, { credits: 150, reason: 'a test', eventId: account.id });
  budgeted.first.reply(answer('Hello', { usage: { prompt_tokens: 50, completion_tokens: 30, total_tokens: 80 } }));
  expect((await chat(capped, budgeted.model)).status).toBe(200);
  expect(await ownKey(capped)).toMatchObject([
    200,
    {
      name: 'capped',
      spendingLimit: 40,
      spentThisMonth: 35,
      remaining: 5,
      data: { label: 'capped', limit: 0.4, usage: 0.35, limit_remaining: 0.05, limit_reset: 'monthly', is_free_tier: true },
    },
  ]);
  const billing = async (path: string) => {
    const response = await fetch(`${rig.worker.url}/v1/dashboard/billing/${path}`, { headers: { authorization: `Bearer ${capped}` } });
    return (await response.json()) as unknown;
  };
  expect(await billing('subscription')).toMatchObject({ object: 'billing_subscription', hard_limit_usd: 0.4, access_until: 0 });
  expect(await billing('usage?start_date=2026-01-01&end_date=2026-01-31')).toEqual({ object: 'list', total_usage: 35 });
  expect(await ownKey(account.key)).toMatchObject([200, { remaining: 215, spentThisMonth: 0 }]);
  const trial = await account.addKey({ name: 'trial', spendingLimit: 20, limitPeriod: 'total' });
  expect(await ownKey(trial)).toMatchObject([200, { limitPeriod: 'total', spentOfLimit: 0, remaining: 20, data: { limit_reset: null } }]);
  const daily = await account.addKey({ name: 'daily', spendingLimit: 30, limitPeriod: 'day' });
  expect(await ownKey(daily)).toMatchObject([200, { limitPeriod: 'day', remaining: 30, data: { limit_reset: 'daily' } }]);
  const test = await account.addKey({ mode: 'test' });
  expect(await ownKey(test)).toMatchObject([200, { mode: 'test', remaining: null }]);
  const gone = await account.addKey({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
  expect(await ownKey(gone)).toMatchObject([401, { error: { type: 'authentication_error' } }]);
  expect((await ownKey('ck_none'))[0]).toBe(401);
});

it('a key that reaches its limit is disabled, and its owner has a mail at 80 % and at 100 %, once each', async () => {
  const person = await Person.signedIn(rig.worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await credits(person, accountId, 10_000);
  const { key, id } = await person.get<Key>('/api/api-keys', { json: { name: 'capped', spendingLimit: 40, autoDisable: true } });
  const lane = rig.lane('dear');
  lane.first.reply(answer('Hello', { usage: { prompt_tokens: 50, completion_tokens: 30, total_tokens: 80 } }));
  expect((await chat(key, lane.model)).status).toBe(200);
  await mailTo(rig.worker, person.email, /“capped” is at 80 %/);
  const refused = await chat(key, lane.model);
  expect([refused.status, await refused.json()]).toMatchObject([429, { error: { type: 'spending_limit_error' } }]);
  const mail = await mailTo(rig.worker, person.email, /“capped” has reached its limit/);
  expect(mail.text).toContain('35 of its 40 credits');
  expect(mail.text).toContain('disabled now');
  expect((await chat(key, lane.model)).status).toBe(401);
  const { keys } = await person.get<{ keys: Key[] }>('/api/api-keys');
  expect(keys.find((listed) => listed.id === id)).toMatchObject({ status: 'disabled' });
  expect(await person.get(`/api/api-keys/${id}`, { method: 'PATCH', json: { status: 'active', spendingLimit: 41 } })).toMatchObject({
    status: 'active',
  });
  const alerts = () => mailsTo(rig.worker, person.email).filter(({ subject }) => /capped/.test(subject));
  expect(alerts()).toHaveLength(2);
  expect((await chat(key, lane.model)).status).toBe(429);
  const again = await until('a mail about the limit that was raised', () => alerts()[2]);
  expect(again.text).toContain('35 of its 41 credits');
});
