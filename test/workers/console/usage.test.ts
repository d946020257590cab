import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type RefusedCalls, reportIdAt } from '../../../src/account/refusals';
import { accountStub } from '../../../src/account/stub';
import type { VerbContext } from '../../../src/console/context';
import { cell, exportUsage } from '../../../src/console/usage/export';
import { sinceMs, usageFilterInput } from '../../../src/console/usage/filter';
import { spentLately } from '../../../src/console/usage/lately';
import { receiptLines } from '../../../src/console/usage/receipt';
import { forgetRefusals, REFUSALS_KEPT_DAYS } from '../../../src/console/usage/refusals';
import { monthOf, operationId } from '../../../src/core/ids';
import { readAccountSettings } from '../../../src/env-account';
import { projectLedger } from '../../../src/jobs/project-ledger';
import { accountOf, call, join, must, organization, type Someone, someone } from './support';

const DAY_MS = 86_400_000;

interface Line {
  model?: string;
  endpoint?: string;
  key?: string;
  user?: string;
  state?: string;
  credits?: number;
  daysAgo?: number;
  latencyMs?: number;
  ending?: string;
  id?: string;
  kind?: string;
  endUser?: string;
  tags?: string[];
  isTest?: boolean;
  detail?: Record<string, unknown>;
}

let closeSeq = 0;

/** Writes lines to D1 as the projection does. */
async function record(accountId: string, lines: Line[]): Promise<void> {
  const insert = `INSERT INTO ledger (account_id, close_seq, id, kind, state, key_id, user_id, model, endpoint, amount, opened_at, detail,
    epoch, seq, family, test, held, closed_at, outcome)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 1, ?2, 'chat', ?13, 0, ?11 + 20, 'actual')`;
  await env.DB.batch(
    lines.map((line) => {
      const at = Date.now() - (line.daysAgo ?? 0) * DAY_MS;
      const { ending = 'complete', latencyMs = 10, endUser, tags } = line;
      const detail = { ending, latencyMs, usage: { inputTokens: 5, outputTokens: 7 }, endUser, tags, ...line.detail };
      return env.DB.prepare(insert).bind(
        accountId,
        ++closeSeq,
        line.id ?? `req_${closeSeq}`,
        line.kind ?? 'usage',
        line.state ?? 'settled',
        line.key ?? 'key_1',
        line.user ?? 'user-1',
        line.model ?? 'gpt-5.4',
        line.endpoint ?? '/v1/chat/completions',
        -(line.credits ?? 1) * 1_000_000,
        at,
        JSON.stringify(detail),
        line.isTest ? 1 : 0,
      );
    }),
  );
}

const ids = (body: { logs: { id: string }[] }): string[] => body.logs.map(({ id }) => id);

describe('what a key has spent lately', () => {
  it('is told by the day and by the week, which begins on Monday', async () => {
    const account = await accountOf(await someone());
    const nowMs = Date.now();
    const weekday = (new Date(nowMs).getUTCDay() + 6) % 7;
    await record(account, [
      { credits: 1 },
      { credits: 2, daysAgo: weekday },
      { credits: 4, daysAgo: weekday + 1 },
      { credits: 8, key: 'key_2' },
    ]);
    const dailyMicro = (weekday === 0 ? 3 : 1) * 1_000_000;
    expect(await spentLately(env.DB, { accountId: account, keyId: 'key_1', nowMs })).toEqual({ dailyMicro, weeklyMicro: 3_000_000 });
  });
});

