/** What of a line of the ledger is counted. Nothing that a receipt says is trusted to be there, or to be what it should be. */
import { type Fields, filledText, listOf, parseRecord, recordOf, recordsOf, textOrEmpty } from '../core/record';
import type { ATTEMPT_LABELS, LINE_LABELS, LINE_SUMS } from '../db/totals';

type Labels<Name extends string> = Record<Name, string | number>;

export interface LineFigures {
  /** What tells it from every other line. */
  key: [accountId: unknown, closeEpoch: unknown, closeSeq: unknown];
  labels: Labels<(typeof LINE_LABELS)[number]>;
  sums: Record<Exclude<(typeof LINE_SUMS)[number], 'lines'>, number>;
  durationMs: number | null;
  closedAtMs: number | null;
  attempts: { labels: Labels<(typeof ATTEMPT_LABELS)[number]>; waitMs: number | null }[];
}

/** Sums of as many as come at once stay below 2^63, beyond which SQLite fails: then the lines themselves would not be written. */
export const MOST = 4e15;
/** Counters never fall, so nothing counts for less than nothing. */
const figure = (value: unknown): number | null => (typeof value === 'number' ? Math.min(MOST, Math.max(0, Math.trunc(value))) : null);
const fromZero = (value: unknown): number => figure(value) ?? 0;

/** Refused by the provider as the caller's own mistake, or never heard of again: neither is told by the ending alone. */
function endingOf(kind: unknown, { expired, errorKind, topUp, ending }: Fields): string {
  if (expired === true) return 'lost';
  if (errorKind === 'upstream_rejected') return 'rejected';
  if (kind === 'grant') return topUp === true ? 'top_up' : 'given';
  return textOrEmpty(ending);
}

/** Deployments are named by customers, who may have any number of them one after the other. */
function askedFor({ family, kind, model, endpoint }: Fields, { servedModel }: Fields): { model: string; endpoint: string } {
  if (family === 'gpu') return { model: 'deployment', endpoint: kind === 'adjust' ? '/v1/deployments' : '/v1/gpu' };
  return { model: filledText(servedModel) ?? textOrEmpty(model), endpoint: textOrEmpty(endpoint) };
}

function attemptFigures({ provider, outcome, status, durationMs }: Fields, test: number): LineFigures['attempts'][number] {
  const refused = typeof status === 'number' && status >= 400 && status <= 599;
  const labels = { provider: textOrEmpty(provider), test, outcome: textOrEmpty(outcome), status: refused ? String(status) : '' };
  return { labels, waitMs: figure(durationMs) };
}

export function lineFigures(text: string): LineFigures {
  const line = parseRecord(text);
  const [head, tail] = [recordOf(line.head), recordOf(line.tail)];
  const detail = recordOf(tail.detail);
  const usage = recordOf(detail.usage);
  const { kind } = head;
  const test = head.test === true ? 1 : 0;
  const amountMicro = typeof line.amount === 'number' ? line.amount : 0;
  return {
    key: [line.accountId, tail.closeEpoch, line.closeSeq],
    labels: {
      kind: textOrEmpty(kind),
      test,
      ...askedFor(head, detail),
      // Where none answered it is the one that was tried last.
      provider: filledText(detail.provider) ?? textOrEmpty(recordOf(listOf(detail.attempts).at(-1)).provider),
      ending: endingOf(kind, detail),
      outcome: textOrEmpty(tail.outcome),
    },
    sums: {
      charged_micro: fromZero(0 - amountMicro),
      credited_micro: fromZero(amountMicro),
      input_tokens: fromZero(usage.inputTokens),
      cache_read_tokens: fromZero(usage.cacheReadTokens),
      cache_write_tokens: fromZero(fromZero(usage.cacheWrite5mTokens) + fromZero(usage.cacheWrite1hTokens)),
      output_tokens: fromZero(usage.outputTokens),
    },
    // Only a call has a duration, and attempts of its own: what is charged later repeats those of its call.
    durationMs: kind === 'usage' ? figure(detail.latencyMs) : null,
    closedAtMs: figure(tail.closedAtMs),
    attempts: kind === 'usage' ? recordsOf(detail.attempts).map((attempt) => attemptFigures(attempt, test)) : [],
  };
}
