import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { accountOf, audited, call, join, must, organization, type Someone, sessionOf, someone } from '../console/support';

const PATH = '/manage-api-keys';
const show = async (as: Someone, path = PATH): Promise<string> => (await call('GET', path, { as })).text;

/** The list of active keys, without those that have ended. */
const working = (html: string): string => /<ul class="keys">.*?<\/ul>/s.exec(html.replace(/<details><summary>\d.*?<\/ul>/s, ''))?.[0] ?? '';

describe('the form of a new key', () => {
  it.each([
    [{ origins: 'app.example.com' }, 'Origins, separated by spaces: must be an origin such as https://app.example.com.'],
    [{ ips: 'nowhere' }, 'IP addresses or ranges: must be an IP address or a CIDR range.'],
    [{ spendingLimit: '1e12' }, 'Limit, in credits: must be at most 1,000,000,000.'],
    [{ spendingLimit: '' }, 'Limit, in credits: the key is to be disabled there, so it is needed.'],
    [{ expiresAt: '2020-01-01' }, 'Last day (UTC): it lies in the past.'],
    [{ models: 'gpt-5.4 gpt5.5' }, 'Models, by id: there is no gpt5.5.'],
  ])('with %j says so in its own words, by the field, and keeps all else', async (wrong, words) => {
    const [[field, typed]] = Object.entries(wrong) as [[string, string]];
    const form = {
      name: 'pro“duction',
      mode: 'test',
      spendingLimit: '500',
      limitPeriod: 'day',
      ips: '10.0.0.0/8',
      families: 'chat',
      autoDisable: 'on',
      ...wrong,
    };
    const answer = await call('POST', PATH, { as: await someone(), form });
    expect([answer.status, answer.text.includes(`role="alert" id="form-error">${words}</p>`)], answer.text).toEqual([400, true]);
    const input = (name: string) => new RegExp(`<input [^>]*name="${name}"[^>]*>`).exec(answer.text)![0];
    for (const [name, value] of Object.entries(form).filter(([name]) => ['name', 'spendingLimit', 'ips', field].includes(name)))
      expect(input(name)).toContain(`value="${value}"`);
    expect(input(field)).toContain(`value="${typed}" aria-invalid="true" aria-describedby="form-error" autofocus=""`);
    expect(answer.text).toMatch(/<option value="test" selected/);
    expect(answer.text).toMatch(/value="chat" checked/);
    expect(input('autoDisable')).toContain('checked');
    expect(answer.text).toMatch(/<details open=""><summary>Where/);
  });

  it('counts its last day, and takes a model by any of its names', async () => {
    const as = await someone();
    const today = new Date().toISOString().slice(0, 10);
    const made = await call('POST', PATH, { as, form: { name: 'until tonight', expiresAt: today, models: 'claude-3-5-sonnet-latest' } });
    expect([made.status, made.headers.get('location')]).toEqual([303, PATH]);
    const { keys } = await must('GET', '/api/api-keys', { as });
    expect(keys).toMatchObject([{ expiresAt: `${today}T23:59:59.999Z`, models: ['claude-sonnet-4-6'] }]);
  });
});