describe('usage', () => {
  it('is summed by model and by day, with the ten dearest requests', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await record(account, [
      ...Array.from({ length: 12 }, (_, index) => ({ credits: index + 1, model: index % 2 === 0 ? 'even' : 'odd' })),
      { credits: 3, daysAgo: 2, model: 'odd' },
      { credits: 500, daysAgo: 45 },
      { credits: -100, kind: 'grant' },
    ]);
    const usage = await must('GET', '/api/api-usage?days=30&limit=1000', { as: person });
    expect(usage.logs).toHaveLength(13);
    expect(usage.costByModel).toEqual([
      { model: 'odd', calls: 7, creditsUsed: 45, usd: 0.45 },
      { model: 'even', calls: 6, creditsUsed: 36, usd: 0.36 },
    ]);
    expect(usage.topExpensiveRequests.map(({ creditsUsed }: { creditsUsed: number }) => creditsUsed)).toEqual([
      12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
    ]);
    expect(usage.dailyCost.map(({ creditsUsed }: { creditsUsed: number }) => creditsUsed)).toEqual([3, 78]);
  });

  it('tells what failed by model and reason, the most frequent first, with what was said the last time', async () => {
    const person = await someone();
    const failed = (error: string, errorKind: string, line: Line = {}): Line => ({
      ...{ state: 'released', credits: 0, ending: 'upstream_failed', detail: { error, errorKind } },
      ...line,
    });
    await record(await accountOf(person), [
      { credits: 1 },
      failed('The model is overloaded.', 'upstream_failed', { daysAgo: 2 }),
      failed('The provider did not answer.', 'upstream_failed', { daysAgo: 1, id: 'req_last' }),
      failed('No such picture <b>.', 'upstream_rejected', { model: 'other' }),
      { state: 'released', credits: 0, ending: 'client_gone' },
      failed('Long ago', 'upstream_failed', { daysAgo: 40 }),
    ]);
    const { failures, failedCalls } = await must('GET', '/api/api-usage?days=30', { as: person });
    expect(failedCalls).toBe(3);
    expect(failures).toMatchObject([
      { model: 'gpt-5.4', reason: 'upstream_failed', calls: 2, message: 'The provider did not answer.', requestId: 'req_last' },
      { model: 'other', reason: 'upstream_rejected', calls: 1, message: 'No such picture <b>.' },
    ]);
    expect((await must('GET', '/api/api-usage?days=30&model=other', { as: person })).failures).toHaveLength(1);
    const { text } = await call('GET', '/usage', { as: person });
    expect(text).toMatch(/<dt>Failed<\/dt><dd>3<small>60 % of calls/);
    expect(text).toContain('<a href="/usage/req_last">The provider did not answer.</a>');
    expect(text).toContain('No such picture &lt;b&gt;.');
  });

  it('tells dollars to the last digit, and none that arithmetic adds', async () => {
    const person = await someone();
    await record(await accountOf(person), [{ credits: 9.5812 }]);
    expect(JSON.stringify(await must('GET', '/api/api-usage', { as: person }))).toContain('"creditsUsed":9.5812,"usd":0.095812}');
  });

  it.each<[string, Line, string]>([
    ['model', { model: 'wanted' }, 'model=wanted'],
    ['endpoint', { endpoint: '/v1/images' }, 'endpoint=/v1/images'],
    ['key', { key: 'key_wanted' }, 'keyId=key_wanted'],
    ['member', { user: 'user-wanted' }, 'member=user-wanted'],
    ['a failed status', { state: 'released', credits: 0 }, 'status=failed'],
    ['a cancelled status', { ending: 'client_gone' }, 'status=cancelled'],
    ['the status of a job that was cancelled', { state: 'released', credits: 0, ending: 'canceled' }, 'status=cancelled'],
    ['a partial status', { ending: 'upstream_broke' }, 'status=partial'],
    ['an expired status', { state: 'expired' }, 'status=expired'],
    ['latency', { latencyMs: 5_000 }, 'minLatencyMs=4000&maxLatencyMs=6000'],
    ['cost', { credits: 40 }, 'minCredits=30&maxCredits=50'],
    ['end user', { endUser: 'Zoë, 42' }, `endUser=${encodeURIComponent('Zoë, 42')}`],
    ['tag', { tags: ['env:test', 'search'] }, 'tag=search'],
    ['part of the id', { id: 'req_50%_wanted' }, `q=${encodeURIComponent('0%_wan')}`],
    [
      'the whole id',
      { id: 'req_0123456789ABC-1-4ccc-zzzzzzzzzz-and-as-much-again-as-a-pattern-takes' },
      'q=REQ_0123456789abc-1-4ccc-zzzzzzzzzz-and-as-much-again-as-a-pattern-takes',
    ],
    ['days', { daysAgo: 0, model: 'today' }, 'days=1&model=today'],
  ])('is filtered by %s', async (_name, line, query) => {
    const person = await someone();
    const wanted = { id: `req_wanted_${crypto.randomUUID()}`, ...line };
    await record(await accountOf(person), [{ daysAgo: 3 }, wanted, { daysAgo: 2 }]);
    expect(ids(await must('GET', `/api/api-usage?${query}`, { as: person }))).toEqual([wanted.id]);
  });

  it('shows a job that came through, and the time of a rented worker, as succeeded, as it does a call', async () => {
    const person = await someone();
    await record(await accountOf(person), [{ ending: 'succeeded' }, { ending: 'complete' }, { ending: 'idle' }, {}]);
    const { logs } = await must('GET', '/api/api-usage?status=succeeded', { as: person });
    expect(logs).toHaveLength(4);
  });

  it('comes in pages that neither repeat nor skip', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await record(
      account,
      Array.from({ length: 25 }, () => ({})),
    );
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await must('GET', `/api/api-usage?limit=10&cursor=${cursor}`, { as: person });
      seen.push(...ids(page));
      await record(account, [{ model: 'meanwhile' }]);
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it.each(['days=0', 'days=1000', 'limit=5000', 'status=fine', 'cursor=somewhere', 'minCredits=many'])(
    'is refused for %s',
    async (query) => {
      expect((await call('GET', `/api/api-usage?${query}`, { as: await someone() })).status).toBe(400);
    },
  );

  it("is never another wallet's", async () => {
    const [person, other, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, person, 'viewer');
    await record(accountId, [{ id: 'req_of_the_team' }]);
    expect(ids(await must('GET', `/api/api-usage?org=${id}`, { as: person }))).toEqual(['req_of_the_team']);
    expect(ids(await must('GET', '/api/api-usage', { as: person }))).toEqual([]);
    expect((await call('GET', `/api/api-usage?org=${id}`, { as: other })).status).toBe(404);
    expect((await call('GET', `/api/api-usage/export?org=${id}`, { as: other })).status).toBe(404);
  });
});

