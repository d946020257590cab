// Vouchers: the operator makes them, people redeem them, and each wallet gets the credits of one once.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { grantRedeemed } from '../../../src/console/vouchers/redeem';
import { countTry } from '../../../src/console/vouchers/tries';
import { accountOf, audited, call, join, must, organization, type Someone, someone } from './support';

const ask = (method: string, path: string, json?: unknown) =>
  call(method, `/api/admin/vouchers${path}`, { key: env.ADMIN_TOKEN, ...(json !== undefined && { json }) });

interface Made {
  id: string;
  code: string;
}

async function make(json: Record<string, unknown> = {}): Promise<Made> {
  const { status, body, text } = await ask('POST', '', { credits: 500, ...json });
  expect(status, text).toBe(201);
  return body.vouchers[0];
}

const redeem = (as: Someone, code: string, query = '') => call('POST', `/api/billing/redeem${query}`, { as, json: { code } });
const balanceOf = async (as: Someone, query = ''): Promise<number> => (await must('GET', `/api/billing${query}`, { as })).balanceCredits;
const refusal = (code: string) => ({ status: 400, body: { error: { code, param: 'code' } } });

describe('a voucher', () => {
  it('brings its credits to a wallet once, however often its code is sent', async () => {
    const [person, { id, code }] = [await someone(), await make()];
    const answers = await Promise.all([redeem(person, code), redeem(person, code), redeem(person, code)]);
    expect(answers.map(({ status }) => status)).toContain(200);
    expect(await redeem(person, code)).toMatchObject(refusal('voucher_redeemed'));
    expect(await balanceOf(person)).toBe(500);
    const account = await accountOf(person);
    // A code that was good is no guess.
    expect(await env.DB.prepare('SELECT id FROM voucher_tries WHERE account_id = ?').bind(account).first()).toBeNull();
    const entries = (await audited(account)).filter(({ action }) => action === 'billing.redeem');
    expect(entries).toMatchObject([{ actor_kind: 'user', actor_id: person.id, target: id, detail: '{"credits":500}' }]);
    const { lines } = await accountStub(env.ACCOUNT, account).operations(10);
    expect(lines).toMatchObject([{ kind: 'grant', amountMicro: 500_000_000, detail: { reason: 'Voucher' } }]);
  });

  it('is known as it is typed: in small letters, without its strokes, with an O for a zero', async () => {
    const person = await someone();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { id, code } = await make({ expiresAt });
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ status: 'open', redeemed: 0, expiresAt });
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    expect(await redeem(person, typed)).toMatchObject({ status: 200, body: { credits: 500, balanceCredits: 500 } });
  });

  it('serves as many wallets as it was made for, and not one more of those that come at once', async () => {
    const { id, code } = await make({ maxAccounts: 2 });
    const people = await Promise.all(Array.from({ length: 5 }, () => someone()));
    const answers = await Promise.all(people.map((person) => redeem(person, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(answer).toMatchObject(refusal('voucher_closed'));
    const balances = await Promise.all(people.map((person) => balanceOf(person)));
    expect(balances.sort()).toEqual([0, 0, 0, 500, 500]);
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ redeemed: 2, status: 'used' });
  });

  it('counts towards the tier where that was meant, as what was paid for', async () => {
    const [gift, paid] = [await make({ credits: 2_500 }), await make({ credits: 2_500, topUp: true })];
    const [guest, buyer] = [await someone(), await someone()];
    await redeem(guest, gift.code);
    await redeem(buyer, paid.code);
    expect(await must('GET', '/api/billing', { as: guest })).toMatchObject({ topUpCredits: 0, tier: 'free' });
    expect(await must('GET', '/api/billing', { as: buyer })).toMatchObject({ topUpCredits: 2_500, tier: 'starter' });
  });

  it('is no good when it has expired, was revoked, or never was', async () => {
    const person = await someone();
    const [late, gone] = [await make(), await make()];
    await env.DB.prepare('UPDATE vouchers SET expires_at = ? WHERE id = ?')
      .bind(Date.now() - 1, late.id)
      .run();
    expect((await ask('GET', `/${late.id}`)).body).toMatchObject({ status: 'expired' });
    expect((await ask('DELETE', `/${gone.id}`)).body).toEqual({ id: gone.id, status: 'revoked' });
    expect(await redeem(person, late.code)).toMatchObject(refusal('voucher_closed'));
    expect(await redeem(person, gone.code)).toMatchObject(refusal('voucher_closed'));
    expect(await redeem(person, '00000-00000-00000-00000')).toMatchObject(refusal('unknown_voucher'));
    expect(await balanceOf(person)).toBe(0);
  });

  it('cannot be guessed: a wallet tries ten wrong codes an hour, and then not even the right one', async () => {
    const [guesser, other] = [await someone(), await someone()];
    const code = `SUMMER-${crypto.randomUUID().slice(0, 8)}`;
    await make({ codes: [code], maxAccounts: 2 });
    for (let time = 0; time < 3; time++) expect((await redeem(other, (await make()).code)).status).toBe(200);
    const guesses = await Promise.all(Array.from({ length: 12 }, (_, index) => redeem(guesser, `WINTER-${index}-${code}`)));
    expect(guesses.filter(({ status }) => status === 400)).toHaveLength(10);
    const tooMany = { status: 429, body: { error: { code: 'too_many_codes', type: 'rate_limit_error' } } };
    for (const guess of guesses.filter(({ status }) => status !== 400)) expect(guess).toMatchObject(tooMany);
    expect(await redeem(guesser, code)).toMatchObject(tooMany);
    expect(await balanceOf(guesser)).toBe(0);
    expect((await redeem(other, code)).status).toBe(200);
    await env.DB.prepare('UPDATE voucher_tries SET at = ? WHERE account_id = ?')
      .bind(Date.now() - 3_600_001, await accountOf(guesser))
      .run();
    expect((await redeem(guesser, code)).status).toBe(200);
  });

  it('cannot be guessed with many wallets and a whole network of addresses', async () => {
    const tried = Array.from({ length: 50 }, (_, index) => ({
      id: crypto.randomUUID(),
      accountId: `acc_${crypto.randomUUID()}`,
      ip: `2001:db8:77:1::${index + 1}`,
    }));
    await env.DB.batch(tried.flatMap((one) => countTry(env.DB, one, Date.now())));
    const person = await someone();
    const from = async (ip: string) =>
      (await call('POST', '/api/billing/redeem', { as: person, json: { code: 'WINTER-2026' }, headers: { 'cf-connecting-ip': ip } }))
        .status;
    expect([await from('2001:db8:77:1:ffff::1'), await from('2001:db8:77:2::1')]).toEqual([429, 400]);
  });

  it('goes to the wallet of the organization that is asked for, by those who may pay for it', async () => {
    const [owner, developer, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await join(id, developer, 'developer');
    const { code } = await make();
    expect((await redeem(developer, code, `?org=${id}`)).status).toBe(403);
    expect((await redeem(owner, code, `?org=${id}`)).status).toBe(200);
    expect([await balanceOf(owner), await balanceOf(owner, `?org=${id}`)]).toEqual([0, 500]);
    expect((await audited(accountId)).map(({ action }) => action)).toContain('billing.redeem');
  });

  it('is good once a person, in however many wallets they have a part', async () => {
    const [owner, other, first, second] = [await someone(), await someone(), await organization(), await organization()];
    for (const { id } of [first, second]) for (const person of [owner, other]) await join(id, person, 'owner');
    const { id, code } = await make({ maxAccounts: 100 });
    const answers = await Promise.all(['', `?org=${first.id}`, `?org=${second.id}`].map((query) => redeem(owner, code, query)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400]);
    for (const answer of answers.filter(({ status }) => status === 400)) expect(answer).toMatchObject(refusal('voucher_redeemed'));
    const left = (await balanceOf(owner, `?org=${first.id}`)) === 0 ? first : second;
    expect((await redeem(other, code, `?org=${left.id}`)).status).toBe(200);
    expect((await ask('GET', `/${id}`)).body).toMatchObject({ redeemed: 2, status: 'open', expiresAt: null });
  });

  it('that was cut short before the credits came is finished by the next who looks, once', async () => {
    const [person, other, { id, code }] = [await someone(), await someone(), await make({ maxAccounts: 2 })];
    const take = (account: string, at: number) =>
      env.DB.prepare('INSERT INTO voucher_redemptions VALUES (?, ?, ?, ?, NULL)').bind(id, account, 'a@example.com', at).run();
    await take(await accountOf(person), Date.now());
    expect((await redeem(person, code)).status).toBe(200);
    const account = await accountOf(other);
    await take(account, Date.now() - 120_000);
    const deps = { db: env.DB, files: env.FILES, account: (of: string) => accountStub(env.ACCOUNT, of), macSecret: '', now: Date.now };
    expect([await grantRedeemed(deps), await grantRedeemed(deps)]).toEqual([1, 0]);
    expect([await balanceOf(person), await balanceOf(other)]).toEqual([500, 500]);
  });
});

