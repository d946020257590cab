import { env } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { accountStub } from '../../../src/account/stub';
import { hashPassword } from '../../../src/console/sign-in/passwords';
import { call, join, must, organization, type Someone, sessionOf, someone } from '../console/support';

const show = async (as: Someone, path: string): Promise<string> => (await call('GET', path, { as })).text;
const nav = (html: string): string => /<nav aria-label="Wallet">.*?<\/nav>/s.exec(html)?.[0] ?? '';

describe('the navigation of an organization', () => {
  it('leads where the role may go, and a refusal stays with the organization and says whom to ask', async () => {
    const [developer, { id }] = [await someone(), await organization('Acme')];
    await join(id, developer, 'developer');
    const links = nav(await show(developer, `/usage?org=${id}`));
    expect(links).toContain(`/manage-api-keys?org=${id}`);
    expect(links).not.toMatch(/\/settings\/billing|\/settings\/audit/);
    const refused = await call('GET', `/settings/billing?org=${id}`, { as: developer });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('Who may: owner, admin, billing, viewer.');
    expect(refused.text).toContain(`<a class="button" href="/usage?org=${id}">`);
    expect(nav(refused.text)).toContain(`/usage?org=${id}`);
    for (const path of ['/', '/models', '/playground', '/docs/infra']) expect(refused.text).toContain(`href="${path}?org=${id}"`);
  });

  it('tells a viewer of no button that is not theirs', async () => {
    const [viewer, { id }] = [await someone(), await organization()];
    await join(id, viewer, 'viewer');
    const html = await show(viewer, `/usage?org=${id}`);
    expect(html).not.toContain('Make a key');
    // Whoever may see what runs gets a link to it, with or without the form.
    expect(nav(html)).toContain(`/infra/deployments/new?org=${id}`);
    expect(await show(viewer, '/usage')).toContain('Make a key');
  });
});

describe('the page of an organization', () => {
  const team = async () => {
    const [owner, admin, { id }] = [await someone('Olga'), await someone('Adam'), await organization('Acme')];
    await join(id, owner, 'owner');
    await join(id, admin, 'admin');
    return { owner, admin, id, path: `/settings/organization?org=${id}` };
  };

  it('asks about what cannot be taken back, and offers nobody what only fails', async () => {
    const { owner, admin, id, path } = await team();
    await must('POST', `/api/api-keys?org=${id}`, { as: owner, json: { name: 'production' } });
    const html = (await show(owner, path)).replaceAll(/\s+/g, ' ');
    expect(html).toContain('<select name="userId" required=""><option value="">Choose …</option>');
    expect(html).toContain('<dt>billing</dt><dd>see usage and jobs; see the bill; read the audit log; top up</dd>');
    expect(html).toContain(`data-ask="Hand Acme over to ${admin.email}? You stay as admin and cannot take it back."`);
    expect(html).not.toContain('data-ask="Leave Acme?');
    expect(html).toContain('You own it alone: you can leave once another owns it too.');
    expect(html).toContain('data-ask="Make Adam an owner?');
    expect(html).not.toMatch(/Remove Olga|Change the role of Olga/);
    expect(html).toContain('Remove Adam');
    const other = await someone('Oskar');
    await join(id, other, 'owner');
    const shared = await show(owner, path);
    expect(shared).toContain('Remove Oskar');
    expect(shared).toContain('data-ask="Leave Acme? The 1 key that you made or rotated stop');
    const seen = await show(admin, path);
    expect(seen).not.toMatch(/Remove (Oskar|Olga)|<option[^>]*>owner/);
    expect(seen).toContain('Change the role of Adam');
  });

  it('keeps what was typed where something was wrong with it, all but the secret', async () => {
    const { owner, id } = await team();
    const at = (verb: string) => `/settings/organization/${verb}?org=${id}`;
    const invited = await call('POST', at('invitations'), { as: owner, form: { email: 'nobody@', role: 'billing' } });
    expect(invited.text).toContain('Invite by e-mail: must be an e-mail address.');
    expect(invited.text).toMatch(/<option selected="">billing/);
    const form = {
      type: 'oidc',
      domain: 'acme.example',
      issuer: 'nowhere',
      clientId: 'the-client',
      clientSecret: 'the-secret',
      defaultRole: 'viewer',
    };
    const sso = await call('POST', at('sso'), { as: owner, form });
    expect([sso.status, sso.text.includes('role="alert" id="form-error">Issuer: ')]).toEqual([400, true]);
    for (const kept of ['value="acme.example"', 'value="nowhere" aria-invalid="true"', 'value="the-client"', '<option selected="">viewer'])
      expect(sso.text).toContain(kept);
    expect(sso.text).not.toContain('the-secret');
    expect((await call('POST', at('rename'), { as: owner, form: { name: ' ' } })).text).toContain('Its name: must not be empty.');
    expect((await call('POST', at('delete'), { as: owner, form: { confirm: 'x' } })).text).toContain(`Type ${id} to confirm`);
  });

  it('says of credits that are left where they are given up, and leaves the form open for it', async () => {
    const { owner, id } = await team();
    const { accountId } = await must('GET', `/api/orgs/${id}`, { as: owner });
    await accountStub(env.ACCOUNT, accountId).grant({ eventId: 'e', amountMicro: 5_000_000_000, reason: '', topUp: false });
    const at = `/settings/organization/delete?org=${id}`;
    const refused = await call('POST', at, { as: owner, form: { confirm: id } });
    expect(refused.text).toContain(
      '>The wallet still has 5,000 credits, which would be lost: confirm that by “Give up the credits that are left”.</p>',
    );
    expect(refused.text).toMatch(/<details open=""><summary>Delete it<\/summary>/);
    expect(refused.text).toContain(`name="confirm" required="" autocomplete="off" value="${id}"`);
    expect(refused.text).toMatch(/name="forfeitCredits" aria-invalid="true" aria-describedby="form-error"/);
    expect((await call('POST', at, { as: owner, form: { confirm: id, forfeitCredits: 'on' } })).status).toBe(303);
  });
});

