import { describe, expect, it } from 'vitest';
import { idleMs } from '../../../src/jobs/deployments/idle-time';

const S = 1_000;
const flex = { minWorkers: 0, maxWorkers: 3, idleTimeoutMs: 5 * S };
const run = (startS: number, endS: number) => ({ startMs: startS * S, endMs: endS * S });
const idle = (runs: ReturnType<typeof run>[], terms = flex, fromS = 0, toS = 600) => idleMs(runs, terms, fromS * S, toS * S) / S;

describe('idle time', () => {
  it('is none without runs, and all of the time for workers that always run', () => {
    expect(idle([])).toBe(0);
    expect(idle([], { ...flex, minWorkers: 2 })).toBe(1_200);
  });

  it('is the wait after a run, as long as the worker waits', () => {
    expect(idle([run(10, 20)])).toBe(5);
    expect(idle([run(10, 20)], { ...flex, idleTimeoutMs: 60 * S })).toBe(60);
  });

  it('ends when the next run takes the worker', () => {
    expect(idle([run(10, 20), run(23, 30)])).toBe(3 + 5);
    expect(idle([run(10, 20), run(40, 50)])).toBe(5 + 5);
  });

  it('counts each worker of runs at once, and the one that was free last goes on', () => {
    expect(idle([run(10, 20), run(10, 22)])).toBe(10);
    expect(idle([run(10, 20), run(10, 22), run(24, 30)])).toBe(5 + 2 + 5);
  });

  it('takes what workers that always run did out of it', () => {
    expect(idle([run(100, 200)], { ...flex, minWorkers: 1 })).toBe(500);
    expect(idle([run(100, 200), run(150, 250)], { ...flex, minWorkers: 1 })).toBe(500 + 5);
  });

  it('takes a run that goes on as work until the end of the window', () => {
    expect(idle([run(100, Infinity)], { ...flex, minWorkers: 1 })).toBe(100);
    expect(idle([run(100, Infinity)])).toBe(0);
  });

  it('is cut at the window: what is left over belongs to the next one', () => {
    const runs = [run(590, 598)];
    expect(idle(runs, flex, 0, 600) + idle(runs, flex, 600, 1_200)).toBe(5);
    expect(idle(runs, flex, 0, 600)).toBe(2);
  });

  it('never has more workers than there may be', () => {
    const many = Array.from({ length: 10 }, () => run(10, 20));
    expect(idle(many, { ...flex, maxWorkers: 2 })).toBe(10);
  });
});
