// Webhooks, by a receiver that checks every signature against the specification.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, ended, openMediaAccount, post } from './support/media';
import { until } from './support/wait';
import { Worker } from './support/worker';

interface Delivered {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

class Receiver {
  readonly got: Delivered[] = [];
  /** Paths that wait for an answer that never comes. */
  private readonly stalled: string[] = [];
  /** The answers of each path in order; the last one repeats. */
  private readonly scripts = new Map<string, (number | 'stall')[]>();
  private server: Server | undefined;
  url = '';

  async start(): Promise<void> {
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const path = request.url ?? '';
      this.got.push({ path, headers: request.headers, body });
      const script = this.scripts.get(path) ?? [200];
      const answer = script.length > 1 ? script.shift()! : script[0]!;
      if (answer === 'stall') {
        this.stalled.push(path);
        response.once('close', () => this.stalled.splice(this.stalled.indexOf(path), 1));
        return;
      }
      response.writeHead(answer, answer === 302 ? { location: `${this.url}/elsewhere` } : {}).end('{}');
    });
    await new Promise<void>((done) => this.server!.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  at(path: string, ...script: (number | 'stall')[]): string {
    this.scripts.set(path, script);
    return this.url + path;
  }

  on(path: string): Delivered[] {
    return this.got.filter((one) => one.path === path);
  }

  stalling(path: string): number {
    return this.stalled.filter((one) => one === path).length;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((done) => this.server?.close(done));
  }
}

const receiver = new Receiver();
let worker: Worker;
let account: Account;
beforeAll(async () => {
  await receiver.start();
  worker = await Worker.start({ LOCAL: '1', PRIVATE_ADDRESSES: 'allowed' });
  account = await openMediaAccount(worker);
});
afterAll(async () => {
  await worker?.stop();
  await receiver.stop();
});

const film = (webhookUrl: string, prompt = 'a cat') => ({
  model: 'veo3.1-fast',
  prompt: `${prompt} sandbox:delay=0ms`,
  webhook_url: webhookUrl,
});

const secretOf = async (of: Account): Promise<string> =>
  ((await call(of, 'GET', '/v1/webhooks/secret')).body as unknown as { secret: string }).secret;

/** Written from the text of the specification. */
function signs(secret: string, { headers, body }: Delivered): boolean {
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}

interface Delivery {
  id: string;
  webhookId: string;
  state: string;
  tries: number;
  attempts: { status: number | null; error?: string }[];
}

async function deliveryOf(jobId: string, of = account): Promise<Delivery> {
  const listed = await call(of, 'GET', `/v1/webhooks/deliveries?jobId=${jobId}`);
  return (listed.body.data as unknown as Delivery[])[0]!;
}

// Concurrent, since they mostly wait for the next try, each at a receiver of its own.
describe.concurrent('a webhook', () => {
  it('tells how the job ended, signed, once', async () => {
    const { body } = await post(account, '/v1/videos/generate', film(receiver.at('/good', 200)));
    expect(body.message).toContain('webhook');
    const job = await ended(account, body.jobId);
    await until('the webhook', () => receiver.on('/good')[0]);
    const [delivered] = receiver.on('/good');
    expect(JSON.parse(delivered!.body)).toEqual({
      status: 'completed',
      outputUrl: job.outputUrl,
      jobId: body.jobId,
      type: 'video',
      model: 'veo3.1-fast',
      creditsUsed: 16,
    });
    const secret = await secretOf(account);
    expect(signs(secret, delivered!)).toBe(true);
    expect(new Webhook(secret).verify(delivered!.body, delivered!.headers as Record<string, string>)).toMatchObject({ jobId: body.jobId });
    expect(delivered!.headers['webhook-id']).toMatch(/^msg_/);
    await sleep(500);
    expect(receiver.on('/good')).toHaveLength(1);
    expect(await deliveryOf(body.jobId)).toMatchObject({ state: 'delivered', tries: 1, attempts: [{ status: 200 }] });
  });

  it('tells of a failure, with the reason', async () => {
    const { body } = await post(account, '/v1/videos/generate', film(receiver.at('/failed', 200), 'sandbox:fail'));
    await until('the webhook', () => receiver.on('/failed')[0]);
    const told = JSON.parse(receiver.on('/failed')[0]!.body) as Record<string, unknown>;
    expect(told).toMatchObject({ status: 'failed', outputUrl: null, jobId: body.jobId, creditsUsed: 0, error: expect.any(String) });
  });

  it('comes again under the same id after failures and redirects, which are not followed', async () => {
    const { body } = await post(account, '/v1/videos/generate', film(receiver.at('/later', 302, 200)));
    await until('the second try', () => receiver.on('/later').length === 2, 15_000);
    const [first, second] = receiver.on('/later');
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(signs(await secretOf(account), second!)).toBe(true);
    expect(receiver.on('/elsewhere')).toEqual([]);
    await until('the delivery to end', async () => (await deliveryOf(body.jobId)).state === 'delivered');
  });

  it('comes again to a receiver that stalled, and is told by its log what became of the first try', async () => {
    const { body } = await post(account, '/v1/videos/generate', film(receiver.at('/stalls', 'stall', 500, 200)));
    await until('the second try', () => receiver.on('/stalls').length === 2, 40_000);
    const seen = await until('the log', async () => {
      const delivery = await deliveryOf(body.jobId);
      return delivery.attempts.length === 2 && delivery;
    });
    expect(seen.attempts).toMatchObject([{ status: null, error: 'no answer' }, { status: 500 }]);
    expect(seen).toMatchObject({ state: 'pending', tries: 2 });
    expect(new Set(receiver.on('/stalls').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('is signed with both secrets after a rotation', async () => {
    const caller = await openMediaAccount(worker);
    const before = await secretOf(caller);
    await post(caller, '/v1/webhooks/secret/rotate', {});
    const after = await secretOf(caller);
    expect(after).not.toBe(before);
    await post(caller, '/v1/videos/generate', film(receiver.at('/rotated', 200)));
    await until('the webhook', () => receiver.on('/rotated')[0]);
    for (const secret of [before, after]) expect(signs(secret, receiver.on('/rotated')[0]!)).toBe(true);
  });

  it('is not sent again to a receiver that is gone, until it is asked for', async () => {
    const caller = await openMediaAccount(worker);
    const url = receiver.at('/gone', 410, 200);
    const { body } = await post(caller, '/v1/videos/generate', film(url));
    await until('the delivery to end', async () => (await deliveryOf(body.jobId, caller))?.state === 'gone');
    const next = await post(caller, '/v1/videos/generate', film(url));
    await until('the next one to end', async () => (await deliveryOf(next.body.jobId, caller))?.state === 'gone');
    expect(receiver.on('/gone')).toHaveLength(1);
    const { id, webhookId } = await deliveryOf(body.jobId, caller);
    expect((await post(caller, `/v1/webhooks/deliveries/${id}/redeliver`, {})).status).toBe(200);
    await until('the delivery', async () => (await deliveryOf(body.jobId, caller)).state === 'delivered');
    expect(receiver.on('/gone').map(({ headers }) => headers['webhook-id'])).toEqual([webhookId, webhookId]);
    expect((await post(account, `/v1/webhooks/deliveries/${id}/redeliver`, {})).status).toBe(404);
  });

  it('does not wait behind a receiver that stalls', async () => {
    receiver.at('/stall', 'stall');
    await Promise.all(Array.from({ length: 6 }, () => post(account, '/v1/videos/generate', film(`${receiver.url}/stall`))));
    // Six are more than one batch, so they can stall at once only if no batch waits for its own to end.
    await until('all of them to stall at once', () => receiver.stalling('/stall') === 6);
    await post(account, '/v1/videos/generate', film(receiver.at('/quick', 200)));
    await until('the quick one', () => receiver.on('/quick')[0]);
    expect(receiver.stalling('/stall')).toBeGreaterThan(0);
  });
});
