import { describe, expect, it } from 'vitest';
import type * as Module from '../../../src/live/said-before';

/** All connections of an isolate share the room, those of other tests too: so here the module is loaded once more. */
const ALONE = '../../../src/live/said-before.ts?alone';
const { SaidBefore } = (await import(/* @vite-ignore */ ALONE)) as typeof Module;

const chars = (count: number): string => 'x'.repeat(count);

describe('what was said before', () => {
  it('is found by the latest answers alone', () => {
    const said = new SaidBefore('acc_1');
    for (let at = 0; at < 6; at++) said.keep(`resp_${at}`, String(at));
    expect([0, 1, 2, 3, 4, 5].map((at) => said.find(`resp_${at}`))).toEqual([undefined, undefined, '2', '3', '4', '5']);
    said.keep('resp_5', 'again');
    expect([said.find('resp_2'), said.find('resp_5')]).toEqual(['2', 'again']);
    said.clear();
  });

  it('makes room by forgetting the oldest, and leaves out what is too long by itself', () => {
    const said = new SaidBefore('acc_1');
    said.keep('a', chars(1_500_000));
    said.keep('b', chars(2_500_000));
    said.keep('c', 'short');
    expect([said.find('a'), said.find('b')?.length, said.find('c')]).toEqual([undefined, 2_500_000, 'short']);
    said.keep('d', chars(4_000_001));
    expect([said.find('c'), said.find('d')]).toEqual(['short', undefined]);
    said.clear();
  });

  it('of all connections together has a bound, and is given back when one ends', () => {
    const connections = Array.from({ length: 7 }, () => new SaidBefore('acc_1'));
    for (const said of connections) said.keep('a', chars(4_000_000));
    expect(connections.map((said) => said.find('a') !== undefined)).toEqual([true, true, true, true, true, true, false]);
    connections[0]!.clear();
    connections[6]!.keep('a', chars(4_000_000));
    expect(connections[6]!.find('a')).toBeDefined();
    for (const said of connections) said.clear();
  });

  it('is not forgotten for the greed of others', () => {
    const greedy = Array.from({ length: 24 }, () => new SaidBefore('acc_greedy'));
    for (const said of greedy) said.keep('a', chars(1_000_000));
    const modest = new SaidBefore('acc_modest');
    modest.keep('a', chars(3_000_000));
    for (const said of greedy) said.keep('b', chars(1_000_000));
    expect(modest.find('a')).toBeDefined();
    expect(greedy.filter((said) => said.find('a') ?? said.find('b'))).toHaveLength(21);
    for (const said of [...greedy, modest]) said.clear();
  });

  it('is forgotten first where most is kept, the oldest of it', () => {
    const [large, small] = [new SaidBefore('acc_1'), new SaidBefore('acc_1')];
    const others = Array.from({ length: 5 }, () => new SaidBefore('acc_1'));
    for (const said of others) said.keep('a', chars(3_500_000));
    for (const id of ['a', 'b']) large.keep(id, chars(2_000_000));
    small.keep('a', chars(2_500_000));
    small.keep('b', 'short');
    expect([large.find('a'), large.find('b')?.length, small.find('a')?.length]).toEqual([undefined, 2_000_000, 2_500_000]);
    for (const said of [...others, large, small]) said.clear();
  });

  it('of connections that ended without a word is forgotten before any other', () => {
    const ended = Array.from({ length: 24 }, (_, at) => new SaidBefore(`acc_${at}`, () => 0));
    for (const said of ended) said.keep('a', chars(1_000_000));
    const living = new SaidBefore('acc_living', () => 7_200_001);
    living.keep('a', chars(3_000_000));
    expect([living.find('a')?.length, ended.filter((said) => said.find('a')).length]).toEqual([3_000_000, 21]);
    for (const said of [...ended, living]) said.clear();
  });
});
