/** A fake Stripe with what a top-up needs: sessions, a page to pay on, receipts, and signed events. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const API_KEY = 'sk_test_of_the_tests';
const WEBHOOK_SECRET = 'whsec_of_the_tests';

export interface Session {
  id: string;
  cents: number;
  form: URLSearchParams;
  intent: string;
  paid: boolean;
}

const page = (id: string, cents: number, cancelUrl: string): string =>
  `<!doctype html><title>Checkout</title><h1>${(cents / 100).toFixed(2)} USD</h1>` +
  `<form method="post" action="/pay/${id}"><button>Pay</button></form><a href="${cancelUrl}">Back</a>`;

export class FakeStripe {
  readonly sessions: Session[] = [];
  /** Requests that a real Stripe would have refused. */
  readonly refused: string[] = [];
  private events = 0;
  private webhookUrl = '';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FakeStripe> {
    let handle: (request: IncomingMessage, response: ServerResponse) => void = () => {};
    const server = createServer((request, response) => handle(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const stripe = new FakeStripe(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    handle = (request, response) => void stripe.serve(request, response);
    return stripe;
  }

  get variables() {
    return { STRIPE_SECRET_KEY: API_KEY, STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET, STRIPE_URL: this.url };
  }

  sendTo(workerUrl: string): void {
    this.webhookUrl = `${workerUrl}/api/billing/webhook`;
  }

  /** Signs and sends an event as Stripe does; returns the status of the answer. */
  async send(type: string, object: Record<string, unknown>): Promise<number> {
    const event = { id: `evt_${++this.events}`, object: 'event', api_version: '2026-01-01', livemode: false, type, data: { object } };
    const body = JSON.stringify(event, null, 2);
    const at = Math.floor(Date.now() / 1_000);
    const mac = createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${body}`).digest('hex');
    const headers = { 'stripe-signature': `t=${at},v1=${mac},v0=${'0'.repeat(64)}`, 'content-type': 'application/json; charset=utf-8' };
    const response = await fetch(this.webhookUrl, { method: 'POST', body, headers });
    await response.text();
    return response.status;
  }

  completed({ id, cents, form, intent, paid }: Session): Promise<number> {
    return this.send('checkout.session.completed', {
      id,
      object: 'checkout.session',
      amount_subtotal: cents,
      amount_total: cents,
      currency: 'usd',
      mode: 'payment',
      payment_status: paid ? 'paid' : 'unpaid',
      status: 'complete',
      payment_intent: intent,
      client_reference_id: form.get('client_reference_id'),
      metadata: { account_id: form.get('metadata[account_id]') },
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += part;
    const { pathname } = new URL(request.url ?? '/', this.url);
    const [, first = '', second = '', third = ''] = pathname.split('/');
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (first === 'favicon.ico') return void response.writeHead(404).end();
    if (first === 'pay') return this.pay(request, response, second);
    if (request.headers.authorization !== `Bearer ${API_KEY}`) {
      this.refused.push(pathname);
      return json(401, { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } });
    }
    if (request.method === 'POST' && pathname === '/v1/checkout/sessions') return json(200, this.open(new URLSearchParams(text)));
    if (second === 'payment_intents') {
      const charge = { id: `ch_${third}`, object: 'charge', receipt_url: `${this.url}/receipts/${third}` };
      return json(200, { id: third, object: 'payment_intent', latest_charge: charge });
    }
    this.refused.push(pathname);
    json(404, { error: { type: 'invalid_request_error', message: `Unrecognized request URL (${request.method}: ${pathname})` } });
  }

  private open(form: URLSearchParams): Record<string, unknown> {
    const number = this.sessions.length + 1;
    const cents = Number(form.get('line_items[0][price_data][unit_amount]')) * Number(form.get('line_items[0][quantity]'));
    const session = { id: `cs_test_${number}`, cents, form, intent: `pi_${number}`, paid: false };
    this.sessions.push(session);
    return { id: session.id, object: 'checkout.session', url: `${this.url}/pay/${session.id}`, status: 'open', payment_status: 'unpaid' };
  }

  /** The payment page. Its button first sends the event, then takes the customer back. */
  private async pay(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const session = this.sessions.find((known) => known.id === id);
    if (!session) return void response.writeHead(404).end();
    const { cents, form } = session;
    if (request.method === 'GET')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(page(id, cents, form.get('cancel_url')!));
    session.paid = true;
    await this.completed(session);
    response.writeHead(303, { location: form.get('success_url')! }).end();
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
