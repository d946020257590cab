/** What all lines come to is what the lines themselves come to, however they came. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../../src/core/time';
import { DAY_ROWS_AT_MOST, OTHER_MODELS, ROWS_AT_MOST } from '../../../src/db/totals';
import { withDatabase } from '../d1-within';
import { line, messageOf, tried, write } from './lines';
import { Random } from './random';

async function rowsOf<Row = Record<string, unknown>>(db: D1Database, query: string): Promise<Row[]> {
  return (await db.prepare(query).all<Row>()).results;
}

const COUNTED = `kind, test, model, provider, endpoint, ending, outcome, lines, charged_micro AS charged, credited_micro AS credited,
  input_tokens AS input, cache_read_tokens AS read, cache_write_tokens AS written, output_tokens AS output`;

const countedLines = (db: D1Database) => rowsOf(db, `SELECT ${COUNTED} FROM ledger_totals ORDER BY 1, 2, 3, 4, 5, 6, 7`);

/** The same from the lines, in plain words. */
const addedUp = (db: D1Database) =>
  rowsOf(
    db,
    `SELECT kind, test, model, detail->>'provider' AS provider, endpoint, detail->>'ending' AS ending, outcome, COUNT(*) AS lines,
      SUM(MAX(0, -amount)) AS charged, SUM(MAX(0, amount)) AS credited, SUM(detail->>'$.usage.inputTokens') AS input,
      SUM(detail->>'$.usage.cacheReadTokens') AS read,
      SUM(detail->>'$.usage.cacheWrite5mTokens' + detail->>'$.usage.cacheWrite1hTokens') AS written,
      SUM(detail->>'$.usage.outputTokens') AS output FROM ledger GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7`,
  );

const DAY_COUNTED = 'lines, charged_micro AS charged, credited_micro AS credited';
const FAILED = `IIF(state = 'released' AND COALESCE(detail->>'ending', '') NOT IN ('canceled', 'client_gone'), 1, 0)`;
const AMOUNTS = 'SUM(MAX(0, -amount)) AS charged, SUM(MAX(0, amount)) AS credited';

