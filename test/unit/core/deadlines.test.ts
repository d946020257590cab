import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Deadlines } from '../../../src/core/deadlines';

describe('the deadlines of a request', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('come when they are due, in whatever order they were set', () => {
    const deadlines = new Deadlines();
    const startMs = Date.now();
    const came: [string, number][] = [];
    for (const ms of [60_000, 700, 5_000, 0, 2_000]) deadlines.after(ms, () => came.push([`${ms}`, Date.now() - startMs]));
    vi.advanceTimersByTime(100_000);
    expect(came).toEqual([0, 700, 2_000, 5_000, 60_000].map((ms) => [`${ms}`, ms]));
  });

  it('do not come when they were called off, be it by another that comes at once', () => {
    const deadlines = new Deadlines();
    const came: string[] = [];
    const callOff = deadlines.after(500, () => came.push('called off before'));
    let other = () => {};
    deadlines.after(1_000, () => other());
    other = deadlines.after(1_000, () => came.push('called off by its neighbour'));
    callOff();
    vi.advanceTimersByTime(10_000);
    expect(came).toEqual([]);
  });

  it('take one timer for all that are set and called off, and none when nothing is left', () => {
    const deadlines = new Deadlines();
    for (let at = 0; at < 50; at++) deadlines.after(10_000 + at, () => {})();
    deadlines.after(100, () => {})();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be set by one that comes', () => {
    const deadlines = new Deadlines();
    let came = 0;
    deadlines.after(100, () => deadlines.after(100, () => came++));
    vi.advanceTimersByTime(199);
    expect(came).toBe(0);
    vi.advanceTimersByTime(1);
    expect(came).toBe(1);
  });

  it('give work’s result in time, undefined when it is late, and its error', async () => {
    const deadlines = new Deadlines();
    expect(await deadlines.within(Promise.resolve('done'), 1_000)).toBe('done');
    await expect(deadlines.within(Promise.reject(new Error('broken')), 60_000)).rejects.toThrow('broken');
    vi.advanceTimersByTime(2_000);
    expect(vi.getTimerCount()).toBe(0);
    const late = deadlines.within(new Promise(() => {}), 1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBeUndefined();
  });
});
