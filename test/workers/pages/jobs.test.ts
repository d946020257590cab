// The pages of an account's jobs and webhooks: what became of each, and what a person can do about it.
import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, audited, call, join, must, organization, type Someone, someone } from '../console/support';

const SLOW_VIDEO = { model: 'wan2.6', prompt: 'sandbox:delay=60s' };

async function customer() {
  const person = await someone();
  const account = await accountOf(person);
  await accountStub(env.ACCOUNT, account).grant({ eventId: 'top-up', amountMicro: 5_000_000_000, reason: '', topUp: true });
  const { key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'a program' } });
  return { person, account, key };
}

const show = async (as: Someone, path: string): Promise<string> => (await call('GET', path, { as })).text.replaceAll('<wbr/>', '');

/** The row of a table that has this in it. */
const rowWith = (html: string, text: string): string => html.split('<tr>').find((row) => row.includes(text)) ?? '';

describe('the page of jobs', () => {
  it('has each with its result, or a way to cancel it', async () => {
    const { person, account, key } = await customer();
    expect(await show(person, '/infra/jobs')).toContain('No job yet');
    const picture = await must('POST', '/v1/images/generate', { key, json: { model: 'gpt-image-2', prompt: 'A lighthouse' } });
    const { jobId } = await must('POST', '/v1/videos/generate', { key, json: SLOW_VIDEO });
    const both = await show(person, '/infra/jobs');
    expect(rowWith(both, 'gpt-image-2')).toMatch(new RegExp(`completed.*href="${picture.data[0].url}"[^>]*>Result</a>`, 's'));
    const receipt = await show(person, /href="(\/usage\/[^"]+)"/.exec(rowWith(both, 'gpt-image-2'))![1]!);
    expect(receipt).toMatch(new RegExp(`<dt>Result</dt><dd><span><a href="${picture.data[0].url}"`));
    expect(rowWith(both, jobId)).toMatch(/processing.*<form class="inline" method="post" action="\/infra\/jobs\/job_[^/]+\/cancel"/s);
    expect(await show(person, '/infra/jobs?type=image')).not.toContain(jobId);
    expect(await show(person, '/infra/jobs?status=processing')).not.toContain('gpt-image-2');
    const canceled = await call('POST', `/infra/jobs/${jobId}/cancel`, { as: person });
    expect([canceled.status, canceled.headers.get('location')]).toEqual([303, '/infra/jobs']);
    expect(rowWith(await show(person, '/infra/jobs'), jobId)).toMatch(/cancel(ing|ed)<\/span>/);
    const { jobId: made } = rowWith(both, 'gpt-image-2').match(/\/infra\/jobs\/(?<jobId>job_[^/]+)\/delete/)!.groups as { jobId: string };
    expect((await call('POST', `/infra/jobs/${made}/delete`, { as: person })).status).toBe(303);
    expect(rowWith(await show(person, '/infra/jobs'), made)).toMatch(/completed.*no longer kept/s);
    expect((await audited(account)).map(({ action, target }) => [action, target])).toContainEqual(['job.delete', made]);
    const wrong = await call('GET', '/infra/jobs?status=lost', { as: person });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('Status: must be one of the choices.')]);
  });

  it("cancels and empties no job of another account's, and a viewer's page has no way to", async () => {
    const [{ key }, stranger, viewer, { id, accountId }] = await Promise.all([customer(), someone(), someone(), organization()]);
    const { jobId } = await must('POST', '/v1/videos/generate', { key, json: SLOW_VIDEO });
    const refused = await call('POST', `/infra/jobs/${jobId}/cancel`, { as: stranger });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('Job not found')]);
    expect((await call('POST', `/infra/jobs/${jobId}/delete`, { as: stranger })).text).toContain('Job not found');
    expect((await must('GET', `/v1/jobs/${jobId}`, { key })).status).toBe('processing');
    await env.DB.prepare('UPDATE jobs SET account_id = ? WHERE id = ?').bind(accountId, jobId).run();
    await join(id, viewer, 'viewer');
    expect(rowWith(await show(viewer, `/infra/jobs?org=${id}`), jobId)).toMatch(/processing/);
    expect(await show(viewer, `/infra/jobs?org=${id}`)).not.toContain('/cancel');
  });

  it('goes on page by page', async () => {
    const { person, key, account } = await customer();
    const { jobId } = await must('POST', '/v1/videos/generate', { key, json: SLOW_VIDEO });
    const columns = (await env.DB.prepare('SELECT * FROM jobs WHERE id = ?').bind(jobId).first<Record<string, unknown>>())!;
    const { id: _id, hold_id: _hold, created_at: at, ...rest } = columns;
    const names = Object.keys(rest).join(', ');
    await env.DB.batch(
      Array.from({ length: 50 }, (_, n) =>
        env.DB.prepare(`INSERT INTO jobs (id, hold_id, created_at, ${names}) SELECT ?, ?, ?, ${names} FROM jobs WHERE id = ?`).bind(
          `job_${account}_${String(n).padStart(2, '0')}`,
          `hold_${account}_${n}`,
          Number(at) - 1 - n,
          jobId,
        ),
      ),
    );
    const first = await show(person, '/infra/jobs?status=processing');
    expect(first).toContain('>Older jobs</a>');
    const older = /href="(\/infra\/jobs\?[^"]*cursor=[^"]*)"/.exec(first)![1]!.replaceAll('&amp;', '&');
    expect(older).toContain('status=processing');
    const second = await show(person, older);
    expect([second.match(/<tr>/g)?.length, second.includes('Newest jobs')]).toEqual([2, true]);
  });
});