describe('a breakdown of usage', () => {
  const shares = async (person: Someone, query: string) => (await must('GET', `/api/api-usage/breakdown?${query}`, { as: person })).shares;

  it('shows what each end user and each tag cost, the dearest first, and the rest without any', async () => {
    const person = await someone();
    await record(await accountOf(person), [
      { credits: 1, endUser: 'ada', tags: ['search', 'env:prod'] },
      { credits: 4, endUser: 'bob', tags: ['search'] },
      { credits: 2, endUser: 'ada' },
      { credits: 9 },
      { credits: 50, endUser: 'ada', daysAgo: 40 },
    ]);
    expect(await shares(person, 'by=endUser')).toEqual([
      { value: null, name: null, calls: 1, inputTokens: 5, outputTokens: 7, creditsUsed: 9, usd: 0.09 },
      { value: 'bob', name: null, calls: 1, inputTokens: 5, outputTokens: 7, creditsUsed: 4, usd: 0.04 },
      { value: 'ada', name: null, calls: 2, inputTokens: 10, outputTokens: 14, creditsUsed: 3, usd: 0.03 },
    ]);
    expect(await shares(person, 'by=tag&endUser=ada')).toMatchObject([
      { value: null, calls: 1, creditsUsed: 2 },
      { value: 'env:prod', calls: 1, creditsUsed: 1 },
      { value: 'search', calls: 1, creditsUsed: 1 },
    ]);
    expect(await shares(person, 'by=tag&tag=search')).toMatchObject([
      { value: 'search', creditsUsed: 5 },
      { value: 'env:prod', creditsUsed: 1 },
    ]);
    expect(await must('GET', '/api/api-usage/breakdown?by=endUser&limit=2', { as: person })).toMatchObject({
      shares: [{ creditsUsed: 9 }, { creditsUsed: 4 }],
      isWhole: false,
    });
  });

  it('names keys and members, and is never of another wallet', async () => {
    const [owner, member, other, { id, accountId }] = [await someone(), await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await env.DB.prepare("INSERT INTO api_keys VALUES (?, 'key_7', 1, 'nightly', 'live', 'revoked', '{}')").bind(accountId).run();
    await record(accountId, [{ key: 'key_7', user: member.id }]);
    expect(await shares(owner, `org=${id}&by=keyId`)).toMatchObject([{ value: 'key_7', name: 'nightly', creditsUsed: 1 }]);
    expect(await shares(owner, `org=${id}&by=member`)).toMatchObject([{ value: member.id, name: member.email, creditsUsed: 1 }]);
    for (const by of ['model', 'endpoint', 'provider']) expect(await shares(owner, `org=${id}&by=${by}`)).toHaveLength(1);
    expect(await shares(owner, 'by=keyId')).toEqual([]);
    expect((await call('GET', `/api/api-usage/breakdown?by=keyId&org=${id}`, { as: other })).status).toBe(404);
  });

  it('is on the page, which goes on with the filter, and filters by what it shows', async () => {
    const person = await someone();
    const lines = [
      { credits: 3, endUser: 'ada <3' },
      { credits: 1, endUser: 'bob', tags: ['search'] },
    ];
    await record(await accountOf(person), lines);
    const shown = async (query: string) => {
      const { text } = await call('GET', `/usage?${query}`, { as: person });
      const section = /<section class="stack" id="shares".*?<\/section>/s.exec(text)![0];
      return {
        section,
        names: [...section.matchAll(/<th scope="row"[^>]*>(.*?)<svg/gs)].map(([, name]) => name!.replaceAll(/<[^>]+>/g, '')),
      };
    };
    expect((await shown('days=7')).names).toEqual(['gpt-5.4']);
    const byUser = await shown('days=7&by=endUser');
    expect(byUser.names).toEqual(['ada &lt;3', 'bob']);
    expect(byUser.section).toContain('href="/usage?days=7&amp;by=tag#shares"');
    expect((await shown('by=tag&days=7')).names).toEqual(['no tag', 'search']);
    expect((await shown('by=tag&tag=search')).names).toEqual(['search']);
    expect((await shown('by=weather')).names).toEqual(['gpt-5.4']);
    expect(byUser.section).not.toContain('Member');
  });

  it.each(['', 'by=weather', 'by=tag&limit=0', 'by=tag&days=0'])('is refused for %j', async (query) => {
    expect((await call('GET', `/api/api-usage/breakdown?${query}`, { as: await someone() })).status).toBe(400);
  });
});

/** Writes reports as the account object sends them. */
const refuse = (accountId: string, ...counts: Partial<RefusedCalls>[]): Promise<void> => {
  const usual = { ...{ keyId: 'key_1', test: false, code: 'unknown_model', model: 'gpt-5.55', endpoint: '/v1/messages', calls: 1 } };
  const id = reportIdAt(Date.now()) + ++closeSeq;
  const refusals = [{ id, counts: counts.map((one) => ({ ...usual, lastAtMs: Date.now(), ...one })) }];
  return projectLedger({ db: env.DB, account: (of) => accountStub(env.ACCOUNT, of) }, [
    { accountId, epoch: 1, closeSeqs: [], lines: [], entities: [], refusals },
  ]);
};

describe('calls that were refused', () => {
  it('are listed by reason, model, endpoint and key, the most frequent first, of this wallet alone', async () => {
    const [person, other] = [await someone(), await someone()];
    const account = await accountOf(person);
    await env.DB.prepare("INSERT INTO api_keys VALUES (?, 'key_1', 1, 'nightly', 'live', 'active', '{}')").bind(account).run();
    const lastAtMs = Date.now() - 40 * DAY_MS;
    await refuse(account, { calls: 2 }, { code: 'insufficient_credits', model: 'gpt-5.5', calls: 5 }, { calls: 90, lastAtMs });
    await refuse(account, { lastAtMs: Date.now() - DAY_MS }, { code: 'invalid_request', model: '', keyId: 'key_2' });
    await refuse(await accountOf(other), { calls: 70 });
    const listed = (query: string) => must('GET', `/api/api-usage/refusals?${query}`, { as: person });
    const found = await listed('');
    const unknown = {
      reason: 'unknown_model',
      status: 400,
      model: 'gpt-5.55',
      endpoint: '/v1/messages',
      keyId: 'key_1',
      keyName: 'nightly',
    };
    expect(found).toEqual({
      refusedCalls: 9,
      refusals: [
        { ...unknown, reason: 'insufficient_credits', status: 402, model: 'gpt-5.5', calls: 5, lastAt: expect.any(String) },
        { ...unknown, calls: 3, lastAt: expect.any(String) },
        { ...unknown, reason: 'invalid_request', model: null, keyId: 'key_2', keyName: null, calls: 1, lastAt: expect.any(String) },
      ],
      isWhole: true,
    });
    expect(await listed('limit=1')).toMatchObject({ refusedCalls: 9, refusals: [{ calls: 5 }], isWhole: false });
    for (const [query, calls] of [
      ['days=1', 8],
      ['reason=unknown_model', 3],
      ['model=gpt-5.5', 5],
      ['keyId=key_2', 1],
      ['endpoint=/v1/chat', 0],
    ])
      expect((await listed(String(query))).refusedCalls, String(query)).toBe(calls);
    for (const query of ['days=32', 'days=0', 'limit=0'])
      expect((await call('GET', `/api/api-usage/refusals?${query}`, { as: person })).status).toBe(400);
  });

  it('are on the page with what to do about them, also where no call ever went well, and not beside what they cannot be filtered by', async () => {
    const person = await someone();
    await refuse(await accountOf(person), { code: 'insufficient_credits', calls: 1_234 }, { model: 'made <b> up', endpoint: '/v1/chat' });
    const shown = async (query = '') => (await call('GET', `/usage${query}`, { as: person })).text;
    const text = await shown();
    expect(text).toContain('was tried: 1,235 calls.');
    expect(text).toContain('<a href="/settings/billing">Top up</a> the wallet.');
    expect(text).toContain('made &lt;b&gt; up');
    expect(text).toContain('Correct the model’s name: <a href="/models">');
    expect(await shown('?days=365')).toContain('calls within 31 days.');
    for (const query of ['?status=failed', '?tag=x', '?keyId=key_none']) expect(await shown(query), query).not.toContain('Refused lately');
  });

  it('are forgotten after a month, and their reports when no queue can have them', async () => {
    const account = await accountOf(await someone());
    const [oldest, nowMs] = [Date.now() - (REFUSALS_KEPT_DAYS - 1) * DAY_MS, Date.now()];
    await refuse(account, { model: 'kept', lastAtMs: oldest }, { model: 'gone', lastAtMs: oldest - DAY_MS });
    const reports = [14, 16].map((days) => `${reportIdAt(nowMs - days * DAY_MS)}${account}`);
    for (const id of reports) await env.DB.prepare('INSERT INTO refusal_reports VALUES (?)').bind(id).run();
    await forgetRefusals(env.DB, nowMs);
    const left = await env.DB.prepare('SELECT model FROM refusals WHERE account_id = ?').bind(account).all();
    expect(left.results).toEqual([{ model: 'kept' }]);
    const known = await env.DB.prepare('SELECT id FROM refusal_reports WHERE id IN (?, ?)')
      .bind(...reports)
      .all();
    expect(known.results).toEqual([{ id: reports[0] }]);
  });
});

describe('the days of usage', () => {
  it.each([
    [1, '2031-01-31T23:59:59.999Z', '2031-01-31T00:00:00.000Z'],
    [1, '2031-02-01T00:00:00.000Z', '2031-02-01T00:00:00.000Z'],
    [2, '2031-03-01T00:30:00.000Z', '2031-02-28T00:00:00.000Z'],
    [30, '2032-03-01T12:00:00.000Z', '2032-02-01T00:00:00.000Z'],
    [366, '2033-01-01T00:00:00.000Z', '2032-01-02T00:00:00.000Z'],
  ])('%i of them, at %s, begin with the UTC day at %s', (days, now, since) => {
    expect(new Date(sinceMs(days, Date.parse(now))).toISOString()).toBe(since);
  });
});

describe('the page of a call', () => {
  const shown = async (line: Line): Promise<string> => {
    const person = await someone();
    const id = operationId({ nonce: 'x'.repeat(13), epoch: 1, month: monthOf(Date.now()), seq: closeSeq + 1 });
    await record(await accountOf(person), [{ ...line, id }]);
    const { status, text } = await call('GET', `/usage/${id}`, { as: person });
    expect(status, text).toBe(200);
    return text.replaceAll(/<small[^>]*>/g, ' ').replaceAll(/<[^>]+>/g, '|');
  };

  it('says why it failed, and what each provider that was tried said', async () => {
    const attempts = [
      { provider: 'first', status: 503, outcome: 'failed', message: 'Overloaded.' },
      { provider: 'last', status: 400, outcome: 'failed', message: 'No such voice.' },
    ];
    const detail = { usage: null, error: 'No such voice.', attempts };
    const text = await shown({ state: 'released', credits: 0, detail });
    expect(text).toContain('|failed Overloaded.|');
    expect(text.split('No such voice.'), 'once as the reason, and once in the JSON for each of the two').toHaveLength(4);
  });

  it('with a test key adds up to nothing, and says so', async () => {
    const price = { per: 'token', inputMicroPerMtok: 1_000_000_000_000, outputMicroPerMtok: 0 };
    const tokens = await shown({ isTest: true, credits: 0, detail: { price } });
    expect(tokens).toContain('Test key, free of charge||||||−5.000000|');
    const film = await shown({ isTest: true, credits: 0, detail: { price: { per: 'second', micro: 2_000_000 }, usage: { seconds: 5 } } });
    expect(film).toContain('Seconds||5||2||10.000000|');
    expect(film).toContain('Test key, free of charge||||||−10.000000|');
  });
});

describe('what usage can be filtered by', () => {
  const options = (html: string, name: string): string[] =>
    [...(new RegExp(`<select name="${name}">.*?</select>`, 's').exec(html)?.[0] ?? '').matchAll(/<option[^>]*>([^<]*)/g)].map(
      ([, text]) => text!,
    );

  it('is every model that was called, also where one is chosen', async () => {
    const person = await someone();
    await record(await accountOf(person), [{ model: 'one' }, { model: 'two', credits: 2 }, { model: 'old', daysAgo: 50 }]);
    const html = (await call('GET', '/usage?model=one', { as: person })).text;
    expect(options(html, 'model')).toEqual(['All', 'two', 'one']);
  });

  it('is every member, and who called and is none any more', async () => {
    const [owner, gone, { id, accountId }] = [await someone('Olga'), await someone('Gustav'), await organization()];
    await join(id, owner, 'owner');
    const users = [gone.id, owner.id, 'nobody'];
    await record(
      accountId,
      users.map((user) => ({ user, key: `key of ${user}` })),
    );
    const entities = users.map((userId) => ({
      id: `key:${userId}`,
      version: 1,
      payload: { id: `key of ${userId}`, userId, name: 'k', mode: 'live', status: 'revoked' },
    }));
    const deps = { db: env.DB, account: (one: string) => accountStub(env.ACCOUNT, one) };
    await projectLedger(deps, [{ accountId, epoch: 1, closeSeqs: [], lines: [], entities }]);
    const html = (await call('GET', `/usage?org=${id}&member=${gone.id}`, { as: owner })).text;
    expect(options(html, 'member')).toEqual(['All', 'Olga', 'Gustav, no member now']);
    expect(html).toContain(`<option value="${gone.id}" selected="">`);
  });
});

describe('an export', () => {
  const csv = async (person: Someone, query = '') =>
    (await call('GET', `/api/api-usage/export?${query}`, { as: person })).text.trim().split('\r\n');

  it('is a CSV file with every line that the filter lets through', async () => {
    const person = await someone();
    await record(await accountOf(person), [{ id: 'req_a', credits: 2 }, { id: 'req_b', model: '=cmd|"x"' }, { daysAgo: 60 }]);
    const response = await call('GET', '/api/api-usage/export?days=30', { as: person });
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="hypereal-usage-\d{4}-\d\d-\d\d\.csv"$/);
    const [heading, ...lines] = await csv(person);
    expect(heading).toMatch(/^request_id,time,model,/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`req_b,`);
    expect(lines[0]).toContain(`"'=cmd|""x"""`);
    expect(lines[1]).toMatch(/^req_a,.*,5,0,0,7,false,2,,,,$/);
  });

  it('names the keys and people of its lines, including those that no longer exist', async () => {
    const [owner, member, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await join(id, member, 'developer');
    await env.DB.prepare("INSERT INTO api_keys VALUES (?, 'key_7', 1, 'ci, nightly', 'live', 'revoked', '{}')").bind(accountId).run();
    await record(accountId, [{ id: 'req_a', key: 'key_7', user: member.id, endUser: 'customer-7', tags: ['a', 'b'] }]);
    await must('DELETE', `/api/orgs/${id}/members/${member.id}`, { as: owner });
    const text = (await call('GET', `/api/api-usage/export?org=${id}`, { as: owner })).text.trim().split('\r\n');
    expect(text[0]).toMatch(/,key_name,user_email,end_user,tags$/);
    expect(text[1]).toMatch(new RegExp(`^req_a,.*,"ci, nightly",${member.email.replaceAll('.', '\\.')},customer-7,"a,b"$`));
  });

  it('reads a page only when the reader has taken the one before, however many there are', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await env.DB.prepare(
      `INSERT INTO ledger WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
       SELECT ?1, 1, i, i, 'req_' || i, 'usage', 'settled', 'key_1', 'user-1', 'chat', 0, 'gpt-5.4', '/v1/chat/completions', 0, -1000000,
         ?2 - i / 100, ?2, 'actual', '{}' FROM n`,
    )
      .bind(account, Date.now())
      .run();
    let queries = 0;
    const prepare = (sql: string): D1PreparedStatement => {
      queries++;
      return env.DB.prepare(sql);
    };
    const batch = (all: D1PreparedStatement[]) => env.DB.batch(all);
    const context = {
      db: { prepare, batch },
      accountId: account,
      now: Date.now,
      settings: readAccountSettings(env),
    } as unknown as VerbContext;
    const reader = exportUsage(context, usageFilterInput.parse({})).body.getReader();
    await reader.read();
    expect(queries).toBe(0);
    const seen = new Set<string>();
    const decoder = new TextDecoder();
    for (let page = 1; ; page++) {
      const { done, value } = await reader.read();
      if (done) break;
      // With what has left D1 so far.
      expect(queries).toBe(2 * page);
      for (const line of decoder.decode(value).trim().split('\r\n')) seen.add(line.split(',')[0]!);
    }
    // One more looks for lines in the archive.
    expect([queries, seen.size]).toEqual([7, 12_000]);
  });

  it.each([
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['+1+1', "'+1+1"],
    ['-2+3', "'-2+3"],
    ['=1+1', "'=1+1"],
    ['\t=1+1', "'\t=1+1"],
    ['\r=1+1', '"\'\r=1+1"'],
    ['a;=1+1', "a;'=1+1"],
    ['a; b', 'a; b'],
    ['\uff1d1+1', "'\uff1d1+1"],
    [-1.5, '-1.5'],
    [null, ''],
  ])('writes %j as %j', (value, written) => {
    expect(cell(value)).toBe(written);
  });
});

