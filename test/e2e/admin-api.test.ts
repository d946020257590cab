// The operator's API, verb by verb.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAccount } from './support/account';
import { askJson, chatBody } from './support/client';
import { until } from './support/wait';
import { ADMIN_TOKEN, Worker } from './support/worker';

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' });
});
afterAll(() => worker?.stop());

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is being tested
  body: any;
}

async function admin(method: string, path: string, body?: unknown, token: string | null = ADMIN_TOKEN): Promise<Answer> {
  const response = await fetch(`${worker.url}/api/admin${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const create = async (more: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await admin('POST', '/accounts', { name: 'Acme', ...more });
  expect(status).toBe(201);
  return body.id;
};

const NOBODY = `acc_${'0'.repeat(17)}`;

describe("the operator's token", () => {
  const VERBS = [
    ['GET', '/accounts'],
    ['POST', '/accounts'],
    ['GET', `/accounts/${NOBODY}`],
    ['POST', `/accounts/${NOBODY}/grants`],
    ['PUT', `/accounts/${NOBODY}/tier`],
    ['POST', `/accounts/${NOBODY}/keys`],
    ['GET', `/accounts/${NOBODY}/keys`],
    ['DELETE', `/accounts/${NOBODY}/keys/key_000000`],
    ['POST', `/accounts/${NOBODY}/recover`],
    ['POST', `/accounts/${NOBODY}/restore`],
    ['POST', '/reconcile'],
    ['GET', '/overview'],
    ['GET', '/metrics'],
  ] as const;

  it.each(VERBS)('is needed for %s %s', async (method, path) => {
    const { key } = await openAccount(worker);
    for (const token of [null, '', 'wrong', `${ADMIN_TOKEN} `.repeat(2), ADMIN_TOKEN.slice(0, -1), key]) {
      const { status, body } = await admin(method, path, method === 'GET' ? undefined : {}, token);
      expect(status).toBe(401);
      expect(body.error).toMatchObject({ type: 'authentication_error' });
      expect(JSON.stringify(body)).not.toContain(ADMIN_TOKEN);
    }
  });

  it.each(VERBS.slice(2, 10))('finds no account that is none: %s %s', async (method, path) => {
    for (const id of [NOBODY, 'acc_x', 'Acme', '%00']) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : { name: 'x', credits: 1, tier: 'free' };
      const answer = await admin(method, path.replace(NOBODY, id), body);
      expect(answer.status, id).toBe(404);
      expect(answer.body.error).toMatchObject({ type: 'not_found_error', message: 'There is no such account.' });
    }
  });

  it('calls no model', async () => {
    const account = await openAccount(worker);
    expect((await askJson(account, chatBody('gpt-5.4'), { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).status).toBe(401);
  });
});

describe('an account', () => {
  it('is created, and shown as it was created', async () => {
    const { body } = await admin('POST', '/accounts', { name: ' Acme ', email: 'a@example.com', credits: 12.5, tier: 'growth' });
    expect(body).toMatchObject({
      id: expect.stringMatching(/^acc_[0-9A-Za-z]{17}$/),
      name: 'Acme',
      email: 'a@example.com',
      tier: 'growth',
      balanceCredits: 12.5,
      heldCredits: 0,
      availableCredits: 12.5,
    });
    const shown = await admin('GET', `/accounts/${body.id}`);
    expect(shown.body).toMatchObject({
      account: { id: body.id, name: 'Acme', email: 'a@example.com', tier: 'growth', grantedTier: 'growth', topUpCredits: 0 },
      balanceCredits: 12.5,
      holds: [],
      ledger: [{ kind: 'grant', amountCredits: 12.5 }],
    });
    expect(Date.parse(shown.body.account.createdAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('begins with nothing where nothing is said', async () => {
    const id = await create();
    expect((await admin('GET', `/accounts/${id}`)).body).toMatchObject({
      account: { tier: 'free', email: null },
      balanceCredits: 0,
      ledger: [],
    });
  });

  it.each([
    ['name', {}],
    ['name', { name: '' }],
    ['name', { name: '  ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 5 }],
    ['email', { name: 'A', email: 'nobody' }],
    ['credits', { name: 'A', credits: -1 }],
    ['credits', { name: 'A', credits: '5' }],
    ['credits', { name: 'A', credits: 1e10 }],
    ['tier', { name: 'A', tier: 'gold' }],
    ['colour', { name: 'A', colour: 'red' }],
    ['body', []],
    ['body', 'null'],
  ])('is refused with the field named: %s of %j', async (param, body) => {
    const answer = await admin('POST', '/accounts', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ type: 'invalid_request_error', param });
    expect(answer.body.error.message).toContain(`\`${param}\``);
  });

  it('is refused as half a JSON', async () => {
    expect(await admin('POST', '/accounts', '{"name":')).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('JSON') } },
    });
  });

  it('gets the tier that it is given', async () => {
    const id = await create();
    expect(await admin('PUT', `/accounts/${id}/tier`, { tier: 'scale' })).toMatchObject({ status: 200, body: { id, tier: 'scale' } });
    expect(await admin('PUT', `/accounts/${id}/tier`, { tier: 'gold' })).toMatchObject({ status: 400, body: { error: { param: 'tier' } } });
    expect((await admin('GET', `/accounts/${id}`)).body.account).toMatchObject({ tier: 'scale', grantedTier: 'scale' });
  });
});

