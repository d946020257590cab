// A top-up from the button to the balance, with a fake Stripe that only records what it is asked.
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

const SECRET = 'whsec_of_the_tests';
const asked: { path: string; form: URLSearchParams }[] = [];

let stripe: Server;
let worker: Worker;

beforeAll(async () => {
  stripe = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    asked.push({ path: request.url ?? '', form: new URLSearchParams(body) });
    const answer = request.url?.startsWith('/v1/payment_intents')
      ? {
          id: 'pi_1',
          object: 'payment_intent',
          latest_charge: { id: 'ch_1', object: 'charge', receipt_url: 'https://pay.example/receipt' },
        }
      : { id: 'cs_test_1', object: 'checkout.session', url: 'https://pay.example/session' };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => stripe.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(stripe.address() as AddressInfo).port}`;
  worker = await Worker.start({ LOCAL: '1', STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: SECRET, STRIPE_URL: url });
});
afterAll(async () => {
  await worker?.stop();
  stripe?.closeAllConnections();
  stripe?.close();
});

it('a person tops up: Stripe is asked for a page, its signed event brings the credits, and they are in the ledger', async () => {
  const person = await Person.signedIn(worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  const session = await person.get<{ url: string }>('/api/billing/checkout', { json: { amountUsd: 20.06 } });
  expect(session.url).toBe('https://pay.example/session');
  const begun = await person.get<{ entries: unknown[] }>('/api/audit?action=billing.begin_checkout');
  expect(begun.entries).toMatchObject([{ target: 'cs_test_1', detail: { amountUsd: 20.06 }, actorName: person.email }]);
  const { path, form } = asked.find((call) => call.path === '/v1/checkout/sessions')!;
  expect([path, form.get('line_items[0][price_data][unit_amount]'), form.get('metadata[account_id]')]).toEqual([
    '/v1/checkout/sessions',
    '2006',
    accountId,
  ]);
  const object = {
    id: 'cs_test_1',
    object: 'checkout.session',
    payment_status: 'paid',
    currency: 'usd',
    amount_subtotal: 2_006,
    payment_intent: 'pi_1',
    metadata: { account_id: accountId },
  };
  const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'checkout.session.completed', data: { object } });
  const at = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex');
  const headers = { 'stripe-signature': `t=${at},v1=${mac}`, 'content-type': 'application/json' };
  for (let again = 0; again < 2; again++)
    expect((await fetch(`${worker.url}/api/billing/webhook`, { method: 'POST', body, headers })).status).toBe(200);
  expect(await person.get('/api/billing')).toMatchObject({ balanceCredits: 2_006, tier: 'starter' });
  expect(await person.get('/api/billing/receipts')).toMatchObject({ receipts: [{ receiptUrl: 'https://pay.example/receipt' }] });
  const lines = await until('the line in the ledger', async () => {
    const ledger = await person.get<{ lines: unknown[] }>('/api/billing/ledger');
    return ledger.lines.length > 0 && ledger.lines;
  });
  expect(lines).toMatchObject([{ kind: 'grant', amountCredits: 2_006, reason: 'Top-up' }]);
});

it('an amount that is too small is told by its field, as it was typed', async () => {
  const person = await Person.signedIn(worker);
  const page = await person.fetch('/settings/billing', { method: 'POST', body: new URLSearchParams({ amountUsd: '1.5' }) });
  const html = await page.text();
  expect([page.status, /id="form-error">([^<]*)</.exec(html)?.[1]]).toEqual([
    400,
    'US dollars, from 2 (100 credits each): must be at least 2.',
  ]);
  expect(/<input name="amountUsd"[^>]*>/.exec(html)?.[0]).toMatch(/value="1.5".*aria-invalid="true"/);
});
