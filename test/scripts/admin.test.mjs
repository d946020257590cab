import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAdmin } from '../../scripts/lib/admin-cli.mjs';
import { COMMANDS } from '../../scripts/lib/admin-commands.mjs';
import { writeJson } from '../../scripts/lib/files.mjs';

let state;
beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'admin-test-'));
  writeJson(join(state, 'secrets.json'), { ADMIN_TOKEN: 'the-local-token' });
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

const VOUCHER = {
  id: 'vou_1',
  codeStart: 'AAAAA',
  credits: 500,
  maxAccounts: 1,
  redeemed: 1,
  topUp: false,
  note: 'Shop',
  status: 'used',
  createdAt: '2026-11-20T09:00:00.000Z',
  expiresAt: null,
};

const SHARE = { calls: 300, failedCalls: 1, chargedCredits: 12.5, inputTokens: 9, outputTokens: 9, meanMs: 1_234 };
const OVERVIEW = {
  days: 30,
  from: '2026-11-01',
  ...SHARE,
  testCalls: 7,
  toppedUpCredits: 500,
  givenCredits: 20,
  models: [{ name: 'a-model', ...SHARE }],
  providers: [{ name: 'one', ...SHARE, meanMs: null }],
  byDay: [
    { day: '2026-11-29', model: 'a-model', calls: 100, failedCalls: 0, chargedCredits: 2 },
    { day: '2026-11-30', model: 'a-model', calls: 150, failedCalls: 1, chargedCredits: 10 },
    { day: '2026-11-30', model: 'other', calls: 50, failedCalls: 0, chargedCredits: 0.5 },
  ],
  customers: {
    from: '2026-11-20',
    count: 40,
    largest: [{ accountId: 'acc_1', name: 'Acme', calls: 300, failedCalls: 1, chargedCredits: 12.5 }],
  },
};

const ANSWERS = {
  'POST /api/admin/accounts': { id: 'acc_1', name: 'Acme', email: null, tier: 'scale', balanceCredits: 10_000 },
  'GET /api/admin/accounts/acc_1': {
    account: { id: 'acc_1', name: 'Acme', email: 'a@example.com', tier: 'scale' },
    balanceCredits: 10_000.5,
    heldCredits: 2,
    availableCredits: 9_998.5,
    holds: [{ id: 'hold_1', model: 'gpt-5.5', endpoint: 'chat', heldCredits: 2, openedAt: 1_790_000_000_000, deadline: 1_790_000_090_000 }],
    ledger: [
      {
        id: 'line_1',
        kind: 'grant',
        amountCredits: 10_000,
        outcome: null,
        model: null,
        endpoint: null,
        closedAt: '2026-11-20T10:00:00.000Z',
        detail: { reason: 'opening balance' },
      },
    ],
  },
  'POST /api/admin/accounts/acc_1/grants': { balanceCredits: 12_500 },
  'PUT /api/admin/accounts/acc_1/status': { id: 'acc_1', status: 'suspended' },
  'PUT /api/admin/accounts/acc_1/prices': { id: 'acc_1', priceFactor: 0.8 },
  'PUT /api/admin/accounts/acc_1/tier': { id: 'acc_1', tier: 'growth' },
  'POST /api/admin/accounts/acc_1/keys': { id: 'key_1', key: 'ck_secret', name: 'ci', mode: 'live' },
  'GET /api/admin/accounts/acc_1/keys': {
    keys: [
      {
        id: 'key_1',
        name: 'a\u001b[3\u202e1mb',
        mode: 'live',
        status: 'active',
        spendingLimit: 500,
        limitPeriod: 'day',
        spentOfLimit: 20,
        createdAt: 1_790_000_000_000,
      },
    ],
  },
  'DELETE /api/admin/accounts/acc_1/keys/key_1': { id: 'key_1', status: 'revoked' },
  'POST /api/admin/reseal': { resealed: 2, unreadable: [], nextCursor: null },
  'DELETE /api/admin/people/ada%40example.com/second-factor': { email: 'ada@example.com', twoFactorEnabled: false },
  'POST /api/admin/vouchers': { vouchers: [{ id: 'vou_1', code: 'AAAAA-BBBBB-CCCCC-DDDDD', credits: 500 }] },
  'GET /api/admin/vouchers': { vouchers: [VOUCHER], nextCursor: null },
  'GET /api/admin/vouchers/vou_1': {
    ...VOUCHER,
    redemptions: [{ accountId: 'acc_1', redeemedBy: 'a@example.com', redeemedAt: '2026-11-20T10:00:00.000Z' }],
  },
  'DELETE /api/admin/vouchers/vou_1': { id: 'vou_1', status: 'revoked' },
  'GET /api/admin/metrics': { metrics: [] },
  'GET /api/admin/overview': OVERVIEW,
  'GET /api/admin/accounts/acc_1/audit': { entries: [] },
  'GET /api/admin/audit/verify': { intact: true, entries: 7 },
  'GET /api/admin/catalogue': { version: null },
  'POST /api/admin/reconcile': { checked: 3, problems: [] },
  'POST /api/admin/accounts/acc_1/restore': { undoBookmark: '0000-2', epoch: 2, replayed: 41 },
  'POST /api/admin/accounts/acc_1/recover': { epoch: 2, replayed: 41 },
};