describe('a grant', () => {
  it('is paid once for its eventId, however often it is said', async () => {
    const id = await create({ credits: 10 });
    const grant = { credits: 5.25, reason: 'thanks', eventId: 'event-1' };
    expect(await admin('POST', `/accounts/${id}/grants`, grant)).toEqual({ status: 200, body: { balanceCredits: 15.25, repeated: false } });
    const again = await Promise.all(Array.from({ length: 5 }, () => admin('POST', `/accounts/${id}/grants`, grant)));
    for (const answer of again) expect(answer).toEqual({ status: 200, body: { balanceCredits: 15.25, repeated: true } });
    expect((await admin('POST', `/accounts/${id}/grants`, { ...grant, eventId: 'event-2' })).body.balanceCredits).toBe(20.5);
  });

  it('is one of its own each time without an eventId', async () => {
    const id = await create();
    for (const balanceCredits of [1, 2])
      expect((await admin('POST', `/accounts/${id}/grants`, { credits: 1 })).body.balanceCredits).toBe(balanceCredits);
  });

  it('takes back what is negative', async () => {
    const id = await create({ credits: 10 });
    expect((await admin('POST', `/accounts/${id}/grants`, { credits: -3.5, reason: 'a refund' })).body.balanceCredits).toBe(6.5);
  });

  it('takes back no more than there is, unless it is said that it may', async () => {
    const id = await create({ credits: 10 });
    const taken = { credits: -10.5, eventId: 'a dispute' };
    const refused = await admin('POST', `/accounts/${id}/grants`, taken);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'below_zero', param: 'credits' } } });
    expect(refused.body.error.message).toContain('has 10 credits, and would be left with -0.5');
    expect((await admin('GET', `/accounts/${id}`)).body).toMatchObject({ balanceCredits: 10, ledger: [{ amountCredits: 10 }] });
    const meant = { ...taken, belowZero: true };
    expect((await admin('POST', `/accounts/${id}/grants`, meant)).body).toEqual({ balanceCredits: -0.5, repeated: false });
    // The same request again is a repeat, even below zero; a grant that adds credits is never refused.
    expect((await admin('POST', `/accounts/${id}/grants`, taken)).body).toEqual({ balanceCredits: -0.5, repeated: true });
    expect((await admin('POST', `/accounts/${id}/grants`, { credits: 0.25 })).body.balanceCredits).toBe(-0.25);
  });

  it('counts towards the tier as a top-up only', async () => {
    const id = await create();
    await admin('POST', `/accounts/${id}/grants`, { credits: 5_000 });
    expect((await admin('GET', `/accounts/${id}`)).body.account).toMatchObject({ tier: 'free', topUpCredits: 0 });
    await admin('POST', `/accounts/${id}/grants`, { credits: 1_999, topUp: true });
    expect((await admin('GET', `/accounts/${id}`)).body.account).toMatchObject({ tier: 'starter', topUpCredits: 1_999 });
  });

  it.each([
    ['credits', {}],
    ['credits', { credits: '5' }],
    ['credits', { credits: 1e12 }],
    ['eventId', { credits: 1, eventId: '' }],
    ['reason', { credits: 1, reason: 5 }],
    ['topUp', { credits: 1, topUp: 'yes' }],
    ['belowZero', { credits: -1, belowZero: 1 }],
    ['amount', { credits: 1, amount: 1 }],
  ])('is refused with the field named: %s of %j', async (param, body) => {
    const id = await create();
    expect(await admin('POST', `/accounts/${id}/grants`, body)).toMatchObject({ status: 400, body: { error: { param } } });
    expect((await admin('GET', `/accounts/${id}`)).body.balanceCredits).toBe(0);
  });

  it('is refused where the balance would leave what can be counted', async () => {
    const id = await create({ credits: 1e9 });
    for (let times = 2; times <= 9; times++) await admin('POST', `/accounts/${id}/grants`, { credits: 1e9 });
    expect(await admin('POST', `/accounts/${id}/grants`, { credits: 1e9 })).toMatchObject({
      status: 400,
      body: { error: { param: 'credits' } },
    });
    expect((await admin('GET', `/accounts/${id}`)).body.balanceCredits).toBe(9e9);
  });
});

