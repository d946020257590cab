/** What an operator looks at first: what the gateway has done, and by whom it was answered. */
import { type MicroCredits, toCredits } from '../../core/money';
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

export interface Refused {
  code: string;
  calls: number;
  /** Where most of them were sent. */
  endpoint: string;
}

/** Calls with live keys that were refused, since the beginning; the most frequent reasons first. */
export function refusedBy(refusals: Watched['refusals']): Refused[] {
  const byCode = new Map<string, Refused>();
  for (const { code, test, endpoint, calls } of refusals.toSorted((one, other) => other.calls - one.calls)) {
    if (test === 1) continue;
    const known = byCode.get(String(code));
    byCode.set(String(code), { code: String(code), calls: (known?.calls ?? 0) + calls, endpoint: known?.endpoint ?? String(endpoint) });
  }
  return [...byCode.values()].sort((one, other) => other.calls - one.calls);
}
