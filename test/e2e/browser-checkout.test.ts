// A top-up by its button: through the payment page and back, and the event that Stripe sends afterwards.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch, strict } from './support/browser';
import { Person } from './support/person';
import { FakeStripe } from './support/stripe';
import { until } from './support/wait';
import { Worker } from './support/worker';

let stripe: FakeStripe;
let worker: Worker;
let browser: Browser;

beforeAll(async () => {
  if (!chromiumPath) return;
  [stripe, browser] = await Promise.all([FakeStripe.start(), launch()]);
  worker = await Worker.start({ LOCAL: '1', ...stripe.variables });
  stripe.sendTo(worker.url);
});
afterAll(async () => {
  await browser?.close();
  await worker?.stop();
  stripe?.stop();
});

async function billing(path = '/settings/billing'): Promise<{ page: Page; complaints: string[]; person: Person }> {
  const person = await Person.signedIn(worker);
  const context = await browser.newContext();
  context.setDefaultTimeout(15_000);
  const complaints = await strict(context);
  const page = await context.newPage();
  await page.goto(`${worker.url}/sign-in?next=${encodeURIComponent(path)}`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Billing' }).waitFor();
  return { page, complaints, person };
}

const figure = async (page: Page, name: string): Promise<string> => {
  const shown = page.locator('dl.figures > div', { hasText: name }).locator('dd');
  return (await shown.textContent())!.trim();
};

describe.skipIf(!chromiumPath)('a top-up', () => {
  it('leads to the payment page and back, and the credits, the ledger and the receipt are there', async () => {
    const { page, complaints, person } = await billing();
    await page.getByLabel('US dollars').fill('25');
    await page.getByRole('button', { name: 'Pay with Stripe' }).click();
    await page.getByRole('heading', { name: '25.00 USD' }).waitFor();
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByText('Thank you').waitFor();
    expect(new URL(page.url()).searchParams.get('paid')).toBe('1');
    expect(await figure(page, 'Available credits')).toBe('2,500$25.00');
    const session = stripe.sessions.at(-1)!;
    expect(session.form.get('customer_email')).toBe(person.email);
    expect(await page.getByRole('link', { name: 'Receipt' }).getAttribute('href')).toBe(`${stripe.url}/receipts/${session.intent}`);
    expect(await stripe.completed(session)).toBe(200);
    const refund = { id: 're_1', object: 'refund', amount: 1_000, currency: 'usd', payment_intent: session.intent, status: 'succeeded' };
    for (const type of ['refund.created', 'refund.created', 'refund.updated']) expect(await stripe.send(type, refund)).toBe(200);
    await page.goto(`${worker.url}/settings/billing`);
    expect(await figure(page, 'Available credits')).toBe('1,500$15.00');
    await page.getByText('partly refunded').waitFor();
    const disputed = { id: 'dp_1', object: 'dispute', amount: 1_500, currency: 'usd', payment_intent: session.intent };
    expect(await stripe.send('charge.dispute.funds_withdrawn', disputed)).toBe(200);
    await page.reload();
    expect(await figure(page, 'Available credits')).toBe('0$0.00');
    await page.getByText('disputed').waitFor();
    await until('the lines in the ledger', async () => {
      await page.reload();
      return (await page.getByRole('cell', { name: 'Dispute' }).count()) === 1;
    });
    expect([complaints, stripe.refused]).toEqual([[], []]);
    await page.context().close();
  });

  it('that is not paid changes nothing, and can be begun again', async () => {
    const { page } = await billing();
    await page.getByLabel('US dollars').fill('2');
    await page.getByRole('button', { name: 'Pay with Stripe' }).click();
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('heading', { name: 'Billing' }).waitFor();
    expect(await stripe.completed(stripe.sessions.at(-1)!)).toBe(200);
    await page.reload();
    expect(await figure(page, 'Available credits')).toBe('0$0.00');
    await page.getByRole('button', { name: 'Pay with Stripe' }).waitFor();
    await page.context().close();
  });

  it("for an organization fills the organization's wallet and leads back to its page", async () => {
    const { page, person } = await billing();
    const { id } = await person.get<{ id: string }>('/api/orgs', { json: { name: 'Acme' } });
    await page.goto(`${worker.url}/settings/billing?org=${id}`);
    await page.getByRole('button', { name: 'Pay with Stripe' }).click();
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByText('Thank you').waitFor();
    expect(new URL(page.url()).searchParams.get('org')).toBe(id);
    expect(await figure(page, 'Available credits')).toBe('2,000$20.00');
    await page.goto(`${worker.url}/settings/billing`);
    expect(await figure(page, 'Available credits')).toBe('0$0.00');
    await page.context().close();
  });
});
