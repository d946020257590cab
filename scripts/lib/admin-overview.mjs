// The operator's look at the last days.
import { text } from './admin-arguments.mjs';
import { given } from './given.mjs';
import { UsageError } from './paths.mjs';
import { credits, facts, table } from './print.mjs';

const SHOWN_AT_MOST = 15;

const whole = new Intl.NumberFormat('en');
const percent = ({ calls, failedCalls }) => {
  if (calls === 0) return '-';
  const rounded = Math.round((100 * failedCalls) / calls);
  return rounded === 0 && failedCalls > 0 ? '<1 %' : `${rounded} %`;
};
const seconds = ({ meanMs }) => (meanMs === null ? '-' : `${Number((meanMs / 1_000).toPrecision(3))} s`);

const CALLS = ['Calls', ({ calls }) => whole.format(calls), 'right'];
const FAILED = ['Failed', percent, 'right'];
const CREDITS = ['Credits', ({ chargedCredits }) => credits(chargedCredits), 'right'];

const sharesOf = (heading) => [[heading, ({ name }) => name], CALLS, FAILED, ['On average', seconds, 'right'], CREDITS];
const DAYS = [['Day', ({ day }) => day], CALLS, FAILED, CREDITS];
const CUSTOMERS = [['Account', ({ accountId }) => accountId], ['Name', ({ name }) => name], CALLS, FAILED, CREDITS];

function shown(columns, rows, count = rows.length) {
  const first = rows.slice(0, SHOWN_AT_MOST);
  return [table(columns, first), ...(count > first.length ? [`... and ${count - first.length} more`] : [])].join('\n');
}

/** Newest first, of all models together. */
function daysOf(byDay) {
  const days = new Map();
  for (const { day, calls, failedCalls, chargedCredits } of byDay) {
    const sum = days.get(day) ?? { day, calls: 0, failedCalls: 0, chargedCredits: 0 };
    days.set(day, {
      day,
      calls: sum.calls + calls,
      failedCalls: sum.failedCalls + failedCalls,
      chargedCredits: sum.chargedCredits + chargedCredits,
    });
  }
  return [...days.values()].reverse();
}

function show({ from, byDay, customers, models, providers, ...sums }) {
  const head = facts([
    ['Since', from ?? 'the beginning'],
    ['Charged', `${credits(sums.chargedCredits)} credits`],
    ['Calls', `${whole.format(sums.calls)}, ${percent(sums)} failed; ${whole.format(sums.testCalls)} more by test keys`],
    ['Topped up', `${credits(sums.toppedUpCredits)} credits, and ${credits(sums.givenCredits)} given`],
  ]);
  const parts = [
    byDay.length > 0 && shown(DAYS, daysOf(byDay)),
    models.length > 0 && shown(sharesOf('Model'), models),
    providers.length > 0 && shown(sharesOf('Provider'), providers),
    customers && customers.largest.length > 0 && shown(CUSTOMERS, customers.largest, customers.count),
    customers && customers.from !== from && `Accounts are too many to add up all of this time: their figures begin with ${customers.from}.`,
  ];
  return [head, ...parts.filter(Boolean)].join('\n\n');
}

function days(value) {
  if (value === undefined || value === 'all' || /^[1-9]\d{0,2}$/.test(value)) return value;
  throw new UsageError(`--days must be a number of days, or all, not "${value}".`);
}

export const OVERVIEW_COMMAND = {
  name: 'overview',
  usage: '[--days N]',
  notes: 'what was charged, called and failed in the last days (30; --days all: since the beginning), by day, model, provider and customer',
  options: { days: text },
  run: (api, { options }) => api.overview(given({ days: days(options.days) })),
  show,
};
