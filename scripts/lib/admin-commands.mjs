// The operator's commands: arguments, requests to the gateway, and how answers are printed.
import {
  A_PERIOD,
  aboveZero,
  amountOf,
  expiry,
  flag,
  fromZero,
  list,
  moment,
  period,
  required,
  TIERS,
  text,
  tier,
} from './admin-arguments.mjs';
import { CATALOGUE_COMMANDS } from './admin-catalogue.mjs';
import { IMPORT_COMMANDS } from './admin-import.mjs';
import { METRICS_COMMAND } from './admin-metrics.mjs';
import { OVERVIEW_COMMAND } from './admin-overview.mjs';
import { SIGN_IN_COMMANDS } from './admin-sign-in.mjs';
import { VOUCHER_COMMANDS } from './admin-vouchers.mjs';
import { everyPage } from './every-page.mjs';
import { given } from './given.mjs';
import { UsageError } from './paths.mjs';
import { credits, facts, table, time } from './print.mjs';

/** When checking all accounts, the gateway does as many per request as it can. */
async function reconcile(api, { operands: [accountId] }) {
  let whole = { checked: 0, problems: [] };
  let cursor;
  do {
    const { checked, problems, nextCursor } = await api.reconcile(given({ accountId, cursor }));
    whole = { checked: whole.checked + checked, problems: [...whole.problems, ...problems] };
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
  return whole;
}

const pricesOf = ({ priceFactor = 1 }) => `${Number((priceFactor * 100).toFixed(1))} %`;

function showAccount({ account, balanceCredits, heldCredits, availableCredits, holds, ledger }) {
  const head = facts([
    ['Account', account.id],
    ['Name', account.name],
    ['E-mail', account.email],
    ['Tier', account.tier],
    ['Status', account.status],
    ['Prices', pricesOf(account)],
    ['Created', account.createdAt && time(account.createdAt)],
    ['Balance', credits(balanceCredits)],
    ['Held', credits(heldCredits)],
    ['Available', credits(availableCredits)],
  ]);
  const openHolds = [
    ['Hold', (hold) => hold.id],
    ['Model', (hold) => hold.model],
    ['Endpoint', (hold) => hold.endpoint],
    ['Credits', (hold) => credits(hold.heldCredits), 'right'],
    ['Opened', (hold) => time(hold.openedAt)],
    ['Deadline', (hold) => time(hold.deadline)],
  ];
  const lines = [
    ['Line', (line) => line.id],
    ['Kind', (line) => line.kind],
    ['Credits', (line) => credits(line.amountCredits), 'right'],
    ['Outcome', (line) => line.outcome],
    ['Model', (line) => line.model],
    ['Endpoint', (line) => line.endpoint],
    ['Closed', (line) => time(line.closedAt)],
    ['Reason', (line) => line.detail?.reason],
  ];
  return [
    head,
    holds.length > 0 ? `Open holds\n${table(openHolds, holds)}` : 'No open holds.',
    ledger.length > 0 ? `Last ledger lines\n${table(lines, ledger)}` : 'No ledger lines.',
  ].join('\n\n');
}

const ACCOUNT_COLUMNS = [
  ['Account', (account) => account.id],
  ['Name', (account) => account.name],
  ['E-mail', (account) => account.email],
  ['Tier', (account) => account.tier],
  ['Status', (account) => account.status],
  ['Prices', pricesOf],
  ['Created', (account) => time(account.createdAt)],
];

const limitOf = ({ spendingLimit, limitPeriod }) =>
  typeof spendingLimit === 'number' ? `${credits(spendingLimit)} ${A_PERIOD[limitPeriod]}` : '';

const KEY_COLUMNS = [
  ['Key', (key) => key.id],
  ['Name', (key) => key.name],
  ['Mode', (key) => key.mode],
  ['Status', (key) => key.status],
  ['Limit', limitOf, 'right'],
  ['Spent of it', (key) => (key.spendingLimit === null ? '' : credits(key.spentOfLimit)), 'right'],
  ['This month', (key) => credits(key.spentThisMonth), 'right'],
  ['Expires', (key) => time(key.expiresAt)],
  ['Created', (key) => time(key.createdAt)],
];

const AUDIT_COLUMNS = [
  ['No.', (entry) => entry.seq, 'right'],
  ['When', (entry) => time(entry.at)],
  ['Who', (entry) => entry.actorName],
  ['What', (entry) => entry.action],
  ['To', (entry) => entry.target],
  ['From', (entry) => entry.ip],
];

export const COMMANDS = [
  {
    name: 'accounts create',
    usage: '--name NAME [--email E-MAIL] [--credits N] [--tier TIER]',
    options: { name: text, email: text, credits: text, tier: text },
    run: (api, { options }) =>
      api.createAccount(
        given({
          name: required(options.name, '--name'),
          email: options.email,
          credits: fromZero(options.credits, '--credits'),
          tier: tier(options.tier),
        }),
      ),
    show: (account) =>
      facts([
        ['Account', account.id],
        ['Name', account.name],
        ['E-mail', account.email],
        ['Tier', account.tier],
        ['Balance', credits(account.balanceCredits)],
      ]),
  },
  {
    name: 'accounts list',
    run: (api) => everyPage(api.listAccounts, 'accounts', 100),
    show: ({ accounts }) => (accounts.length > 0 ? table(ACCOUNT_COLUMNS, accounts) : 'No accounts yet.'),
  },
  {
    name: 'accounts show',
    operands: ['ACCOUNT'],
    run: (api, { operands: [id] }) => api.getAccount(id),
    show: showAccount,
  },
  {
    name: 'accounts suspend',
    operands: ['ACCOUNT'],
    usage: '[--reason TEXT]',
    notes: 'its keys, new ones too, open nothing from the next call on',
    options: { reason: text },
    run: (api, { operands: [id], options }) => api.setStatus(id, given({ status: 'suspended', reason: options.reason })),
    show: ({ id, status }) => `${id} is ${status}.`,
  },
  {
    name: 'accounts resume',
    operands: ['ACCOUNT'],
    run: (api, { operands: [id] }) => api.setStatus(id, { status: 'active' }),
    show: ({ id, status }) => `${id} is ${status}.`,
  },
  {
    name: 'credits grant',
    operands: ['ACCOUNT', 'CREDITS'],
    usage: '[--reason TEXT] [--event-id ID] [--top-up] [--below-zero]',
    notes:
      'a negative number takes back, no more than there is without --below-zero; the same --event-id grants once; --top-up counts towards the tier',
    options: { reason: text, 'event-id': text, 'top-up': flag, 'below-zero': flag },
    run: (api, { operands: [id, amount], options }) =>
      api.grant(
        id,
        given({
          credits: amountOf(amount, 'CREDITS'),
          reason: options.reason,
          eventId: options['event-id'],
          topUp: options['top-up'],
          belowZero: options['below-zero'],
        }),
      ),
    show: ({ balanceCredits, repeated }) =>
      `${repeated ? 'That event was granted before; nothing changed. ' : ''}The balance is ${credits(balanceCredits)} credits.`,
  },
  {
    name: 'tier set',
    operands: ['ACCOUNT', 'TIER'],
    notes: TIERS.join(', '),
    run: (api, { operands: [id, wanted] }) => api.setTier(id, tier(wanted)),
    show: (answer, { operands: [id, wanted] }) => `${id} has the tier ${answer.tier ?? wanted}.`,
  },
  {
    name: 'prices set',
    operands: ['ACCOUNT', 'FACTOR'],
    notes: 'what models cost the account, as a share of their prices: 0.8 is a fifth off, 1 the prices themselves',
    run: (api, { operands: [id, factor] }) => api.setPrices(id, aboveZero(factor, 'FACTOR')),
    show: (answer, { operands: [id] }) => `Models cost ${id} ${pricesOf(answer)} of their prices.`,
  },
  {
    name: 'keys create',
    operands: ['ACCOUNT'],
    usage:
      '--name NAME [--test] [--limit CREDITS [--per day|week|month|total]] [--auto-disable] [--origin URL]... [--ip IP]... [--expires DATE] [--model ID]... [--family NAME]... [--scope NAME]...',
    notes:
      '--scope lets it do more than call models: keys.read, keys.write, usage.read, billing.read, audit.read, members.read, organization.read',
    options: {
      name: text,
      test: flag,
      limit: text,
      per: text,
      'auto-disable': flag,
      origin: list,
      ip: list,
      expires: text,
      model: list,
      family: list,
      scope: list,
    },
    run: (api, { operands: [id], options }) => {
      if (options['auto-disable'] && options.limit === undefined) throw new UsageError('--auto-disable needs --limit, where it disables.');
      return api.createKey(
        id,
        given({
          name: required(options.name, '--name'),
          mode: options.test ? 'test' : 'live',
          spendingLimit: fromZero(options.limit, '--limit'),
          limitPeriod: period(options.per, options.limit),
          autoDisable: options['auto-disable'],
          origins: options.origin,
          ips: options.ip,
          expiresAt: expiry(options.expires),
          models: options.model,
          families: options.family,
          scopes: options.scope,
        }),
      );
    },
    show: ({ id, key, name, mode }) =>
      `${facts([
        ['Key', id],
        ['Name', name],
        ['Mode', mode],
        ['Secret', key],
      ])}\n\nThe secret is shown this once.`,
  },
  {
    name: 'keys list',
    operands: ['ACCOUNT'],
    run: (api, { operands: [id] }) => api.listKeys(id),
    show: ({ keys }) => (keys.length > 0 ? table(KEY_COLUMNS, keys) : 'No keys yet.'),
  },
  {
    name: 'keys revoke',
    operands: ['ACCOUNT', 'KEY'],
    run: (api, { operands: [id, keyId] }) => api.revokeKey(id, keyId),
    show: ({ id, status }) => `${id} is ${status}.`,
  },
  {
    name: 'reconcile',
    optionalOperands: ['ACCOUNT'],
    notes: 'every account’s books against D1; exit code 1 when something is wrong',
    run: reconcile,
    failed: ({ problems }) => problems.length > 0,
    show: ({ checked, problems }) =>
      problems.length === 0
        ? `Accounts checked: ${checked}. The books agree.`
        : `Accounts checked: ${checked}. Problems: ${problems.length}\n\n${table(
            [
              ['Account', (problem) => problem.accountId],
              ['Problem', (problem) => problem.problem],
            ],
            problems,
          )}`,
  },
  OVERVIEW_COMMAND,
  METRICS_COMMAND,
  {
    name: 'audit list',
    optionalOperands: ['ACCOUNT'],
    usage: '[--action NAME] [--actor WHO]',
    notes: 'the last 50 changes of an account, or of the gateway itself',
    options: { action: text, actor: text },
    run: (api, { operands: [id], options }) => api.listAudit(id, given(options)),
    show: ({ entries }) => (entries.length > 0 ? table(AUDIT_COLUMNS, entries) : 'Nothing yet.'),
  },
  {
    name: 'audit verify',
    optionalOperands: ['ACCOUNT'],
    notes: 'is every entry as it was written? exit code 1 when not',
    run: (api, { operands: [id] }) => api.verifyAudit(id),
    failed: ({ intact }) => !intact,
    show: ({ intact, entries, brokenAt }) =>
      intact ? `Entries: ${entries}. The chain is whole.` : `The chain is broken at entry ${brokenAt}; ${entries} before it are whole.`,
  },
  ...VOUCHER_COMMANDS,
  ...SIGN_IN_COMMANDS,
  ...CATALOGUE_COMMANDS,
  ...IMPORT_COMMANDS,
  {
    name: 'restore',
    operands: ['ACCOUNT'],
    usage: '--at TIME | --bookmark BOOKMARK',
    notes: 'puts the account’s object back to a moment of the last 30 days, then does what recover does',
    options: { at: text, bookmark: text },
    run: (api, { operands: [id], options }) => {
      if ((options.at === undefined) === (options.bookmark === undefined)) throw new UsageError('One of --at and --bookmark is needed.');
      return api.restore(id, given({ at: moment(options.at), bookmark: options.bookmark }));
    },
    show: ({ undoBookmark, epoch, replayed }) =>
      `Epoch ${epoch} begins; lines replayed from D1: ${replayed}. To undo it: --bookmark ${undoBookmark}`,
  },
  {
    name: 'recover',
    operands: ['ACCOUNT'],
    notes: 'after a point-in-time restore: begins a new epoch and replays D1',
    run: (api, { operands: [id] }) => api.recover(id),
    show: ({ epoch, replayed }) => `Epoch ${epoch} begins; lines replayed from D1: ${replayed}.`,
  },
];

export function commandUsage({ name, operands = [], optionalOperands = [], usage }) {
  return [name, ...operands, ...optionalOperands.map((operand) => `[${operand}]`), usage].filter(Boolean).join(' ');
}
