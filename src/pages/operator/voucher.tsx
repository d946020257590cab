/** One voucher: what it gives, who redeemed it, and its end. */
import type { FC } from 'hono/jsx';
import type { OperatorContext } from '../../console/context';
import { revokeVoucher, showVoucher } from '../../console/vouchers/manage';
import type { AppContext } from '../../http/context';
import type { AccountRoute } from '../../routes/account/route';
import { credits, dollars, Empty, Headings, Name, Notice, Scroll, Time, whole } from '../parts';
import { page, refusalPage } from '../shell';
import { accountPath } from './accounts';
import { redeemedOf, VOUCHERS, VoucherStatus, voucherPath } from './vouchers';

type ShownVoucher = Extract<Awaited<ReturnType<typeof showVoucher>>, { ok: true }>['value'];

const Facts: FC<{ of: ShownVoucher }> = ({ of: voucher }) => (
  <dl class="facts panel">
    <dt>Worth</dt>
    <dd>
      {dollars(voucher.credits)} <span class="quiet">({credits(voucher.credits)} credits)</span>
    </dd>
    <dt>Redeemed</dt>
    <dd>{redeemedOf(voucher)}</dd>
    <dt>Counts</dt>
    <dd>{voucher.topUp ? 'as a top-up, towards the tier' : 'as a gift'}</dd>
    <dt>Made</dt>
    <dd>
      <Time at={voucher.createdAt} /> UTC
    </dd>
    <dt>Good until</dt>
    <dd>
      {voucher.expiresAt === null ? (
        'always'
      ) : (
        <>
          <Time at={voucher.expiresAt} /> UTC
        </>
      )}
    </dd>
    {voucher.note !== '' && (
      <>
        <dt>Note</dt>
        <dd>{voucher.note}</dd>
      </>
    )}
  </dl>
);

const Redemptions: FC<{ of: ShownVoucher }> = ({ of: { redemptions, redeemed } }) => (
  <section class="stack" aria-labelledby="redemptions">
    <h2 id="redemptions">Who redeemed it</h2>
    {redemptions.length === 0 ? (
      <Empty title="Nobody yet" />
    ) : (
      <Scroll label="Redemptions" long>
        <table>
          <Headings of={['Time (UTC)', 'Account', 'Credits came (UTC)']} wide={['Credits came (UTC)']} />
          <tbody>
            {redemptions.map(({ accountId, redeemedBy, redeemedAt, grantedAt }) => (
              <tr>
                <td>
                  <Time at={redeemedAt} />
                </td>
                <td class="break">
                  <a href={accountPath(accountId)}>
                    <Name of={redeemedBy} />
                  </a>
                  <small class="mono">{accountId}</small>
                  {grantedAt === null && <small class="narrow-only">credits still to come</small>}
                </td>
                <td class="wide-only">{grantedAt === null ? <span class="tag bad">still to come</span> : <Time at={grantedAt} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    )}
    {redemptions.length < redeemed && <p class="small quiet">And {whole(redeemed - redemptions.length)} more, which are older.</p>}
  </section>
);

async function voucherPage(c: AppContext, context: OperatorContext): Promise<Response> {
  const found = await showVoucher(context, c.req.param('id') ?? '');
  if (!found.ok) return refusalPage(c, found.error);
  const voucher = found.value;
  const title = `Voucher ${voucher.codeStart}…`;
  return page(
    c,
    { title, operator: true },
    <>
      <div class="head">
        <div class="tight">
          <h1>{title}</h1>
          <p class="small">
            <span class="mono break">{voucher.id}</span> <VoucherStatus of={voucher.status} />
          </p>
        </div>
        {voucher.status === 'open' && (
          <form
            class="inline"
            method="post"
            action={`${voucherPath(voucher.id)}/revoke`}
            data-ask="Revoke this voucher? Nobody can redeem it any more; credits that it gave stay."
          >
            <button type="submit" class="danger">
              Revoke
            </button>
          </form>
        )}
      </div>
      <Notice
        message={c.req.query('done') === 'revoked' ? 'Revoked: nobody can redeem it any more. Credits that it gave stay.' : undefined}
      />
      <Facts of={voucher} />
      <Redemptions of={voucher} />
    </>,
  );
}

async function revoke(c: AppContext, context: OperatorContext): Promise<Response> {
  const revoked = await revokeVoucher(context, c.req.param('id') ?? '');
  return revoked.ok ? c.redirect(`${voucherPath(revoked.value.id)}?done=revoked`, 303) : refusalPage(c, revoked.error);
}

const ONE = `${VOUCHERS}/:id`;

export const oneVoucherPages: AccountRoute[] = [
  { method: 'GET', path: ONE, permission: 'operator', handle: voucherPage },
  { method: 'POST', path: `${ONE}/revoke`, permission: 'operator', handle: revoke },
];