describe('the page of webhooks', () => {
  const ANSWERED = { atMs: 1, status: 500, durationMs: 20 };
  const addDelivery = async (account: string, jobId: string, state: string, tries = [ANSWERED]) => {
    const id = `whd_${crypto.randomUUID()}`;
    const log = JSON.stringify(tries);
    await env.DB.prepare(
      `INSERT INTO webhook_deliveries (id, account_id, job_id, url, state, tries, log, created_at, next_at, claimed_until, ended_at)
       VALUES (?, ?, ?, 'http://127.0.0.1:9/hook', ?, 9, ?, 1, NULL, NULL, 2)`,
    )
      .bind(id, account, jobId, state, log)
      .run();
    return id;
  };

  it('has each delivery with what its receiver answered, and sends one again', async () => {
    const { person, account, key } = await customer();
    const { jobId } = await must('POST', '/v1/videos/generate', { key, json: SLOW_VIDEO });
    const id = await addDelivery(account, jobId, 'dead');
    expect(rowWith(await show(person, '/infra/webhooks?state=dead'), jobId)).toMatch(/Answered 500.*dead.*Send again/s);
    expect(await show(person, '/infra/webhooks?state=delivered')).toContain('No webhook fits');
    await addDelivery(account, jobId, 'gone', []);
    expect(rowWith(await show(person, '/infra/webhooks?state=gone'), jobId)).toMatch(/Not sent: it had answered 410.*gone/s);
    const sent = await call('POST', `/infra/webhooks/${id}/redeliver`, { as: person });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/infra/webhooks']);
    const { state } = (await env.DB.prepare('SELECT state FROM webhook_deliveries WHERE id = ?').bind(id).first<{ state: string }>())!;
    expect(state).not.toBe('dead');
    const strange = await call('POST', `/infra/webhooks/${id}/redeliver`, { as: await someone() });
    expect([strange.status, strange.text]).toEqual([400, expect.stringContaining('There is no such webhook delivery.')]);
  });

  it('shows the secret that signs, and makes a new one, which the audit log knows of without it', async () => {
    const { person, account, key } = await customer();
    const secret = async () => (await must('GET', '/v1/webhooks/secret', { key })).secret;
    const before = await secret();
    expect(await show(person, '/infra/webhooks')).toContain(before);
    expect((await call('POST', '/infra/webhooks/rotate', { as: person })).status).toBe(303);
    const after = await secret();
    expect(after).not.toBe(before);
    const html = await show(person, '/infra/webhooks');
    expect([html.includes(after), html.includes(before)]).toEqual([true, false]);
    const noted = await audited(account);
    expect(noted.map(({ action }) => action)).toContain('webhook_secret.rotate');
    expect(JSON.stringify(noted)).not.toContain(after);
  });

  it('is for those roles alone that may know the secret', async () => {
    const [developer, viewer, { id }] = await Promise.all([someone(), someone(), organization()]);
    await Promise.all([join(id, developer, 'developer'), join(id, viewer, 'viewer')]);
    const html = await show(developer, `/infra/webhooks?org=${id}`);
    expect([html.includes('Show the secret'), html.includes('Make a new secret')]).toEqual([true, false]);
    expect((await call('GET', `/infra/webhooks?org=${id}`, { as: viewer })).status).toBe(403);
    expect(await show(viewer, `/infra/jobs?org=${id}`)).not.toContain('href="/infra/webhooks');
  });
});
