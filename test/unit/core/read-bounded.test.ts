import { describe, expect, it } from 'vitest';
import { readBounded, readText } from '../../../src/core/read-bounded';

/** A body in these pieces; `ending` tells whether it was read to its end or canceled. */
function bodyOf(...pieces: string[]) {
  const [left, seen] = [[...pieces], { ending: 'open' }];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = left.shift();
        if (piece !== undefined) return controller.enqueue(new TextEncoder().encode(piece));
        seen.ending = 'read';
        controller.close();
      },
      cancel() {
        seen.ending = 'canceled';
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

describe('a body in one piece', () => {
  it('has all its pieces in order, up to the last byte that is allowed', async () => {
    expect(new TextDecoder().decode(await readBounded(bodyOf('abc', 'de', 'f').body, 6))).toBe('abcdef');
    expect(await readBounded(null, 6)).toEqual(new Uint8Array());
  });

  it('is none as soon as one byte is too much, and the rest is canceled unless somebody else reads it', async () => {
    const tooLong = bodyOf('abc', 'def', 'ghi');
    expect(await readBounded(tooLong.body, 5)).toBeUndefined();
    expect(tooLong.seen.ending).toBe('canceled');
    const leftOpen = bodyOf('abc', 'def', 'ghi');
    expect(await readBounded(leftOpen.body, 5, { preventCancel: true })).toBeUndefined();
    expect(new TextDecoder().decode((await leftOpen.body.getReader().read()).value)).toBe('ghi');
  });
});

describe('the text of an answer', () => {
  it('is read up to the last byte that is allowed, also where a letter is cut in two', async () => {
    expect(await readText(new Response(bodyOf('abc', 'def').body), 6)).toBe('abcdef');
    const [first, second] = [Uint8Array.of(0xc3), Uint8Array.of(0xa9)];
    const cut = new ReadableStream({
      start(controller) {
        for (const piece of [first, second]) controller.enqueue(piece);
        controller.close();
      },
    });
    expect(await readText(new Response(cut), 6)).toBe('\u00e9');
    expect(await readText(new Response(Uint8Array.of(97, 0xc3)), 6)).toBe('a\ufffd');
    expect(await readText(new Response(null), 6)).toBe('');
  });

  it('is none where it is announced as too long, or proves so', async () => {
    const announced = bodyOf('abc', 'def', 'ghi');
    expect(await readText(new Response(announced.body, { headers: { 'content-length': '9' } }), 8)).toBeUndefined();
    expect(announced.seen.ending).toBe('canceled');
    const unannounced = bodyOf('abc', 'def', 'ghi');
    expect(await readText(new Response(unannounced.body), 5)).toBeUndefined();
    expect(unannounced.seen.ending).toBe('canceled');
  });

  it('is as long as announced, unless it was compressed', async () => {
    expect(await readText(new Response('abcdef', { headers: { 'content-length': '6' } }), 6)).toBe('abcdef');
    const headers = { 'content-length': '2', 'content-encoding': 'gzip' };
    expect(await readText(new Response(bodyOf('abc', 'def').body, { headers }), 5)).toBeUndefined();
  });
});