/** Runs a command line against fake answers, chosen by method and path. */
async function admin(line, { answers = ANSWERS, env = {}, status } = {}) {
  const calls = [];
  const printed = [];
  const errors = [];
  const fetch = async (address, { method, headers, body }) => {
    const url = new URL(address);
    calls.push({ url, token: headers.authorization, body: body && JSON.parse(body) });
    const scripted = answers[`${method} ${url.pathname}${url.search}`] ?? answers[`${method} ${url.pathname}`];
    const answer = typeof scripted === 'function' ? scripted(calls.at(-1).body) : scripted;
    if (answer instanceof Error) throw answer;
    return Response.json(answer ?? { error: { type: 'not_found_error', message: 'No such account.', request_id: 'req_9' } }, {
      status: answer ? 200 : (status ?? 404),
    });
  };
  const argv = Array.isArray(line) ? line : line.split(' ').filter(Boolean);
  const code = await runAdmin(argv, {
    env: { STATE_DIR: state, ...env },
    print: (text) => printed.push(text),
    printError: (text) => errors.push(text),
    fetch,
  });
  return { code, calls, output: printed.join('\n'), errors: errors.join('\n') };
}

describe('what each command asks of the gateway', () => {
  it.each([
    ['accounts create --name Acme --credits 10000 --tier scale', 'POST', '/accounts', { name: 'Acme', credits: 10_000, tier: 'scale' }],
    ['accounts create --name Acme --credits 0', 'POST', '/accounts', { name: 'Acme', credits: 0 }],
    ['restore acc_1 --at 2026-11-27T08:00Z', 'POST', '/accounts/acc_1/restore', { at: '2026-11-27T08:00:00.000Z' }],
    ['restore acc_1 --bookmark 0000-1', 'POST', '/accounts/acc_1/restore', { bookmark: '0000-1' }],
    ['accounts show acc_1', 'GET', '/accounts/acc_1', undefined],
    ['accounts suspend acc_1 --reason fraud', 'PUT', '/accounts/acc_1/status', { status: 'suspended', reason: 'fraud' }],
    ['accounts resume acc_1', 'PUT', '/accounts/acc_1/status', { status: 'active' }],
    [
      'credits grant acc_1 2500 --reason thanks --event-id e1 --top-up',
      'POST',
      '/accounts/acc_1/grants',
      { credits: 2500, reason: 'thanks', eventId: 'e1', topUp: true },
    ],
    ['credits grant acc_1 0.5', 'POST', '/accounts/acc_1/grants', { credits: 0.5 }],
    ['credits grant acc_1 -250 --reason mistake', 'POST', '/accounts/acc_1/grants', { credits: -250, reason: 'mistake' }],
    ['credits grant acc_1 -250 --below-zero', 'POST', '/accounts/acc_1/grants', { credits: -250, belowZero: true }],
    ['tier set acc_1 growth', 'PUT', '/accounts/acc_1/tier', { tier: 'growth' }],
    ['prices set acc_1 0.8', 'PUT', '/accounts/acc_1/prices', { factor: 0.8 }],
    ['keys create acc_1 --name ci', 'POST', '/accounts/acc_1/keys', { name: 'ci', mode: 'live' }],
    [
      'keys create acc_1 --name ci --test --limit 500 --auto-disable --origin https://a.example --origin https://b.example --ip 10.0.0.0/8 --expires 2099-01-31 --model gpt-5.5 --family chat --scope keys.read --scope keys.write',
      'POST',
      '/accounts/acc_1/keys',
      {
        name: 'ci',
        mode: 'test',
        spendingLimit: 500,
        autoDisable: true,
        origins: ['https://a.example', 'https://b.example'],
        ips: ['10.0.0.0/8'],
        expiresAt: '2099-01-31T00:00:00.000Z',
        models: ['gpt-5.5'],
        families: ['chat'],
        scopes: ['keys.read', 'keys.write'],
      },
    ],
    [
      'keys create acc_1 --name trial --limit 50 --per total',
      'POST',
      '/accounts/acc_1/keys',
      { name: 'trial', mode: 'live', spendingLimit: 50, limitPeriod: 'total' },
    ],
    ['keys list acc_1', 'GET', '/accounts/acc_1/keys', undefined],
    ['keys revoke acc_1 key_1', 'DELETE', '/accounts/acc_1/keys/key_1', undefined],
    ['vouchers create 500', 'POST', '/vouchers', { credits: 500 }],
    [
      'vouchers create 500 --count 20 --accounts 3 --expires 2099-01-31 --note Shop --top-up',
      'POST',
      '/vouchers',
      { credits: 500, count: 20, maxAccounts: 3, expiresAt: '2099-01-31T00:00:00.000Z', note: 'Shop', topUp: true },
    ],
    [
      'vouchers create 5 --code WELCOME-2027 --accounts 1000',
      'POST',
      '/vouchers',
      { credits: 5, codes: ['WELCOME-2027'], maxAccounts: 1000 },
    ],
    ['vouchers list', 'GET', '/vouchers', undefined],
    ['vouchers show vou_1', 'GET', '/vouchers/vou_1', undefined],
    ['vouchers revoke vou_1', 'DELETE', '/vouchers/vou_1', undefined],
    ['metrics', 'GET', '/metrics', undefined],
    ['overview --days 7', 'GET', '/overview', undefined],
    ['reconcile', 'POST', '/reconcile', {}],
    ['reconcile acc_1', 'POST', '/reconcile', { accountId: 'acc_1' }],
    ['recover acc_1', 'POST', '/accounts/acc_1/recover', {}],
    ['reseal', 'POST', '/reseal', {}],
    ['second-factor remove ada@example.com', 'DELETE', '/people/ada%40example.com/second-factor', undefined],
    ['audit list acc_1', 'GET', '/accounts/acc_1/audit', undefined],
    ['audit verify', 'GET', '/audit/verify', undefined],
    ['catalogue check', 'GET', '/catalogue', undefined],
    ['vouchers create 5 --count 1', 'POST', '/vouchers', { credits: 5, count: 1 }],
  ])('%s', async (line, _method, path, body) => {
    const { code, calls, errors } = await admin(line);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(calls).toHaveLength(1);
    expect(calls[0].url.pathname).toBe(`/api/admin${path}`);
    expect(calls[0].body).toEqual(body);
  });

  it('takes days from now for the end of a key', async () => {
    const [{ body }] = (await admin('keys create acc_1 --name ci --expires 30d')).calls;
    expect(Math.abs(Date.parse(body.expiresAt) - Date.now() - 30 * 86_400_000)).toBeLessThan(60_000);
  });

  it('shows the codes of vouchers as they are made, and how each stands later', async () => {
    expect((await admin('vouchers create 500')).output).toContain('AAAAA-BBBBB-CCCCC-DDDDD');
    expect((await admin('vouchers list')).output).toMatch(/vou_1 +AAAAA-\.\.\. +500 +1 of 1 +used/);
    expect((await admin('vouchers show vou_1')).output).toMatch(/acc_1 +a@example\.com/);
  });

  it('shows the last days by day, model, provider and customer, as far back as is asked', async () => {
    const { calls, output } = await admin('overview --days 7');
    expect(calls[0].url.search).toBe('?days=7');
    expect(output).toMatch(/^Since +2026-11-01\nCharged +12\.5 credits\nCalls +300, <1 % failed; 7 more by test keys\n/);
    expect(output).toMatch(/2026-11-30 +200 +1 % +10\.5\n2026-11-29 +100 +0 % +2\n/);
    expect(output).toMatch(/a-model +300 +<1 % +1\.23 s +12\.5\n/);
    expect(output).toMatch(/one +300 +<1 % +- +12\.5\n/);
    expect(output).toMatch(/acc_1 +Acme +300 +<1 % +12\.5\n\.\.\. and 39 more/);
    expect(output).toContain('their figures begin with 2026-11-20.');
    expect((await admin('overview --days 7d')).errors).toBe('--days must be a number of days, or all, not "7d".');
  });

  it('lists every page of accounts', async () => {
    const answers = {
      'GET /api/admin/accounts?limit=100': { accounts: [{ id: 'acc_1', name: 'Acme', tier: 'free', createdAt: 0 }], nextCursor: 'c2' },
      'GET /api/admin/accounts?limit=100&cursor=c2': {
        accounts: [{ id: 'acc_2', name: 'Bolt', tier: 'free', createdAt: 0 }],
        nextCursor: null,
      },
    };
    const { code, output } = await admin('accounts list', { answers });
    expect(code).toBe(0);
    expect(output.split('\n').map((line) => line.split(/\s+/)[0])).toEqual(['Account', 'acc_1', 'acc_2']);
  });

  it('reconciles until no account is left, and shows all that was found', async () => {
    const first = { checked: 2, problems: [{ accountId: 'acc_1', problem: 'balance off by 1' }], nextCursor: 'acc_2' };
    const last = { checked: 1, problems: [{ accountId: 'acc_3', problem: 'balance off by 3' }], nextCursor: null };
    const answers = { 'POST /api/admin/reconcile': ({ cursor }) => (cursor === undefined ? first : last) };
    const { code, output, calls } = await admin('reconcile', { answers });
    expect(code).toBe(1);
    expect(calls.map(({ body }) => body)).toEqual([{}, { cursor: 'acc_2' }]);
    expect(output).toMatch(/checked: 3\..*Problems: 2.*acc_1.*acc_3/s);
  });

  it('encrypts anew until nothing is left, and names once whose second factor opens no more', async () => {
    const lost = { what: 'second_factor', of: 'ada@example.com' };
    const parts = [
      { resealed: 2, unreadable: [lost], nextCursor: '1:' },
      { resealed: 1, unreadable: [lost, { what: 'client_secret', of: 'acme.com' }], nextCursor: null },
    ];
    const answers = { 'POST /api/admin/reseal': ({ cursor }) => parts[cursor === undefined ? 0 : 1] };
    const { code, output, calls } = await admin('reseal', { answers });
    expect(code).toBe(1);
    expect(calls.map(({ body }) => body)).toEqual([{}, { cursor: '1:' }]);
    expect(output).toMatch(/anew: 3\..*neither secret: 2.*second factor +ada@example\.com\n.*single sign-on +acme\.com/s);
    expect((await admin('reseal')).output).toBe('Encrypted anew: 2. AUTH_SECRET opens everything.');
  });

  it('keeps an id from reaching another path', async () => {
    const { calls } = await admin('accounts show ../reconcile');
    expect(calls[0].url.pathname).toBe('/api/admin/accounts/..%2Freconcile');
  });
});

