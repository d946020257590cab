import { afterEach, describe, expect, it, vi } from 'vitest';
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
