// Every page in a real browser, at phone and desktop width, light and dark: what axe finds, and what violates the policy.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLOUR_RULES, chromiumPath, LAYOUT_RULES, launch, SIZES, shoot, strict, violations } from './support/browser';
import { Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

const PUBLIC = [
  ...['/', '/models', '/models?q=no+such+thing', '/models/gpt-5.5', '/pricing', '/docs', '/docs/api', '/docs/api/images'],
  ...[
    '/playground',
    '/playground?mode=video',
    '/playground?mode=audio',
    '/playground?mode=3d&model=tripo3d-multiview-to-3d',
    '/status',
    '/sdk',
    '/gpu-recommend',
    '/docs/infra',
  ],
];
const STRANGERS = [
  '/sign-in',
  '/sign-in/mailed?token=x',
  '/sign-up',
  '/sign-up/confirm?token=x',
  '/forgot-password',
  '/reset-password?token=x',
  '/two-factor',
];
const OWN = [
  ...[
    '/manage-api-keys',
    '/usage',
    '/settings',
    '/settings/billing',
    '/settings/organization',
    '/settings/audit?check=1',
    '/infra/deployments/new',
    '/infra/jobs',
    '/infra/webhooks',
  ],
  '/invitations/accept?token=x',
];

let worker: Worker;
let browser: Browser;
let person: Person;
let organization = '';
let requestId = '';

beforeAll(async () => {
  if (!chromiumPath) return;
  [worker, browser] = await Promise.all([Worker.shared(), launch()]);
  person = await Person.signedIn(worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await worker.admin(`/accounts/${accountId}/grants`, { credits: 5_000, reason: 'a test', eventId: 'pages' });
  organization = (await person.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } })).id;
  const { key } = await person.get<{ key: string }>('/api/api-keys', { json: { name: 'production', spendingLimit: 500 } });
  // The first is refused, and listed apart.
  for (const model of ['gpt-5.55-that-nobody-has-ever-made', 'gpt-5.5', 'gpt-5.4', 'gpt-5.5']) {
    const called = await fetch(`${worker.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    requestId = called.headers.get('x-request-id')!;
    await called.text();
  }
  await until('the calls in the usage', async () => (await person.get<{ logs: unknown[] }>('/api/api-usage?days=1')).logs.length === 3);
  const { key: testKey } = await person.get<{ key: string }>('/api/api-keys', { json: { name: 'films', mode: 'test' } });
  const film = await fetch(`${worker.url}/v1/videos/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'wan2.6', prompt: 'A lighthouse' }),
  });
  expect(film.ok).toBe(true);
});
afterAll(async () => {
  await browser?.close();
  await worker?.stop();
});

async function signIn(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${worker.url}/sign-in`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/usage');
  await page.close();
}

const fileName = (path: string): string => path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'home';

/** Dark mode changes only colours, which are the same on a phone; there only sizes and reach differ. */
async function look(page: Page, at: string, size: string): Promise<void> {
  for (const colorScheme of size === 'phone' && !process.env.SCREENSHOTS ? (['light'] as const) : (['light', 'dark'] as const)) {
    await page.emulateMedia({ colorScheme });
    await shoot(page, `${at}-${colorScheme}`);
    const rules = colorScheme === 'dark' ? COLOUR_RULES : size === 'phone' ? LAYOUT_RULES : undefined;
    expect(await violations(page, rules), `${at} ${colorScheme}`).toEqual([]);
  }
}

async function lookAll(context: BrowserContext, paths: string[], size: string): Promise<void> {
  const complaints = await strict(context);
  const page = await context.newPage();
  for (const path of paths) {
    const response = await page.goto(worker.url + path);
    expect(response?.status(), path).toBe(200);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${path} scrolls sideways`).toBeLessThanOrEqual(0);
    await look(page, `${fileName(path)}.${size}`, size);
  }
  expect(complaints).toEqual([]);
}

describe.skipIf(!chromiumPath).each(SIZES)('on a $name', ({ name, viewport }) => {
  // Or axe would measure colours during a transition.
  const settings = { viewport, reducedMotion: 'reduce' } as const;

  it('every page for everybody is in order', { timeout: 180_000 }, async () => {
    const context = await browser.newContext(settings);
    await lookAll(context, [...PUBLIC, ...STRANGERS], name);
    await context.close();
  });

  it('every page of an account is in order', { timeout: 180_000 }, async () => {
    const context = await browser.newContext(settings);
    await signIn(context);
    await lookAll(context, [...OWN, `/settings/organization?org=${organization}`, `/usage/${requestId}`, '/playground?mode=image'], name);
    await context.close();
  });
});