describe('what it prints', () => {
  it('shows balance, holds and last ledger lines', async () => {
    const { output } = await admin('accounts show acc_1');
    expect(output).toMatch(/Balance +10,000\.5\n/);
    expect(output).toMatch(/Available +9,998\.5\n/);
    expect(output).toMatch(/hold_1 +gpt-5\.5 +chat +2 +2026-/);
    expect(output).toMatch(/line_1 +grant +10,000 +- +- +- +2026-11-20 10:00:00Z +opening balance/);
  });

  it('says that a secret is shown once', async () => {
    expect((await admin('keys create acc_1 --name ci')).output).toMatch(/Secret {2}ck_secret\n\n.*this once/);
  });

  it('prints the raw answer with --json, wherever it stands', async () => {
    for (const line of [
      'accounts show acc_1 --json',
      '--json accounts show acc_1',
      '--url http://127.0.0.1:1 accounts show acc_1 --json',
    ]) {
      expect(JSON.parse((await admin(line)).output)).toEqual(ANSWERS['GET /api/admin/accounts/acc_1']);
    }
  });

  it('prints no control characters of what others named', async () => {
    const { output } = await admin('keys list acc_1');
    expect(output).toContain('a?[3?1mb');
    expect(output).not.toContain('\u001b');
  });

  it('names every command in the help', async () => {
    const { code, output } = await admin('--help');
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(output).toContain(`  ${name}`);
  });
});

