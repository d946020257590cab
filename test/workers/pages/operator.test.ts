// The pages of who runs the gateway: signing in with its token, and what forms there do to accounts.
import { env } from 'cloudflare:test';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { CATALOGUE_KEY, LAST_GOOD_KEY } from '../../../src/console/catalogue/live';
import { refusedBy } from '../../../src/console/operator/overview';
import { accountOf, audited, call, lastAudited, must, someone } from '../console/support';

const TOKEN = env.ADMIN_TOKEN!;

const operatorCookie = (answer: { headers: Headers }): string => answer.headers.get('set-cookie')!.split(';')[0]!;

let operator: { id: string; email: string; cookie: string };

beforeAll(async () => {
  const signedIn = await call('POST', '/operator/sign-in', { form: { token: TOKEN } });
  expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/operator']);
  operator = { id: 'operator', email: '', cookie: operatorCookie(signedIn) };
});

const show = (path: string) => call('GET', path, { as: operator });
const send = (path: string, form: Record<string, string> = {}) => call('POST', path, { as: operator, form });

/** A page's words, without its markup. */
const wordsOf = ({ text }: { text: string }): string =>
  text
    .replaceAll('<wbr/>', '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

async function newAccount(form: Record<string, string> = {}): Promise<{ id: string; path: string }> {
  const made = await send('/operator/accounts', { name: 'Acme', tier: 'free', credits: '100', ...form });
  expect(made.status).toBe(303);
  const path = made.headers.get('location')!;
  return { id: path.split('/').at(-1)!, path };
}

describe('the operator’s session', () => {
  it('begins with the token alone, and is noted', async () => {
    const wrong = await call('POST', '/operator/sign-in', { form: { token: `${TOKEN}x` } });
    expect(wrong.status).toBe(400);
    expect(wrong.headers.get('set-cookie')).toBeNull();
    expect(wordsOf(wrong)).toContain('This is not the token of this gateway.');
    expect(await audited('gateway')).toContainEqual(expect.objectContaining({ action: 'operator.sign_in', actor_kind: 'operator' }));
  });

  it('is for these pages alone, and no script’s', async () => {
    const signedIn = await call('POST', '/operator/sign-in', { form: { token: TOKEN } });
    expect(signedIn.headers.get('set-cookie')).toMatch(/; Path=\/operator; HttpOnly; Secure; SameSite=Lax$/);
    expect((await call('GET', '/api/me', { as: operator })).status).toBe(401);
    expect((await call('GET', '/usage', { as: operator })).status).toBe(303);
  });

  it('ends when the token is another', async () => {
    const answer = await call('GET', '/operator', { as: operator, bindings: { ...env, ADMIN_TOKEN: 'another-token-of-this-gateway' } });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/operator/sign-in']);
  });

  it('is not to be had where there is no token', async () => {
    const { ADMIN_TOKEN: _, ...bindings } = env;
    const answer = await call('POST', '/operator/sign-in', { form: { token: '' }, bindings: bindings as typeof env });
    expect(answer.status).toBe(400);
    expect(wordsOf(answer)).toContain('These pages are off');
  });

  it('takes no form from another site', async () => {
    const { id, path } = await newAccount();
    for (const origin of ['https://evil.example', 'null']) {
      const answer = await call('POST', `${path}/grant`, { as: operator, form: { credits: '5' }, headers: { origin } });
      expect(answer.status).toBe(403);
    }
    expect((await accountStub(env.ACCOUNT, id).view())!.balanceMicro).toBe(100_000_000);
  });

  it('ends by signing out', async () => {
    const out = await send('/operator/sign-out');
    expect(out.headers.get('set-cookie')).toMatch(/^gateway\.operator=; Max-Age=0; Path=\/operator/);
  });
});

describe('every page', () => {
  const PAGES = ['', '/accounts', '/models', '/models/catalogue', '/vouchers', '/audit'];

  it.each(PAGES.map((path) => `/operator${path}`))('%s has one heading, its place in the navigation, and nothing inline', async (path) => {
    const { status, text } = await show(path);
    expect(status).toBe(200);
    expect(text.match(/<h1/g)).toHaveLength(1);
    expect(text).toContain('aria-current="page"');
    expect(text).not.toMatch(/ style=|<style|<script(?! type="module" src=)| on[a-z]+="/);
    expect((await call('GET', path, {})).headers.get('location')).toBe('/operator/sign-in');
  });
});

describe('the overview', () => {
  it('counts what was refused by its reason, of live keys alone, the most frequent first', async () => {
    const rows = [
      ['insufficient_credits', 0, '/v1/messages', 3],
      ['insufficient_credits', 0, '/v1/chat/completions', 4],
      ['unknown_model', 0, '/v1/messages', 6],
      ['rate_limited', 1, '/v1/messages', 1_000],
    ].map(([code, test, endpoint, calls]) => ({ code, test, endpoint, calls }));
    expect(refusedBy(rows as Parameters<typeof refusedBy>[0])).toEqual([
      { code: 'insufficient_credits', endpoint: '/v1/chat/completions', calls: 7 },
      { code: 'unknown_model', endpoint: '/v1/messages', calls: 6 },
    ]);
    await env.DB.prepare("INSERT OR REPLACE INTO refusal_totals VALUES ('too_long', 0, '/v1/messages', 4321)").run();
    expect(wordsOf(await show('/operator'))).toContain('too_long /v1/messages 4,321');
  });

  it('says what the gateway has done, and what is not set up', async () => {
    const words = wordsOf(await show('/operator'));
    expect(words).toContain('Charged for calls');
    expect(words).toContain('What asks for attention');
  });

  it('names the variable of each provider that is not set up, and of no other', async () => {
    const bindings = { ...env, MOONSHOT_API_KEY: 'k', XAI_API_KEY: '' } as typeof env;
    const { text } = await call('GET', '/operator', { as: operator, bindings });
    expect(text).toContain('XAI_API_KEY');
    expect(text).not.toContain('MOONSHOT_API_KEY');
  });
});

describe('accounts', () => {
  it('are found by their name, address, id, organization’s member and key, and not by anything else', async () => {
    const mark = crypto.randomUUID().slice(0, 8);
    const { id, path } = await newAccount({ name: `Zebra ${mark}`, email: `Zebra-${mark}@example.com` });
    const keyId = (await must('POST', `/api/admin/accounts/${id}/keys`, { key: TOKEN, json: { name: 'k' } })).id;
    await env.DB.prepare('INSERT INTO api_keys VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .bind(id, keyId, 'k', 'live', 'active', '{}')
      .run();
    const person = await someone(`quagga-${mark}`);
    const own = await accountOf(person);
    for (const search of [`zebra ${mark}`, `ZEBRA-${mark}@`, id, keyId]) expect((await found(search)).text).toContain(`href="${path}"`);
    for (const search of [person.email.toUpperCase(), `quagga-${mark}`])
      expect((await found(search)).text).toContain(`href="/operator/accounts/${own}"`);
    for (const search of ['%', '_', `zebra_${mark}`, "' OR 1=1 --", id.slice(0, -1)])
      expect((await found(search)).text).not.toContain(`href="${path}"`);
  });

  it('are listed newest first, with what each can spend', async () => {
    const [older, newer] = [await newAccount({ credits: '1' }), await newAccount({ credits: '1234' })];
    // Later than what any other test has made.
    const since = env.DB.prepare('UPDATE accounts SET created_at = ? WHERE id = ?');
    await env.DB.batch([since.bind(9e12, older.id), since.bind(9e12 + 1, newer.id)]);
    const words = wordsOf(await show('/operator/accounts'));
    expect(words.indexOf('$12.34')).toBeGreaterThan(-1);
    expect(words.indexOf('$0.01')).toBeGreaterThan(words.indexOf('$12.34'));
  });

  it('are not made from a form that is not right, which keeps what was typed', async () => {
    const refused = await send('/operator/accounts', { name: 'Kept as typed', email: 'nobody', tier: 'free' });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('value="Kept as typed"');
    expect(wordsOf(refused)).toContain('must be an e-mail address');
  });
});

const found = (search: string) => show(`/operator/accounts?search=${encodeURIComponent(search)}`);

describe('one account', () => {
  it('shows whose it is, and what came', async () => {
    const person = await someone('owner-of-a-wallet');
    const id = await accountOf(person);
    const words = wordsOf(await show(`/operator/accounts/${id}`));
    expect(words).toContain(person.email);
    expect(wordsOf(await show((await newAccount()).path))).toContain('opening balance');
  });

  it('gets credits once, however often the form is sent', async () => {
    const { id, path } = await newAccount();
    const form = { credits: '50', reason: 'An invoice', eventId: `grant:${crypto.randomUUID()}`, topUp: 'on' };
    const [first, again] = [await send(`${path}/grant`, form), await send(`${path}/grant`, form)];
    expect([first, again].map(({ headers }) => headers.get('location'))).toEqual([`${path}?done=grant`, `${path}?done=repeated`]);
    const view = await accountStub(env.ACCOUNT, id).view();
    expect([view!.balanceMicro, view!.topUpMicro]).toEqual([150_000_000, 50_000_000]);
    expect(await lastAudited(id)).toMatchObject({ action: 'account.grant', actor_kind: 'operator' });
    expect(wordsOf(await show(`${path}?done=grant`))).toContain('The credits are booked.');
  });

  it('is left with nothing below zero unless that is said', async () => {
    const { id, path } = await newAccount();
    const refused = await send(`${path}/grant`, { credits: '-200', reason: 'Too much' });
    expect(refused.status).toBe(400);
    expect(wordsOf(refused)).toContain('Nothing was changed');
    expect(refused.text).toContain('value="Too much"');
    await send(`${path}/grant`, { credits: '-200', belowZero: 'on' });
    expect((await accountStub(env.ACCOUNT, id).view())!.balanceMicro).toBe(-100_000_000);
  });

  it('is put into a tier, at prices of its own, suspended and resumed', async () => {
    const { id, path } = await newAccount();
    const profile = async () => (await accountStub(env.ACCOUNT, id).view())!.profile;
    await send(`${path}/tier`, { tier: 'growth' });
    await send(`${path}/prices`, { percent: '80.1' });
    await send(`${path}/suspend`, { reason: 'Chargeback' });
    expect(await profile()).toMatchObject({ grantedTier: 'growth', pricePermille: 801, status: 'suspended' });
    expect(wordsOf(await show(path))).toContain('Resume the account');
    await send(`${path}/resume`);
    expect((await profile()).status).toBe('active');
    for (const [form, texts] of [
      ['tier', { tier: 'emperor' }],
      ['prices', { percent: '0' }],
      ['prices', { percent: '' }],
    ] as const)
      expect((await send(`${path}/${form}`, texts)).status).toBe(400);
    expect(await profile()).toMatchObject({ grantedTier: 'growth', pricePermille: 801 });
  });

  it('gets a key, shown once, that is good until it is revoked', async () => {
    const { path } = await newAccount();
    const made = await send(`${path}/keys`, { name: 'production', mode: 'test', spendingLimit: '5' });
    expect(made.headers.get('location')).toBe(path);
    const cookie = `${operator.cookie}; ${operatorCookie(made)}`;
    const once = await call('GET', path, { as: { ...operator, cookie } });
    const [, secret] = /(ck_test_\w+)/.exec(once.text)!;
    expect((await show(path)).text).not.toContain(secret);
    const shown = await must('GET', '/api/v1/key', { key: secret! });
    const [, keyId] = /action="\/operator\/accounts\/\w+\/keys\/(\w+)\/revoke"/.exec(once.text)!;
    expect(shown.data.label ?? shown.data.name).toContain('production');
    expect((await send(`${path}/keys/${keyId}/revoke`)).headers.get('location')).toBe(`${path}?done=revoked`);
    expect((await call('GET', '/api/v1/key', { key: secret! })).status).toBe(401);
  });

  it('shows each of its calls as a receipt, and none of another account’s', async () => {
    const { id, path } = await newAccount({ credits: '1000' });
    const { key } = await must('POST', `/api/admin/accounts/${id}/keys`, { key: TOKEN, json: { name: 'production' } });
    const asked = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] };
    const called = await call('POST', '/v1/chat/completions', { key, json: asked });
    expect(called.status, called.text).toBe(200);
    const requestId = called.headers.get('x-request-id')!;
    const listed = await show(path);
    expect(listed.text).toContain(`href="${path}/calls/${requestId}"`);
    for (const at of [`${path}/calls/${requestId}`, `${path}/calls?call=+${requestId}+`]) {
      const words = wordsOf(await show(at));
      for (const word of [requestId, 'How the charge comes about', 'sandbox']) expect(words).toContain(word);
    }
    const other = await newAccount();
    for (const at of [`${other.path}/calls/${requestId}`, `${path}/calls/req_nothing`, `${path}/calls`])
      expect((await show(at)).status).toBe(404);
  });

  it('has its books checked', async () => {
    const { path } = await newAccount();
    expect((await send(`${path}/check`)).headers.get('location')).toBe(`${path}?done=checked`);
  });

  it('is none where there is none', async () => {
    const answer = await show('/operator/accounts/acc_nothing');
    expect(answer.status).toBe(404);
    expect((await send('/operator/accounts/acc_nothing/grant', { credits: '1' })).status).toBe(404);
  });
});

describe('vouchers', () => {
  const vouchersOf = async (note: string) =>
    (await env.DB.prepare('SELECT id, max_accounts, top_up, expires_at FROM vouchers WHERE note = ?').bind(note).all()).results;

  it('are made with codes that are shown once, all of those that can be made at once', async () => {
    const note = `Shop ${crypto.randomUUID()}`;
    const form = { credits: '500', count: '50', maxAccounts: '3', expiresAt: '2099-12-31', note, topUp: 'on' };
    const made = await send('/operator/vouchers', form);
    expect(made.headers.get('location')).toBe('/operator/vouchers');
    expect(made.headers.get('set-cookie')!.length).toBeLessThan(4_096);
    const cookie = `${operator.cookie}; ${operatorCookie(made)}`;
    const once = await call('GET', '/operator/vouchers', { as: { ...operator, cookie } });
    const codes = once.text.match(/\b\w{5}(?:-\w{5}){3}\b/g)!;
    expect(new Set(codes).size).toBe(50);
    expect(once.headers.get('set-cookie')).toContain('gateway.shown=; Max-Age=0; Path=/operator/vouchers');
    expect((await show('/operator/vouchers')).text).not.toContain(codes[0]);
    const rows = await vouchersOf(note);
    expect(rows).toHaveLength(50);
    expect(rows[0]).toMatchObject({ max_accounts: 3, top_up: 1, expires_at: Date.parse('2099-12-31T23:59:59.999Z') });
    expect(await lastAudited('gateway')).toMatchObject({ action: 'voucher.create', actor_kind: 'operator' });
  });

  it('are not made from a form that is not right, which keeps what was typed', async () => {
    const note = `Kept ${crypto.randomUUID()}`;
    for (const [form, words] of [
      [{ credits: '' }, 'Credits each: must'],
      [{ credits: '5', count: '51' }, 'How many vouchers: must be at most 50.'],
      [{ credits: '5', expiresAt: '2020-01-01' }, 'Last day (UTC): it lies in the past.'],
      [{ credits: '5', codes: 'short' }, 'A code of your own, for one voucher: must be 8 to 64 letters'],
      [{ credits: '5', codes: 'WELCOME-2027', count: '2' }, 'How many vouchers: '],
    ] as const) {
      const refused = await send('/operator/vouchers', { ...form, note });
      expect(refused.status).toBe(400);
      expect(wordsOf(refused)).toContain(words);
      expect(refused.text).toContain(`value="${note}"`);
    }
    expect(await vouchersOf(note)).toEqual([]);
  });

  it('show who redeemed them, until they are revoked', async () => {
    const [note, person] = [`One ${crypto.randomUUID()}`, await someone('redeems')];
    const code = `OWN-${crypto.randomUUID()}`;
    await send('/operator/vouchers', { credits: '7', codes: code, maxAccounts: '2', note });
    await must('POST', '/api/billing/redeem', { as: person, json: { code } });
    const [{ id }] = (await vouchersOf(note)) as [{ id: string }];
    const path = `/operator/vouchers/${id}`;
    const before = await show(path);
    expect(before.text).toContain(`href="/operator/accounts/${await accountOf(person)}"`);
    expect(wordsOf(before)).toContain(person.email);
    expect(wordsOf(before)).toContain('1 of 2');
    expect((await send(`${path}/revoke`)).headers.get('location')).toBe(`${path}?done=revoked`);
    const after = await show(`${path}?done=revoked`);
    expect(wordsOf(after)).toContain('Revoked: nobody can redeem it any more.');
    expect(after.text).not.toContain(`${path}/revoke`);
    expect(await lastAudited('gateway')).toMatchObject({ action: 'voucher.revoke', target: id });
    expect((await show('/operator/vouchers/vou_nothing')).status).toBe(404);
    expect((await send('/operator/vouchers/vou_nothing/revoke')).status).toBe(404);
  });
});

describe('audit logs', () => {
  it('are the gateway’s own, and each account’s, which names its keys', async () => {
    await send('/operator/vouchers', { credits: '1' });
    expect(wordsOf(await show('/operator/audit?action=voucher.create'))).toContain('voucher.create');
    const { path } = await newAccount();
    await send(`${path}/keys`, { name: 'nightly', mode: 'test' });
    const shown = await show(`${path}/audit?check=1`);
    expect(wordsOf(shown)).toMatch(/\d+ entries, each as it was written\./);
    expect(wordsOf(shown)).toContain('nightly');
    expect(shown.text).toContain(`href="${path}"`);
    const filtered = await show(`${path}/audit?action=account.set_tier`);
    expect(wordsOf(filtered)).toContain('Nothing was done that fits');
    expect(filtered.text).toContain(`href="${path}/audit/export?action=account.set_tier"`);
    expect((await show('/operator/accounts/acc_nothing/audit')).status).toBe(404);
  });

  it('are exported line by line, as far as they fit', async () => {
    const { id, path } = await newAccount();
    await send(`${path}/suspend`, { reason: 'Chargeback' });
    const { headers, text } = await show(`${path}/audit/export?action=account.suspend`);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([expect.objectContaining({ action: 'account.suspend', target: id })]);
    expect((await call('GET', '/operator/audit/export', {})).headers.get('location')).toBe('/operator/sign-in');
  });
});

describe('models', () => {
  it('are listed with who has them, at which price, and why some cannot be called', async () => {
    const bindings = { ...env, MOONSHOT_API_KEY: 'k' } as typeof env;
    const listed = async (query: string) => wordsOf(await call('GET', `/operator/models?${query}`, { as: operator, bindings }));
    expect(await listed('q=kimi-k2.5')).toMatch(/kimi-k2\.5 .*callable/);
    expect(await listed('q=kimi-k2.5&family=image')).toContain('No model fits');
    expect(await listed('now=no+price')).toContain('not priced yet');
  });
});

describe('the catalogue’s file', () => {
  const PATH = '/operator/models/catalogue';
  const textOf = (usd: number) => `{"models": [\r\n{"id": "gpt-5.5", "price": {"inputUsdPerMtok": ${usd}, "outputUsdPerMtok": 8}}]}`;
  const etagOn = ({ text }: { text: string }): string => /name="etag" value="([^"]*)"/.exec(text)![1]!;
  const removeFile = async () => {
    await env.FILES.delete([CATALOGUE_KEY, LAST_GOOD_KEY]);
    await show(PATH);
  };
  beforeEach(removeFile);
  afterAll(removeFile);

  it('is put in force from the form, and shown as it is', async () => {
    const begun = await show(PATH);
    expect(wordsOf(begun)).toContain('There is no file yet');
    const stored = await send(PATH, { text: textOf(3.21), etag: etagOn(begun) });
    expect(stored.headers.get('location')).toBe(`${PATH}?done=stored`);
    expect(await (await env.FILES.get(CATALOGUE_KEY))!.text()).toBe(`${textOf(3.21).replace('\r', '')}\n`);
    expect(await lastAudited('gateway')).toMatchObject({ action: 'catalogue.update', actor_kind: 'operator' });
    expect((await show(PATH)).text).toContain('&quot;inputUsdPerMtok&quot;: 3.21');
    const model = wordsOf(await show('/operator/models?q=gpt-5.5'));
    expect(model).toMatch(/gpt-5\.5 .*\$3\.21 in, \$8\.00 out/);
    expect(model).toContain('changed by the file');
  });

  it('is refused where it was changed meanwhile, with or without one to begin with', async () => {
    const first = etagOn(await show(PATH));
    await send(PATH, { text: textOf(1), etag: first });
    const second = etagOn(await show(PATH));
    await send(PATH, { text: textOf(2), etag: second });
    for (const etag of [first, second]) {
      const refused = await send(PATH, { text: textOf(3), etag });
      expect(refused.status).toBe(409);
      expect(wordsOf(refused)).toContain('the file has been changed since you began');
      expect(refused.text).toContain('&quot;inputUsdPerMtok&quot;: 3');
      expect(etagOn(refused)).toBe(etag);
    }
    expect(await (await env.FILES.get(CATALOGUE_KEY))!.text()).toContain('"inputUsdPerMtok": 2');
  });

  it('is checked beforehand: what it changes, or every mistake with line and column', async () => {
    const usable = wordsOf(await send(`${PATH}/check`, { text: textOf(7.77), etag: '' }));
    expect(usable).toContain('It can be used, and changes 1 model of the catalogue');
    expect(usable).toMatch(/gpt-5\.5 .*\$7\.77 in, \$8\.00 out/);
    const model = (await send(`${PATH}/check`, { text: '{"models": [{"id": "gpt-5.5", "label": "Five"}]}' })).text;
    expect(wordsOf({ text: model })).toMatch(/(\$\S+ in, \$\S+ out) \1 label/);
    for (const path of [PATH, `${PATH}/check`]) {
      const refused = await send(path, { text: '{"models": [\r\n  {"id": "gpt-5.5", "prize": 1}]}', etag: '' });
      expect(refused.status).toBe(400);
      expect(wordsOf(refused)).toMatch(/models\[0\]\.prize: there is no such field line 2, column \d+/);
      expect(refused.text).toContain('&quot;prize&quot;: 1');
    }
    expect(await env.FILES.head(CATALOGUE_KEY)).toBeNull();
  });
});
