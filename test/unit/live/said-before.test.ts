import { describe, expect, it } from 'vitest';
import { SaidBefore } from '../../../src/live/said-before';

const chars = (count: number): string => 'x'.repeat(count);

describe('what was said before', () => {
  it('is found by the latest answers alone', () => {
    const said = new SaidBefore();
    for (let at = 0; at < 6; at++) said.keep(`resp_${at}`, String(at));
    expect([0, 1, 2, 3, 4, 5].map((at) => said.find(`resp_${at}`))).toEqual([undefined, undefined, '2', '3', '4', '5']);
    said.keep('resp_5', 'again');
    expect([said.find('resp_2'), said.find('resp_5')]).toEqual(['2', 'again']);
    said.clear();
  });

  it('makes room by forgetting the oldest, and leaves out what is too long by itself', () => {
    const said = new SaidBefore();
    said.keep('a', chars(1_500_000));
    said.keep('b', chars(2_500_000));
    said.keep('c', 'short');
    expect([said.find('a'), said.find('b')?.length, said.find('c')]).toEqual([undefined, 2_500_000, 'short']);
    said.keep('d', chars(4_000_001));
    expect(said.find('d')).toBeUndefined();
    said.clear();
  });

  it('of all connections together has a bound, and is given back when one ends', () => {
    const connections = Array.from({ length: 7 }, () => new SaidBefore());
    for (const said of connections) said.keep('a', chars(4_000_000));
    expect(connections.map((said) => said.find('a') !== undefined)).toEqual([true, true, true, true, true, true, false]);
    connections[0]!.clear();
    connections[6]!.keep('a', chars(4_000_000));
    expect(connections[6]!.find('a')).toBeDefined();
    for (const said of connections) said.clear();
  });
});
