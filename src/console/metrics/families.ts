/** What an operator watches, as metrics. docs/operating.md has them in a table. */
import type { Family } from '../../core/exposition';
import type { ProviderSeen } from '../../core/health';
import { toCredits } from '../../core/money';
import type { AttemptTotals, LineTotals, RefusalTotals, Watched } from './read';
import { counter, gauge, histogram, legible, summary } from './samples';

/** What the isolate knows that answers. */
export interface SeenHere {
  providers: { provider: string; work: 'text' | 'media'; seen: ProviderSeen }[];
  catalogueIsGood: boolean;
  nowMs: number;
}

interface OfKey {
  test: string | number;
}

const modeOf = ({ test }: OfKey): string => (test === 1 ? 'test' : 'live');
const isLive = ({ test }: OfKey): boolean => test === 0;
const secondsSince = (sinceMs: number | null, nowMs: number): number => (sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs) / 1_000);

function ofLines(lines: readonly LineTotals[]): Family[] {
  const of = (kind: string) => lines.filter((row) => row.kind === kind);
  const [calls, grants] = [of('usage'), of('grant')];
  const charged = [...calls, ...of('adjust')];
  const where = (row: LineTotals) => ({ model: legible(row.model), provider: legible(row.provider) });
  const given = ({ ending }: LineTotals) => ({ kind: String(ending) });
  const used = (row: LineTotals, type: string, tokens: number) => [{ mode: modeOf(row), ...where(row), type }, tokens] as const;
  const how = ({ endpoint, ending, outcome }: LineTotals) => ({
    endpoint: legible(endpoint),
    ending: legible(ending),
    outcome: legible(outcome),
  });
  return [
    counter(
      'hypereal_calls_total',
      'Calls and jobs that were admitted and are over, by how they ended.',
      calls.map((row) => [{ mode: modeOf(row), ...where(row), ...how(row) }, row.lines]),
    ),
    counter(
      'hypereal_charged_credits_total',
      'Credits charged for calls (usage), and later or without a call (adjust).',
      charged.map((row) => [{ kind: String(row.kind), ...where(row) }, toCredits(row.charged_micro)]),
    ),
    counter(
      'hypereal_returned_credits_total',
      'Credits given back of charges that were too high.',
      charged.map((row) => [{}, toCredits(row.credited_micro)]),
    ),
    counter(
      'hypereal_granted_credits_total',
      'Credits that accounts got: paid for (top_up), or given.',
      grants.map((row) => [given(row), toCredits(row.credited_micro)]),
    ),
    counter(
      'hypereal_taken_back_credits_total',
      'Credits taken back: refunds, disputes, and what the operator took.',
      grants.map((row) => [given(row), toCredits(row.charged_micro)]),
    ),
    counter(
      'hypereal_tokens_total',
      'Tokens read and written, as charged.',
      calls.flatMap((row) => [
        used(row, 'input', row.input_tokens),
        used(row, 'cache_read', row.cache_read_tokens),
        used(row, 'cache_write', row.cache_write_tokens),
        used(row, 'output', row.output_tokens),
      ]),
    ),
    histogram(
      'hypereal_call_duration_seconds',
      'How long calls and jobs took from their start to their end, without those of test keys.',
      'duration',
      calls.filter(isLive).map((row) => [{ endpoint: legible(row.endpoint) }, row]),
    ),
    summary(
      'hypereal_model_duration_seconds',
      'The same by model and provider.',
      'duration',
      calls.filter(isLive).map((row) => [where(row), row]),
    ),
    counter(
      'hypereal_ledger_lines_total',
      'Lines that were written to D1.',
      lines.map((row) => [{ kind: String(row.kind) }, row.lines]),
    ),
    histogram(
      'hypereal_ledger_delay_seconds',
      'How long after its end each operation was in D1.',
      'delay',
      lines.map((row) => [{}, row]),
    ),
    gauge(
      'hypereal_ledger_written_timestamp_seconds',
      'When D1 got its newest line.',
      lines.length > 0 ? Math.max(...lines.map((row) => row.written_at)) / 1_000 : undefined,
    ),
    gauge('hypereal_ledger_totals_rows', 'Rows that hold the totals above; from 5000 on, models that come new are other.', lines.length),
  ];
}

function ofAttempts(attempts: readonly AttemptTotals[]): Family[] {
  const answered = attempts.filter((row) => row.outcome === 'answered' && isLive(row));
  return [
    counter(
      'hypereal_attempts_total',
      'What was tried at providers, by how it went; status is that of a refusal.',
      attempts.map((row) => [
        {
          mode: modeOf(row),
          provider: legible(row.provider),
          outcome: legible(row.outcome),
          status: legible(row.status),
        },
        row.attempts,
      ]),
    ),
    histogram(
      'hypereal_attempt_wait_seconds',
      'How long providers that answered took until the first byte of a stream, or all of another answer.',
      'wait',
      answered.map((row) => [{ provider: legible(row.provider) }, row]),
    ),
  ];
}

