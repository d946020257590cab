// Pages without a mouse, scripts or a wide window: by keyboard, without JavaScript, enlarged, on paper.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, shoot, violations } from './support/browser';
import { Person } from './support/person';
import { until } from './support/wait';
import { Worker } from './support/worker';

const PAGES = [
  ...['/', '/models', '/models/gpt-5.5', '/pricing', '/docs', '/docs/api', '/docs/api/images', '/playground', '/status', '/sdk'],
  ...['/gpu-recommend', '/docs/infra', '/usage', '/manage-api-keys', '/settings', '/settings/billing', '/settings/organization'],
  '/infra/deployments/new',
];

/** A page with its styles and scripts, as sent before compression. */
const MOST_BYTES = 400_000;
/** Tables set their column widths as rows arrive. Up to this value is good: https://web.dev/articles/cls */
const MOST_SHIFT = 0.1;

let worker: Worker;
let browser: Browser;
let person: Person;
let cookies: Parameters<BrowserContext['addCookies']>[0];

beforeAll(async () => {
  if (!chromiumPath) return;
  [worker, browser] = await Promise.all([Worker.shared(), launch()]);
  person = await Person.signedIn(worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await worker.admin(`/accounts/${accountId}/grants`, { credits: 5_000, reason: 'a test', eventId: 'use' });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${worker.url}/sign-in`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/usage');
  cookies = await context.cookies();
  await context.close();
});
afterAll(async () => {
  await browser?.close();
  await worker?.stop();
});

async function visit(options: Parameters<Browser['newContext']>[0], work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  await context.addCookies(cookies);
  try {
    await work(await context.newPage());
  } finally {
    await context.close();
  }
}

const focused = (page: Page): Promise<string> =>
  page.evaluate('document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent?.trim() ?? ""');

describe.skipIf(!chromiumPath)('every page', () => {
  it('has a title and a description of its own, asks no other host for anything, weighs little, and moves nothing about', {
    timeout: 120_000,
  }, async () => {
    await visit({ viewport: { width: 1280, height: 900 } }, async (page) => {
      const foreign: string[] = [];
      let bytes = 0;
      page.on('request', (request) => {
        if (!request.url().startsWith(worker.url) && !request.url().startsWith('data:')) foreign.push(request.url());
      });
      page.on('response', async (response) => {
        bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
      });
      const titles = new Map<string, string>();
      for (const path of PAGES) {
        bytes = 0;
        await page.goto(worker.url + path, { waitUntil: 'networkidle' });
        const title = await page.title();
        expect(titles.get(title), `${path} has the title of ${titles.get(title)}`).toBeUndefined();
        titles.set(title, path);
        expect(await page.locator('meta[name=description]').getAttribute('content'), path).toMatch(/.{20,}/);
        expect(await page.locator('meta[property="og:title"]').count(), path).toBe(1);
        expect(bytes, `${path} weighs too much`).toBeLessThan(MOST_BYTES);
        const shift = `new Promise((done) => { let sum = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 50); })`;
        expect(await page.evaluate(shift), `${path} shifts`).toBeLessThanOrEqual(MOST_SHIFT);
      }
      expect(foreign).toEqual([]);
    });
  });

  it('is read without scrolling sideways at 400 %', { timeout: 120_000 }, async () => {
    await visit({ viewport: { width: 320, height: 640 } }, async (page) => {
      for (const path of PAGES) {
        await page.goto(worker.url + path);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), path).toBeLessThanOrEqual(0);
      }
    });
  });
});

describe.skipIf(!chromiumPath)('a person at a keyboard', () => {
  it('skips to the content, sees where they are, and closes a menu with Escape', async () => {
    await visit({}, async (page) => {
      await page.goto(`${worker.url}/usage`);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('Skip to content');
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement?.id')).toBe('main');
      await page.locator('.menu summary').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('navigation', { name: 'Wallets' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('Personal');
      await page.keyboard.press('Escape');
      await page.getByRole('navigation', { name: 'Wallets' }).waitFor({ state: 'hidden' });
      expect(await focused(page)).toMatch(/^Wallet:/);
    });
  });

  it('comes to every link, field and button of a page in the order in which they stand', async () => {
    await visit({ viewport: { width: 1280, height: 900 } }, async (page) => {
      await page.goto(`${worker.url}/manage-api-keys`);
      const order = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter((one) => one.checkVisibility({ visibilityProperty: true }))`;
      const count = (await page.evaluate(`${order}.length`)) as number;
      const places: number[] = [];
      for (let step = 0; step < count; step++) {
        await page.keyboard.press('Tab');
        places.push((await page.evaluate(`${order}.indexOf(document.activeElement)`)) as number);
      }
      expect(places).toEqual(Array.from({ length: count }, (_, index) => index));
    });
  });

  it('copies code by a button that says so', async () => {
    await visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.goto(`${worker.url}/`);
      await page.getByRole('button', { name: 'Copy: A first call with curl' }).press('Enter');
      await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toContain(`curl ${worker.url}/v1/chat/completions`);
    });
  });
});

