/** What an operator looks at first: what the gateway has done so far, by whom it was answered, and what asks for attention. */
import { type MicroCredits, toCredits } from '../../core/money';
import { DAY_MS, HOUR_MS } from '../../core/time';
import type { LineTotals, Watched } from '../metrics/read';

/** Endings of calls that their client ended before there was anything to charge. */
const GIVEN_UP = new Set(['canceled', 'client_gone']);

export interface Share {
  name: string;
  calls: number;
  failedCalls: number;
  chargedCredits: number;
  /** Undefined where nothing was timed. */
  meanMs: number | undefined;
}

export interface Overview {
  calls: number;
  failedCalls: number;
  testCalls: number;
  chargedCredits: number;
  /** Of grants: paid for, and given. */
  toppedUpCredits: number;
  givenCredits: number;
  models: Share[];
  providers: Share[];
}

interface Sums {
  calls: number;
  failedCalls: number;
  chargedMicro: MicroCredits;
  timed: number;
  timedMs: number;
}

/** As usage counts them: see `STATUS_SQL`. */
const isFailed = ({ ending, outcome }: LineTotals): boolean => outcome === 'released' && !GIVEN_UP.has(String(ending));

function add(sums: Map<string, Sums>, name: string, row: LineTotals): void {
  const sum = sums.get(name) ?? { calls: 0, failedCalls: 0, chargedMicro: 0, timed: 0, timedMs: 0 };
  sums.set(name, sum);
  sum.chargedMicro += row.charged_micro - row.credited_micro;
  if (row.kind !== 'usage') return;
  sum.calls += row.lines;
  if (isFailed(row)) sum.failedCalls += row.lines;
  sum.timed += Number(row.duration_count);
  sum.timedMs += Number(row.duration_ms);
}

const shares = (sums: ReadonlyMap<string, Sums>): Share[] =>
  [...sums]
    .map(([name, { calls, failedCalls, chargedMicro, timed, timedMs }]) => ({
      name,
      calls,
      failedCalls,
      chargedCredits: toCredits(chargedMicro),
      meanMs: timed > 0 ? timedMs / timed : undefined,
    }))
    .sort((one, other) => other.chargedCredits - one.chargedCredits || other.calls - one.calls);

/** Adds the totals up; see docs/decisions/0017-totals-beside-the-ledger.md. */
export function overviewOf({ lines }: Pick<Watched, 'lines'>): Overview {
  const [models, providers, all] = [new Map<string, Sums>(), new Map<string, Sums>(), new Map<string, Sums>()];
  let [testCalls, toppedUpMicro, givenMicro] = [0, 0, 0];
  for (const row of lines) {
    if (row.kind === 'grant') {
      if (row.ending === 'top_up') toppedUpMicro += row.credited_micro - row.charged_micro;
      else givenMicro += row.credited_micro - row.charged_micro;
    } else if (row.test === 1) testCalls += row.kind === 'usage' ? row.lines : 0;
    else {
      add(all, '', row);
      add(models, String(row.model), row);
      add(providers, String(row.provider), row);
    }
  }
  const [whole] = shares(all);
  return {
    calls: whole?.calls ?? 0,
    failedCalls: whole?.failedCalls ?? 0,
    testCalls,
    chargedCredits: whole?.chargedCredits ?? 0,
    toppedUpCredits: toCredits(toppedUpMicro),
    givenCredits: toCredits(givenMicro),
    models: shares(models),
    providers: shares(providers),
  };
}

/** What is set up, as far as it shows on the pages. */
export interface SetUp {
  isLocal: boolean;
  sendsMail: boolean;
  takesPayments: boolean;
  hasPublicUrl: boolean;
  /** Providers that are called over the network. */
  configuredProviders: number;
  catalogueErrors: number;
}

export interface Concern {
  /** Something is wrong now, or something is not set up. */
  kind: 'wrong' | 'missing';
  text: string;
}

/** More than a day, so that a missed nightly check shows. */
const LATE_MS = 30 * HOUR_MS;
const D1_WARN_BYTES = 8e9;
const STUCK_MS = HOUR_MS;

const many = (count: number, one: string, others = `${one}s`): string => (count === 1 ? `1 ${one}` : `${count} ${others}`);

function wrongs(watched: Watched, { catalogueErrors }: SetUp, nowMs: number): string[] {
  const { books, overdueJobs, deadWebhooks, webhooks, vouchers, sizeBytes } = watched;
  const { problems = 0, unchecked = 0, overdrawnMicro = 0 } = books?.sums ?? {};
  const isStuck = vouchers.sinceMs !== null && nowMs - vouchers.sinceMs > STUCK_MS;
  return [
    problems > 0 && `The last nightly check found ${many(problems, 'difference')} in the books: npm run admin -- reconcile says where.`,
    unchecked > 0 && `The last nightly check could not read ${many(unchecked, 'account')}.`,
    books && nowMs - books.endedAtMs > LATE_MS && 'The books were not checked last night.',
    catalogueErrors > 0 && 'The catalogue’s file cannot be read; the last good one is in force.',
    overdueJobs > 0 && `${many(overdueJobs, 'job')} nobody has looked at for five minutes: is the queue’s consumer running?`,
    deadWebhooks > 0 && `${many(deadWebhooks, 'webhook')} given up within the last hour, after all tries.`,
    webhooks.sinceMs !== null && nowMs - webhooks.sinceMs > DAY_MS && 'Webhooks have been due for more than a day.',
    isStuck && 'A voucher was redeemed more than an hour ago, and its credits are still to come.',
    overdrawnMicro > 0 && `Accounts below zero owe ${toCredits(overdrawnMicro).toLocaleString('en')} credits together.`,
    sizeBytes > D1_WARN_BYTES && `D1 has ${(sizeBytes / 1e9).toFixed(1)} of its 10 GB.`,
  ].filter((text) => typeof text === 'string');
}

function missing({ isLocal, sendsMail, takesPayments, hasPublicUrl, configuredProviders }: SetUp): string[] {
  return [
    configuredProviders === 0 && 'No provider has a key: the sandbox answers for every model.',
    !isLocal && !sendsMail && 'No mail is set up (MAIL_FROM): nobody can sign up by e-mail or reset a password.',
    !isLocal && !takesPayments && 'No payments are set up (STRIPE_SECRET_KEY): customers top up by vouchers, or by what you grant.',
    !isLocal && !hasPublicUrl && 'PUBLIC_URL is not set: mails and callbacks name the host of whoever asked.',
  ].filter((text) => typeof text === 'string');
}

export const concernsOf = (watched: Watched, setUp: SetUp, nowMs: number): Concern[] => [
  ...wrongs(watched, setUp, nowMs).map((text): Concern => ({ kind: 'wrong', text })),
  ...missing(setUp).map((text): Concern => ({ kind: 'missing', text })),
];
