import { createHmac } from 'node:crypto';
import { env } from 'cloudflare:test';
import { describe, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, call, join, must, organization, someone } from './support';

async function stripe(type: string, object: Record<string, unknown>) {
  const event = { id: `evt_${crypto.randomUUID()}`, object: 'event', type, data: { object } };
  const at = Math.floor(Date.now() / 1000);
  const mac = createHmac('sha256', 'whsec_of_the_tests').update(`${at}.${JSON.stringify(event)}`).digest('hex');
  return call('POST', '/api/billing/webhook', { json: event, headers: { 'stripe-signature': `t=${at},v1=${mac}` } });
}

describe('probe', () => {
  it('stripe oddities', async () => {
    const base = { id: 'cs_odd', object: 'checkout.session', payment_status: 'paid', currency: 'usd', amount_subtotal: 500, payment_intent: 'pi_odd' };
    for (const account_id of ['customer-17', '', 'acc_', 'x'.repeat(2000), 'ACC_1'])
      console.log('PROBE metadata', account_id.slice(0, 12), (await stripe('checkout.session.completed', { ...base, metadata: { account_id } })).status);
    const p = await someone(); const a = await accountOf(p);
    console.log('PROBE float', (await stripe('checkout.session.completed', { ...base, id: 'cs_f', amount_subtotal: -500, metadata: { account_id: a } })).status, (await must('GET', '/api/billing', { as: p })).balanceCredits);
    console.log('PROBE no metadata', (await stripe('checkout.session.completed', { ...base, metadata: null })).status);
    console.log('PROBE other types', (await stripe('charge.refunded', { id: 'ch' })).status);
  });
  it('delete org then key creation', async () => {
    for (let wait = 0; wait < 12; wait++) {
      const owner = await someone('o');
      const team = await must('POST', '/api/orgs', { as: owner, json: { name: 'Acme Inc' } });
      const gone = call('DELETE', `/api/orgs/${team.id}`, { as: owner, json: { confirm: team.slug, forfeitCredits: true } });
      const keys: ReturnType<typeof call>[] = [];
      for (let i = 0; i < 12; i++) { keys.push(call('POST', `/api/api-keys?org=${team.id}`, { as: owner, json: { name: 'x' } })); await new Promise((r) => setTimeout(r, wait % 4)); }
      const d = await gone; const made = await Promise.all(keys);
      const live = (await accountStub(env.ACCOUNT, team.accountId).listKeys()).filter(({ status }) => status === 'active').length;
      console.log('PROBE delete', d.status, made.map(({ status }) => status).join(), 'live keys', live);
    }
  });
  it('removed member creates keys meanwhile', async () => {
    for (let wait = 0; wait < 8; wait++) {
      const [owner, m, team] = [await someone('o'), await someone('m'), await organization()];
      await join(team.id, owner, 'owner'); await join(team.id, m, 'developer');
      const gone = call('DELETE', `/api/orgs/${team.id}/members/${m.id}`, { as: owner });
      const keys: ReturnType<typeof call>[] = [];
      for (let i = 0; i < 12; i++) { keys.push(call('POST', `/api/api-keys?org=${team.id}`, { as: m, json: { name: 'x' } })); await new Promise((r) => setTimeout(r, wait % 4)); }
      await gone; const made = await Promise.all(keys);
      const live = (await accountStub(env.ACCOUNT, team.accountId).listKeys()).filter(({ status }) => status === 'active').length;
      console.log('PROBE removed', made.map(({ status }) => status).join(), 'live keys', live);
    }
  });
  it('viewer key after demotion', async () => {
    const [owner, m, team] = [await someone('o'), await someone('m'), await organization()];
    await join(team.id, owner, 'owner'); await join(team.id, m, 'developer');
    await accountStub(env.ACCOUNT, team.accountId).grant({ eventId: 'e', amountMicro: 5_000_000_000, reason: '', topUp: false });
    const { key } = await must('POST', `/api/api-keys?org=${team.id}`, { as: m, json: { name: 'x' } });
    await must('PATCH', `/api/orgs/${team.id}/members/${m.id}`, { as: owner, json: { role: 'viewer' } });
    const r = await call('POST', '/v1/chat/completions', { key, json: { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] } });
    console.log('PROBE demoted developer calls', r.status, r.headers.get('x-credits-charged'));
  });
  it('cross-account', async () => {
    const [a, b] = [await someone('a'), await someone('b')];
    for (const p of [a, b]) await accountStub(env.ACCOUNT, await accountOf(p)).grant({ eventId: 'e', amountMicro: 5_000_000_000, reason: '', topUp: true });
    const ka = (await must('POST', '/api/api-keys', { as: a, json: { name: 'x' } })).key;
    const kb = (await must('POST', '/api/api-keys', { as: b, json: { name: 'x' } })).key;
    const ask = (key: string, ik: string, content = 'hi') => call('POST', '/v1/chat/completions', { key, json: { model: 'gpt-5.5', messages: [{ role: 'user', content }] }, headers: { 'idempotency-key': ik } });
    const r1 = await ask(ka, 'one'); const r2 = await ask(kb, 'one');
    console.log('PROBE idem', r1.status, r2.status, r2.headers.get('idempotent-replayed'), r1.headers.get('x-request-id') === r2.headers.get('x-request-id'));
    const id = r1.headers.get('x-request-id')!;
    for (const path of [`/v1/generations/${id}`, `/v1/generations/${id}/stream`, `/v1/responses/resp_${id.slice(4)}`, `/api/api-usage/requests/${id}`])
      console.log('PROBE other account', path.slice(0, 20), (await call('GET', path, { key: kb })).status);
    const img = await call('POST', '/v1/videos/generate', { key: ka, json: { model: 'kling-v3', prompt: 'x', duration: 5 } });
    const job = img.body.jobId;
    console.log('PROBE job', img.status, job);
    for (const [m, path] of [['GET', `/v1/jobs/${job}`], ['POST', `/v1/jobs/${job}/cancel`], ['GET', `/v1/jobs?before=${job}`], ['GET', `/v1/gpu/jobs/${job}`], ['POST', `/v1/webhooks/deliveries/${String(job).replace('job_', 'whd_')}/redeliver`]])
      console.log('PROBE other job', m, path!.slice(0, 24), (await call(m!, path!, { key: kb })).status);
  });
  it('csrf', async () => {
    const p = await someone();
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: '' }, { origin: 'https://gateway.test.evil.example' }, { origin: 'http://gateway.test' }, { origin: 'null', 'sec-fetch-site': 'same-site' }])
      console.log('PROBE csrf', JSON.stringify(headers), (await call('POST', '/api/orgs', { as: p, json: { name: 'x' }, headers })).status);
    const text = await call('POST', '/api/orgs', { as: p, form: { name: 'x' }, headers: { 'content-type': 'text/plain', origin: 'https://evil.example' } });
    console.log('PROBE csrf text/plain', text.status);
  });
});
