/** Vouchers: listed and made. Their codes are shown once. */
import type { FC } from 'hono/jsx';
import type { OperatorContext } from '../../console/context';
import { createVouchers, createVouchersInput, listVouchers } from '../../console/vouchers/manage';
import type { GatewayError, Result } from '../../core/errors';
import type { AppContext } from '../../http/context';
import { type AccountRoute, queryOf } from '../../routes/account/route';
import { inLabels, marked, readForm } from '../form';
import { Code, credits, Day, dollars, Empty, Headings, Notice, Pages, plural, Scroll, whole } from '../parts';
import { fields, page, refusalPage } from '../shell';
import { shown, shownTo, thenShown } from '../shown-once';

export const VOUCHERS = '/operator/vouchers';
export const voucherPath = (id: string): string => `${VOUCHERS}/${id}`;

const PAGE = 50;

/** As many codes fit into the cookie that shows them once, of which browsers keep 4 kB: https://www.rfc-editor.org/rfc/rfc6265#section-6.1 */
const MOST_AT_ONCE = 50;

export type ListedVoucher = Extract<Awaited<ReturnType<typeof listVouchers>>, { ok: true }>['value']['vouchers'][number];

export const VoucherStatus: FC<{ of: ListedVoucher['status'] }> = ({ of: status }) => (
  <span class={status === 'open' ? 'tag good' : status === 'revoked' ? 'tag bad' : 'tag'}>{status}</span>
);

export const redeemedOf = ({ redeemed, maxAccounts }: ListedVoucher): string => `${whole(redeemed)} of ${whole(maxAccounts)}`;

const Until: FC<{ of: ListedVoucher }> = ({ of: { expiresAt } }) => (expiresAt === null ? 'always' : <Day at={expiresAt} />);