describe('an API key', () => {
  const OPTIONS = {
    name: 'production',
    mode: 'live',
    spendingLimit: 500.5,
    autoDisable: true,
    origins: ['https://app.example.com'],
    ips: ['203.0.113.0/24', '::1'],
    expiresAt: '2031-05-06T07:08:09.000Z',
    models: ['gpt-5.4'],
    families: ['chat'],
    userId: 'user-1',
  };

  it('is as it was asked for, and its secret is shown once', async () => {
    const id = await create();
    const { status, body } = await admin('POST', `/accounts/${id}/keys`, OPTIONS);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...OPTIONS, status: 'active', spentThisMonth: 0, key: expect.stringMatching(/^ck_[0-9A-Za-z]{58}$/) });
    const listed = await admin('GET', `/accounts/${id}/keys`);
    const { key, ...rest } = body;
    expect(listed.body).toEqual({ keys: [rest] });
    expect(JSON.stringify(listed.body)).not.toMatch(/secret|hash/i);
    expect(JSON.stringify(listed.body)).not.toContain(key);
  });

  it('is an ordinary one where nothing is said', async () => {
    const id = await create();
    const { body } = await admin('POST', `/accounts/${id}/keys`, { name: 'plain' });
    const empty = { origins: [], ips: [], models: [], families: [], spendingLimit: null, expiresAt: null, autoDisable: false };
    expect(body).toMatchObject({ mode: 'live', userId: id, ...empty });
  });

  it('is for a model by whichever of its names it was given', async () => {
    const id = await create();
    const { body } = await admin('POST', `/accounts/${id}/keys`, { name: 'k', models: ['claude-sonnet-4-5'] });
    expect(body.models).toEqual(['claude-sonnet-4-6']);
  });

  it('is revoked, twice without harm', async () => {
    const id = await create();
    const { body } = await admin('POST', `/accounts/${id}/keys`, { name: 'short-lived' });
    for (let times = 0; times < 2; times++)
      expect(await admin('DELETE', `/accounts/${id}/keys/${body.id}`)).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect((await admin('GET', `/accounts/${id}/keys`)).body.keys).toMatchObject([{ id: body.id, status: 'revoked' }]);
    expect((await admin('DELETE', `/accounts/${id}/keys/key_000000`)).status).toBe(404);
  });

  it.each([
    ['name', {}],
    ['mode', { name: 'k', mode: 'prod' }],
    ['spendingLimit', { name: 'k', spendingLimit: -1 }],
    ['autoDisable', { name: 'k', autoDisable: 1 }],
    ['origins.0', { name: 'k', origins: ['app.example.com'] }],
    ['origins.0', { name: 'k', origins: ['https://app.example.com/path'] }],
    ['ips.1', { name: 'k', ips: ['127.0.0.1', '300.1.1.1'] }],
    ['ips.0', { name: 'k', ips: ['10.0.0.0/33'] }],
    ['expiresAt', { name: 'k', expiresAt: 'tomorrow' }],
    ['models.0', { name: 'k', models: [''] }],
    ['models', { name: 'k', models: ['gpt-5.44'] }],
    ['families.0', { name: 'k', families: ['poems'] }],
    ['userId', { name: 'k', userId: '' }],
    ['secret', { name: 'k', secret: 'mine' }],
  ])('is refused with the field named: %s of %j', async (param, body) => {
    const id = await create();
    expect(await admin('POST', `/accounts/${id}/keys`, body)).toMatchObject({ status: 400, body: { error: { param } } });
    expect((await admin('GET', `/accounts/${id}/keys`)).body).toEqual({ keys: [] });
  });
});

