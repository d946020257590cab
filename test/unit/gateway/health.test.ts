import { describe, expect, it } from 'vitest';
import { Health } from '../../../src/core/health';
import { NOW_MS } from './support';

const failed = (health: Health, times: number, atMs = NOW_MS) => {
  for (let i = 0; i < times; i++) health.failed('a', atMs);
};

describe('the breaker of a provider', () => {
  it('opens at the fifth failure, for half a minute', () => {
    const health = new Health();
    failed(health, 4);
    expect(health.allows('a', NOW_MS)).toBe(true);
    failed(health, 1);
    expect(health.allows('a', NOW_MS)).toBe(false);
    expect(health.allows('a', NOW_MS + 29_999)).toBe(false);
    expect(health.allows('a', NOW_MS + 30_000)).toBe(true);
    expect(health.allows('b', NOW_MS)).toBe(true);
  });

  it('stays closed where most calls succeed', () => {
    const health = new Health();
    for (let i = 0; i < 20; i++) health.succeeded('a', NOW_MS);
    failed(health, 20);
    expect(health.allows('a', NOW_MS)).toBe(true);
    failed(health, 1);
    expect(health.allows('a', NOW_MS)).toBe(false);
  });

  it('forgets failures of more than a minute ago', () => {
    const health = new Health();
    failed(health, 4);
    failed(health, 4, NOW_MS + 60_001);
    expect(health.allows('a', NOW_MS + 60_001)).toBe(true);
  });

  it('lets one call at a time probe once its pause is over', () => {
    const health = new Health();
    failed(health, 5);
    const laterMs = NOW_MS + 61_000;
    expect(health.allows('a', laterMs)).toBe(true);
    health.begin('a');
    expect(health.allows('a', laterMs)).toBe(false);
    health.succeeded('a', laterMs);
    health.begin('a');
    expect(health.allows('a', laterMs)).toBe(true);
    failed(health, 1, laterMs);
    expect(health.allows('a', laterMs)).toBe(true);
  });

  it('opens again when the probe fails', () => {
    const health = new Health();
    failed(health, 5);
    const laterMs = NOW_MS + 90_000;
    health.begin('a');
    failed(health, 1, laterMs);
    expect(health.allows('a', laterMs + 29_999)).toBe(false);
    expect(health.allows('a', laterMs + 30_000)).toBe(true);
  });

  it('lets the next call probe when the first one told nothing', () => {
    const health = new Health();
    failed(health, 5);
    health.begin('a');
    health.undecided('a');
    expect(health.allows('a', NOW_MS + 30_000)).toBe(true);
  });
});

describe("the order of a provider's keys", () => {
  const orders = (health: Health, count: number, times: number, nowMs = NOW_MS) =>
    Array.from({ length: times }, () => health.keyOrder('a', count, nowMs));

  it('is nothing to decide for one, or none', () => {
    expect(orders(new Health(), 1, 2)).toEqual([[0], [0]]);
    expect(orders(new Health(), 0, 1)).toEqual([[]]);
  });

  it('takes them in turn, each provider for itself', () => {
    const health = new Health();
    expect(orders(health, 3, 4)).toEqual([
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
      [0, 1, 2],
    ]);
    expect(health.keyOrder('b', 3, NOW_MS)).toEqual([0, 1, 2]);
  });

  it('puts those that are paused last, until their pause is over', () => {
    const health = new Health();
    health.pauseKey('a', 0, NOW_MS + 10_000);
    expect(orders(health, 3, 3)).toEqual([
      [1, 2, 0],
      [1, 2, 0],
      [2, 1, 0],
    ]);
    expect(orders(health, 3, 1, NOW_MS + 10_000)).toEqual([[0, 1, 2]]);
  });

  it('still has them all when all are paused', () => {
    const health = new Health();
    for (const key of [0, 1]) health.pauseKey('a', key, NOW_MS + 10_000);
    expect(orders(health, 2, 2)).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('is not well while all of its keys are refused, until one answers', () => {
    const health = new Health();
    health.pauseKey('openai', 0, 10_000);
    expect(health.seen('openai', 2, 1_000).state).toBe('quiet');
    health.pauseKey('openai', 1, 10_000);
    expect(health.seen('openai', 2, 1_000).state).toBe('shut');
    expect(health.seen('sandbox', 0, 1_000).state).toBe('quiet');
    expect(health.seen('openai', 2, 10_000).state).toBe('quiet');
    health.succeeded('openai', 1_000);
    expect(health.seen('openai', 2, 1_000).state).toBe('working');
  });
});
