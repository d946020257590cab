/** What an operator looks at first: what the gateway has done so far, and by whom it was answered. */
import { type MicroCredits, toCredits } from '../../core/money';
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