describe('a command that is not understood', () => {
  it.each([
    ['accounts show', 'ACCOUNT is missing. Usage: npm run admin -- accounts show ACCOUNT'],
    ['keys revoke', 'ACCOUNT and KEY are missing. Usage: npm run admin -- keys revoke ACCOUNT KEY'],
    ['keys revoke acc_1', 'KEY is missing. Usage: npm run admin -- keys revoke ACCOUNT KEY'],
    ['accounts show acc_1 acc_2', 'There is no place for "acc_2". Usage: npm run admin -- accounts show ACCOUNT'],
    ['accounts show acc_1 --vebrose', "Unknown option '--vebrose'. Usage: npm run admin -- accounts show ACCOUNT"],
    ['keys create acc_1 --name ci --auto-disable', '--auto-disable needs --limit, where it disables.'],
    ['metrics calls tokens', 'There is no place for "tokens". Usage: npm run admin -- metrics [PART]'],
    ['restore acc_1', 'One of --at and --bookmark is needed.'],
  ])('says of "%s" in one line what is wrong and what it takes', async (line, words) => {
    expect((await admin(line)).errors).toBe(words);
  });

  it('does nothing where npm kept its options', async () => {
    const { code, errors, calls } = await admin('credits grant acc_1 20', { env: { npm_config_event_id: 'refund-1' } });
    expect([code, errors]).toEqual([2, 'npm kept --event-id for itself: write npm run admin -- and then the command.']);
    expect(calls).toEqual([]);
  });

  it('has the usage of one command where help is asked for that one', async () => {
    const { code, output } = await admin('credits grant --help');
    expect([code, output.split('\n').length]).toEqual([0, 2]);
    expect(output).toContain('Usage: npm run admin -- credits grant ACCOUNT CREDITS');
  });
});

