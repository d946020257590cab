// A process that dies at any step, messages that are lost, doubled and late: each job ends once, and is paid for once.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelJob, takeCallback } from '../../../src/jobs/access';
import { advanceJob, sweepJobs } from '../../../src/jobs/advance';
import type { JobDeps } from '../../../src/jobs/deps';
import { JobBench, PRICE_MICRO, WEBHOOK_SECRET } from './support';

const RUNS = 500;
const STEPS = 400;
const LONG_MS = 5 * 60_000;

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

class Chaos {
  private readonly random: () => number;

  constructor(
    private readonly bench: JobBench,
    seed: number,
  ) {
    this.random = randomOf(seed);
    const { provider } = bench;
    provider.pollsToDone = 1 + this.below(4);
    provider.ending = this.chance(0.2) ? 'failed' : this.chance(0.05) ? 'never' : 'done';
    provider.brokenFiles = this.chance(0.3) ? this.below(4) : 0;
    provider.lostAnswers = this.chance(0.1) ? 1 : 0;
    provider.repeatable = this.chance(0.4);
    if (this.chance(0.1)) provider.submitStatus = [422, 429, 500][this.below(3)]!;
  }

  below = (count: number): number => Math.floor(this.random() * count);
  chance = (likelihood: number): boolean => this.random() < likelihood;

  /** An invocation, which may die at any of its effects. */
  async invoke(work: (deps: JobDeps) => Promise<unknown>, mayDie: boolean): Promise<void> {
    if (mayDie && this.chance(0.4)) await this.bench.dies(work, this.below(14), this.chance(0.5));
    else await work(this.bench.deps());
  }

  async step(id: string, calm: boolean): Promise<void> {
    const { bench } = this;
    const { messages } = bench.queue;
    if (messages.length === 0 || this.chance(0.15)) {
      await bench.wait(LONG_MS);
      await this.invoke((deps) => sweepJobs(deps), !calm);
      return;
    }
    const message = bench.queue.take(calm ? 0 : this.below(messages.length));
    await bench.wait(Math.max(0, message.dueMs - bench.nowMs));
    if (!calm && this.chance(0.15)) return;
    if (!calm && this.chance(0.15)) messages.push({ ...message, dueMs: bench.nowMs + this.below(60_000) });
    if (!calm && this.chance(0.02)) await this.invoke(async (deps) => cancelJob(deps, await bench.job(id)), true);
    if (!calm && this.chance(0.1)) await this.callBack(id);
    await this.invoke((deps) => advanceJob(deps, message), !calm);
  }

  /** The provider reports, signed or not: only what is true. */
  private async callBack(id: string): Promise<void> {
    const { callbackToken: token } = await this.bench.job(id);
    const { ending, started } = this.bench.provider;
    const json = { state: ending === 'done' && started.length > 0 ? 'done' : 'news' };
    const headers = new Headers({ 'x-signature': this.chance(0.5) ? WEBHOOK_SECRET : 'forged' });
    await this.invoke((deps) => takeCallback(deps, { jobId: id, token, headers, body: JSON.stringify(json), json }), true);
  }
}

async function live(seed: number): Promise<{ state: string; spentMicro: number; started: number; heldMicro: number; alive: boolean }> {
  const bench = await JobBench.create();
  const { id } = await bench.start();
  const chaos = new Chaos(bench, seed);
  for (let step = 0; step < STEPS; step++) {
    await chaos.step(id, step > 60);
    if ((await bench.job(id)).settledAt !== null) break;
  }
  const { state, settledAt } = await bench.job(id);
  return {
    state,
    spentMicro: await bench.spentMicro(),
    started: bench.provider.started.length,
    heldMicro: await bench.heldMicro(),
    alive: settledAt === null,
  };
}

describe('whatever happens to it', () => {
  beforeEach(() => {
    // Files cannot be copied on purpose, some thousand times.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  it(`a job ends in one state, is charged for success alone, and is generated once at most: ${RUNS} lives`, {
    timeout: 600_000,
  }, async () => {
    const ends: Record<string, number> = {};
    for (let seed = 1; seed <= RUNS; seed++) {
      const end = await live(seed);
      ends[end.state] = (ends[end.state] ?? 0) + 1;
      expect(end, `seed ${seed}`).toMatchObject({
        alive: false,
        heldMicro: 0,
        spentMicro: end.state === 'succeeded' ? PRICE_MICRO : 0,
      });
      expect(end.started, `seed ${seed}`).toBeLessThanOrEqual(1);
    }
    console.log('ends', JSON.stringify(ends));
    expect(ends.succeeded).toBeGreaterThan(RUNS / 4);
  });
});