describe('an operator', () => {
  it('makes many at once, sees each code once, and keeps none', async () => {
    const { body } = await ask('POST', '', { credits: 100, count: 20, note: 'Shop' });
    const codes: string[] = body.vouchers.map(({ code }: Made) => code);
    expect(new Set(codes).size).toBe(20);
    for (const code of codes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
    const { results } = await env.DB.prepare("SELECT * FROM vouchers WHERE note = 'Shop'").all();
    const kept = JSON.stringify(results);
    expect(codes.filter((code) => kept.includes(code) || kept.includes(code.replaceAll('-', '')))).toEqual([]);
    const log = (await audited('gateway')).at(-1)!;
    expect([log.action, log.actor_kind, JSON.parse(log.detail)]).toEqual([
      'voucher.create',
      'operator',
      { credits: 100, count: 20, maxAccounts: 1, note: 'Shop' },
    ]);
  });

  it('may choose codes, which nobody else has then', async () => {
    const code = `Welcome-${crypto.randomUUID().slice(0, 8)}`;
    const made = await make({ codes: [code], maxAccounts: 100 });
    expect(made.code).toBe(code);
    expect(await redeem(await someone(), code.toUpperCase())).toMatchObject({ status: 200, body: { credits: 500 } });
    const free = `free-${crypto.randomUUID()}`;
    const again = await ask('POST', '', { credits: 5, codes: [free, code.toLowerCase()] });
    expect(again).toMatchObject({ status: 409, body: { error: { param: 'codes' } } });
    expect(await redeem(await someone(), free)).toMatchObject(refusal('unknown_voucher'));
  });

  it('lists them by pages, the newest first, with what became of each', async () => {
    const made: Made[] = [];
    for (const note of ['first', 'second', 'third']) made.push(await make({ note }));
    const person = await someone();
    await redeem(person, made[1]!.code);
    const seen: Record<string, unknown>[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await ask('GET', `?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.vouchers);
      if (!body.nextCursor) break;
      cursor = body.nextCursor;
    }
    const [first, second, third] = made.map(({ id }) => seen.findIndex((voucher) => voucher.id === id));
    expect(third).toBeLessThan(second!);
    expect(second).toBeLessThan(first!);
    expect(seen[second!]).toMatchObject({ note: 'second', status: 'used', redeemed: 1, codeStart: made[1]!.code.slice(0, 5) });
    const { body } = await ask('GET', `/${made[1]!.id}`);
    expect(body.redemptions).toMatchObject([
      { accountId: await accountOf(person), redeemedBy: person.email, grantedAt: expect.any(String) },
    ]);
  });

  it.each([
    ['credits', { credits: 0 }, 'Too small'],
    ['count', { count: 501 }, 'Too big'],
    ['count', { count: 2, codes: ['WELCOME-2027'] }, 'how many there are'],
    ['codes.0', { codes: ['short'] }, 'must be 8 to 64 letters'],
    ['maxAccounts', { maxAccounts: 1.5 }, 'Invalid'],
    ['expiresAt', { expiresAt: '2020-01-01T00:00:00Z' }, 'in the past'],
  ])('is told of a wrong `%s`', async (param, json, words) => {
    const error = { param, message: expect.stringContaining(words) };
    expect(await ask('POST', '', { credits: 5, ...json })).toMatchObject({ status: 400, body: { error } });
  });

  it('finds none by another id', async () => {
    for (const method of ['GET', 'DELETE']) expect((await ask(method, '/vou_none')).status).toBe(404);
    expect((await ask('GET', '?cursor=nonsense')).status).toBe(400);
  });
});

describe('the billing page', () => {
  const form = (as: Someone, fields: Record<string, string>, query = '') =>
    call('POST', `/settings/billing/redeem${query}`, { as, form: fields });

  it('redeems a code, and says so', async () => {
    const [person, { code }] = [await someone(), await make()];
    const sent = await form(person, { code });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/settings/billing?redeemed=1']);
    expect((await call('GET', '/settings/billing?redeemed=1', { as: person })).text).toContain('The voucher’s credits are here.');
    expect(await balanceOf(person)).toBe(500);
  });

  it.each(['', 'NOSUCHCODE'])('tells beside the field what is wrong with the code "%s"', async (code) => {
    const { status, text } = await form(await someone(), { code });
    expect(status).toBe(400);
    expect(text).toMatch(/<input name="code"[^>]*aria-invalid="true"/);
  });

  it('has the form for nobody who may not pay', async () => {
    const [viewer, { id }] = [await someone(), await organization()];
    await join(id, viewer, 'viewer');
    expect((await call('GET', `/settings/billing?org=${id}`, { as: viewer })).text).not.toContain('Redeem');
    expect((await form(viewer, { code: 'X' }, `?org=${id}`)).status).toBe(403);
  });
});