describe('exit codes', () => {
  it('is 1 when the gateway refuses, with its words and the request', async () => {
    const { code, errors, output } = await admin('accounts show acc_none');
    expect([code, errors, output]).toEqual([1, 'No such account. (request req_9)', '']);
  });

  it('is 1 when no gateway answers', async () => {
    const answers = { 'POST /api/admin/reconcile': Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }) };
    const { code, errors } = await admin('reconcile', { answers });
    expect([code, errors]).toEqual([
      1,
      expect.stringMatching(/^No gateway answers at http:\/\/127\.0\.0\.1:8787 \(ECONNREFUSED\)\. Start it/),
    ]);
  });

  it('is 1 when the audit log was changed, and 0 when it is whole', async () => {
    const verify = (answer) => admin('audit verify', { answers: { 'GET /api/admin/audit/verify': answer } });
    expect(await verify({ intact: true, entries: 7 })).toMatchObject({ code: 0, output: 'Entries: 7. The chain is whole.' });
    const broken = await verify({ intact: false, entries: 7, brokenAt: 8 });
    expect(broken).toMatchObject({ code: 1, output: expect.stringContaining('broken at entry 8') });
  });

  it('is 1 when a catalogue’s file is not usable, and says where', async () => {
    const check = (file) => admin('catalogue check', { answers: { 'GET /api/admin/catalogue': { version: 'v1', file } } });
    const uploaded = { key: 'catalogue.json', uploadedAt: 1_790_000_000_000 };
    const errors = [
      { line: 4, field: 'models[0].price', message: 'needed' },
      { line: 5, message: 'odd' },
    ];
    const bad = await check({ ...uploaded, valid: false, errors });
    expect([bad.code, bad.output]).toEqual([1, expect.stringContaining('line 4, models[0].price: needed\nline 5: odd')]);
    const good = await check({ ...uploaded, valid: true, models: ['a', 'b'] });
    expect([good.code, good.output]).toEqual([0, expect.stringMatching(/In force +v1\n[\s\S]*adds: a, b\./)]);
    expect(await check(undefined)).toMatchObject({ code: 0, output: expect.stringContaining('there is none') });
  });

  it('is 1 when the books disagree', async () => {
    const answers = { 'POST /api/admin/reconcile': { checked: 3, problems: [{ accountId: 'acc_2', problem: 'balance off by 3' }] } };
    const { code, output } = await admin('reconcile', { answers });
    expect(code).toBe(1);
    expect(output).toMatch(/acc_2 +balance off by 3/);
  });

  it.each([
    '',
    'accounts',
    'accounts delete acc_1',
    'accounts create',
    'accounts create --name Acme --tier gold',
    'accounts create --name Acme --credits lots',
    'accounts create --name Acme --credits -5',
    'accounts create --name Acme --credits Infinity',
    ['accounts', 'create', '--name', 'Acme', '--credits', ' '],
    ['accounts', 'create', '--name', ' '],
    'vouchers create 500 --count 0',
    'vouchers create 500 --count 1.5',
    'accounts show',
    'accounts show acc_1 acc_2',
    'credits grant acc_1',
    'credits grant acc_1 0',
    'tier set acc_1 gold',
    'prices set acc_1 0',
    'prices set acc_1 less',
    'keys create acc_1',
    'keys create acc_1 --name ci --limit 5 --per year',
    'keys create acc_1 --name ci --per day',
    'keys create acc_1 --name ci --expires yesterday',
    'keys create acc_1 --name ci --expires 2020-01-01',
    'keys create acc_1 --name ci --expires 2099-02-30',
    'restore acc_1 --at 2026-02-30T08:00:00Z',
    'keys revoke acc_1',
    'keys list acc_1 --frobnicate',
    'reconcile --url nonsense',
    'reconcile --url ftp://127.0.0.1',
    'catalogue check nowhere.json',
    'catalogue put /',
  ])('is 2, with nothing sent, for "%s"', async (line) => {
    const { code, calls, errors } = await admin(line);
    expect([code, calls]).toEqual([2, []]);
    expect(errors).not.toBe('');
  });
});

