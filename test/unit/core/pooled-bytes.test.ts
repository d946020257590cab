import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Module from '../../../src/core/pooled-bytes';
import { PooledBytes } from '../../../src/core/pooled-bytes';
import { pooled } from './pooled';

const LENGTH = 50_000;
const streamed = (bytes: Uint8Array): ReadableStream<Uint8Array> => new Response(bytes).body!;
const filled = (byte: number): Uint8Array => new Uint8Array(LENGTH).fill(byte);

afterEach(() => void vi.unstubAllGlobals());

describe('pooled bytes', () => {
  it('are for what is large, and not for what is larger than any place', () => {
    expect([0, 1_000, LENGTH, 1_048_576, 1_048_577].map(PooledBytes.isWorthwhile)).toEqual([false, false, true, true, false]);
  });

  it('are what was read, to the byte, in whatever memory they come to lie', async () => {
    for (const byte of [1, 2, 3]) {
      const read = (await PooledBytes.read(streamed(filled(byte)), LENGTH))!;
      expect(read.bytes).toEqual(filled(byte));
      read.free();
    }
  });

  it('lie where those that were freed lay, and nowhere near those that were not', async () => {
    const kept = (await PooledBytes.read(streamed(filled(1)), LENGTH))!;
    const freed = (await PooledBytes.read(streamed(filled(2)), LENGTH))!;
    freed.free();
    freed.free();
    const [third, fourth] = [pooled('c'.repeat(LENGTH), LENGTH)!, pooled('d'.repeat(LENGTH), LENGTH)!];
    expect([kept.bytes[0], third.bytes[0], fourth.bytes[0]]).toEqual([1, 99, 100]);
    expect(() => freed.bytes).toThrow('were freed');
  });

  it('are copied when they are sent, so that they can be freed before they have arrived', async () => {
    const sent = pooled('a'.repeat(LENGTH), LENGTH)!;
    const request = new Request('https://upstream.test', { method: 'POST', body: sent.bytes });
    sent.bytes.fill(98);
    expect(await request.text()).toBe('a'.repeat(LENGTH));
  });

  it.each([
    ['again', true],
    ['never again, where a request would not copy them and they might still be on their way', false],
  ])('lie in memory that is used %s', async (_, copies) => {
    // It asks once.
    const fresh = ((await import(/* @vite-ignore */ `../../../src/core/pooled-bytes.ts?copies=${copies}`)) as typeof Module).PooledBytes;
    if (!copies)
      vi.stubGlobal(
        'Request',
        class {
          constructor(
            _url: string,
            readonly init: { body: Uint8Array },
          ) {}
          arrayBuffer = async () => this.init.body.buffer;
        },
      );
    const read = (await fresh.read(streamed(filled(1)), LENGTH))!;
    const { buffer } = read.bytes;
    read.free();
    expect(fresh.filled(LENGTH, () => LENGTH)!.bytes.buffer === buffer).toBe(copies);
  });

  it('are none where a body ends before its time, or a text needs more room', async () => {
    expect(await PooledBytes.read(streamed(filled(1)), LENGTH + 1)).toBeUndefined();
    expect(pooled('é'.repeat(40_000), 65_536)).toBeUndefined();
    expect(new TextDecoder().decode(pooled('é'.repeat(30_000), 65_536)!.bytes)).toBe('é'.repeat(30_000));
  });
});