describe('the limit of a key', () => {
  it('that is no limit is told by its own field, which keeps it, and not by the form of a new key', async () => {
    const as = await someone();
    const [{ id }] = [
      await must('POST', '/api/api-keys', { as, json: { name: 'one' } }),
      await must('POST', '/api/api-keys', { as, json: { name: 'two' } }),
    ];
    const answer = await call('POST', `${PATH}/${id}/limit`, { as, form: { spendingLimit: '1e12' } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('role="alert" id="form-error">Limit, in credits: must be at most 1,000,000,000.</p>');
    const [own, ...others] = answer.text
      .split(/(?=<form )/)
      .filter((form) => form.includes('name="spendingLimit"'))
      .sort((one) => (one.includes(id) ? -1 : 1));
    expect(own).toMatch(/value="1e12" aria-invalid="true" aria-describedby="form-error" autofocus=""/);
    expect(others).toHaveLength(2);
    for (const form of others) expect(form).not.toContain('aria-invalid');
    expect(answer.text).toContain('<details class="small" open=""><summary aria-label="Change the limit of one">');
    expect(answer.text).toContain('<details class="small"><summary aria-label="Change the limit of two">');
  });
});

describe('a key whose time is over', () => {
  it('is said to be expired, is not among those that work, and is not offered in the docs', async () => {
    const as = await someone();
    const { id } = await must('POST', '/api/api-keys', { as, json: { name: 'over', expiresAt: '2040-01-01T00:00:00Z' } });
    expect(working(await show(as))).toContain('Until</dt><dd>2040-01-01 00:00 UTC');
    expect(await show(as, '/docs')).toContain('your key “over”');
    await accountStub(env.ACCOUNT, await accountOf(as)).changeKey(id, { expiresAtMs: Date.now() - 1 });
    const html = await show(as);
    expect(html).toContain('1 expired key');
    expect(html).toContain('<span class="tag">expired</span>');
    expect(working(html)).not.toContain(id);
    expect(await show(as, '/docs')).not.toContain('your key “over”');
  });
});

describe('the docs of an organization', () => {
  it('begin with its newest key, and lead to its keys', async () => {
    const [developer, viewer, { id }] = [await someone(), await someone(), await organization('Acme')];
    await join(id, developer, 'developer');
    await join(id, viewer, 'viewer');
    await must('POST', '/api/api-keys', { as: developer, json: { name: 'my own' } });
    const path = `/docs?org=${id}`;
    expect(await show(developer, path)).toContain(`<a href="/manage-api-keys?org=${id}">Make a key</a>`);
    expect(await show(viewer, path)).toContain('Have a key made for you and put it');
    await must('POST', `/api/api-keys?org=${id}`, { as: developer, json: { name: 'theirs' } });
    expect(await show(developer, path)).toContain('your key “theirs”');
    expect(await show(developer, '/docs')).toContain('your key “my own”');
    expect(await show(developer, '/docs?org=nobodys')).toContain('your key “my own”');
    expect(await show(viewer, path)).toContain('your key “theirs”; put its whole secret there.');
    expect((await call('GET', path)).text).toContain('<a href="/sign-up">Get a key</a>');
  });
});

describe('the key of the playground', () => {
  const visit = (as: Someone, org = '') => must('POST', `/playground/key${org}`, { as });

  it('is one for each person and wallet, whose secrets are good for an hour after the next visit', async () => {
    const [as, other, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, as, 'developer');
    await join(id, other, 'admin');
    const org = `?org=${id}`;
    const [first, second] = [await visit(as, org), await visit(as, org)];
    await visit(other, org);
    const own = await visit(as);
    const { keys } = await must('GET', `/api/api-keys${org}`, { as });
    expect(keys.map(({ name, purpose, userId }: Record<string, string>) => [name, purpose, userId])).toEqual(
      [other, as].map((person) => ['Playground', 'playground', person.id]),
    );
    for (const { key } of [first, second, own])
      expect((await call('GET', '/v1/jobs/none', { key })).status, 'a secret of the hour').toBe(404);
    expect((await audited(accountId)).map(({ action }) => action)).toEqual(['api_key.create', 'api_key.rotate', 'api_key.create']);
    const html = await show(as, `${PATH}${org}`);
    expect(html).toContain('made by the playground');
    expect(await show(as, '/docs')).not.toContain('your key “Playground”');
    const usage = await show(as, `/usage${org}&days=1`);
    for (const key of keys) expect(usage).toContain(`>Playground (${key.id})</option>`);
  });

  it('is asked for anew by each page of the hour, and is the same for a browser: nothing is made or noted again', async () => {
    const as = await someone();
    const first = await call('POST', '/playground/key', { as });
    const kept = first.headers.get('set-cookie')!;
    expect(kept).toMatch(/^gateway\.acc_\w+=.*Max-Age=3\d{3}; Path=\/playground\/key; HttpOnly; Secure; SameSite=Strict$/);
    expect(kept).not.toContain(first.body.key);
    const later = (person: Someone, path = '/playground/key') =>
      call('POST', path, { as: person, headers: { cookie: `${person.cookie}; ${kept.split(';')[0]}` } });
    const second = await later(as);
    expect([second.body, second.headers.get('set-cookie')]).toEqual([first.body, null]);
    const account = await accountOf(as);
    const said = async () => (await audited(account)).map(({ action }) => action).filter((action) => action.startsWith('api_key'));
    expect(await said()).toEqual(['api_key.create']);
    // Somebody else's cookie is of no use.
    expect((await later(await someone())).body.key).not.toBe(first.body.key);
    // A page whose key was refused gets a new one.
    const fresh = await later(as, '/playground/key?fresh=1');
    expect([fresh.body.key === first.body.key, await said()]).toEqual([false, ['api_key.create', 'api_key.rotate']]);
  });

  it('ends where a session of the person ends, and stays ended when they come again', async () => {
    const [as, { id }] = [await someone(), await organization()];
    await join(id, as, 'developer');
    const again = { ...as, cookie: await sessionOf(as.id) };
    const secrets = [await visit(as), await visit(as), await visit(as, `?org=${id}`)];
    const answers = async () => {
      const all = await Promise.all(secrets.map(({ key }) => call('GET', '/v1/jobs/none', { key })));
      return all.map(({ status }) => status);
    };
    expect(await answers()).toEqual([404, 404, 404]);
    expect((await call('POST', '/sign-out', { as, form: {} })).status).toBe(303);
    expect(await answers()).toEqual([401, 401, 401]);
    const { key } = await visit(again);
    expect((await call('GET', '/v1/jobs/none', { key })).status).toBe(404);
    expect(await answers()).toEqual([401, 401, 401]);
  });

  it('is refused to a script in JSON', async () => {
    const [viewer, { id }] = [await someone(), await organization()];
    await join(id, viewer, 'viewer');
    expect(await call('POST', '/playground/key')).toMatchObject({ status: 401, body: { error: { type: 'authentication_error' } } });
    expect(await call('POST', `/playground/key?org=${id}`, { as: viewer })).toMatchObject({
      status: 403,
      body: { error: { permission: 'keys.write' } },
    });
  });
});

describe('who pays for the playground', () => {
  it('is named, with what is left; a wallet that was asked for is not changed for another', async () => {
    const [as, { id, accountId }, { id: viewed }] = [await someone(), await organization('Acme'), await organization('Viewed')];
    await join(id, as, 'owner');
    await join(viewed, as, 'viewer');
    await accountStub(env.ACCOUNT, accountId).grant({ eventId: 'g', amountMicro: 88_00_000_000, reason: '', topUp: false });
    const html = await show(as, `/playground?org=${id}`);
    expect(html).toContain(`<option value="/playground/key?org=${id}" selected="">Acme ($88.00 left)</option>`);
    expect(html).toContain('<option value="/playground/key">Personal ($0.00 left)</option>');
    expect(html).not.toContain(`/playground/key?org=${viewed}`);
    expect(await show(as, `/playground?org=${viewed}`)).toContain(
      '<option value="" selected="">Viewed: as viewer you make no calls</option>',
    );
  });

  it('has as much to spend as the bill says, on every page: what is set aside for deployments is not in it', async () => {
    const [as, { id, accountId }] = [await someone(), await organization('Renters')];
    await join(id, as, 'owner');
    const stub = accountStub(env.ACCOUNT, accountId);
    await stub.grant({ eventId: 'g', amountMicro: 10_00_000_000, reason: '', topUp: false });
    const side = async () => /<span class="unseen">Wallet:.*?<\/summary>/s.exec(await show(as, `/usage?org=${id}`))![0];
    expect(await side()).not.toContain('set aside');
    const waits = { known: 0, most: 0, eachMicro: 0 };
    await stub.commit({ id: 'd', version: 1, keyId: null, wantedMicro: 2_50_000_000, leastMicro: 0, waits });
    expect(await side()).toMatch(/\$7\.50 left<.*\$2\.50 held or set aside</);
    expect(await show(as, `/settings/billing?org=${id}`)).toMatch(
      /Available credits<\/dt><dd>750<.*Set aside for deployments<\/dt><dd>250</,
    );
    expect(await show(as, '/playground')).toContain('Renters ($7.50 left)');
  });
});

it('the list of an organization’s keys says whose each is', async () => {
  const [owner, member, { id }] = [await someone('Ada'), await someone('Grace <b>'), await organization()];
  for (const [person, role] of [
    [owner, 'owner'],
    [member, 'developer'],
  ] as const) {
    await join(id, person, role);
    await must('POST', `/api/api-keys?org=${id}`, { as: person, json: { name: `of ${role}` } });
  }
  const html = working(await show(owner, `${PATH}?org=${id}`));
  expect([...html.matchAll(/<bdi>(.*?)<\/bdi>/g)].map(([, name]) => name).sort()).toEqual(['Ada', 'Grace &lt;b&gt;']);
});
