// The commands for vouchers.
import { aboveZero, expiry, flag, list, required, text, wholeFromOne } from './admin-arguments.mjs';
import { everyPage } from './every-page.mjs';
import { given } from './given.mjs';
import { credits, facts, table, time } from './print.mjs';

const CODE_COLUMNS = [
  ['Voucher', (voucher) => voucher.id],
  ['Code', (voucher) => voucher.code],
  ['Credits', (voucher) => credits(voucher.credits), 'right'],
];

const COLUMNS = [
  ['Voucher', (voucher) => voucher.id],
  ['Code', (voucher) => `${voucher.codeStart}-...`],
  ['Credits', (voucher) => credits(voucher.credits), 'right'],
  ['Redeemed', (voucher) => `${voucher.redeemed} of ${voucher.maxAccounts}`, 'right'],
  ['Status', (voucher) => voucher.status],
  ['Expires', (voucher) => time(voucher.expiresAt)],
  ['Created', (voucher) => time(voucher.createdAt)],
  ['Note', (voucher) => voucher.note],
];

const REDEMPTION_COLUMNS = [
  ['Account', (redemption) => redemption.accountId],
  ['By', (redemption) => redemption.redeemedBy],
  ['Redeemed', (redemption) => time(redemption.redeemedAt)],
];

const showOne = (voucher) =>
  [
    facts([
      ['Voucher', voucher.id],
      ['Code', `${voucher.codeStart}-...`],
      ['Credits', credits(voucher.credits)],
      ['Redeemed', `${voucher.redeemed} of ${voucher.maxAccounts}`],
      ['Counts towards tier', voucher.topUp ? 'yes' : 'no'],
      ['Status', voucher.status],
      ['Created', time(voucher.createdAt)],
      ['Expires', voucher.expiresAt && time(voucher.expiresAt)],
      ['Note', voucher.note],
    ]),
    voucher.redemptions.length > 0 ? table(REDEMPTION_COLUMNS, voucher.redemptions) : 'Nobody has redeemed it.',
  ].join('\n\n');

export const VOUCHER_COMMANDS = [
  {
    name: 'vouchers create',
    operands: ['CREDITS'],
    usage: '[--count N | --code CODE...] [--accounts N] [--expires DATE] [--note TEXT] [--top-up]',
    notes:
      'codes that people redeem on their billing page, --accounts of them each (1), once an account; --top-up counts towards the tier, as what was paid for should',
    options: { count: text, code: list, accounts: text, expires: text, note: text, 'top-up': flag },
    run: (api, { operands: [amount], options }) =>
      api.createVouchers(
        given({
          credits: aboveZero(required(amount, 'CREDITS'), 'CREDITS'),
          count: wholeFromOne(options.count, '--count'),
          codes: options.code,
          maxAccounts: wholeFromOne(options.accounts, '--accounts'),
          expiresAt: expiry(options.expires),
          note: options.note,
          topUp: options['top-up'],
        }),
      ),
    show: ({ vouchers }) => `${table(CODE_COLUMNS, vouchers)}\n\nThe codes are shown this once.`,
  },
  {
    name: 'vouchers list',
    run: (api) => everyPage(api.listVouchers, 'vouchers', 500),
    show: ({ vouchers }) => (vouchers.length > 0 ? table(COLUMNS, vouchers) : 'No vouchers yet.'),
  },
  {
    name: 'vouchers show',
    operands: ['VOUCHER'],
    notes: 'with the wallets that redeemed it, the last 500',
    run: (api, { operands: [id] }) => api.getVoucher(id),
    show: showOne,
  },
  {
    name: 'vouchers revoke',
    operands: ['VOUCHER'],
    notes: 'nobody redeems it any more; what was redeemed stays',
    run: (api, { operands: [id] }) => api.revokeVoucher(id),
    show: ({ id, status }) => `${id} is ${status}.`,
  },
];