/** By code and endpoint, which are the gateway's own words: models are named by whoever calls. */
const ofRefusals = (refusals: readonly RefusalTotals[]): Family[] => [
  counter(
    'hypereal_refused_calls_total',
    'Calls that were refused before anything was tried, by the kind of the error.',
    refusals.map((row) => [{ mode: modeOf(row), code: legible(row.code), endpoint: legible(row.endpoint) }, row.calls]),
  ),
];

function ofProviders({ providers, catalogueIsGood }: SeenHere): Family[] {
  const isUp = ({ state }: ProviderSeen): boolean => state === 'working' || state === 'quiet';
  return [
    gauge(
      'hypereal_provider_up',
      'Whether calls go to the provider first: 0 while most fail, while it is left alone, or while it refuses all keys. As one isolate saw the last minute.',
      providers.map(({ provider, work, seen }) => [{ provider: legible(provider), work }, isUp(seen) ? 1 : 0]),
    ),
    gauge(
      'hypereal_provider_recent_calls',
      'What that isolate tried within the last minute.',
      providers.flatMap(({ provider, work, seen: { successes, failures } }) => [
        [{ provider: legible(provider), work, result: 'answered' }, successes] as const,
        [{ provider: legible(provider), work, result: 'failed' }, failures] as const,
      ]),
    ),
    gauge('hypereal_catalogue_good', 'Whether the changes to the catalogue can be read and are in force.', catalogueIsGood ? 1 : 0),
  ];
}

function ofWaiting(watched: Watched, nowMs: number): Family[] {
  const { jobs, webhooks, vouchers } = watched;
  const oldestMs = Math.min(nowMs, ...jobs.map(({ sinceMs }) => sinceMs ?? nowMs));
  return [
    gauge(
      'hypereal_jobs_under_way',
      'Jobs that are not settled, up to 1000.',
      jobs.map(({ state, count }) => [{ state }, count]),
    ),
    gauge('hypereal_jobs_oldest_seconds', 'Age of the oldest of them.', secondsSince(oldestMs, nowMs)),
    gauge('hypereal_jobs_overdue', 'Jobs that nobody has looked at since they were due five minutes ago, up to 1000.', watched.overdueJobs),
    gauge('hypereal_webhooks_pending', 'Webhooks that are to be sent, up to 1000.', webhooks.count),
    gauge('hypereal_webhooks_failing', 'Those of them that failed before.', webhooks.failing),
    gauge('hypereal_webhooks_overdue_seconds', 'How long the first of them has been due.', secondsSince(webhooks.sinceMs, nowMs)),
    gauge('hypereal_webhooks_dead', 'Webhooks that were given up within the last hour, up to 1000.', watched.deadWebhooks),
    gauge('hypereal_alerts_unmailed', 'Alerts to customers whose mail is still to go out, up to 1000.', watched.alerts),
    gauge('hypereal_vouchers_ungranted', 'Vouchers that were redeemed and whose credits are still to come, up to 1000.', vouchers.count),
    gauge('hypereal_vouchers_ungranted_seconds', 'How long the first of them has waited.', secondsSince(vouchers.sinceMs, nowMs)),
    gauge('hypereal_accounts_opened', 'Accounts that were opened within the last day, up to 1000.', watched.accountsOpened),
  ];
}

/** As of the last nightly check that came to its end: nobody else asks every account. */
function ofBooks({ books }: Watched): Family[] {
  const sums = books?.sums;
  return [
    gauge(
      'hypereal_books_checked_timestamp_seconds',
      'When the last nightly check of the books came to its end.',
      books && books.endedAtMs / 1_000,
    ),
    gauge('hypereal_books_problems', 'What it found wrong.', sums?.problems),
    gauge('hypereal_books_unchecked', 'Accounts that it could not read.', sums?.unchecked),
    gauge('hypereal_accounts', 'Accounts, as it saw them.', sums?.accounts),
    gauge('hypereal_accounts_active', 'Those with a call within the day before it.', sums?.active),
    gauge('hypereal_keys', 'API keys that are neither revoked nor disabled.', sums?.keys),
    gauge(
      'hypereal_balance_credits',
      'What the operator owes customers (owed), and what those owe that are below zero (overdrawn).',
      sums && [
        [{ side: 'owed' }, toCredits(sums.owedMicro)],
        [{ side: 'overdrawn' }, toCredits(sums.overdrawnMicro)],
      ],
    ),
    gauge('hypereal_held_credits', 'What calls under way held during it.', sums && toCredits(sums.heldMicro)),
  ];
}

const ofDatabase = ({ sizeBytes, rowsRead }: Watched): Family[] => [
  gauge('hypereal_d1_size_bytes', 'Size of D1, which takes 10 GB.', sizeBytes),
  gauge('hypereal_d1_rows_read', 'Rows of D1 that these figures took.', rowsRead),
];

export const familiesOf = (watched: Watched, here: SeenHere): Family[] => [
  ...ofLines(watched.lines),
  ...ofAttempts(watched.attempts),
  ...ofRefusals(watched.refusals),
  ...ofProviders(here),
  ...ofWaiting(watched, here.nowMs),
  ...ofBooks(watched),
  ...ofDatabase(watched),
];
