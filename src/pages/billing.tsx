/** The wallet: its balance, what is held, what came and went, and what each tier unlocks. */
import type { FC } from 'hono/jsx';
import { beginCheckout, checkoutInput } from '../console/billing/checkout';
import { listLedger } from '../console/billing/ledger';
import { listReceipts } from '../console/billing/receipts';
import { showBilling } from '../console/billing/show';
import type { VerbContext } from '../console/context';
import { redeem, redeemInput } from '../console/vouchers/redeem';
import type { GatewayError } from '../core/errors';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { inLabels, marked, readForm } from './form';
import { within } from './frame';
import {
  alignedCredits,
  Code,
  credits,
  dollars,
  Empty,
  Figures,
  Headings,
  Name,
  Notice,
  Pages,
  Scroll,
  signedCredits,
  Time,
} from './parts';
import { fields, orgQuery, page, refusalPage } from './shell';
import { onward } from './sign-in';

const PATH = '/settings/billing';
const REDEEM_PATH = `${PATH}/redeem`;
const LINES = 50;
const RECEIPTS = 100;

type Billing = Awaited<ReturnType<typeof showBilling>>;

const Tiers: FC<{ billing: Billing }> = ({ billing: { tier, tiers } }) => {
  const reached = tiers.findIndex(({ id }) => id === tier);
  return (
    <section class="panel stack" aria-labelledby="tiers">
      <h2 id="tiers">Tiers</h2>
      <table class="bare">
        <Headings of={['Tier', 'Unlocks', 'Topped up in all']} figures={['Topped up in all']} />
        <tbody>
          {tiers.map(({ id, label, fromCredits, missingCredits, unlocks }, index) => (
            <tr>
              <th scope="row">
                {label} {id === tier && <span class="tag good">yours</span>}
              </th>
              <td>{unlocks}</td>
              <td class="number">
                {dollars(fromCredits)}
                {index > reached && <small>{dollars(missingCredits)} to go</small>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const Holds: FC<{ holds: Billing['holds'] }> = ({ holds }) => (
  <section class="stack" aria-labelledby="holds">
    <h2 id="holds">Held for calls under way</h2>
    <Scroll label="Held for calls under way">
      <table>
        <Headings of={['Since (UTC)', 'Model', 'Credits']} figures={['Credits']} />
        <tbody>
          {holds.map(({ model, heldCredits, openedAt }) => (
            <tr>
              <td>
                <Time at={openedAt} />
              </td>
              <td class="break">
                <Name of={model} />
              </td>
              <td class="number">{alignedCredits(heldCredits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

/** The operator's commands assume the default port unless told another. */
const elsewhere = (c: AppContext): string => {
  const { origin, port } = new URL(c.req.url);
  return port === '8787' ? '' : ` --url ${origin}`;
};

const LABELS = { amountUsd: 'US dollars, from 2 (100 credits each)', code: 'Code' };

interface Shown {
  amountUsd?: string | undefined;
  code?: string | undefined;
  error?: GatewayError;
}

const Redeem: FC<{ context: VerbContext; code: string | undefined; error: GatewayError | undefined }> = ({ context, code, error }) => (
  <form class="panel" method="post" action={`${REDEEM_PATH}${orgQuery(context)}`}>
    <h2>Redeem a voucher</h2>
    <label>
      {LABELS.code}
      <input
        name="code"
        value={code}
        required
        maxlength={100}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        placeholder="XXXXX-XXXXX-XXXXX-XXXXX"
        {...marked(error, 'code')}
      />
    </label>
    <div class="row">
      <button type="submit" class="plain">
        Redeem
      </button>
    </div>
  </form>
);

/** What a form, or the payment page that somebody comes back from, has done. */
function messageOf(paid: string | undefined, redeemed: string | undefined): string | undefined {
  if (paid === '1') return 'Thank you. The credits are here as soon as the payment is confirmed.';
  return redeemed === '1' ? 'The voucher’s credits are here.' : undefined;
}

async function billingPage(c: AppContext, context: VerbContext, { amountUsd = '20', code, error }: Shown = {}): Promise<Response> {
  const [billing, ledger, paidFor] = await Promise.all([
    showBilling(context),
    listLedger(context, LINES, c.req.query('cursor') || undefined),
    listReceipts(context, RECEIPTS, c.req.query('receipts') || undefined),
  ]);
  if (!ledger.ok) return refusalPage(c, ledger.error);
  if (!paidFor.ok) return refusalPage(c, paidFor.error);
  const { receipts, nextCursor: olderReceipts } = paidFor.value;
  const { lines, broughtForward, nextCursor } = ledger.value;
  const { paid, redeemed, ...query } = c.req.query();
  // Set aside for what rented workers may cost before they can be stopped; no call can spend it.
  const setAsideCredits = billing.balanceCredits - billing.heldCredits - billing.availableCredits;
  const figures = [
    ['Available credits', billing.availableCredits],
    ['Held for calls under way', billing.heldCredits],
    ...(setAsideCredits > 0 ? [['Set aside for deployments', setAsideCredits] as const] : []),
    ['Topped up so far', billing.topUpCredits],
  ] as const;
  return page(
    c,
    { title: 'Billing', context, ...(error && { status: 400 }) },
    <>
      <h1>Billing</h1>
      <Notice error={error} message={messageOf(paid, redeemed)} />
      <Figures of={figures.map(([name, value]) => [name, credits(value), dollars(value)])} />
      {billing.priceFactor !== 1 && (
        <p>
          Models cost this wallet <b>{Number((billing.priceFactor * 100).toFixed(1))} %</b> of the list’s prices:{' '}
          <a href={`/pricing${orgQuery(context)}`}>its own prices</a>.
        </p>
      )}
      <div class="columns">
        {context.permissions.has('billing.write') && (
          <div class="stack">
            <form class="panel" method="post" action={`${PATH}${orgQuery(context)}`}>
              <h2>Top up</h2>
              {billing.canTopUp ? (
                <>
                  <label>
                    {LABELS.amountUsd}
                    <input
                      name="amountUsd"
                      type="number"
                      min="2"
                      max="10000"
                      step="0.01"
                      value={amountUsd}
                      required
                      {...marked(error, 'amountUsd')}
                    />
                  </label>
                  <div class="row">
                    <button type="submit">Pay with Stripe</button>
                  </div>
                </>
              ) : (
                <>
                  <p class="quiet">
                    Payments are not set up here: the operator grants credits, to the wallet <code>{context.accountId}</code>.
                  </p>
                  {context.settings.LOCAL === '1' && (
                    <Code
                      label="You, on this machine"
                      wrap
                    >{`npm run admin -- credits grant ${context.accountId} 1000${elsewhere(c)}`}</Code>
                  )}
                </>
              )}
            </form>
            <Redeem context={context} code={code} error={error} />
          </div>
        )}
        <Tiers billing={billing} />
      </div>
      {billing.holds.length > 0 && <Holds holds={billing.holds} />}
      <section class="stack" aria-labelledby="ledger">
        <h2 id="ledger">Ledger</h2>
        {lines.length === 0 && !broughtForward ? (
          <Empty title="Nothing has come or gone yet">
            <p>Every top-up and every charge is a line here, and the lines add up to the balance.</p>
          </Empty>
        ) : (
          <Scroll label="Ledger" long>
            <table>
              <Headings of={['Time (UTC)', 'What', 'Credits']} figures={['Credits']} />
              <tbody>
                {lines.map(({ id, kind, model, reason, amountCredits, closedAt }) => (
                  <tr>
                    <td>
                      <Time at={closedAt} />
                    </td>
                    <td class="break">
                      {kind === 'grant' ? (
                        reason || 'Credits'
                      ) : (
                        <a href={`/usage/${id}${orgQuery(context)}`}>
                          <Name of={model ?? kind} />
                        </a>
                      )}
                    </td>
                    <td class="number">
                      {amountCredits > 0 ? <span class="strong">{signedCredits(amountCredits)}</span> : signedCredits(amountCredits)}
                    </td>
                  </tr>
                ))}
                {broughtForward && (
                  <tr>
                    <td>
                      <Time at={broughtForward.until} />
                    </td>
                    <td>Brought forward from older lines, which are in the archive</td>
                    <td class="number">{signedCredits(broughtForward.amountCredits)}</td>
                  </tr>
                )}
              </tbody>
            </table>
          </Scroll>
        )}
        <Pages of="lines" path={PATH} query={query} nextCursor={nextCursor} />
      </section>
      {receipts.length > 0 && (
        <section class="stack" aria-labelledby="receipts">
          <h2 id="receipts">Receipts</h2>
          <ul class="lines">
            {receipts.map(({ amountCents, createdAt, status, receiptUrl }) => (
              <li>
                <span>
                  <Time at={createdAt} /> UTC <span class="tag">{status.replace('_', ' ')}</span>
                </span>
                <span class="number">{dollars(amountCents)}</span>
                {receiptUrl && <a href={receiptUrl}>Receipt</a>}
              </li>
            ))}
          </ul>
          {olderReceipts !== null && (
            <div class="row">
              <a class="button plain" href={`${PATH}?${new URLSearchParams({ ...query, receipts: olderReceipts })}`}>
                Older receipts
              </a>
            </div>
          )}
        </section>
      )}
    </>,
  );
}

async function topUp(c: AppContext, context: VerbContext): Promise<Response> {
  const { amountUsd } = await fields(c);
  const input = readForm(checkoutInput, { amountUsd: Number(amountUsd) }, LABELS);
  const begun = input.ok ? await beginCheckout(context, input.value) : input;
  return begun.ok ? onward(c, begun.value.url) : billingPage(c, context, { amountUsd, error: inLabels(begun.error, LABELS) });
}

async function redeemVoucher(c: AppContext, context: VerbContext): Promise<Response> {
  const { code } = await fields(c);
  const input = readForm(redeemInput, { code }, LABELS);
  const redeemed = input.ok ? await redeem(context, input.value) : input;
  if (!redeemed.ok) return billingPage(c, context, { code, error: inLabels(redeemed.error, LABELS) });
  return c.redirect(within(`${PATH}?redeemed=1`, context.organization?.id), 303);
}

export const billingPages: AccountRoute[] = [
  { method: 'GET', path: PATH, permission: 'billing.read', handle: (c, context) => billingPage(c, context) },
  { method: 'POST', path: PATH, permission: 'billing.write', handle: topUp },
  { method: 'POST', path: REDEEM_PATH, permission: 'billing.write', handle: redeemVoucher },
];