describe('a long name in a table', () => {
  it('breaks after its own points and strokes, rather than within a word or a date', async () => {
    const [owner, { id }] = [await someone('olga.of-the_office'), await organization('Acme')];
    await join(id, owner, 'owner');
    const json = { name: 'nightly-evaluation.eu', origins: ['https://app.example.com'], expiresAt: '2040-01-02T03:04:00Z' };
    await must('POST', `/api/api-keys?org=${id}`, { as: owner, json });
    const [name, address] = [
      'nightly-<wbr/>evaluation.<wbr/>eu',
      /olga\.<wbr\/>of-<wbr\/>the_<wbr\/>office-.*@<wbr\/>example\.<wbr\/>com/.source,
    ];
    const audit = await show(owner, `/settings/audit?org=${id}`);
    // On a phone, actor and target are shown together.
    expect(audit).toMatch(new RegExp(`<small class="narrow-only"><span title="key_\\w+">${name}</span></small>.*by ${address}</small>`));
    expect(audit).toContain('origins https://<wbr/>app.<wbr/>example.<wbr/>com; expiresAt 2040-01-02 03:04 UTC</small>');
    expect(await show(owner, `/settings/organization?org=${id}`)).toMatch(new RegExp(`${address}, since`));
    expect(await show(owner, `/manage-api-keys?org=${id}`)).toContain(`title="nightly-evaluation.eu">${name}</span>`);
  });
});

describe('a form whose session is over', () => {
  it.each([
    ['/manage-api-keys/key_x/revoke', '/manage-api-keys'],
    ['/settings/organization/members/x?org=org_1', '/settings/organization?org=org_1'],
    ['/settings/billing/redeem?org=org_1', '/settings/billing?org=org_1'],
    ['/settings/sessions/x/revoke', '/settings'],
    ['/settings/two-factor/enable', '/settings'],
  ])('%s leads back to %s, and says that nothing was done', async (path, next) => {
    const sent = await call('POST', path, { form: {} });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `/sign-in?next=${encodeURIComponent(next)}&lost=1`]);
    expect((await call('GET', sent.headers.get('location')!)).text).toContain('what you sent was not done');
    const typed = await call('GET', path);
    expect([typed.status, typed.headers.get('location')]).toEqual([303, next]);
  });

  it('of an invitation keeps its token', async () => {
    const referer = 'https://gateway.test/invitations/accept?token=abc';
    const sent = await call('POST', '/invitations/accept', { form: {}, headers: { referer } });
    expect(sent.headers.get('location')).toBe(`/sign-in?next=${encodeURIComponent('/invitations/accept?token=abc')}&lost=1`);
  });
});

