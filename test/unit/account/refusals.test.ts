import { describe, expect, it } from 'vitest';
import { OTHER, Refusals, RefusalTally, type RefusedCalls } from '../../../src/account/refusals';
import { RefusedHere } from '../../../src/account/refused-here';

const NOON_MS = Date.UTC(2031, 0, 14, 12);
const MINUTE_MS = 60_000;

const refused = (over: Partial<RefusedCalls> = {}): RefusedCalls => ({
  keyId: 'key_a',
  test: false,
  code: 'unknown_model',
  model: 'a-model',
  endpoint: '/v1/messages',
  calls: 1,
  lastAtMs: NOON_MS,
  ...over,
});

const sumOf = (counts: readonly RefusedCalls[]): number => counts.reduce((sum, { calls }) => sum + calls, 0);

describe('a tally of refused calls', () => {
  it('adds up what is alike and tells days, keys, modes, codes, models and endpoints apart', () => {
    const tally = new RefusalTally();
    for (const lastAtMs of [NOON_MS + 2, NOON_MS + 1]) tally.add(refused({ lastAtMs }));
    const others = [{ lastAtMs: NOON_MS + 86_400_000 }, { keyId: 'key_b' }, { test: true }, { code: 'rate_limited' }, { model: '' }];
    for (const other of [...others, { endpoint: '/v1/chat' }]) tally.add(refused(other));
    const taken = tally.take();
    expect(taken[0]).toEqual(refused({ calls: 2, lastAtMs: NOON_MS + 2 }));
    expect([taken.length, sumOf(taken), tally.take()]).toEqual([7, 8, []]);
  });

  it('names no more than so many combinations, and counts the rest', () => {
    const tally = new RefusalTally(3);
    for (let at = 0; at < 50; at++) tally.add(refused({ model: `made-up-${at}`, keyId: `key_${at}` }));
    tally.add(refused({ model: 'made-up-1', keyId: 'key_1' }));
    const taken = tally.take();
    expect(taken.map(({ keyId, model, calls }) => [keyId, model, calls])).toEqual([
      ['key_0', 'made-up-0', 1],
      ['key_1', 'made-up-1', 2],
      ['key_2', 'made-up-2', 1],
      ['', OTHER, 47],
    ]);
  });

  it('keeps no name that is too long for one, nor one that cannot be written', () => {
    const tally = new RefusalTally();
    for (const model of ['m'.repeat(101), '\ud800']) tally.add(refused({ model }));
    expect(tally.take().map(({ model }) => model)).toEqual([OTHER, '\ufffd']);
  });
});

describe('refusals of an account', () => {
  it('are reported soon, and less often where there is no end of them', () => {
    const refusals = new Refusals();
    expect(refusals.dueAtMs).toBeUndefined();
    const waits: number[] = [];
    for (let nowMs = NOON_MS; waits.length < 6; nowMs = refusals.dueAtMs!) {
      if (waits.length > 0) refusals.taken(refusals.reports(nowMs));
      refusals.count(refused(), nowMs);
      waits.push(refusals.dueAtMs! - nowMs);
    }
    expect(waits).toEqual([5_000, 5_000, 10_000, 20_000, 40_000, 60_000]);
    refusals.taken(refusals.reports(NOON_MS + 60 * MINUTE_MS));
    refusals.count(refused(), NOON_MS + 61 * MINUTE_MS);
    expect(refusals.reports(NOON_MS + 90 * MINUTE_MS).length).toBe(1);
  });

  it('stay in the report that they are in until the queue has taken it, and are in no other', () => {
    const refusals = new Refusals();
    refusals.count(refused(), NOON_MS);
    const [first] = refusals.reports(NOON_MS);
    refusals.count(refused({ code: 'rate_limited' }), NOON_MS);
    expect(refusals.dueAtMs).toBe(NOON_MS + 5_000);
    const again = refusals.reports(NOON_MS + MINUTE_MS);
    expect([again[0], again.length]).toEqual([first, 2]);
    expect(refusals.dueAtMs).toBe(NOON_MS + 2 * MINUTE_MS);
    refusals.taken(again);
    expect([refusals.reports(NOON_MS + MINUTE_MS), refusals.dueAtMs]).toEqual([[], undefined]);
  });

  it('wait in memory for a queue that is away, in a few reports', () => {
    const refusals = new Refusals();
    for (let at = 0; at < 100; at++) {
      refusals.count(refused(), NOON_MS);
      refusals.reports(NOON_MS + at);
    }
    expect(refusals.dueAtMs).toBe(NOON_MS + 99 + MINUTE_MS);
    const waiting = refusals.reports(NOON_MS);
    expect(waiting.length).toBe(3);
    refusals.taken(waiting);
    expect(sumOf([...waiting, ...refusals.reports(NOON_MS)].flatMap(({ counts }) => counts))).toBe(100);
  });
});

describe('what an isolate refuses by itself', () => {
  it('is worth a trip at once, and then ever less often, up to once a minute', () => {
    const here = new RefusedHere();
    const trips: number[] = [];
    for (let seconds = 0; seconds <= 240; seconds++) if (here.note('acc_a', refused(), NOON_MS + 1_000 * seconds)) trips.push(seconds);
    expect(trips).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(here.note('acc_b', refused(), NOON_MS)).toBe(true);
  });

  it('goes once', () => {
    const here = new RefusedHere();
    for (let times = 0; times < 4; times++) here.note('acc_a', refused(), NOON_MS);
    expect([sumOf(here.take('acc_a')), here.take('acc_a'), here.take('acc_b')]).toEqual([4, [], []]);
  });

  it('waits for the next call where the account could not be reached', () => {
    const here = new RefusedHere();
    expect(here.note('acc_a', refused({ code: 'unavailable' }), NOON_MS)).toBe(false);
    expect(sumOf(here.take('acc_a'))).toBe(1);
  });

  it('is kept of so many accounts at most', () => {
    const here = new RefusedHere();
    for (let at = 0; at <= 1_000; at++) here.note(`acc_${at}`, refused(), NOON_MS);
    expect([here.take('acc_0').length, here.take('acc_1').length, here.take('acc_1000').length]).toEqual([0, 1, 1]);
  });
});
