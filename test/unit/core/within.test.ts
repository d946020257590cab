import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { within } from '../../../src/core/within';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const resolveAfter = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));

describe('within', () => {
  it('gives what comes in time', async () => {
    const result = within(resolveAfter(99, 'done'), 100);
    await vi.advanceTimersByTimeAsync(99);
    expect(await result).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives undefined when the time is up, and lets the work go on', async () => {
    let done = false;
    const work = resolveAfter(200, 'done').then(() => {
      done = true;
    });
    const result = within(work, 100);
    await vi.advanceTimersByTimeAsync(100);
    expect(await result).toBeUndefined();
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(done).toBe(true);
  });

  it('fails as the work fails, and leaves no timer behind', async () => {
    await expect(within(Promise.reject(new Error('broken')), 100)).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not troubled by work that fails too late', async () => {
    const late = resolveAfter(200, null).then(() => {
      throw new Error('too late to matter');
    });
    const result = within(late, 100);
    await vi.advanceTimersByTimeAsync(100);
    expect(await result).toBeUndefined();
    late.catch(() => {});
    await vi.advanceTimersByTimeAsync(100);
  });
});
