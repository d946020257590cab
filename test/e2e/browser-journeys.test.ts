// What people do in a real browser: from sign-up to a bill, in a team, through single sign-on, by passkey, in the playground.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, shoot, strict, violations } from './support/browser';
import { type FakeDns, type OidcIdp, type SamlIdp, startDns, startOidc, startSaml } from './support/identity-providers';
import { mailTo, Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

const SECRET = 'whsec_of_the_tests';
const PASSWORD = 'a long enough password';

let worker: Worker;
let browser: Browser;
let dns: FakeDns;
let oidc: OidcIdp;
let saml: SamlIdp;
let samlPerson = 'nobody@example.com';

beforeAll(async () => {
  if (!chromiumPath) return;
  [dns, oidc, saml, browser] = await Promise.all([
    startDns(),
    startOidc((login) => ({ email: login, email_verified: true, name: 'Ada of OIDC' })),
    startSaml(() => samlPerson),
    launch(),
  ]);
  worker = await Worker.start({ LOCAL: '1', DNS_URL: dns.url, STRIPE_WEBHOOK_SECRET: SECRET });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([worker?.stop(), dns?.stop(), oidc?.stop(), saml?.stop()]);
});

async function visitor(): Promise<Page> {
  const context = await browser.newContext({ acceptDownloads: true });
  context.setDefaultTimeout(15_000);
  return context.newPage();
}

/** Signs up by the forms and the mail. */
async function signUp(page: Page, email: string, at = worker.url): Promise<void> {
  await page.goto(`${at}/sign-up`);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByText('Look in your mail').waitFor();
  await page.goto((await mailTo(worker, email, /^Confirm/)).link!);
  await page.getByRole('button', { name: 'Confirm the address' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

async function makeKey(page: Page, name: string, limit?: number): Promise<string> {
  await page.goto(`${worker.url}/manage-api-keys`);
  await page.getByLabel('Name').fill(name);
  if (limit !== undefined) {
    await page.getByLabel('Limit, in credits').fill(String(limit));
    await page.getByLabel('Disable the key when it reaches its limit').check();
  }
  await page.getByRole('button', { name: 'Create the key' }).click();
  return (await page
    .getByRole('region', { name: /The secret of/ })
    .locator('code')
    .textContent())!;
}

const accountOf = async (page: Page): Promise<string> =>
  ((await (await page.request.get(`${worker.url}/api/me`)).json()) as { accountId: string }).accountId;

async function topUp(accountId: string): Promise<void> {
  const object = {
    id: `cs_${accountId}`,
    object: 'checkout.session',
    payment_status: 'paid',
    currency: 'usd',
    amount_subtotal: 2_000,
    payment_intent: null,
    metadata: { account_id: accountId },
  };
  const body = JSON.stringify({ id: `evt_${accountId}`, object: 'event', type: 'checkout.session.completed', data: { object } });
  const at = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', SECRET).update(`${at}.${body}`).digest('hex');
  const headers = { 'stripe-signature': `t=${at},v1=${mac}`, 'content-type': 'application/json' };
  expect((await fetch(`${worker.url}/api/billing/webhook`, { method: 'POST', body, headers })).status).toBe(200);
}

const chat = (key: string, content = 'Hello') =>
  fetch(`${worker.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content }] }),
  });

describe.skipIf(!chromiumPath)('a person in a browser', () => {
  it('signs up, tops up, makes a key, calls, finds the call, exports it, hits a cap, and has the mail', async () => {
    const page = await visitor();
    const email = 'journey@example.com';
    await signUp(page, email);
    await topUp(await accountOf(page));
    await page.goto(`${worker.url}/settings/billing`);
    await page.getByText('2,000').first().waitFor();
    const key = await makeKey(page, 'first');
    const called = await chat(key);
    expect(called.status, await called.text()).toBe(200);
    const id = called.headers.get('x-request-id')!;
    await until('the call on the page', async () => {
      await page.goto(`${worker.url}/usage?days=1`);
      return (await page.locator(`a[href*="${id}"]`).count()) > 0;
    });
    await page.locator(`a[href*="${id}"]`).first().click();
    await page.getByText('How the charge comes about').waitFor();
    await page.goBack();
    await page.getByLabel('Status').selectOption('failed');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('No request fits').waitFor();
    await page.goBack();
    expect(await page.getByLabel('Status').inputValue(), 'the filter of the list that came back').toBe('');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Export as CSV').click()]);
    expect(download.suggestedFilename()).toMatch(/usage-\d{4}-\d{2}-\d{2}\.csv$/);
    expect(readFileSync((await download.path())!, 'utf8')).toContain(id);
    const capped = await makeKey(page, 'capped', 1);
    expect((await chat(capped, 'sandbox:usage=1000/6500')).status).toBe(200);
    const refused = await until('the cap', async () => {
      const answer = await chat(capped, 'sandbox:usage=1000/6500');
      return answer.status !== 200 && answer;
    });
    expect([401, 429]).toContain(refused.status);
    await mailTo(worker, email, /“capped” has reached its limit/);
    await page.goto(`${worker.url}/manage-api-keys`);
    await page.getByRole('button', { name: 'Enable capped' }).waitFor();
    const [one, other] = ['first', 'capped'].map((name) => page.getByLabel(`Change the limit of ${name}`, { exact: true }));
    const opened = () => page.locator('.key details[open]').count();
    await one!.click();
    await other!.press('Enter');
    expect(await opened(), 'one form above the list at a time').toBe(1);
    await page.keyboard.press('Escape');
    expect(await opened()).toBe(0);
    await page.context().close();
  });

  it('invites a member, who joins from the mail', async () => {
    const [owner, guest] = [await visitor(), await visitor()];
    await signUp(owner, 'owner@example.com');
    await owner.goto(`${worker.url}/settings/organization`);
    await owner.getByLabel('Name').fill('Acme');
    await owner.getByRole('button', { name: 'Create it' }).click();
    await owner.getByLabel('Invite by e-mail').fill('guest@example.com');
    await owner.getByRole('button', { name: 'Invite' }).click();
    await signUp(guest, 'guest@example.com');
    await guest.goto((await mailTo(worker, 'guest@example.com', /invites you to Acme/)).link!);
    await guest.getByRole('button', { name: 'Join' }).click();
    await guest.getByText('you are developer').waitFor();
    await Promise.all([owner.context().close(), guest.context().close()]);
  });

  it('adds a passkey and signs in with it', async () => {
    // A passkey is bound to a host name, never to an IP address.
    const at = worker.url.replace('127.0.0.1', 'localhost');
    const page = await visitor();
    const debug = await page.context().newCDPSession(page);
    await debug.send('WebAuthn.enable');
    await debug.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await signUp(page, 'passkey@example.com', at);
    const elsewhere = await visitor();
    await elsewhere.goto(`${worker.url}/sign-in`);
    await elsewhere.getByRole('button', { name: 'Use a passkey' }).click();
    await elsewhere.getByText(`Open ${at}/sign-in instead.`).waitFor();
    await elsewhere.context().close();
    await page.goto(`${at}/settings`);
    await page.getByLabel('Name, such as the device’s').fill('Laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('button', { name: 'Remove Laptop' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${at}/sign-in?next=/settings`);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await page.getByText('passkey@example.com').first().waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Remove Laptop' }).click();
    await page.getByText('signs nobody in any more').waitFor();
    const audit = await (await page.request.get(`${at}/api/audit`)).text();
    for (const action of ['passkey.create', 'passkey.delete']) expect(audit).toContain(action);
    await page.context().close();
  });

  it('chats, draws and films in the playground, as themselves and with a pasted key, and sees the cost', { timeout: 120_000 }, async () => {
    const page = await visitor();
    await signUp(page, 'player@example.com');
    await topUp(await accountOf(page));
    const last = page.locator('#output > li').last();
    const run = async (prompt: string) => {
      await page.getByLabel('Prompt').fill(prompt);
      await page.getByRole('button', { name: 'Run' }).click();
      await page.getByText('Done.', { exact: true }).waitFor();
      await last.getByText(/^Request req_/).waitFor();
      expect(await last.textContent()).toMatch(/credits? \(/);
    };
    const open = async (path: string, prompt: string) => {
      await page.goto(`${worker.url}${path}`);
      await run(prompt);
      await shoot(page, `played${path.replace(/\W+/g, '-')}`);
    };
    await open('/playground', "It's a test");
    expect(await page.locator('#output').textContent()).toContain("It's a test");
    expect(await page.locator('[data-template]').first().textContent()).toContain('It\\u0027s a test');
    await open('/playground?model=claude-sonnet-4-6', 'sandbox:reasoning sandbox:length');
    await page.getByText('Cut at its limit of tokens.').waitFor();
    await page.getByText('Thoughts').click();
    expect((await page.locator('#output details p').textContent())!.length).toBeGreaterThan(0);
    await page.getByLabel('Prompt').fill('sandbox:tokens=400 sandbox:delay=100ms');
    await page.getByRole('button', { name: 'Run' }).click();
    await last.locator('.answer:not(:empty)').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await last.getByText('Stopped.').waitFor();
    await last.getByText(/credits \(/).waitFor();
    await page.getByLabel('Prompt').fill('to be kept');
    await page.getByRole('link', { name: 'Image', exact: true }).click();
    await page.getByRole('link', { name: 'Chat', exact: true }).click();
    expect(await page.getByLabel('Prompt').inputValue()).toBe('to be kept');
    await open('/playground?mode=image', 'A lighthouse');
    const width = "(async (image) => (await image.decode(), image.naturalWidth))(document.querySelector('#output img'))";
    expect(await page.evaluate(width)).toBeGreaterThan(0);
    await open('/playground?mode=video', 'Waves');
    expect(await page.locator('#output video').count()).toBe(1);
    await page.getByLabel('Prompt').fill('sandbox:hang');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText(/^(In the queue|Being made), /).waitFor();
    // After a reload the page still shows that the video is being made, and can stop it.
    await page.reload();
    await page.getByText(/^(In the queue|Being made), /).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Canceled, and free.').waitFor();
    expect(await last.textContent()).toContain('0 credits ($0.00)');
    expect(await page.locator('#run-cost').textContent()).toMatch(/^2 turns: [\d.]+ credits \(\$[\d.]+\) in all$/);
    const cookies = await page.context().cookies();
    await page.reload();
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('You were signed out.').waitFor();
    expect(await page.getByRole('link', { name: 'Sign in again' }).getAttribute('href')).toBe('/sign-in?next=%2Fplayground%3Fmode%3Dvideo');
    await page.context().addCookies(cookies);
    const { id: org } = (await (
      await page.request.post(`${worker.url}/api/orgs`, { data: { name: 'Payers' }, headers: { origin: worker.url } })
    ).json()) as { id: string };
    await page.goto(`${worker.url}/usage?org=${org}`);
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('the account has 0').waitFor();
    // A refused call has no receipt to link to.
    expect(await last.getByRole('link').count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Top up' }).getAttribute('href')).toBe(`/settings/billing?org=${org}`);
    await page.goto(`${worker.url}/playground?mode=image&org=${org}`);
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('needs the Starter tier').waitFor();
    expect(await page.getByRole('link', { name: 'Top up' }).getAttribute('href')).toBe(`/settings/billing?org=${org}`);
    const key = await makeKey(page, 'pasted');
    await page.goto(`${worker.url}/playground`);
    await page.context().clearCookies();
    await page.reload();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('Paste an API key, or sign in.').waitFor();
    await page.getByLabel('API key').fill(key);
    await page.getByLabel('Prompt').fill('Hello');
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('Done.', { exact: true }).waitFor();
    await page.context().close();
  });

  it('speaks, writes down, films a picture and makes an object in the playground, with the files that each model needs', {
    timeout: 60_000,
  }, async () => {
    const page = await visitor();
    await signUp(page, 'maker@example.com');
    await topUp(await accountOf(page));
    const sent: Record<string, unknown>[] = [];
    page.on('request', (request) => {
      if (/\/v1\/(audio|3d|videos)\//.test(request.url())) sent.push(request.postDataJSON());
    });
    const last = page.locator('#output > li').last();
    const file = (name: string, mimeType: string) => ({ name, mimeType, buffer: Buffer.from(name) });
    const [recording, picture] = [file('memo.wav', 'audio/wav'), file('chair.png', 'image/png')];
    const run = async (path: string) => {
      await page.getByRole('button', { name: 'Run' }).click();
      await last.getByText(/^Request req_/).waitFor();
      expect(await last.textContent()).toMatch(/credits? \(/);
      await shoot(page, `made${path}`);
    };
    await page.goto(`${worker.url}/playground?mode=audio`);
    await page.getByLabel('Prompt').fill('Good morning!');
    await run('-sound');
    expect(await page.locator('#output audio').count()).toBe(1);
    await page.getByLabel('Model').selectOption('audio-asr');
    expect(await page.getByLabel('Prompt').isVisible()).toBe(false);
    await page.getByLabel('Recording', { exact: true }).setInputFiles(recording);
    await run('-transcript');
    expect(await last.locator('.asked').textContent()).toBe('memo.wav');
    expect((await last.locator('.answer').textContent())!.length).toBeGreaterThan(0);
    await page.goto(`${worker.url}/playground?mode=video&model=wan-2-6-i2v`);
    // The model needs a picture, so the browser itself refuses to send the form.
    await page.getByRole('button', { name: 'Run' }).click();
    expect(await page.locator('#output > li').count()).toBe(0);
    await page.getByLabel('First picture').setInputFiles(picture);
    await run('-film');
    await page.goto(`${worker.url}/playground?mode=3d`);
    await page.getByLabel('Model').selectOption('tripo3d-multiview-to-3d');
    await page.getByLabel('From the front').setInputFiles(picture);
    await run('-object');
    expect(await last.getByRole('link', { name: 'Open the file' }).getAttribute('href')).toMatch(/\.glb$/);
    const bytes = (of: { buffer: Buffer; mimeType: string }) => `data:${of.mimeType};base64,${of.buffer.toString('base64')}`;
    expect(sent).toEqual([
      { model: 'audio-tts', text: 'Good morning!' },
      { model: 'audio-asr', audio: bytes(recording) },
      expect.objectContaining({ model: 'wan-2-6-i2v', image: bytes(picture) }),
      { model: 'tripo3d-multiview-to-3d', front_image_url: bytes(picture) },
    ]);
    await page.context().close();
  });

  it('has a conversation in the playground, which goes along to whichever model is next, is summed, copied and cleared', async () => {
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(15_000);
    const complaints = await strict(context);
    const page = await context.newPage();
    await signUp(page, 'talker@example.com');
    await topUp(await accountOf(page));
    await page.goto(`${worker.url}/playground`);
    const sent: { model: string; messages: { role: string; content: string }[] }[] = [];
    page.on('request', (request) => {
      if (/\/v1\/(messages|chat\/completions)$/.test(request.url())) sent.push(request.postDataJSON());
    });
    const turn = page.locator('#output > li');
    const say = async (prompt: string, by: 'button' | 'keys' = 'button') => {
      await page.getByLabel('Prompt').fill(prompt);
      if (by === 'button') await page.getByRole('button', { name: 'Run' }).click();
      else await page.getByLabel('Prompt').press('Control+Enter');
      await page.getByRole('button', { name: 'Run' }).waitFor();
    };
    await say('   ');
    await page.getByText('The prompt is empty.').waitFor();
    expect([await turn.count(), sent.length]).toEqual([0, 0]);
    await say('My name is Ada.');
    const first = (await turn.first().locator('.answer').textContent())!;
    await page.getByLabel('Model').selectOption('claude-sonnet-4-6');
    await say('What is my name?', 'keys');
    await say('sandbox:status=500');
    await turn.nth(2).getByRole('alert').waitFor();
    // The failed prompt is offered again, and is not sent along with the next one.
    expect(await page.getByLabel('Prompt').inputValue()).toBe('sandbox:status=500');
    await say('And now?');
    expect(sent.map(({ model, messages }) => [model, messages.map(({ role }) => role).join(' ')])).toEqual([
      ['gpt-5.5', 'user'],
      ['claude-sonnet-4-6', 'user assistant user'],
      ['claude-sonnet-4-6', 'user assistant user assistant user'],
      ['claude-sonnet-4-6', 'user assistant user assistant user'],
    ]);
    expect(sent[3]!.messages.slice(0, 3).map(({ content }) => content)).toEqual(['My name is Ada.', first, 'What is my name?']);
    expect(await page.locator('[data-template]:visible').first().textContent()).toContain('{"role": "user", "content": "And now?"}');
    const costs = (await turn.locator('footer').allTextContents()).map((text) => Number(/([\d.]+) credits/.exec(text)?.[1] ?? 0));
    const sum = Number(/4 turns: ([\d.]+) credits/.exec((await page.locator('#run-cost').textContent())!)![1]);
    expect(sum).toBeCloseTo(
      costs.reduce((one, other) => one + other),
      5,
    );
    await turn.first().getByRole('button', { name: 'Copy the answer' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(first);
    expect(await violations(page)).toEqual([]);
    const shown = async () => [
      await turn.locator('.asked, .answer, footer > .mono, footer a').allTextContents(),
      await page.locator('#run-cost').textContent(),
    ];
    const before = await shown();
    await page.getByRole('link', { name: 'Image', exact: true }).click();
    expect(await turn.count()).toBe(0);
    await page.getByRole('link', { name: 'Models' }).click();
    await page.getByRole('link', { name: 'Playground' }).click();
    await page.reload();
    expect(await shown()).toEqual(before);
    expect(JSON.stringify(await page.evaluate('({ ...sessionStorage })'))).not.toContain('ck_');
    await say('Still there?');
    expect(sent.at(-1)!.messages).toHaveLength(7);
    const audit = (await (await page.request.get(`${worker.url}/api/audit`)).json()) as { entries: { action: string }[] };
    expect(audit.entries.filter(({ action }) => action.startsWith('api_key')).map(({ action }) => action)).toEqual(['api_key.create']);
    await page.getByRole('button', { name: 'New conversation' }).click();
    expect([await turn.count(), await page.locator('#run-cost').textContent()]).toEqual([0, '']);
    await page.reload();
    await say('Who am I?');
    expect(sent.at(-1)!.messages).toEqual([{ role: 'user', content: 'Who am I?' }]);
    await page.getByLabel('Prompt').fill('sandbox:tokens=400 sandbox:delay=100ms');
    await page.getByRole('button', { name: 'Run' }).click();
    await turn.nth(1).locator('.answer:not(:empty)').waitFor();
    await page.reload();
    await turn.nth(1).getByText('The page was left before the end.').waitFor();
    await turn
      .nth(1)
      .getByText(/credits \(/)
      .waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${worker.url}/`);
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('deploys a container, and finds it in the audit log', async () => {
    const page = await visitor();
    await signUp(page, 'deployer@example.com');
    const { accountId } = (await (await page.request.get(`${worker.url}/api/me`)).json()) as { accountId: string };
    await worker.admin(`/accounts/${accountId}/grants`, { credits: 100, reason: 'a test', eventId: 'deployer' });
    await page.goto(`${worker.url}/gpu-recommend?billions=30&weights=16`);
    await page.getByText('A100, 80 GB').first().waitFor();
    await page.getByRole('link', { name: 'Deploy on it' }).click();
    await page.getByLabel('Slug, for its URL').fill('from-a-page');
    await page.getByLabel('Container image').fill('registry.example.com/model:1');
    const asked = page.waitForEvent('dialog').then(async (dialog) => [dialog.message(), await dialog.dismiss()][0]);
    await page.getByLabel('Workers at least').fill('1');
    await page.getByRole('button', { name: 'Deploy' }).click();
    expect(await asked).toContain('until you stop them');
    await page.getByLabel('Workers at least').fill('0');
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.getByText('from-a-page is there').waitFor();
    const audit = await (await page.request.get(`${worker.url}/api/audit?action=deployment.create`)).text();
    expect(audit).toContain('from-a-page');
    await page.context().close();
  });
});

async function ssoOf(json: Record<string, unknown>): Promise<void> {
  const owner = await Person.signedIn(worker);
  const { id } = await owner.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
  const made = await owner.get<{ id: string; callbackUrl: string; challenge: { name: string; value: string } }>(`/api/orgs/${id}/sso`, {
    json,
  });
  dns.records.set(made.challenge.name, made.challenge.value);
  await owner.get(`/api/orgs/${id}/sso/${made.id}/verify-domain`, { json: {} });
  oidc.allow(made.callbackUrl);
}

async function beginSso(page: Page, email: string): Promise<void> {
  await page.goto(`${worker.url}/sign-in?next=/settings`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Use my organization’s sign-in' }).click();
}

describe.skipIf(!chromiumPath)('single sign-on in a browser', () => {
  it('leads through OIDC and back', async () => {
    await ssoOf({ type: 'oidc', issuer: oidc.url, clientId: oidc.clientId, clientSecret: oidc.clientSecret, domain: 'oidc.example' });
    const page = await visitor();
    await beginSso(page, 'ada@oidc.example');
    await page.locator('input[name=login]').fill('ada@oidc.example');
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
    await page.getByText('ada@oidc.example').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings');
    await page.context().close();
  });

  it('leads through SAML and back', async () => {
    await ssoOf({ type: 'saml', metadata: saml.metadata, domain: 'saml.example' });
    samlPerson = 'grace@saml.example';
    const page = await visitor();
    await beginSso(page, samlPerson);
    await page.getByText(samlPerson).first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/settings');
    await page.context().close();
  });
});