/** What is counted by day, and the same from the lines. */
async function byDay(db: D1Database): Promise<{ counted: unknown; addedUp: unknown }> {
  const both = async (days: string, accounts: string) => ({ days: await rowsOf(db, days), accounts: await rowsOf(db, accounts) });
  return {
    counted: await both(
      `SELECT day, kind, test, model, provider, failed, ${DAY_COUNTED}, input_tokens AS input, output_tokens AS output, duration_count AS timed,
         duration_ms AS ms FROM ledger_days ORDER BY 1, 2, 3, 4, 5, 6`,
      'SELECT day, account_id, calls, failed, charged_micro AS charged, credited_micro AS credited FROM account_days ORDER BY 1, 2',
    ),
    addedUp: await both(
      `SELECT closed_at / ${DAY_MS} AS day, kind, test, model, detail->>'provider' AS provider, ${FAILED} AS failed, COUNT(*) AS lines,
         ${AMOUNTS}, SUM(detail->>'$.usage.inputTokens') AS input, SUM(detail->>'$.usage.outputTokens') AS output, COUNT(*) AS timed,
         SUM(detail->>'latencyMs') AS ms FROM ledger GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`,
      `SELECT closed_at / ${DAY_MS} AS day, account_id, COUNT(*) AS calls, SUM(${FAILED}) AS failed, ${AMOUNTS} FROM ledger
       WHERE test = 0 GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
  };
}

// Lines that are not taken are told of.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

describe('what all lines come to', () => {
  it('is the sum of what D1 has, whatever is repeated, late, beside another or fails, of test keys apart', () =>
    withDatabase('totals-random', async (db) => {
      const random = new Random(7);
      const messages = ['acc_a', 'acc_b'].flatMap((id) =>
        Array.from({ length: 12 }, (_, at) =>
          messageOf(
            Array.from({ length: 5 }, (_, each) => {
              const [outcome, state] = random.of([
                ['actual', 'settled'],
                ['released', 'released'],
              ] as const);
              const made = line(id, at * 5 + each + 1, {
                amount: -random.between(0, 999),
                head: { model: `model-${random.between(1, 3)}`, test: random.chance(0.25) },
                // A millisecond before midnight, or at it.
                tail: { outcome, closedAtMs: 20_000 * DAY_MS - random.between(0, 1) },
                detail: { provider: random.of(['one', 'two']), ending: random.of(['complete', 'client_gone']) },
              });
              return JSON.stringify({ ...JSON.parse(made), state });
            }),
          ),
        ),
      );
      for (let round = 0; round < 40; round++) {
        const batch = Array.from({ length: random.between(1, 4) }, () => random.of(messages));
        if (random.chance(0.3)) {
          const broken = messageOf([line('acc_c', 1, { head: { id: null } })]);
          await expect(write(db, [...batch, broken])).rejects.toThrow();
        } else await write(db, batch);
        expect(await countedLines(db)).toEqual(await addedUp(db));
        const days = await byDay(db);
        expect(days.counted).toEqual(days.addedUp);
      }
      await write(db, messages);
      const all = await countedLines(db);
      expect(all).toEqual(await addedUp(db));
      expect(all.reduce((sum, { lines }) => sum + Number(lines), 0)).toBe(120);
      expect(new Set(all.map(({ test }) => test))).toEqual(new Set([0, 1]));
    }));

  it('leaves out lines of an epoch that is over, and those whose number another has', () =>
    withDatabase('totals-fenced', async (db) => {
      await db.prepare("INSERT INTO ledger_fences (account_id, epoch) VALUES ('acc_a', 1)").run();
      const renumbered = messageOf([line('acc_a', 1, { tail: { closeEpoch: 2 } })]);
      const stranger = messageOf([line('acc_a', 1, { tail: { closeEpoch: 2 }, head: { id: 'req_x' } })]);
      await write(db, [messageOf([line('acc_a', 1), line('acc_a', 2)]), renumbered, stranger]);
      await write(db, [stranger]);
      expect(await countedLines(db)).toMatchObject([{ lines: 1, charged: 7 }]);
    }));

  it('tells calls from grants and from what is charged or given back later, and takes no amount for less than nothing', () =>
    withDatabase('totals-kinds', async (db) => {
      const grant = (closeSeq: number, amount: number, topUp: boolean) =>
        line('acc_a', closeSeq, {
          amount,
          head: { kind: 'grant', model: null, endpoint: null },
          detail: { topUp, provider: null, usage: null },
        });
      await write(db, [
        messageOf([
          ...[grant(1, 500, true), grant(2, 30, false), grant(3, -100, true)],
          ...[line('acc_a', 4, { amount: 2, head: { kind: 'adjust' } }), line('acc_a', 5, { detail: { usage: { inputTokens: -9 } } })],
        ]),
      ]);
      expect(await rowsOf(db, `SELECT kind, ${DAY_COUNTED}, duration_count AS timed FROM ledger_days ORDER BY kind`)).toEqual([
        { kind: 'adjust', lines: 1, charged: 0, credited: 2, timed: 0 },
        { kind: 'given', lines: 1, charged: 0, credited: 30, timed: 0 },
        { kind: 'top_up', lines: 2, charged: 100, credited: 500, timed: 0 },
        { kind: 'usage', lines: 1, charged: 7, credited: 0, timed: 1 },
      ]);
      expect(await rowsOf(db, 'SELECT account_id, calls, charged_micro, credited_micro FROM account_days')).toEqual([
        { account_id: 'acc_a', calls: 1, charged_micro: 7, credited_micro: 2 },
      ]);
      expect(
        await rowsOf(
          db,
          'SELECT kind, ending, lines, charged_micro, credited_micro, duration_count AS timed FROM ledger_totals ORDER BY kind, ending',
        ),
      ).toEqual([
        { kind: 'adjust', ending: 'complete', lines: 1, charged_micro: 0, credited_micro: 2, timed: 0 },
        { kind: 'grant', ending: 'given', lines: 1, charged_micro: 0, credited_micro: 30, timed: 0 },
        { kind: 'grant', ending: 'top_up', lines: 2, charged_micro: 100, credited_micro: 500, timed: 0 },
        { kind: 'usage', ending: 'complete', lines: 1, charged_micro: 7, credited_micro: 0, timed: 1 },
      ]);
    }));

  it('tells how calls ended, at whom, and what was tried before', () =>
    withDatabase('totals-endings', async (db) => {
      const failed = {
        ending: 'upstream_failed',
        provider: null,
        attempts: [tried('one', 'failed', 503, 90), tried('two', 'failed', null, 40_000)],
      };
      await write(db, [
        messageOf([
          line('acc_a', 1, { tail: { outcome: 'released' }, detail: failed }),
          line('acc_a', 2, { detail: { ...failed, errorKind: 'upstream_rejected' } }),
          line('acc_a', 3, { detail: { ending: undefined, expired: true, attempts: undefined } }),
          line('acc_a', 4, { head: { family: 'gpu', model: 'deployment:mine', endpoint: '/v1/gpu/mine' }, detail: { servedModel: 'x' } }),
          line('acc_a', 5, { head: { test: true }, detail: { servedModel: 'second' } }),
        ]),
      ]);
      const ended = await rowsOf(db, 'SELECT test, model, provider, endpoint, ending FROM ledger_totals ORDER BY ending, test');
      const call = { test: 0, model: 'a-model', endpoint: '/v1/chat/completions' };
      expect(ended).toEqual([
        { ...call, model: 'deployment', endpoint: '/v1/gpu', provider: 'one', ending: 'complete' },
        { ...call, test: 1, model: 'second', provider: 'one', ending: 'complete' },
        { ...call, provider: 'one', ending: 'lost' },
        { ...call, provider: 'two', ending: 'rejected' },
        { ...call, provider: 'two', ending: 'upstream_failed' },
      ]);
      const attempts =
        'SELECT provider, test, outcome, status, attempts, wait_ms, wait_le_500 AS soon, wait_le_120000 AS late FROM attempt_totals';
      expect(await rowsOf(db, attempts)).toEqual([
        { provider: 'one', test: 0, outcome: 'answered', status: '', attempts: 1, wait_ms: 400, soon: 1, late: 1 },
        { provider: 'one', test: 0, outcome: 'failed', status: '503', attempts: 2, wait_ms: 180, soon: 2, late: 2 },
        { provider: 'one', test: 1, outcome: 'answered', status: '', attempts: 1, wait_ms: 400, soon: 1, late: 1 },
        { provider: 'two', test: 0, outcome: 'failed', status: '', attempts: 2, wait_ms: 80_000, soon: 0, late: 2 },
      ]);
    }));

  it('has a bound: models that come when it is reached are counted together', () =>
    withDatabase('totals-many', async (db) => {
      const models = (count: number, prefix: string, from: number) =>
        messageOf(Array.from({ length: count }, (_, at) => line('acc_a', from + at, { head: { model: `${prefix}-${at}` } })));
      await write(db, [models(5, 'model', 1)]);
      // As many as there may be, of which only the last one's id matters.
      await db.prepare('UPDATE ledger_totals SET id = ? WHERE id = 5').bind(ROWS_AT_MOST).run();
      await write(db, [models(30, 'late', 101), models(5, 'model', 201)]);
      const counted = await rowsOf(db, 'SELECT model, lines FROM ledger_totals ORDER BY model');
      expect(counted).toEqual([...[0, 1, 2, 3, 4].map((at) => ({ model: `model-${at}`, lines: 2 })), { model: OTHER_MODELS, lines: 30 }]);
    }));

  it('has a bound for each day, too, and calls a model there as all time does', () =>
    withDatabase('totals-days', async (db) => {
      const models = (count: number, prefix: string, from: number, day: number) =>
        messageOf(
          Array.from({ length: count }, (_, at) =>
            line('acc_a', from + at, { head: { model: `${prefix}-${at}` }, tail: { closedAtMs: day * DAY_MS } }),
          ),
        );
      const counted = (day: number) =>
        rowsOf<{ model: string; lines: number }>(db, `SELECT model, lines FROM ledger_days WHERE day = ${day} ORDER BY model`);
      await write(db, [models(DAY_ROWS_AT_MOST, 'model', 1, 1)]);
      await write(db, [models(2, 'late', 2_001, 1), models(1, 'model', 2_003, 1), models(1, 'late', 2_004, 2)]);
      const first = await counted(1);
      expect(first).toHaveLength(DAY_ROWS_AT_MOST + 1);
      expect(first.filter(({ lines }) => lines > 1)).toEqual([
        { model: 'model-0', lines: 2 },
        { model: OTHER_MODELS, lines: 2 },
      ]);
      expect(await counted(2)).toEqual([{ model: 'late-0', lines: 1 }]);
      await db.prepare('UPDATE ledger_totals SET id = ? WHERE id = 5').bind(ROWS_AT_MOST).run();
      await write(db, [models(2, 'new', 3_001, 2), models(1, 'model', 3_003, 2)]);
      expect(await counted(2)).toEqual([
        { model: 'late-0', lines: 1 },
        { model: 'model-0', lines: 1 },
        { model: OTHER_MODELS, lines: 2 },
      ]);
    }));

  it('keeps no line from D1, whatever is in its receipt', () =>
    withDatabase('totals-odd', async (db) => {
      const huge = { inputTokens: 9e18, outputTokens: 1e300, cacheReadTokens: 'many', cacheWrite5mTokens: {} };
      const odd: object[] = [
        ...[{ usage: huge, latencyMs: 9e18 }, { usage: huge, latencyMs: 1e300 }, { usage: 'none', latencyMs: 'long' }, { usage: [1, 2] }],
        ...['text', { provider: 'x' }, ['text', 7, null, [1], { status: 'odd', durationMs: 9e18 }, { durationMs: 9e18 }]].map(
          (attempts) => ({ attempts }),
        ),
        { ending: 3, provider: { id: 'x' }, errorKind: null, expired: 'yes', servedModel: ['a'] },
      ];
      const lines = [
        ...odd.map((detail, at) => line('acc_a', at + 1, { detail })),
        line('acc_a', 9, { head: { model: null, endpoint: null } }),
      ];
      await write(db, [messageOf(lines)]);
      expect(await rowsOf(db, 'SELECT COUNT(*) AS count FROM ledger')).toEqual([{ count: 9 }]);
      const [sums] = await rowsOf(
        db,
        'SELECT SUM(lines) AS lines, MIN(MIN(duration_ms, input_tokens, output_tokens)) AS least FROM ledger_totals',
      );
      expect(sums).toEqual({ lines: 9, least: expect.any(Number) });
      expect(Number(sums!.least)).toBeGreaterThanOrEqual(0);
    }));

  it('is kept in a few rows for any number of lines, and added up in a time that grows as they do', () =>
    withDatabase('totals-written', async (db, { queries, planOf }) => {
      await write(db, [messageOf(Array.from({ length: 500 }, (_, at) => line('acc_a', at + 1)))]);
      expect([(await countedLines(db)).length, (await rowsOf(db, 'SELECT * FROM attempt_totals')).length]).toEqual([1, 1]);
      const counts = queries.filter((query) => /INSERT INTO (?:ledger|attempt|account)_(?:totals|days)/.test(query));
      expect([(await rowsOf(db, 'SELECT * FROM ledger_days')).length, (await rowsOf(db, 'SELECT * FROM account_days')).length]).toEqual([
        1, 1,
      ]);
      expect(counts.length).toBe(4);
      for (const query of counts) expect(planOf(query)).toMatch(/USING AUTOMATIC COVERING INDEX \((?:key|place)=\?\)/);
    }));
});
