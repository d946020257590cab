/** Lines on their way to D1, made without an account object. */
import type { AccountStub } from '../../../src/account/stub';
import type { LedgerMessage, LineInD1 } from '../../../src/account/types';
import { projectLedger } from '../../../src/jobs/project-ledger';

const usage = { inputTokens: 10, cacheReadTokens: 20, cacheWrite5mTokens: 3, cacheWrite1hTokens: 4, outputTokens: 5 };
export const tried = (provider: string, outcome: string, status: number | null, durationMs: number) => ({
  provider,
  outcome,
  status,
  durationMs,
});

/** A line as an account object sends it. */
export function line(
  accountId: string,
  closeSeq: number,
  over: { head?: object; tail?: object; detail?: object; amount?: number } = {},
): string {
  const detail = {
    ending: 'complete',
    provider: 'one',
    usage,
    latencyMs: 1_200,
    attempts: [tried('one', 'answered', 200, 400)],
    ...over.detail,
  };
  const made = {
    ...{ accountId, closeSeq, seq: closeSeq, state: 'settled', held: 10, amount: over.amount ?? -7, openedAtMs: 1_000 },
    head: {
      ...{ id: `req_${accountId}_${closeSeq}`, kind: 'usage', keyId: 'key_a', userId: 'user_a', family: 'chat', test: false },
      ...{ model: 'a-model', endpoint: '/v1/chat/completions', ...over.head },
    },
    tail: { closedAtMs: 2_000, closeEpoch: 1, outcome: 'actual', ...over.tail, detail },
  };
  return JSON.stringify(made);
}

export function messageOf(lines: readonly string[]): LedgerMessage {
  const read = lines.map((text) => JSON.parse(text) as LineInD1);
  const { accountId, tail } = read[0]!;
  return { accountId, epoch: tail.closeEpoch!, closeSeqs: read.map(({ closeSeq }) => closeSeq), lines: [...lines], entities: [] };
}

const account = () => ({ acknowledge: async () => undefined }) as unknown as AccountStub;

/** As the queue's consumer does, to accounts that do not listen. */
export const write = (db: D1Database, messages: readonly LedgerMessage[]): Promise<void> => projectLedger({ db, account }, messages);