const Table: FC<{ vouchers: ListedVoucher[] }> = ({ vouchers }) => (
  <Scroll label="Vouchers" long>
    <table>
      <Headings
        of={['Code', 'Status', 'Made', 'Good until', 'Redeemed', 'Worth']}
        figures={['Redeemed', 'Worth']}
        wide={['Status', 'Made', 'Good until']}
      />
      <tbody>
        {vouchers.map((voucher) => (
          <tr>
            <th scope="row" class="break">
              <a class="mono" href={voucherPath(voucher.id)}>
                {voucher.codeStart}…
              </a>{' '}
              {voucher.topUp && <span class="tag">paid for</span>}
              {voucher.note !== '' && <small>{voucher.note}</small>}
              <small class="narrow-only">
                <VoucherStatus of={voucher.status} />
              </small>
            </th>
            <td class="wide-only">
              <VoucherStatus of={voucher.status} />
            </td>
            <td class="wide-only">
              <Day at={voucher.createdAt} />
            </td>
            <td class="wide-only">
              <Until of={voucher} />
            </td>
            <td class="number">{redeemedOf(voucher)}</td>
            <td class="number">
              {dollars(voucher.credits)}
              <small>{credits(voucher.credits)} credits</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const LABELS = {
  credits: 'Credits each',
  count: 'How many vouchers',
  codes: 'A code of your own, for one voucher',
  maxAccounts: 'Accounts that can redeem each',
  expiresAt: 'Last day (UTC)',
  note: 'Note, for you alone',
};

interface Sent {
  texts: Record<string, string>;
  error?: GatewayError | undefined;
}

type Typed = [name: keyof typeof LABELS, attributes: Record<string, string | number | boolean>];

const FIELDS: Typed[] = [
  ['credits', { type: 'number', min: '0.01', step: 'any', required: true, inputmode: 'decimal', placeholder: '500 are 5 USD' }],
  ['count', { type: 'number', min: '1', max: String(MOST_AT_ONCE), inputmode: 'numeric', placeholder: '1' }],
  ['maxAccounts', { type: 'number', min: '1', inputmode: 'numeric', placeholder: '1' }],
  ['expiresAt', { type: 'date', max: '9999-12-30' }],
  ['codes', { maxlength: 127, autocomplete: 'off', placeholder: 'WELCOME-2027' }],
  ['note', { maxlength: 200, placeholder: 'Shop, May' }],
];

const CreateForm: FC<{ sent: Sent }> = ({ sent: { texts, error } }) => (
  <form class="panel" method="post" action={VOUCHERS}>
    <div class="tight">
      <h2>New vouchers</h2>
      <p class="small quiet">Each has a code, which customers redeem under Billing: once an account, and once a person.</p>
    </div>
    <div class="thirds">
      {FIELDS.map(([name, attributes]) => (
        <label>
          {LABELS[name]}
          <input name={name} value={texts[name]} {...attributes} {...marked(error, name)} />
        </label>
      ))}
    </div>
    <label class="check">
      <input type="checkbox" name="topUp" checked={texts.topUp === 'on'} /> Paid for: counts towards the tier
    </label>
    <div class="row">
      <button type="submit">Make them</button>
    </div>
  </form>
);

/** Vouchers just made, as they are shown once. */
interface Made {
  credits: number;
  codes: string[];
}

const Codes: FC<{ of: Made }> = ({ of: { credits: worth, codes } }) => (
  <section class="panel stack" aria-labelledby="codes">
    <h2 id="codes">{plural(codes.length, 'new voucher')}</h2>
    <p>
      Copy {codes.length === 1 ? 'the code' : 'the codes'} now: shown this once and kept nowhere. Worth {dollars(worth)} each.
    </p>
    <Code label={codes.length === 1 ? 'Code' : 'Codes'} wrap>
      {codes.join('\n')}
    </Code>
  </section>
);

async function vouchersPage(c: AppContext, context: OperatorContext, sent: Sent = { texts: {} }): Promise<Response> {
  const query = queryOf(c);
  const [listed, made] = await Promise.all([listVouchers(context, PAGE, query.cursor), shownTo<Made>(c, context)]);
  if (!listed.ok) return refusalPage(c, listed.error);
  const { vouchers, nextCursor } = listed.value;
  return page(
    c,
    { title: 'Vouchers', operator: true, ...(sent.error && { status: 400 }), cookie: made && shown(context, VOUCHERS) },
    <>
      <h1>Vouchers</h1>
      <Notice error={sent.error} />
      {made && <Codes of={made} />}
      {vouchers.length > 0 ? (
        <Table vouchers={vouchers} />
      ) : (
        <Empty title="No voucher yet">
          <p>A voucher is credits for whoever has its code: for those who paid elsewhere, or to begin with.</p>
        </Empty>
      )}
      <Pages of="vouchers" path={VOUCHERS} query={query} nextCursor={nextCursor} />
      <CreateForm sent={sent} />
    </>,
  );
}

const numbered = (name: string, text: string | undefined) => (text ? { [name]: Number(text) } : {});

/** What a form's texts ask for. The last day is a UTC day, and is included. */
function inputOf({ credits: worth, count, codes, maxAccounts, expiresAt, note, topUp }: Record<string, string>) {
  const given = {
    ...numbered('credits', worth),
    ...numbered('count', count),
    ...numbered('maxAccounts', maxAccounts),
    ...(codes && { codes: [codes] }),
    ...(expiresAt && { expiresAt: `${expiresAt}T23:59:59.999Z` }),
    ...(note && { note }),
    topUp: topUp === 'on',
  };
  const shownOnce = createVouchersInput.extend({ count: createVouchersInput.shape.count.unwrap().unwrap().max(MOST_AT_ONCE).optional() });
  return readForm(shownOnce, given, LABELS);
}

async function create(c: AppContext, context: OperatorContext): Promise<Response> {
  const texts = await fields(c);
  const input = inputOf(texts);
  const made: Result<{ vouchers: { code: string; credits: number }[] }> = input.ok ? await createVouchers(context, input.value) : input;
  if (!made.ok) return vouchersPage(c, context, { texts, error: inLabels(made.error, LABELS) });
  const { vouchers } = made.value;
  const value: Made = { credits: vouchers[0]!.credits, codes: vouchers.map(({ code }) => code) };
  return thenShown(c, context, VOUCHERS, value);
}

export const voucherPages: AccountRoute[] = [
  { method: 'GET', path: VOUCHERS, permission: 'operator', handle: (c, context) => vouchersPage(c, context) },
  { method: 'POST', path: VOUCHERS, permission: 'operator', handle: create },
];
