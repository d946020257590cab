// Many streams of all formats at once, with upstreams that fail and clients that leave: for two minutes with
// `npm run soak`, for some seconds in the ordinary test run.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Account, openAccount } from '../e2e/support/account';
import { Upstream } from '../e2e/support/upstream';
import { until } from '../e2e/support/wait';
import { Worker } from '../e2e/support/worker';
import { type Client, runClient } from './client';
import type { Format } from './formats';
import { liveHeapKb, workerdMb } from './memory';
import { Random } from './random';
import { MoodyUpstream } from './upstream';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 8);
const STREAMS = Number(process.env.SOAK_STREAMS ?? 40);
const ACCOUNTS = 10;
const SEED = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);
/** In a run of this many seconds, streams that are not released show in the heap. */
const MEASURED_SECONDS = 60;
/**
 * The heap is about 16,700 kB and 50 bytes more for each stream, since an hour's calls are counted one by one. A leaked broken
 * stream keeps 7 kB, and one of three breaks.
 */
const MOST_LIVE_HEAP_KB = 18_000;
const MOST_KB_A_STREAM = 0.1;
const FORMATS: readonly Format[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'];
/** 100 micro-credits a token of input, 400 of output. */
const PRICE = { inputUsdPerMtok: 1, outputUsdPerMtok: 4 };
const costMicro = ({ input, output }: { input: number; output: number }): number => input * 100 + output * 400;

let upstream: Upstream;
let worker: Worker;
const random = new Random(SEED);
const moody = new MoodyUpstream(random);

beforeAll(async () => {
  upstream = await Upstream.start();
  const providers = FORMATS.flatMap((format) =>
    ['a', 'b'].map((letter) => {
      const desk = upstream.desk(`${format}-${letter}`).replyAlways(moody.reply(format));
      const model = { id: `soak-${format}`, ...PRICE };
      return {
        id: `custom-${format}-${letter}`,
        baseUrl: desk.baseUrl,
        apiKey: 'k',
        wires: [format],
        onDisconnect: 'cancel',
        models: [model],
      };
    }),
  );
  const variables = {
    HOURLY_LIMITS: '{"chat":10000000}',
    CUSTOM_PROVIDERS: JSON.stringify(providers),
    KEEPALIVE_MS: 500,
    STATUS_HOLD_MS: 2_000,
  };
  worker = await Worker.start(variables, { inspected: SECONDS >= MEASURED_SECONDS, ownProcess: true });
});
afterAll(async () => {
  await upstream?.stop();
  await worker?.stop();
});

/** Keeps the given number of streams going until the time is up. */
async function run(accounts: Account[]): Promise<{ clients: Client[]; memoryMb: number[] }> {
  const clients: Client[] = [];
  const memoryMb: number[] = [];
  const endMs = Date.now() + SECONDS * 1_000;
  const lane = async () => {
    while (Date.now() < endMs) {
      const number = clients.length;
      const client: Client = { number, format: random.pick(FORMATS), account: random.pick(accounts) };
      clients.push(client);
      await runClient(client, random);
      for (const desk of FORMATS.flatMap((format) => ['a', 'b'].map((letter) => upstream.desk(`${format}-${letter}`))))
        desk.seen.length = 0;
    }
  };
  const sampler = setInterval(() => {
    const megabytes = workerdMb(process.pid);
    if (megabytes) memoryMb.push(megabytes);
  }, 1_000);
  await Promise.all(Array.from({ length: STREAMS }, lane));
  clearInterval(sampler);
  return { clients, memoryMb };
}

it(`ends every stream, closes every hold and charges what was produced (seed ${SEED})`, {
  timeout: SECONDS * 1_000 + 120_000,
}, async () => {
  const accounts = await Promise.all(Array.from({ length: ACCOUNTS }, () => openAccount(worker, 100_000)));
  const { clients, memoryMb } = await run(accounts);
  const spentMicro = new Map<string, number>();
  for (const account of accounts) {
    const { spentMicro: spent } = await until(
      'all holds to be closed',
      async () => {
        const money = await account.money();
        return money.heldMicro === 0 && money;
      },
      60_000,
    );
    spentMicro.set(account.id, spent);
  }

  expect(clients.filter(({ ending }) => ending === 'broken').map(({ number, raw }) => ({ number, raw }))).toEqual([]);
  const heard = clients.filter(({ ending }) => ending !== 'left');
  for (const { ending, number, chargedMicro } of heard) {
    const attempts = moody.attempts.get(number) ?? [];
    const served = attempts.at(-1);
    // One that broke off after its last words is whole to its client, but its usage may have been lost.
    if (ending === 'complete' && !served!.whole) expect(chargedMicro, `call ${number}`).toBeLessThanOrEqual(mostFor(number));
    else if (ending === 'complete') expect(chargedMicro, `call ${number}`).toBe(costMicro(served!));
    else expect(chargedMicro ?? 0, `call ${number}`).toBe(0);
  }
  for (const account of accounts) {
    const mine = clients.filter((client) => client.account === account);
    const heardMicro = mine.reduce((sum, { chargedMicro }) => sum + (chargedMicro ?? 0), 0);
    // A client that leaves pays for what was produced by then: never less than nothing and never more than the whole,
    // where what was produced is estimated from the text (four characters are a token, here five).
    const left = mine.filter(({ ending }) => ending === 'left');
    const mostMicro = left.reduce((sum, { number }) => sum + mostFor(number), 0);
    const spent = spentMicro.get(account.id)!;
    expect(spent, account.id).toBeGreaterThanOrEqual(heardMicro);
    expect(spent, account.id).toBeLessThanOrEqual(heardMicro + mostMicro);
    expect(await until('the books to agree', async () => (await account.problems()).length === 0)).toBe(true);
  }

  const heapKb = worker.inspectorPort === undefined ? undefined : Math.round(await liveHeapKb(worker.url, worker.inspectorPort));
  const counts = Object.groupBy(clients, ({ ending }) => ending!);
  console.info(
    `${clients.length} streams in ${SECONDS} s: ${Object.entries(counts)
      .map(([ending, list]) => `${list!.length} ${ending}`)
      .join(', ')}; ` +
      `workerd, in MB, over the time: ${Array.from({ length: 12 }, (_, i) => Math.round(memoryMb[Math.floor((i * (memoryMb.length - 1)) / 11)] ?? 0)).join(' ')}` +
      (heapKb === undefined ? '' : `; live heap: ${heapKb} kB`),
  );
  if (heapKb !== undefined) expect(heapKb).toBeLessThan(MOST_LIVE_HEAP_KB + MOST_KB_A_STREAM * clients.length);
});

/** A prompt is estimated by its length, which is little more than the marker's. */
const PROMPT_MICRO = 200 * 100;

const mostFor = (number: number): number =>
  PROMPT_MICRO + Math.max(0, ...(moody.attempts.get(number) ?? []).map(({ input, output }) => costMicro({ input, output: output * 3 })));
