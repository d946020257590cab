// What goes wrong between the gateway and a vendor: refusals, lost answers, cancels, callbacks that race the poller.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from './support/account';
import { call, ended, openMediaAccount, post } from './support/media';
import { falJob, PUBLIC_URL, Vendors, WAVESPEED_SECRET, wavespeedJob, wavespeedPrediction } from './support/media-vendors';
import { RESET, type Seen } from './support/upstream';
import { until } from './support/wait';
import { failure, inMicro, json } from './support/wire';

let vendors: Vendors;
let account: Account;
beforeAll(async () => {
  vendors = await Vendors.start();
});
afterAll(() => vendors?.stop());
beforeEach(async () => {
  vendors.reset();
  account = await openMediaAccount(vendors.worker);
});

const picture = { model: 'nano_banana', prompt: 'a fox' };
/** A model of another vendor: after five failures within a minute fal would be skipped. */
const another = { model: 'doubao-seedream-4-0', prompt: 'a fox' };
const film = { model: 'kling-v3', prompt: 'a fox', duration: 5 };
const falPicture = () => falJob('fal-ai/nano-banana', { images: [{ url: vendors.fileUrl('1.png'), content_type: 'image/png' }] });

describe('the next vendor', () => {
  it.each([
    ['a spent balance', () => json({ detail: 'User is locked. Reason: Exhausted balance.' }, { status: 403 })],
    ['a credential that is not good', () => failure(401, 'Unauthorized')],
    ['no capacity', () => failure(503, 'No capacity')],
    ['a model that is gone', () => json({ detail: 'Path /fal-ai/nano-banana not found' }, { status: 404 })],
  ])('is asked after %s', async (_, refuse) => {
    vendors.script('fal', refuse);
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('1.png')));
    const answer = await post(account, '/v1/images/generations', picture);
    expect(answer.status, answer.text).toBe(200);
    const { attempts } = await account.lastGeneration();
    expect(attempts!.at(-1)).toMatchObject({ provider: 'wavespeed' });
    expect((await account.settled()).spentMicro).toBe(inMicro(2.4));
  });

  it.each([
    ['the answer is lost', () => ({ steps: [], first: RESET })],
    ['the answer is an outage that may have come later', () => failure(502, 'Bad gateway')],
    ['the job is accepted without its id', () => json({ status: 'IN_QUEUE' })],
  ])('is not asked when %s: work may be under way', async (_, lose) => {
    vendors.script('fal', lose);
    vendors.script('wavespeed', wavespeedJob(vendors.fileUrl('1.png')));
    const answer = await post(account, '/v1/images/generations', another);
    expect([answer.status, answer.body.refusal.type], answer.text).toEqual([502, 'api_error']);
    expect(vendors.seen('fal')).toHaveLength(1);
    expect(vendors.seen('wavespeed')).toEqual([]);
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

describe('cancelling', () => {
  it('reaches the vendor, whose next word ends the job', async () => {
    let canceled = false;
    vendors.script('wavespeed', () => failure(503, 'No capacity'));
    const run = falJob('fal-ai/kling-video', {});
    vendors.script('fal', (seen: Seen) => {
      if (seen.method === 'PUT') {
        canceled = true;
        return json({ status: 'CANCELLATION_REQUESTED' }, { status: 202 });
      }
      if (seen.method === 'POST') return run(seen);
      const state = canceled ? { status: 'COMPLETED', error: 'cancelled', error_type: 'client_cancelled' } : { status: 'IN_PROGRESS' };
      return json({ request_id: 'req_1', ...state });
    });
    const { body } = await post(account, '/v1/videos/generate', film);
    await until('the job to be at fal', () => vendors.seen('fal').some(({ method }) => method === 'GET'));
    expect((await post(account, `/v1/jobs/${body.jobId}/cancel`, {})).status).toBe(200);
    expect(await ended(account, body.jobId)).toMatchObject({ status: 'canceled', creditsUsed: 0 });
    expect(vendors.seen('fal').find(({ method }) => method === 'PUT')!.path).toBe('/v1/fal-ai/kling-video/requests/req_1/cancel');
    expect(await account.settled()).toEqual({ spentMicro: 0, heldMicro: 0 });
  });
});

describe('a callback', () => {
  const callbackOf = (seen: Seen, name: string): string => vendors.here(new URL(seen.path, 'http://upstream').searchParams.get(name) ?? '');

  function signed(body: string): Record<string, string> {
    const id = 'msg_1';
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const key = WAVESPEED_SECRET.replace('whsec_', '');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('hex');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v3,${signature}` };
  }

  it('that is signed ends the job beside the poller, once', async () => {
    vendors.script('wavespeed', ({ method }) => (method === 'POST' ? wavespeedPrediction('created') : wavespeedPrediction('processing')));
    const hooked = { ...film, webhook_url: vendors.hookUrl('once') };
    const { body } = await post(account, '/v1/videos/generate', hooked);
    await until('a poll', () => vendors.seen('wavespeed').some(({ method }) => method === 'GET'));
    const url = callbackOf(vendors.seen('wavespeed')[0]!, 'webhook');
    expect(url).toContain(`/callbacks/${body.jobId}/`);
    const outputs = [vendors.fileUrl('film.mp4')];
    // From now on polls get the same answer.
    vendors.script('wavespeed', () => wavespeedPrediction('completed', outputs));
    const told = JSON.stringify({ id: 'pred_1', status: 'completed', outputs });
    const answers = await Promise.all([1, 2, 3].map(() => fetch(url, { method: 'POST', body: told, headers: signed(told) })));
    for (const { status } of answers) expect(status).toBeLessThan(300);
    expect(await ended(account, body.jobId)).toMatchObject({ status: 'completed', creditsUsed: 67 });
    expect((await account.settled()).spentMicro).toBe(inMicro(67));
    await until('the webhook', () => vendors.seen('hooks').length > 0);
    expect(vendors.seen('hooks')).toHaveLength(1);
    expect(await account.calls()).toHaveLength(1);
  });

  it('that nobody signed only makes the gateway ask, and one with a wrong token is nothing', async () => {
    vendors.script('wavespeed', ({ method }) => (method === 'POST' ? wavespeedPrediction('created') : wavespeedPrediction('processing')));
    const { body } = await post(account, '/v1/videos/generate', film);
    await until('a poll', () => vendors.seen('wavespeed').some(({ method }) => method === 'GET'));
    const url = callbackOf(vendors.seen('wavespeed')[0]!, 'webhook');
    const forged = JSON.stringify({ id: 'pred_1', status: 'completed', outputs: [vendors.fileUrl('film.mp4')] });
    const asked = vendors.seen('wavespeed').length;
    expect((await fetch(url, { method: 'POST', body: forged })).status).toBeLessThan(300);
    await until('the question', () => vendors.seen('wavespeed').length > asked);
    expect((await call(account, 'GET', `/v1/jobs/${body.jobId}`)).body.status).toBe('processing');
    expect((await fetch(`${url}x`, { method: 'POST', body: forged })).status).toBe(404);
    await post(account, `/v1/jobs/${body.jobId}/cancel`, {});
  });

  it('of fal names our public address', async () => {
    vendors.script('fal', falPicture());
    const answer = await post(account, '/v1/images/generations', picture);
    const query = new URL(vendors.seen('fal')[0]!.path, 'http://upstream').searchParams;
    expect(query.get('fal_webhook')).toMatch(new RegExp(`^${PUBLIC_URL}/callbacks/${answer.body.jobId}/`));
  });
});
