/** A whole request: what was held, tried, used and charged, and how the charge is computed. */
import { shownDetail } from '../../account/shown-detail';
import type { Operation } from '../../account/types';
import { fail, ok, type Result } from '../../core/errors';
import { fromCredits, imageBuckets, PIECES, type TokenPrice, toCredits, tokenBuckets, workCostMicro } from '../../core/money';
import { isRecord } from '../../core/record';
import { isoOrNull } from '../../core/time';
import { NO_USAGE, type Usage } from '../../core/usage';
import type { VerbContext } from '../context';
import type { ConsoleDeps } from '../deps';
import { findOperation } from '../ledger';

type ReceiptLine = { item: string; credits: number } & (
  | { tokens: number; creditsPerMillion: number }
  /** For what is billed by the piece. */
  | { count: number; creditsEach: number }
);

const ITEMS: Readonly<Record<string, string>> = {
  inputTokens: 'Input',
  inputAudioTokens: 'Input, sound',
  cacheReadTokens: 'Input read from cache',
  cacheWrite5mTokens: 'Input written to cache, 5 minutes',
  cacheWrite1hTokens: 'Input written to cache, 1 hour',
  outputTokens: 'Output',
  outputAudioTokens: 'Output, sound',
  imageInputTokens: 'Pictures, input',
  imageOutputTokens: 'Pictures, output',
  webSearches: 'Web searches',
  fileSearches: 'File searches',
  containers: 'Containers that ran code',
  groundedPrompts: 'Prompts answered from a search',
  groundingQueries: 'Searches of a grounded answer',
  mapPrompts: 'Prompts answered from a map',
};
const AS_BILLED = 'What else the provider has billed';
const AT_LEAST = 'Up to what a message of its length costs at least';
const OWN_CHAT = '/v1/chat';

const numbersOf = (record: Record<string, unknown>): Record<string, number> =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** Usage times price for each bucket; the sum, rounded up to a millionth of a credit, is the charge. */
export function receiptLines(detail: Record<string, unknown>): ReceiptLine[] {
  const { usage, price } = detail;
  if (!isRecord(usage) || !isRecord(price)) return [];
  const used: Usage = { ...NO_USAGE, ...numbersOf(usage) };
  const rates: TokenPrice = { inputMicroPerMtok: 0, outputMicroPerMtok: 0, ...numbersOf(price) };
  const tokens = Object.entries({ ...tokenBuckets(used, rates), ...imageBuckets(used, rates) }).flatMap(
    ([bucket, [count, micro]]): ReceiptLine[] =>
      count > 0
        ? [{ item: ITEMS[bucket]!, tokens: count, creditsPerMillion: toCredits(micro), credits: (count * toCredits(micro)) / 1e6 }]
        : [],
  );
  const pieces = PIECES.flatMap(([bucket, name]): ReceiptLine[] => {
    const each = toCredits(rates[name] ?? 0);
    return used[bucket] > 0 && each > 0
      ? [{ item: ITEMS[bucket]!, count: used[bucket], creditsEach: each, credits: used[bucket] * each }]
      : [];
  });
  const lines = [...tokens, ...pieces];
  const missing = toCredits(Math.max(used.billedBesideMicro - workCostMicro(used, rates), used.billedWholeMicro - sumMicroOf(lines)));
  return missing > 0 ? [...lines, { item: AS_BILLED, count: 1, creditsEach: missing, credits: missing }] : lines;
}

const sumMicroOf = (lines: readonly ReceiptLine[]): number => fromCredits(lines.reduce((sum, { credits }) => sum + credits, 0));

function receiptOf(operation: Operation) {
  const { amountMicro, heldMicro, openedAtMs, closedAtMs, closeEpoch: _epoch, closeSeq: _seq, deadlineMs: _deadline, ...rest } = operation;
  return {
    ...rest,
    creditsUsed: operation.state === 'open' ? 0 : toCredits(0 - amountMicro),
    creditsHeld: toCredits(heldMicro),
    createdAt: new Date(openedAtMs).toISOString(),
    endedAt: isoOrNull(closedAtMs),
    detail: shownDetail(operation.detail),
    lines: wholeLines(operation),
  };
}

/** A message of the gateway's own chat has a minimum price, which usually exceeds its tokens. */
function wholeLines({ endpoint, outcome, amountMicro, detail }: Operation): ReceiptLine[] {
  const lines = receiptLines(detail);
  const missing = toCredits(0 - amountMicro - sumMicroOf(lines));
  const isLeast = endpoint === OWN_CHAT && (outcome === 'actual' || outcome === 'estimated') && lines.length > 0 && missing > 1e-6;
  return isLeast ? [...lines, { item: AT_LEAST, count: 1, creditsEach: missing, credits: missing }] : lines;
}

export type Receipt = ReturnType<typeof receiptOf>;

export async function showReceipt(context: ConsoleDeps & Pick<VerbContext, 'accountId'>, id: string): Promise<Result<Receipt>> {
  const operation = await findOperation(context, context.accountId, id);
  return operation && operation.kind !== 'grant' ? ok(receiptOf(operation)) : fail('not_found', 'There is no such request.');
}