describe('a receipt', () => {
  it.each(['/v1/chat/completions', '/v1/chat'])('leads from tokens and prices to what was charged at %s', async (path) => {
    const person = await someone();
    const account = await accountOf(person);
    const { key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a key' } });
    await env.ACCOUNT.getByName(account).grant({ eventId: 'e', amountMicro: 1_000_000_000, reason: '', topUp: false });
    const answered = await call('POST', path, {
      key,
      json: { model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello there' }] },
    });
    const id = answered.headers.get('x-request-id')!;
    const receipt = await must('GET', `/api/api-usage/requests/${id}`, { as: person });
    expect(receipt).toMatchObject({ id, state: 'settled', detail: { attempts: expect.any(Array) } });
    const sum = receipt.lines.reduce((total: number, { credits }: { credits: number }) => total + credits, 0);
    expect(Math.ceil(Number((sum * 1_000_000).toFixed(3)))).toBe(Math.round(receipt.creditsUsed * 1_000_000));
    expect((await call('GET', `/api/api-usage/requests/${id}`, { as: await someone() })).status).toBe(404);
    expect((await call('GET', '/api/api-usage/requests/nothing', { as: person })).status).toBe(404);
  });

  it('has no lines where a price was fixed', () => {
    expect(receiptLines({ price: 5 })).toEqual([]);
  });

  it('adds up what is billed beside tokens, down to what only the provider has counted', () => {
    const price = {
      inputMicroPerMtok: 100_000_000,
      outputMicroPerMtok: 200_000_000,
      audioOutputMicroPerMtok: 6_400_000_000,
      webSearchMicro: 1_000_000,
    };
    const usage = { inputTokens: 10, outputTokens: 7, outputAudioTokens: 5, webSearches: 2, billedBesideMicro: 2_500_000 };
    expect(receiptLines({ price, usage })).toEqual([
      { item: 'Input', tokens: 10, creditsPerMillion: 100, credits: 0.001 },
      { item: 'Output', tokens: 2, creditsPerMillion: 200, credits: 0.0004 },
      { item: 'Output, sound', tokens: 5, creditsPerMillion: 6_400, credits: 0.032 },
      { item: 'Web searches', count: 2, creditsEach: 1, credits: 2 },
      { item: 'What else the provider has billed', count: 1, creditsEach: 0.5, credits: 0.5 },
    ]);
  });
});