describe('where it goes, and with what token', () => {
  it('is the local gateway with the token that npm start made', async () => {
    const [{ url, token }] = (await admin('reconcile', { env: { PORT: '9001' } })).calls;
    expect([url.origin, token]).toEqual(['http://127.0.0.1:9001', 'Bearer the-local-token']);
  });

  it('is the port that the gateway of this state runs on, unless PORT says otherwise', async () => {
    writeJson(join(state, 'gateway.json'), { pid: 1, port: 9002 });
    const [{ url }] = (await admin('reconcile')).calls;
    const [named] = (await admin('reconcile', { env: { PORT: '9001' } })).calls;
    rmSync(join(state, 'gateway.json'));
    expect([url.origin, named.url.origin]).toEqual(['http://127.0.0.1:9002', 'http://127.0.0.1:9001']);
  });

  it.each(['http://localhost:9', 'http://[::1]:9', 'http://127.0.0.2:9'])('is this machine at %s', async (address) => {
    const [{ url, token }] = (await admin(`reconcile --url ${address}`)).calls;
    expect([url.origin, token]).toEqual([address, 'Bearer the-local-token']);
  });

  it('is GATEWAY_URL, and --url before it, with ADMIN_TOKEN', async () => {
    const env = { GATEWAY_URL: 'https://gateway.example/', ADMIN_TOKEN: 'remote' };
    const [first] = (await admin('reconcile', { env })).calls;
    const [second] = (await admin('reconcile --url https://other.example/v1', { env })).calls;
    expect([first.url.href, first.token]).toEqual(['https://gateway.example/api/admin/reconcile', 'Bearer remote']);
    expect(second.url.href).toBe('https://other.example/api/admin/reconcile');
  });

  it('never sends the local token elsewhere, nor any token in the clear', async () => {
    const remote = await admin('reconcile --url https://gateway.example');
    expect([remote.code, remote.calls]).toEqual([2, []]);
    const clear = await admin('reconcile --url http://gateway.example', { env: { ADMIN_TOKEN: 'remote' } });
    expect([clear.code, clear.calls]).toEqual([2, []]);
  });

  it('asks about the token when it is refused', async () => {
    const { code, errors } = await admin('reconcile', { answers: {}, status: 401 });
    expect(code).toBe(1);
    expect(errors).toContain('ADMIN_TOKEN');
  });
});
