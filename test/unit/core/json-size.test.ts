import { describe, expect, it } from 'vitest';
import { hasTooManyValues } from '../../../src/core/json-size';

const MB = 1_048_576;
const filled = (unit: string, chars: number): string => unit.repeat(Math.ceil(chars / unit.length));

describe('a JSON text', () => {
  it.each(['{},', '[', '1,', '"a":{},', '"",'])('that would become too many values is told by a look: %s', (unit) => {
    const text = filled(unit, 32 * MB);
    const startedMs = performance.now();
    expect(hasTooManyValues(text)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(200);
  });

  it('may have any length of strings, whatever they look like', () => {
    const text = JSON.stringify({ messages: [{ role: 'user', content: filled('{"a":[1,2],},"\\', 8 * MB) }] });
    expect(hasTooManyValues(text)).toBe(false);
  });

  it('may have as many numbers as embeddings take tokens', () => {
    expect(hasTooManyValues(JSON.stringify({ input: Array.from({ length: 300_000 }, () => 12_345) }))).toBe(false);
  });
});
