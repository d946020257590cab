// A process that dies at any step, messages that are lost, repeated and late: each job ends once, is paid for once, and
// is reported under one id. What happened at which step is counted, so that no step is left out by chance.
import { env } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelJob, takeCallback } from '../../../src/jobs/access';
import { sweepJobs } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { isFinal, type Job } from '../../../src/jobs/types';
import { deliver, sweepDeliveries } from '../../../src/jobs/webhooks/deliver';
import { listDeliveries } from '../../../src/jobs/webhooks/log';
import { deliveryIdOf } from '../../../src/jobs/webhooks/queue';
import { withDatabase } from '../d1-within';
import { JobBench, PRICE_MICRO, RECEIVER_URL, WEBHOOK_SECRET, work } from './support';

const RUNS = 500;
const MOVES = 400;
/** After this many moves nothing fails any more, so that every job ends. */
const WILD_MOVES = 60;
const LONG_MS = 5 * 60_000;
const LATEST_MS = 10 * 60_000;

/** Mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STEPS = [
  'before submit',
  'after submit and before the id is stored',
  'between polls',
  'during the copy',
  'before settle',
  'before the webhook',
] as const;
/** Few messages come at these steps, so more of them are made to fail. */
const SELDOM: ReadonlySet<string> = new Set(['after submit and before the id is stored', 'before settle']);
const FAULTS = ['died', 'lost', 'doubled', 'late'] as const;
type Fault = (typeof FAULTS)[number];

/** Counts what happened at which step of a job's life. */
class Coverage {
  readonly counts = new Map<string, number>();

  note(fault: Fault, step: string | undefined): void {
    if (step !== undefined) this.counts.set(`${fault} ${step}`, (this.counts.get(`${fault} ${step}`) ?? 0) + 1);
  }

  of(fault: Fault, step: string): number {
    return this.counts.get(`${fault} ${step}`) ?? 0;
  }
}

/** The step a job is at, by its row, its hold, the provider's records, and the webhooks sent. */
async function stepOf(bench: JobBench, { state, result, settledAt }: Job): Promise<(typeof STEPS)[number] | undefined> {
  const started = bench.provider.started.length > 0;
  if (state === 'queued' || state === 'submitting') return started ? 'after submit and before the id is stored' : 'before submit';
  if (state === 'running') return result ? 'during the copy' : 'between polls';
  if (settledAt === null && (await bench.heldMicro()) > 0) return 'before settle';
  return bench.provider.received.length === 0 ? 'before the webhook' : undefined;
}

class Chaos {
  private readonly random: () => number;
  private readonly id: string;
  /** A final state must not change. */
  private finalState: string | undefined;

  /** `job` is the job after the previous move. */
  constructor(
    private readonly bench: JobBench,
    private job: Job,
    seed: number,
    private readonly coverage: Coverage,
  ) {
    this.random = randomOf(seed);
    this.id = job.id;
    const { provider } = bench;
    provider.pollsToDone = 1 + this.below(4);
    provider.ending = this.chance(0.2) ? 'failed' : this.chance(0.05) ? 'never' : 'done';
    provider.brokenFiles = this.chance(0.3) ? this.below(4) : 0;
    provider.lostAnswers = this.chance(0.1) ? 1 : 0;
    provider.repeatable = this.chance(0.4);
    provider.receiverFails = this.chance(0.3) ? 1 + this.below(3) : 0;
    if (this.chance(0.1)) provider.submitStatus = [422, 429, 500][this.below(3)]!;
  }

  below = (count: number): number => Math.floor(this.random() * count);
  chance = (likelihood: number): boolean => this.random() < likelihood;

  /** Runs an invocation, which may die at any of its effects. */
  private async invoke(work: (deps: JobDeps) => Promise<unknown>, mayDie: boolean): Promise<void> {
    const mortal = mayDie && this.chance(0.4);
    const died = mortal && (await this.bench.dies(work, this.below(18), this.chance(0.5)));
    if (!mortal) await work(this.bench.deps());
    this.job = await this.bench.job(this.id);
    if (died) this.coverage.note('died', await stepOf(this.bench, this.job));
  }

  private async sweep(calm: boolean): Promise<void> {
    await this.bench.wait(LONG_MS);
    await this.invoke((deps) => sweepJobs(deps), !calm);
    await this.invoke((deps) => sweepDeliveries(deps), !calm);
    // The sweeper finds the webhooks of other jobs too.
    const mine = this.bench.webhooks.filter(({ deliveryId }) => deliveryId === deliveryIdOf(this.id));
    this.bench.webhooks.splice(0, this.bench.webhooks.length, ...mine);
  }

  /** Decides what happens to a message: false if it does not arrive now. */
  private async arrives<Message extends { dueMs: number }>(queue: Message[], message: Message): Promise<boolean> {
    const step = await stepOf(this.bench, this.job);
    const [lost, doubled, late] = step !== undefined && SELDOM.has(step) ? ([0.25, 0.35, 0.5] as const) : ([0.15, 0.15, 0.1] as const);
    const fault = this.chance(lost) ? 'lost' : this.chance(doubled) ? 'doubled' : this.chance(late) ? 'late' : undefined;
    if (fault) this.coverage.note(fault, step);
    if (fault === 'doubled') queue.push({ ...message, dueMs: this.bench.nowMs + this.below(60_000) });
    if (fault === 'late') queue.push({ ...message, dueMs: this.bench.nowMs + 60_000 + this.below(LATEST_MS) });
    return fault !== 'lost' && fault !== 'late';
  }