describe('an empty wallet', () => {
  it('is told before the first call is refused, with the way to top up for who may see the bill', async () => {
    const [owner, developer, { id, accountId }] = [await someone(), await someone(), await organization()];
    await join(id, owner, 'owner');
    await join(id, developer, 'developer');
    const said = 'This wallet is empty, so a live key’s calls are refused.';
    const [seen, withoutBill] = [await show(owner, `/usage?org=${id}`), await show(developer, `/usage?org=${id}`)];
    expect(seen).toContain(said);
    expect(seen).toContain(`<a href="/settings/billing?org=${id}">Top it up</a>`);
    expect([withoutBill.includes(said), withoutBill.includes('Top it up')]).toEqual([true, false]);
    for (const [mode, isTold] of [
      ['live', true],
      ['test', false],
    ] as const) {
      const made = await call('POST', `/manage-api-keys?org=${id}`, { as: owner, form: { name: 'one', mode } });
      const cookie = `${owner.cookie}; ${made.headers.get('set-cookie')!.split(';')[0]}`;
      expect((await show({ ...owner, cookie }, `/manage-api-keys?org=${id}`)).includes(said), mode).toBe(isTold);
    }
    await accountStub(env.ACCOUNT, accountId).grant({ eventId: 'one', amountMicro: 1, reason: '', topUp: false });
    expect(await show(owner, `/usage?org=${id}`)).not.toContain(said);
  });
});

describe('the sessions of a person', () => {
  it('all end but the one that says so', async () => {
    const here = await someone();
    const elsewhere = [await sessionOf(here.id), await sessionOf(here.id)].map((cookie) => ({ ...here, cookie }));
    const stranger = await someone();
    expect(await show(here, '/settings')).toContain('action="/settings/sessions/revoke-others"');
    const ended = await call('POST', '/settings/sessions/revoke-others', { as: here, form: {} });
    expect([ended.status, ended.headers.get('location')]).toEqual([303, '/settings?done=sessions']);
    for (const as of elsewhere) expect((await call('GET', '/api/me', { as })).status).toBe(401);
    for (const as of [here, stranger]) expect((await call('GET', '/api/me', { as })).status).toBe(200);
    expect(await show(here, '/settings')).not.toContain('revoke-others');
  });
});

describe('a link that is over', () => {
  it('is said to be, with a way on, and leaves nothing in the address', async () => {
    const html = (await call('GET', `/sign-in?next=${encodeURIComponent('/usage?error=INVALID_TOKEN')}`)).text;
    expect(html).toContain('This link was used already, or is too old.');
    expect(html).toContain('<input type="hidden" name="next" value="/usage"/>');
    const reset = (await call('GET', '/reset-password?error=INVALID_TOKEN')).text;
    expect(reset).toContain('This link was used already, or is too old. Have another mailed.');
    expect(reset).toContain('action="/forgot-password"');
    const used = await call('POST', '/reset-password', { form: { token: 'x'.repeat(24), password: 'a long enough password' } });
    expect(used.text).toContain('Have another mailed.');
    expect(await show(await someone(), '/usage?error=INVALID_TOKEN')).toContain('No request yet');
  });
});

describe('a page that says no', () => {
  it('leaves open the form that it is about, and a way on where there is none', async () => {
    const as = await someone();
    const isOpen = /<details open=""><summary>Change the password/;
    expect(await show(as, '/settings')).not.toMatch(isOpen);
    const form = { password: 'not the password', fresh: 'a long enough one' };
    expect((await call('POST', '/settings/password', { as, form })).text).toMatch(isOpen);
    const long = await call('POST', '/settings/password', { as, form: { ...form, fresh: 'x'.repeat(201) } });
    expect(long.text).toContain('The new password must have at most 200 characters.');
    expect(long.text).toMatch(/name="fresh" aria-invalid="true"/);
    expect(await show(as, '/invitations/accept?token=nonsense')).toContain('<a class="button plain" href="/usage">');
  });
});

describe('the form of a new organization', () => {
  it('keeps a name that was refused, and marks its field', async () => {
    const name = 'x'.repeat(101);
    const refused = await call('POST', '/settings/organizations', { as: await someone(), form: { name } });
    expect([refused.status, refused.text.includes('Name: must have at most 100 characters.')]).toEqual([400, true]);
    expect(refused.text).toContain(`value="${name}" aria-invalid="true"`);
  });
});

describe('the page of an organization that somebody is not in', () => {
  it('leads to what is theirs, and not to itself again', async () => {
    const [as, { id }] = [await someone(), await organization()];
    for (const org of [id, 'gone']) {
      const lost = await call('GET', `/usage?org=${org}`, { as });
      expect(lost.status).toBe(404);
      expect(lost.text).toContain('<a class="button" href="/usage">');
    }
  });
});

