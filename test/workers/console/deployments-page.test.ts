// The page of an account's deployments: what each costs, and how it is stopped and deleted.
import { env } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, audited, call, join, must, organization, someone } from './support';

const PATH = '/infra/deployments/new';
const FIELDS = { dockerImage: 'registry.example.com/model:1', gpuTypes: 'ADA_24', minWorkers: 2, maxWorkers: 2 };

it('names what workers that always run cost an hour, stops them, and deletes', async () => {
  const person = await someone();
  const account = await accountOf(person);
  await accountStub(env.ACCOUNT, account).grant({ eventId: 'top-up', amountMicro: 5_000_000_000, reason: '', topUp: true });
  const { key } = await must('POST', '/api/api-keys', { as: person, json: { name: 'x' } });
  await must('POST', '/v1/deployments', { key, json: { slug: 'mine', ...FIELDS } });
  const page = async () => (await call('GET', PATH, { as: person })).text;
  expect(await page()).toContain('$10.80 an hour');
  expect(await page(), 'by the words that it shows').toContain('aria-label="Stop always-on workers of mine">Stop always-on workers<');
  // Of 5,000 credits, those set aside for the workers cannot be spent, and the billing page says so.
  const billing = (await call('GET', '/settings/billing', { as: person })).text;
  expect(billing).toMatch(/<dt>Set aside for deployments<\/dt><dd>[\d,]+/);
  const stopped = await call('POST', `${PATH}/mine/stop`, { as: person });
  expect([stopped.status, stopped.headers.get('location')]).toEqual([303, PATH]);
  expect(await page()).toContain('Nothing while no run comes');
  expect((await call('POST', `${PATH}/mine/delete`, { as: person })).status).toBe(303);
  expect(await page()).toContain('No deployment yet');
  expect((await call('GET', '/settings/billing', { as: person })).text).not.toContain('Set aside');
  expect((await audited(account)).map(({ action }) => action)).toEqual(expect.arrayContaining(['deployment.update', 'deployment.delete']));
});

const FORM = {
  slug: 'mine',
  dockerImage: 'registry.example.com/model:1',
  gpuTypes: 'ADA_24',
  minWorkers: '0',
  maxWorkers: '2',
  idleTimeout: '30',
};

it.each([
  [{ dockerImage: 'my model' }, 'Container image: must be the name of an image.'],
  [{ webhookUrl: 'http://app.example.com' }, 'Webhook for its runs, if any: must be a public HTTPS URL.'],
  [{ maxWorkers: '' }, /Workers at most: .*/],
  [{ minWorkers: '3' }, 'Workers at least: must not be larger than “Workers at most”.'],
])('with %j the form says so in its own words, by the field', async (wrong, words) => {
  const [[field]] = Object.entries(wrong) as [[string, string]];
  const answer = await call('POST', PATH, { as: await someone(), form: { ...FORM, ...wrong } });
  expect([answer.status, /role="alert" id="form-error">([^<]*)<\/p>/.exec(answer.text)?.[1]]).toEqual([400, expect.stringMatching(words)]);
  expect(new RegExp(`<input [^>]*name="${field}"[^>]*>`).exec(answer.text)![0]).toMatch(/aria-invalid="true" aria-describedby="form-error/);
  expect(answer.text).toMatch(/name="slug" value="mine"/);
});

it.each([['A100'], ['ADA_24, A100'], [''], [['ADA_24', 'A100']]])(
  'of the pools %j the one that there is not is told, with those that there are',
  async (gpuTypes) => {
    const { key } = await must('POST', '/api/api-keys', { as: await someone(), json: { name: 'x' } });
    const { status, body } = await call('POST', '/v1/deployments', { key, json: { ...FIELDS, slug: 'mine', gpuTypes } });
    expect([status, body.error.message]).toEqual([400, expect.stringMatching(/^The field `gpuTypes(\.1)?` is not valid: .*ADA_24/)]);
  },
);

it('leads from too few credits to where they are bought', async () => {
  const answer = await call('POST', PATH, { as: await someone(), form: { ...FORM, minWorkers: '2' } });
  expect(answer.status).toBe(400);
  expect(answer.text).toMatch(/may cost 1,080 credits; .* Top up to go on\. <a href="\/settings\/billing">Billing<\/a><\/p>/);
});

it('shows who may only look no form', async () => {
  const [viewer, { id }] = [await someone(), await organization()];
  await join(id, viewer, 'viewer');
  const seen = await call('GET', `${PATH}?org=${id}`, { as: viewer });
  expect([seen.status, seen.text.includes('>Deploy</button>')]).toEqual([200, false]);
});