  private async take<Message extends { dueMs: number }>(queue: Message[], calm: boolean): Promise<Message | undefined> {
    queue.sort((a, b) => a.dueMs - b.dueMs);
    const message = queue.splice(calm ? 0 : this.below(queue.length), 1)[0]!;
    await this.bench.wait(Math.max(0, message.dueMs - this.bench.nowMs));
    return calm || (await this.arrives(queue, message)) ? message : undefined;
  }

  /** Makes one move; returns the job after it. */
  async move(calm: boolean): Promise<Job> {
    const { bench } = this;
    const { messages } = bench.queue;
    if ((messages.length === 0 && bench.webhooks.length === 0) || this.chance(0.15)) await this.sweep(calm);
    else if (bench.webhooks.length > 0 && (messages.length === 0 || this.chance(0.5))) {
      const message = await this.take(bench.webhooks, calm);
      if (message) await this.invoke((deps) => deliver(deps, message), !calm);
    } else {
      const message = await this.take(messages, calm);
      if (!calm && this.chance(0.02)) await this.invoke((deps) => cancelJob(deps, this.job), true);
      if (!calm && this.chance(0.1)) await this.callBack();
      if (message) await this.invoke((deps) => work(deps, message), !calm);
    }
    const { state } = this.job;
    if (this.finalState !== undefined) expect(state).toBe(this.finalState);
    else if (isFinal(state)) this.finalState = state;
    return this.job;
  }

  /** The provider sends a callback, signed or not, with its true state. */
  private async callBack(): Promise<void> {
    const { callbackToken: token } = this.job;
    const { ending, started } = this.bench.provider;
    const json = { state: ending === 'done' && started.length > 0 ? 'done' : 'news' };
    const headers = new Headers({ 'x-signature': this.chance(0.5) ? WEBHOOK_SECRET : 'forged' });
    await this.invoke((deps) => takeCallback(deps, { jobId: this.id, token, headers, body: JSON.stringify(json), json }), true);
  }
}

/** The documents' names for two of the final states, where they differ. */
const WORDS: Record<string, string> = { succeeded: 'completed', expired: 'failed' };

async function live(seed: number, coverage: Coverage, db: D1Database): Promise<string> {
  const bench = await JobBench.create(1_000, db);
  const job = await bench.start({}, { webhookUrl: RECEIVER_URL });
  const { id } = job;
  const chaos = new Chaos(bench, job, seed, coverage);
  const told = async ({ settledAt }: Job): Promise<boolean> =>
    settledAt !== null && (await listDeliveries(db, bench.account.id, { limit: 2 }))[0]?.state === 'delivered';
  for (let move = 0; move < MOVES && !(await told(await chaos.move(move > WILD_MOVES))); move++);

  const { state, settledAt, outputs, costMicro } = await bench.job(id);
  const succeeded = state === 'succeeded';
  const spentMicro = succeeded ? PRICE_MICRO : 0;
  expect({ settled: settledAt !== null, final: isFinal(state), costMicro }).toEqual({ settled: true, final: true, costMicro: spentMicro });
  expect(bench.provider.started.length, 'generations at the provider').toBeLessThanOrEqual(1);
  expect([await bench.spentMicro(), await bench.heldMicro()]).toEqual([spentMicro, 0]);
  const { lines, holds } = await bench.account.stub.operations(10);
  const calls = lines.filter(({ kind }) => kind !== 'grant');
  expect(holds).toEqual([]);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject({ state: succeeded ? 'settled' : 'released', detail: { jobId: id, ending: state } });
  const files = await Promise.all((outputs?.files ?? []).map(({ key }) => env.FILES.head(key)));
  expect(files.map((file) => file?.size)).toEqual(succeeded ? [12] : []);
  const deliveries = await listDeliveries(db, bench.account.id, { limit: 2 });
  expect(deliveries).toMatchObject([{ jobId: id, state: 'delivered' }]);
  const received = bench.provider.received;
  expect(new Set(received.map(({ id: webhookId }) => webhookId)).size).toBe(1);
  for (const { body } of received)
    expect(JSON.parse(body)).toMatchObject({ jobId: id, status: WORDS[state] ?? state, creditsUsed: spentMicro / 1_000_000 });
  return state;
}

describe('whatever happens to it', () => {
  beforeEach(() => {
    // Files fail to be copied on purpose, some thousand times, which is logged.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it(`a job ends in one state, is charged for success alone, is generated once at most and told of under one id: ${RUNS} lives`, {
    timeout: 900_000,
  }, async () => {
    const ends: Record<string, number> = {};
    const coverage = new Coverage();
    await withDatabase('faults', async (db) => {
      for (let seed = 1; seed <= RUNS; seed++) {
        const end = await live(seed, coverage, db).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error });
        });
        ends[end] = (ends[end] ?? 0) + 1;
      }
    });
    console.log('ends', JSON.stringify(ends), 'faults', JSON.stringify(Object.fromEntries([...coverage.counts].sort())));
    expect(ends.succeeded).toBeGreaterThan(RUNS / 4);
    for (const step of STEPS) for (const fault of FAULTS) expect(coverage.of(fault, step), `${fault} ${step}`).toBeGreaterThan(0);
    for (const step of STEPS) expect(coverage.of('died', step), `died ${step}`).toBeGreaterThanOrEqual(10);
  });
});