describe('the list of accounts', () => {
  it('comes page by page, each account once', async () => {
    const created = await Promise.all(Array.from({ length: 5 }, () => create()));
    const read = async (): Promise<string[]> => {
      const ids: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const { status, body } = await admin('GET', `/accounts?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        expect(status).toBe(200);
        expect(body.accounts.length).toBeLessThanOrEqual(2);
        ids.push(...body.accounts.map(({ id }: { id: string }) => id));
        cursor = body.nextCursor;
      }
      return ids;
    };
    const ids = await until('the accounts to be in D1', async () => {
      const listed = await read();
      return created.every((id) => listed.includes(id)) && listed;
    });
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(['0', '-1', '501', '1.5', 'many', 'Infinity', 'NaN', '1e99'])('is refused for a limit of %s', async (limit) => {
    expect(await admin('GET', `/accounts?limit=${limit}`)).toMatchObject({ status: 400, body: { error: { param: 'limit' } } });
  });

  it.each(['x', '~', '1~', 'a~b', "1~' OR 1", '1e99~a'])('is refused for a cursor that is none: %s', async (cursor) => {
    const answer = await admin('GET', `/accounts?cursor=${encodeURIComponent(cursor)}`);
    expect(answer).toMatchObject({ status: 400, body: { error: { param: 'cursor' } } });
  });
});

describe('the books', () => {
  it('are in order, for one account and for all', async () => {
    const account = await openAccount(worker);
    for (let calls = 0; calls < 3; calls++) expect((await askJson(account, chatBody('gpt-5.4'))).status).toBe(200);
    expect(await admin('POST', '/reconcile', { accountId: account.id })).toEqual({
      status: 200,
      body: { checked: 1, problems: [], nextCursor: null },
    });
    await until('the account to be in D1', async () => (await admin('POST', '/reconcile')).body.checked > 0);
    expect((await admin('POST', '/reconcile', {})).body.problems).toEqual([]);
  });

  it('are of an account that there is', async () => {
    expect((await admin('POST', '/reconcile', { accountId: NOBODY })).status).toBe(404);
    expect(await admin('POST', '/reconcile', { accountId: 5 })).toMatchObject({ status: 400, body: { error: { param: 'accountId' } } });
    expect(await admin('POST', '/reconcile', { account: NOBODY })).toMatchObject({ status: 400, body: { error: { param: 'account' } } });
  });

  it('are put back to no earlier moment where none is kept', async () => {
    const account = await openAccount(worker);
    const restore = (body: unknown) => admin('POST', `/accounts/${account.id}/restore`, body);
    for (const body of [{}, { at: 'yesterday' }, { at: '2020-01-01T00:00:00Z' }, { at: new Date().toISOString(), bookmark: 'x' }])
      expect(await restore(body)).toMatchObject({ status: 400, body: { error: { param: 'at' } } });
    const refused = await until('D1 to have the account', async () => {
      const answer = await restore({ bookmark: 'x' });
      return answer.status !== 409 && answer;
    });
    expect(refused).toMatchObject({
      status: 503,
      body: { error: { message: 'Only on Cloudflare are earlier states of an account kept.' } },
    });
    expect((await account.show()).balanceCredits).toBe(1_000);
  });

  it('begin a new epoch with a recovery, and lose nothing', async () => {
    const account = await openAccount(worker);
    await askJson(account, chatBody('gpt-5.4'));
    const before = await account.settled();
    const { epoch } = (await admin('GET', `/accounts/${account.id}`)).body.account;
    const recovered = await admin('POST', `/accounts/${account.id}/recover`);
    expect(recovered).toMatchObject({ status: 200, body: { epoch: epoch + 1 } });
    expect(await account.money()).toEqual(before);
    expect((await askJson(account, chatBody('gpt-5.4'))).status).toBe(200);
    expect(await account.problems()).toEqual([]);
  });
});
