/** What an operator looks at first: what the gateway has done, by whom it was answered, and what asks for attention. */
import { type MicroCredits, toCredits } from '../../core/money';
import { DAY_MS, HOUR_MS } from '../../core/time';
import type { Watched } from '../metrics/read';

export interface Share {
  name: string;
  calls: number;
  failedCalls: number;
  chargedCredits: number;
  inputTokens: number;
  outputTokens: number;
  /** Null where nothing was timed. */
  meanMs: number | null;
}

export interface Sums extends Omit<Share, 'name'> {
  testCalls: number;
  /** Of grants: paid for, and given. */
  toppedUpCredits: number;
  givenCredits: number;
  models: Share[];
  providers: Share[];
}

/** Columns of `ledger_days`, added up: of some days, or of all time. */
export interface Counted {
  kind: string;
  test: number;
  model: string;
  provider: string;
  failed: number;
  lines: number;
  charged_micro: MicroCredits;
  credited_micro: MicroCredits;
  input_tokens: number;
  output_tokens: number;
  duration_count: number;
  duration_ms: number;
}

class Adding {
  private readonly sums = { calls: 0, failedCalls: 0, chargedMicro: 0, inputTokens: 0, outputTokens: 0, timed: 0, timedMs: 0 };

  add(row: Counted): void {
    const { sums } = this;
    sums.chargedMicro += row.charged_micro - row.credited_micro;
    if (row.kind !== 'usage') return;
    sums.calls += row.lines;
    if (row.failed === 1) sums.failedCalls += row.lines;
    sums.inputTokens += row.input_tokens;
    sums.outputTokens += row.output_tokens;
    sums.timed += row.duration_count;
    sums.timedMs += row.duration_ms;
  }

  get share(): Omit<Share, 'name'> {
    const { chargedMicro, timed, timedMs, ...counts } = this.sums;
    return { ...counts, chargedCredits: toCredits(chargedMicro), meanMs: timed > 0 ? Math.round(timedMs / timed) : null };
  }
}

/** Those that earned most come first. */
function sharesBy(rows: readonly Counted[], side: 'model' | 'provider'): Share[] {
  const byName = new Map<string, Adding>();
  for (const row of rows) {
    const adding = byName.get(row[side]) ?? new Adding();
    byName.set(row[side], adding);
    adding.add(row);
  }
  return [...byName]
    .map(([name, { share }]) => ({ name, ...share }))
    .sort((one, other) => other.chargedCredits - one.chargedCredits || other.calls - one.calls);
}

/** Grants are told apart from what is charged, and calls of test keys from those of others. */
export function sumsOf(rows: readonly Counted[]): Sums {
  const granted = (kind: string): number =>
    rows.reduce((sum, row) => sum + (row.kind === kind ? row.credited_micro - row.charged_micro : 0), 0);
  const charged = rows.filter(({ kind }) => kind !== 'top_up' && kind !== 'given');
  const live = charged.filter(({ test }) => test === 0);
  const whole = new Adding();
  for (const row of live) whole.add(row);
  return {
    ...whole.share,
    testCalls: charged.reduce((sum, { kind, test, lines }) => sum + (test === 1 && kind === 'usage' ? lines : 0), 0),
    toppedUpCredits: toCredits(granted('top_up')),
    givenCredits: toCredits(granted('given')),
    models: sharesBy(live, 'model'),
    providers: sharesBy(live, 'provider'),
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
