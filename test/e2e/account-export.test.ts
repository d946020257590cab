// A CSV of any length through the built Worker: every line once, and no more memory for the last line than for the first.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { liveHeapKb } from '../soak/memory';
import { withLedger } from './support/d1';
import { Person } from './support/person';
import { Worker } from './support/worker';

/** EXPORT_LINES=1000000 takes minutes. */
const LINES = Number(process.env.EXPORT_LINES ?? 100_000);
/** A page of lines takes some megabytes while it is written. */
const ALLOWED_KB = 16_000;

let worker: Worker;
beforeAll(async () => {
  worker = await Worker.start({ LOCAL: '1' }, { inspected: true });
});
afterAll(() => worker?.stop());

const INSERT = `INSERT INTO ledger WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
  SELECT ?1, 9, i, i, 'req_' || i, 'usage', 'settled', 'key_1', 'user-1', 'chat', 0, 'gpt-5.4', '/v1/chat/completions', 0, -1000000,
    ?3 - i / 50, ?3, 'actual', '{"usage":{"inputTokens":10,"outputTokens":20},"latencyMs":30,"provider":"openai"}' FROM n`;

/** The lines of a stream, read with no more than one piece in memory. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\r\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

it(`${LINES} lines are exported whole, while the Worker's memory stays as it was`, { timeout: 900_000 }, async () => {
  const person = await Person.signedIn(worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await worker.kill();
  withLedger(worker, (database) => database.prepare(INSERT).run(accountId, LINES, Date.now()));
  await worker.run();
  const heap = () => liveHeapKb(worker.url, worker.inspectorPort!);
  const response = await person.fetch('/api/api-usage/export?days=30');
  expect(response.status).toBe(200);
  const heapsKb: number[] = [];
  const marks = [0.1, 0.5, 0.9].map((part) => Math.round(part * LINES));
  let count = -1;
  let wrong = 0;
  for await (const line of linesOf(response.body!)) {
    count++;
    if (count > 0 && !line.startsWith('req_')) wrong++;
    if (marks.includes(count)) heapsKb.push(Math.round(await heap()));
  }
  const endKb = Math.round(await heap());
  console.log(`export of ${count} lines: live heap at 10 %, 50 %, 90 %, end: ${[...heapsKb, endKb].join(', ')} kB`);
  expect([count, wrong]).toEqual([LINES, 0]);
  expect(Math.max(...heapsKb) - heapsKb[0]!).toBeLessThan(ALLOWED_KB);
});

it('the lines are all different, and a filter goes through the export as it does through the page', { timeout: 120_000 }, async () => {
  const person = await Person.signedIn(worker);
  const { accountId } = await person.get<{ accountId: string }>('/api/me');
  await worker.kill();
  withLedger(worker, (database) => {
    database.prepare(INSERT).run(accountId, 12_345, Date.now());
    database.prepare("UPDATE ledger SET model = 'other' WHERE account_id = ? AND close_seq % 5 = 0").run(accountId);
  });
  await worker.run();
  const ids = async (query: string): Promise<string[]> => {
    const text = await (await person.fetch(`/api/api-usage/export?days=30${query}`)).text();
    return text
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[0]!);
  };
  const all = await ids('');
  expect([all.length, new Set(all).size]).toEqual([12_345, 12_345]);
  expect(await ids('&model=other')).toHaveLength(2_469);
});
