import { afterEach, describe, expect, it, vi } from 'vitest';
import { readText } from '../../../src/core/read-bounded';
import { readSome } from '../../../src/gateway/read-some';

afterEach(() => {
  vi.useRealTimers();
});

const saying = (text: string, end?: (body: ReadableStreamDefaultController) => void): Response =>
  new Response(
    new ReadableStream({
      start(body) {
        body.enqueue(new TextEncoder().encode(text));
        end?.(body);
      },
    }),
  );

describe('the words of a refusal', () => {
  it('are read as far as they come within some seconds, though a call may take minutes', async () => {
    vi.useFakeTimers();
    const reading = readSome(saying('Over'), 100, 600_000);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await Promise.race([reading, Promise.resolve('still waiting')])).toBe('Over');
  });

  it('are read up to a bound, and as far as they came where they broke off', async () => {
    expect(await readSome(saying('Overloaded'), 4, 1_000)).toBe('Over');
    expect(
      await readSome(
        saying('Over', (body) => setTimeout(() => body.error(new Error('lost')), 1)),
        100,
        1_000,
      ),
    ).toBe('Over');
  });
});

describe('an answer in one piece', () => {
  const endless = (headers: Record<string, string> = {}) => {
    const read = { pieces: 0 };
    const pull = (body: ReadableStreamDefaultController<Uint8Array>) => {
      if (++read.pieces > 1_000) body.close();
      else body.enqueue(new TextEncoder().encode('aß€'));
    };
    return { read, response: new Response(new ReadableStream({ pull }), { headers }) };
  };

  it('is read whole, whatever its characters are cut into', async () => {
    const text = 'aß€'.repeat(10);
    const pieces = [...new TextEncoder().encode(text)].map((byte) => Uint8Array.of(byte));
    const start = (body: ReadableStreamDefaultController<Uint8Array>) => {
      for (const piece of pieces) body.enqueue(piece);
      body.close();
    };
    expect(await readText(new Response(new ReadableStream({ start })))).toBe(text);
    expect(await readText(new Response(null))).toBe('');
  });

  it('is given up where there is too much of it, whatever length it announces', async () => {
    for (const headers of [{}, { 'content-length': '6' }, { 'content-length': '9000' }] as Record<string, string>[]) {
      const { read, response } = endless(headers);
      expect(await readText(response, 60)).toBeUndefined();
      expect(read.pieces).toBeLessThan(20);
    }
  });
});