describe('a form of signing in', () => {
  const fresh = { name: 'Ada', email: 'ada@new.example', password: 'long enough' };

  it.each([
    ['/sign-up', { ...fresh, name: ' ' }, 'name'],
    ['/sign-in', { email: 'ada', password: 'x' }, 'email'],
    ['/sign-in', { email: 'nobody@example.com', password: 'not the password' }, 'password'],
    ['/sign-in', { email: 'nobody@nowhere.example', how: 'sso' }, 'email'],
    ['/reset-password', { token: 'x'.repeat(24), password: 'short' }, 'password'],
    ['/two-factor', { code: '123456' }, 'code'],
  ])('of %s with %j says by which field it went wrong', async (path, form, field) => {
    const { status, text } = await call('POST', path, { form });
    expect([status, text.includes('role="alert" id="form-error"')]).toEqual([400, true]);
    const marked = [...text.matchAll(/<input [^>]*aria-invalid="true" aria-describedby="form-error" autofocus=""/g)];
    expect(marked).toHaveLength(1);
    expect(marked[0]![0]).toContain(`name="${field}"`);
  });
});

describe('a filter that is not understood', () => {
  it('is said by its label, on the page, by the field, and takes none of the others with it', async () => {
    const answer = await call('GET', '/usage?minCredits=abc&status=failed&days=7&endpoint=/v1/x&maxCredits=9', { as: await someone() });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Credits, at least: must be a number.');
    for (const kept of [
      'name="minCredits" value="abc" aria-invalid="true" aria-describedby="form-error"',
      '<option value="failed" selected="">',
      '<input type="hidden" name="days" value="7"/>',
      '<input type="hidden" name="maxCredits" value="9"/>',
      'name="endpoint" value="/v1/x"',
      'href="/usage?status=failed&amp;days=30&amp;endpoint=%2Fv1%2Fx&amp;maxCredits=9"',
    ])
      expect(answer.text).toContain(kept);
  });
});

describe('a filter that nothing fits', () => {
  it('is still to be seen, and is sent again with the form', async () => {
    const { status, text } = await call('GET', '/usage?model=never-called&q=req_x', { as: await someone() });
    expect([status, text.includes('No request fits')]).toEqual([200, true]);
    expect(text).toContain('<option value="never-called" selected="">');
    expect(text).toMatch(/<details class="small" open="">.*name="q" value="req_x"/s);
  });
});

describe('a filter of the audit log that is not understood', () => {
  it.each([
    ['fromDay=20255-01-01', 'name="fromDay" type="date" max="9999-12-30" value="20255-01-01"', 'Since (UTC)'],
    ['toDay=9999-12-31', 'name="toDay" type="date" max="9999-12-30" value="9999-12-31"', 'Until (UTC)'],
  ])('%s is said by its label, by the field, and takes none of the others with it', async (wrong, field, label) => {
    const answer = await call('GET', `/settings/audit?${wrong}&action=account.create&actor=Ada`, { as: await someone() });
    expect([answer.status, answer.text.includes(`${label}: must be a date.`)]).toEqual([400, true]);
    for (const kept of [
      `${field} aria-invalid="true"`,
      'name="action" value="account.create"',
      'export?action=account.create&amp;actor=Ada"',
    ])
      expect(answer.text).toContain(kept);
  });
});

describe('a password', () => {
  it('keeps the spaces that it begins and ends with, on pages as in the API', async () => {
    const [email, password] = [`${crypto.randomUUID()}@example.com`, '  a long enough one  '];
    const hash = await hashPassword(password);
    const [id, now] = [crypto.randomUUID(), Date.now()];
    await env.DB.prepare('INSERT INTO users VALUES (?, ?, ?, 1, NULL, 0, ?, ?)').bind(id, 'Ada', email, now, now).run();
    await env.DB.prepare(
      'INSERT INTO identities (id, account_id, provider_id, user_id, password, created_at, updated_at) VALUES (?1, ?1, ?2, ?1, ?3, ?4, ?4)',
    )
      .bind(id, 'credential', hash, now)
      .run();
    const signIn = (given: string) => call('POST', '/sign-in', { form: { email, password: given, next: '/usage' } });
    expect((await signIn(password)).headers.get('location')).toBe('/usage');
    expect((await signIn(password.trim())).status).toBe(400);
  });
});

describe('who is signed in already', () => {
  it('is not asked to sign in or up, but may be somebody else', async () => {
    const person = await someone();
    for (const path of ['/sign-in?next=/settings', '/sign-up?next=/settings']) {
      const html = await show(person, path);
      expect(html).toContain('<a class="button" href="/settings">');
      expect(html).toContain('Use another account');
      expect(html).not.toContain('name="password"');
    }
  });
});
