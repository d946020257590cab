// Webhooks, against the reference implementation of the scheme, and against tampering.
import { Webhook } from 'standardwebhooks';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Hypereal, verifyWebhook, WebhookVerificationError } from '../../sdk/src/index.js';

const secret = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;
const other = `whsec_${Buffer.from('another one of the same length ...').toString('base64')}`;
const event = { status: 'completed', outputUrl: 'https://x.test/a.mp4', jobId: 'job_1', type: 'video', model: 'm', creditsUsed: 16 };
const body = JSON.stringify(event);

function signed(atMs = Date.now(), by = secret, text = body) {
  const at = new Date(atMs);
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(atMs / 1_000)),
    'webhook-signature': new Webhook(by).sign('msg_1', at, text),
  };
}

const client = new Hypereal({ apiKey: 'ck_x', webhookSecret: secret });

// The clock stands still from before the first message is signed, while tests are still being collected: otherwise one
// that is a second outside the tolerance could come into it before it is verified.
vi.useFakeTimers({ toFake: ['Date'] });
afterAll(() => void vi.useRealTimers());

describe('verify', () => {
  it('gives what a good message says, in whichever form it came', async () => {
    const headers = signed();
    expect(await client.webhooks.verify(body, headers)).toEqual(event);
    expect(await client.webhooks.verify(new TextEncoder().encode(body), new Headers(headers))).toEqual(event);
    expect(await client.webhooks.verify(Buffer.from(body), headers, { secret })).toEqual(event);
    expect(
      await verifyWebhook(
        body,
        { 'Webhook-Id': 'msg_1', 'Webhook-Timestamp': headers['webhook-timestamp'], 'Webhook-Signature': [headers['webhook-signature']] },
        { secret },
      ),
    ).toEqual(event);
  });

  it('takes any of several signatures, as during a rotation', async () => {
    const [mine, theirs] = [signed(), signed(Date.now(), other)];
    const both = `${theirs['webhook-signature']} v1a,asymmetric ${mine['webhook-signature']}`;
    expect(await client.webhooks.verify(body, { ...mine, 'webhook-signature': both })).toEqual(event);
  });

  it('refuses a message of which any byte was changed', async () => {
    const headers = signed();
    for (let at = 0; at < body.length; at++) {
      const changed = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ 1) + body.slice(at + 1);
      await expect(client.webhooks.verify(changed, headers), `byte ${at}`).rejects.toBeInstanceOf(WebhookVerificationError);
    }
  });

  it.each([
    ['another secret', signed(Date.now(), other)],
    ['another id', { ...signed(), 'webhook-id': 'msg_2' }],
    ['another time', { ...signed(), 'webhook-timestamp': String(Math.floor(Date.now() / 1_000) + 1) }],
    ['a cut signature', { ...signed(), 'webhook-signature': signed()['webhook-signature'].slice(0, -4) }],
    ['a signature that is none', { ...signed(), 'webhook-signature': 'v1,%%% v1, v1' }],
    ['no signature', { ...signed(), 'webhook-signature': undefined }],
    ['no time', { ...signed(), 'webhook-timestamp': 'now' }],
    ['nothing at all', {}],
    ['an old one', signed(Date.now() - 301_000)],
    ['one from the future', signed(Date.now() + 301_000)],
  ])('refuses %s', async (_what, headers) => {
    await expect(client.webhooks.verify(body, headers)).rejects.toBeInstanceOf(WebhookVerificationError);
  });

  it('lets the receiver say how old a message may be', async () => {
    const old = signed(Date.now() - 1_000_000);
    expect(await client.webhooks.verify(body, old, { toleranceSeconds: 2_000 })).toEqual(event);
    await expect(client.webhooks.verify(body, signed(Date.now() - 5_000), { toleranceSeconds: 1 })).rejects.toThrow('too old');
  });

  it('says that a secret is missing, which is nobody’s fault but ours', async () => {
    const bare = new Hypereal({ apiKey: 'ck_x' });
    await expect(bare.webhooks.verify(body, signed())).rejects.toThrow('secret is required');
  });
});