describe.skipIf(!chromiumPath)('a form', () => {
  it('that was sent after the session had ended is filled in again, for the same person, and says under the field what is wrong', {
    timeout: 60_000,
  }, async () => {
    await visit({ viewport: { width: 1280, height: 900 } }, async (page) => {
      const send = () => page.getByRole('button', { name: 'Create the key' }).click();
      await page.goto(`${worker.url}/manage-api-keys`);
      await page.getByRole('textbox', { name: 'Name' }).fill('typed');
      await page.getByRole('combobox', { name: 'Kind' }).selectOption('test');
      await page.getByText('Where, until when, and what for').click();
      await page.getByLabel('image', { exact: true }).check();
      await page.getByLabel('IP addresses or ranges').fill('nowhere');
      await page.context().clearCookies();
      await send();
      await page.getByText('You were signed out').waitFor();
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByLabel('Password').fill(person.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByText('What you had typed is here again').waitFor();
      const values = await page.evaluate(
        '[...new FormData(document.querySelector("form.panel"))].map((field) => field.join("=")).join(" ")',
      );
      expect(values).toMatch(/name=typed mode=test .*ips=nowhere .*families=image/);
      await send();
      await page.getByRole('alert').waitFor();
      expect(await page.evaluate('document.querySelector("[role=alert]").previousElementSibling.contains(document.activeElement)')).toBe(
        true,
      );
      expect(await page.getByText('What you had typed').count()).toBe(0);
    });
  });
});

describe.skipIf(!chromiumPath)('a person without JavaScript', () => {
  it('filters models, makes, rotates and revokes a key, invites, takes back, and finds a call on its receipt', {
    timeout: 60_000,
  }, async () => {
    await visit({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } }, async (page) => {
      await page.goto(`${worker.url}/models`);
      await page.getByLabel('Search').fill('sonnet');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('link', { name: 'Claude Sonnet 4.6' }).click();
      await page.getByRole('heading', { name: 'Call it' }).waitFor();

      await page.goto(`${worker.url}/playground`);
      expect(await page.getByRole('button', { name: 'Run' }).count()).toBe(0);

      await page.goto(`${worker.url}/manage-api-keys`);
      await page.getByLabel('Name').fill('by hand');
      await page.getByText('Where, until when, and what for').click();
      await page.getByLabel('chat', { exact: true }).check();
      await page.getByRole('button', { name: 'Create the key' }).click();
      const secret = page.getByRole('region', { name: /The secret of/ }).locator('code');
      const key = (await secret.textContent())!;
      expect(await page.getByText(`-H "Authorization: Bearer ${key}"`).count()).toBeGreaterThan(0);
      const ask = () =>
        fetch(`${worker.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] }),
        });
      const called = await ask();
      expect(called.status, await called.text()).toBe(200);
      await page.reload();
      expect([await secret.count(), await page.getByRole('button', { name: 'Revoke by hand' }).count()]).toEqual([0, 1]);
      await page.getByRole('button', { name: 'Rotate by hand' }).click();
      expect(await secret.textContent()).not.toBe(key);
      await page.reload();
      await page.goto(`${worker.url}/usage`);
      await page.goBack();
      expect(await secret.count()).toBe(0);
      expect(await person.get('/api/api-keys')).toMatchObject({ keys: [{ name: 'by hand' }] });
      await page.getByRole('button', { name: 'Rotate again: by hand' }).waitFor();
      expect((await ask()).status).toBe(200);
      await page.getByRole('button', { name: 'Revoke by hand' }).click();
      await page.getByText('1 revoked key').waitFor();

      await page.goto(`${worker.url}/settings/organization`);
      await page.getByLabel('Name').fill('Acme');
      await page.getByRole('button', { name: 'Create it' }).click();
      await page.getByLabel('Invite by e-mail').fill('guest@example.com');
      await page.getByRole('button', { name: 'Invite' }).click();
      const takeBack = page.getByRole('button', { name: 'Take back the invitation of guest@example.com' });
      await takeBack.click();
      await takeBack.waitFor({ state: 'hidden' });

      const id = called.headers.get('x-request-id')!;
      await until('the call on the page', async () => {
        await page.goto(`${worker.url}/usage?days=1`);
        return (await page.locator(`a[href*="${id}"]`).count()) > 0;
      });
      await page.getByLabel('Status').selectOption('failed');
      await page.getByRole('button', { name: 'Filter', exact: true }).click();
      await page.getByText('No request fits').waitFor();
      await page.goto(`${worker.url}/usage/${id}`);
      await page.getByText('How the charge comes about').waitFor();
    });
  });
});

describe.skipIf(!chromiumPath)('on paper', () => {
  it('a receipt is what it says, without the ways to other pages', async () => {
    await visit({}, async (page) => {
      const { logs } = await person.get<{ logs: { id: string }[] }>('/api/api-usage?days=1');
      await page.goto(`${worker.url}/usage/${logs[0]!.id}`);
      await page.emulateMedia({ media: 'print' });
      await shoot(page, 'receipt-on-paper');
      expect(await page.getByText('How the charge comes about').isVisible()).toBe(true);
      for (const hidden of ['.side', '.bar nav', '.bar .end']) expect(await page.locator(hidden).isVisible(), hidden).toBe(false);
    });
  });
});

describe.skipIf(!chromiumPath)('a table', () => {
  it('breaks no ordinary name within a word in half a window, and shows which GPU is enough on a phone', async () => {
    await person.get('/api/api-keys', { json: { name: 'production', spendingLimit: 500, models: ['gpt-5.5', 'claude-sonnet-4-6'] } });
    await visit({ viewport: { width: 1000, height: 800 } }, async (page) => {
      await page.goto(`${worker.url}/settings/audit`);
      const lines = `(() => { const range = document.createRange(); range.selectNodeContents(document.querySelector('td.what span[title^=key_]')); return [range.toString(), range.getClientRects().length]; })()`;
      expect(await page.evaluate(lines)).toEqual(['production', 1]);
    });
    await visit({ viewport: { width: 360, height: 800 } }, async (page) => {
      await page.goto(`${worker.url}/gpu-recommend`);
      expect(
        await page.evaluate(
          `(() => { const table = document.querySelector('figure.scroll'); return table.scrollWidth - table.clientWidth; })()`,
        ),
      ).toBe(0);
    });
  });
});
