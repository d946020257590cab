import { env } from 'cloudflare:test';
import type Stripe from 'stripe';
import { describe, expect, it, vi } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { handleEvent } from '../../../src/console/billing/events';
import { toHex } from '../../../src/core/hex';
import { DAY_MS } from '../../../src/core/time';
// Loaded here, so that loading does not count towards the first test's time.
import '../../../src/console/billing/stripe';
import { readAccountSettings } from '../../../src/env-account';
import { projectLedger } from '../../../src/jobs/project-ledger';
import { messageOf } from '../account/support';
import { accountOf, audited, call, join, must, ORIGIN, organization, type Someone, someone } from './support';

const SECRET = 'whsec_of_the_tests';

async function signature(body: string, atSeconds = Math.floor(Date.now() / 1_000), secret = SECRET): Promise<string> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${atSeconds}.${body}`));
  return `t=${atSeconds},v1=${toHex(new Uint8Array(mac))}`;
}

const NOBODY = { ip: null, userAgent: null, requestId: 'req_test' };

let count = 0;
const eventOf = (type: string, object: Record<string, unknown>) => ({ id: `evt_${++count}`, object: 'event', type, data: { object } });

async function deliver(type: string, object: Record<string, unknown>, header?: (body: string) => Promise<string>) {
  const event = eventOf(type, object);
  const sent = await (header ?? signature)(JSON.stringify(event));
  return call('POST', '/api/billing/webhook', { json: event, headers: { 'stripe-signature': sent } });
}

const paid = (accountId: string, cents: number, more: Record<string, unknown> = {}) => ({
  id: `cs_${accountId}_${cents}`,
  object: 'checkout.session',
  payment_status: 'paid',
  currency: 'usd',
  amount_subtotal: cents,
  amount_total: cents,
  payment_intent: `pi_${accountId}_${cents}`,
  metadata: { account_id: accountId },
  ...more,
});

const billing = (as: Someone) => must('GET', '/api/billing', { as });
const actions = async (account: string): Promise<string[]> =>
  (await audited(account)).map(({ action }) => action).filter((action) => action.startsWith('billing.'));

describe('a payment', () => {
  it('is offered where the gateway would hear of it, and nowhere else', async () => {
    const as = await someone();
    const { STRIPE_WEBHOOK_SECRET, ...unheard } = { ...env, STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: SECRET };
    const heard = { ...unheard, STRIPE_WEBHOOK_SECRET };
    const offered = async (bindings: typeof env) => (await must('GET', '/api/billing', { as, bindings })).canTopUp;
    expect([await offered(heard), await offered(unheard), await offered(env)]).toEqual([true, false, false]);
    const asked = await call('POST', '/api/billing/checkout', { as, json: { amountUsd: 20 }, bindings: unheard });
    expect([asked.status, asked.body.error.message]).toEqual([503, expect.stringContaining('not set up')]);
  });

  it('is credited once, however often and by whichever event it is told', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const session = paid(account, 2_500);
    for (const type of ['checkout.session.completed', 'checkout.session.completed', 'checkout.session.async_payment_succeeded'])
      expect((await deliver(type, session)).status).toBe(200);
    expect(await billing(person)).toMatchObject({ balanceCredits: 2_500, topUpCredits: 2_500, tier: 'starter' });
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts).toMatchObject([
      { id: session.id, amountCents: 2_500, status: 'paid' },
    ]);
    expect(await actions(account)).toEqual(['billing.top_up']);
  });

  it('that is told twice at once is credited once', async () => {
    const person = await someone();
    const account = await accountOf(person);
    await Promise.all([
      deliver('checkout.session.completed', paid(account, 300)),
      deliver('checkout.session.completed', paid(account, 300)),
    ]);
    expect((await billing(person)).balanceCredits).toBe(300);
    expect(await actions(account)).toEqual(['billing.top_up']);
  });

  it('is known before its receipt, for which Stripe may let us wait', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const session = paid(account, 700);
    let answerStripe: (response: Response) => void = () => undefined;
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (answerStripe = resolve)));
    const asked = {
      db: env.DB,
      files: env.FILES,
      account: (id: string) => accountStub(env.ACCOUNT, id),
      now: Date.now,
      macSecret: '',
      from: NOBODY,
    };
    const settings = { ...readAccountSettings(env), STRIPE_SECRET_KEY: 'sk_of_the_tests' };
    const deps = { ...asked, settings, origin: ORIGIN, mail: undefined, fetch, catchUp: async () => undefined };
    const handled = handleEvent(deps, eventOf('checkout.session.completed', session) as unknown as Stripe.Event);
    const receipts = async () => (await must('GET', '/api/billing/receipts', { as: person })).receipts;
    await expect.poll(receipts).toMatchObject([{ id: session.id, receiptUrl: null }]);
    await deliver('refund.created', { id: `re_${account}`, amount: 200, currency: 'usd', payment_intent: session.payment_intent });
    expect((await billing(person)).balanceCredits).toBe(500);
    answerStripe(Response.json({ latest_charge: { receipt_url: 'https://stripe.example/receipt' } }));
    await handled;
    vi.unstubAllGlobals();
    expect(await receipts()).toMatchObject([{ receiptUrl: 'https://stripe.example/receipt', refundedCents: 200 }]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['is not paid yet', { payment_status: 'unpaid' }],
    ['is in another currency', { currency: 'jpy' }],
    ['is of another business of the same Stripe account', { metadata: {} }],
    ['is for an account that is none', { metadata: { account_id: 'acc_0000000000000000' } }],
  ])('that %s credits nobody', async (_name, more) => {
    const person = await someone();
    expect((await deliver('checkout.session.completed', paid(await accountOf(person), 500, more))).status).toBe(200);
    expect((await billing(person)).balanceCredits).toBe(0);
  });

  it('in another currency, which credits nobody, is told to the operator', async () => {
    const account = await accountOf(await someone());
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await deliver('checkout.session.completed', paid(account, 500, { currency: 'eur' }));
    await deliver('checkout.session.completed', paid(account, 500, { currency: 'eur', payment_status: 'unpaid' }));
    const said = log.mock.calls.filter(([words]) => words === 'payment in another currency');
    log.mockRestore();
    expect(said.map(([, what]) => what)).toEqual([expect.stringContaining(`"accountId":"${account}","cents":500,"currency":"eur"`)]);
  });

  it('is taken from nobody but Stripe, and not when it is old', async () => {
    const person = await someone();
    const session = paid(await accountOf(person), 500);
    const old = Math.floor(Date.now() / 1_000) - 3_600;
    const headers: ((body: string) => Promise<string>)[] = [
      async () => '',
      (body) => signature(body, undefined, 'whsec_of_somebody_else'),
      (body) => signature(body, old),
      (body) => signature(`${body} `),
    ];
    for (const header of headers) expect((await deliver('checkout.session.completed', session, header)).status).toBe(400);
    expect((await billing(person)).balanceCredits).toBe(0);
  });

  it('of an organization that was deleted meanwhile is credited, and the operator is told', async () => {
    const [owner, { id, accountId }] = [await someone(), await organization()];
    await join(id, owner, 'owner');
    await must('DELETE', `/api/orgs/${id}`, { as: owner, json: { confirm: id } });
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await deliver('checkout.session.completed', paid(accountId, 700));
    const said = log.mock.calls.filter(([words]) => words === 'payment for a deleted organization');
    log.mockRestore();
    expect(said).toEqual([[expect.any(String), expect.stringContaining(accountId)]]);
    expect((await accountStub(env.ACCOUNT, accountId).view())?.balanceMicro).toBe(700_000_000);
  });

  it('adds up to tiers', async () => {
    const person = await someone();
    const account = await accountOf(person);
    expect(await billing(person)).toMatchObject({
      tier: 'free',
      tiers: [{ missingCredits: 0 }, { id: 'starter', missingCredits: 1_999 }, {}, {}],
    });
    await deliver('checkout.session.completed', paid(account, 1_000));
    expect((await billing(person)).tier).toBe('free');
    await deliver('checkout.session.completed', paid(account, 999));
    expect((await billing(person)).tier).toBe('starter');
  });
});

describe('a refund, or a dispute', () => {
  it('is debited once, part by part, and given back when it fails or is won', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const session = paid(account, 2_500);
    await deliver('checkout.session.completed', session);
    const part = (id: string, amount: number) => ({
      id,
      object: 'refund',
      amount,
      currency: 'usd',
      payment_intent: session.payment_intent,
    });
    for (const refund of [part('re_1', 400), part('re_1', 400), part('re_2', 200)]) await deliver('refund.created', refund);
    expect(await billing(person)).toMatchObject({ balanceCredits: 1_900, topUpCredits: 1_900, tier: 'free' });
    await deliver('refund.failed', part('re_2', 200));
    expect((await billing(person)).balanceCredits).toBe(2_100);
    const disputed = { id: 'dp_1', object: 'dispute', amount: 2_100, currency: 'usd', payment_intent: session.payment_intent };
    await deliver('charge.dispute.funds_withdrawn', disputed);
    expect((await billing(person)).balanceCredits).toBe(0);
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts[0].status).toBe('disputed');
    await deliver('charge.dispute.funds_reinstated', disputed);
    expect((await billing(person)).balanceCredits).toBe(2_100);
    expect(await actions(account)).toEqual([
      'billing.top_up',
      'billing.refund',
      'billing.refund',
      'billing.refund_failed',
      'billing.dispute',
      'billing.dispute_won',
    ]);
  });

  it('comes before its payment, out of order and twice, and all adds up in the end', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const session = paid(account, 2_500);
    const of = (id: string, amount: number) => ({
      id: `${id}_${account}`,
      amount,
      currency: 'usd',
      payment_intent: session.payment_intent,
    });
    await deliver('charge.dispute.funds_reinstated', of('dp_9', 2_000));
    for (let again = 0; again < 2; again++) expect((await deliver('refund.created', of('re_9', 500))).status).toBe(200);
    expect((await billing(person)).balanceCredits).toBe(0);
    await Promise.all([deliver('checkout.session.completed', session), deliver('refund.created', of('re_8', 100))]);
    for (const again of [1, 2])
      await deliver(
        again === 1 ? 'charge.dispute.funds_withdrawn' : 'checkout.session.completed',
        again === 1 ? of('dp_9', 2_000) : session,
      );
    expect(await billing(person)).toMatchObject({ balanceCredits: 1_900, topUpCredits: 1_900 });
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts).toMatchObject([
      { status: 'partly_refunded', refundedCents: 600, amountCents: 2_500 },
    ]);
    expect((await actions(account)).sort()).toEqual(
      ['billing.dispute', 'billing.dispute_won', 'billing.refund', 'billing.refund', 'billing.top_up'].sort(),
    );
  });

  it('that is cancelled before it went out is given back, once', async () => {
    const person = await someone();
    const session = paid(await accountOf(person), 2_500);
    const refund = { id: `re_${session.id}`, amount: 2_500, currency: 'usd', payment_intent: session.payment_intent };
    await deliver('checkout.session.completed', session);
    await deliver('refund.created', { ...refund, status: 'requires_action' });
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts[0].status).toBe('refunded');
    await deliver('refund.updated', { ...refund, status: 'requires_action' });
    expect((await billing(person)).balanceCredits).toBe(0);
    for (const type of ['refund.updated', 'refund.failed', 'refund.updated']) {
      await deliver(type, { ...refund, status: 'canceled' });
      expect(await billing(person)).toMatchObject({ balanceCredits: 2_500 });
    }
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts[0].status).toBe('paid');
  });

  it('in another currency is not taken for cents, and the operator is told', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const session = paid(account, 2_500);
    await deliver('checkout.session.completed', session);
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const part = (id: string, currency: string) => ({
      id: `${id}_${account}`,
      amount: 2_500,
      currency,
      payment_intent: session.payment_intent,
    });
    await deliver('refund.created', part('re', 'jpy'));
    await deliver('charge.dispute.funds_withdrawn', part('dp', 'eur'));
    await deliver('refund.created', { ...part('re_theirs', 'eur'), payment_intent: 'pi_of_another_business' });
    const said = log.mock.calls.filter(([words]) => words === 'payment taken back in another currency');
    log.mockRestore();
    expect(await billing(person)).toMatchObject({ balanceCredits: 2_500, topUpCredits: 2_500 });
    expect((await must('GET', '/api/billing/receipts', { as: person })).receipts[0].status).toBe('paid');
    expect(said.map(([, what]) => what)).toEqual([
      expect.stringMatching(`"amount":2500,"currency":"jpy".*${account}`),
      expect.stringMatching(`"amount":2500,"currency":"eur".*${account}`),
    ]);
  });

  it('that failed or was won adds nothing, where nobody has told of it before', async () => {
    const person = await someone();
    const session = paid(await accountOf(person), 2_500);
    const part = (id: string) => ({ id: `${id}_${session.id}`, amount: 2_500, currency: 'usd', payment_intent: session.payment_intent });
    await deliver('checkout.session.completed', session);
    await deliver('refund.failed', part('re'));
    await deliver('charge.dispute.funds_reinstated', part('dp'));
    expect(await billing(person)).toMatchObject({ balanceCredits: 2_500, topUpCredits: 2_500 });
  });

  it('of another business of the same Stripe account is taken in and changes nothing', async () => {
    expect((await deliver('refund.created', { id: 're_x', amount: 5, currency: 'usd', payment_intent: 'pi_unknown' })).status).toBe(200);
    expect((await deliver('refund.created', { id: 're_y', amount: 5, currency: 'usd', payment_intent: null })).status).toBe(200);
  });
});

describe("the wallet's ledger", () => {
  it('shows every line that changed the balance, in pages, and adds up to it', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const stub = accountStub(env.ACCOUNT, account);
    for (const cents of [300, 400, 500]) await deliver('checkout.session.completed', paid(account, cents));
    const { lines } = await stub.operations(10);
    await projectLedger({ db: env.DB, account: () => stub }, [messageOf(account, lines)]);
    const first = await must('GET', '/api/billing/ledger?limit=2', { as: person });
    const second = await must('GET', `/api/billing/ledger?limit=2&cursor=${first.nextCursor}`, { as: person });
    const shown = [...first.lines, ...second.lines].map(({ amountCredits, reason }) => [amountCredits, reason]);
    expect([shown, second.nextCursor]).toEqual([
      [
        [500, 'Top-up'],
        [400, 'Top-up'],
        [300, 'Top-up'],
      ],
      null,
    ]);
  });

  it('ends with what is brought forward from the archive, without which usage says its figures are', async () => {
    const person = await someone();
    const account = await accountOf(person);
    expect((await must('GET', '/api/api-usage', { as: person })).archivedUntil).toBeNull();
    const until = Date.now() - 10 * DAY_MS;
    await env.DB.batch([
      env.DB.prepare('INSERT INTO ledger_fences VALUES (?, 0, 1, 5, -12340000)').bind(account),
      env.DB.prepare("INSERT INTO ledger_parts VALUES (?, 1, 5, ?, 5, 1, 5, 'file')").bind(account, until),
    ]);
    const { broughtForward } = await must('GET', '/api/billing/ledger', { as: person });
    expect(broughtForward).toEqual({ amountCredits: -12.34, until: new Date(until).toISOString() });
    expect((await call('GET', '/settings/billing', { as: person })).text).toMatch(/Brought forward.*?−12\.34/s);
    expect((await must('GET', '/api/api-usage', { as: person })).archivedUntil).toBe(broughtForward.until);
    expect((await must('GET', '/api/api-usage?days=5', { as: person })).archivedUntil).toBeNull();
    expect((await call('GET', '/usage?model=x', { as: person })).text).toContain('have left the database');
  });
});

describe('receipts', () => {
  it('are all there, in pages, also those of one moment', async () => {
    const person = await someone();
    const account = await accountOf(person);
    const insert = env.DB.prepare("INSERT INTO payments VALUES (?, ?, ?, 500, 'usd', NULL, ?)");
    const id = (index: number) => `cs_${account}_${String(index).padStart(3, '0')}`;
    await env.DB.batch(
      Array.from({ length: 103 }, (_, index) => insert.bind(id(index), account, `pi_${id(index)}`, Math.floor(index / 40))),
    );
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const page = await must('GET', `/api/billing/receipts?limit=50&cursor=${cursor}`, { as: person });
      seen.push(...page.receipts.map((receipt: { id: string }) => receipt.id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(Array.from({ length: 103 }, (_, index) => id(102 - index)));
    const { text } = await call('GET', '/settings/billing', { as: person });
    const older = /href="(\/settings\/billing\?receipts=[^"]+)">\s*Older receipts/.exec(text)?.[1];
    expect((await call('GET', older!, { as: person })).text.match(/class="tag">paid/g)).toHaveLength(3);
    expect((await call('GET', '/api/billing/receipts?cursor=x', { as: person })).status).toBe(400);
  });
});

describe('a top-up', () => {
  it('that nobody takes payments for is had from the operator, by the id of the wallet', async () => {
    const person = await someone();
    const { text } = await call('GET', '/settings/billing', { as: person });
    expect(text).toContain(`the operator grants credits, to the wallet <code>${await accountOf(person)}</code>`);
    expect(text).toContain(`npm run admin -- credits grant ${await accountOf(person)}`);
  });

  it('is thanked for on the page that it leads to, and on no page after', async () => {
    const { text } = await call('GET', '/settings/billing?paid=1&cursor=1~1', { as: await someone() });
    expect(text).toContain('Thank you.');
    expect(text).toMatch(/href="\/settings\/billing\?">Newest lines/);
  });

  it('is not begun without Stripe, below two dollars, or by who may not pay', async () => {
    const [person, viewer, { id }] = [await someone(), await someone(), await organization()];
    await join(id, viewer, 'viewer');
    const ask = (as: Someone, amountUsd: number, query = '') => call('POST', `/api/billing/checkout${query}`, { as, json: { amountUsd } });
    expect((await ask(person, 5)).status).toBe(503);
    expect((await ask(person, 1.99)).status).toBe(400);
    expect((await ask(person, 5.001)).status).toBe(400);
    expect((await ask(viewer, 5, `?org=${id}`)).status).toBe(403);
  });
});
