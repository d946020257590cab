import { describe, expect, it } from 'vitest';
import { hasTooManyValues } from '../../../src/core/json-size';

const MB = 1_048_576;
const filled = (unit: string, chars: number): string => unit.repeat(Math.ceil(chars / unit.length));

/** Counts the characters that `look` reads one by one: a measure of its work that does not depend on how busy the machine is. */
function counted(look: () => boolean): { found: boolean; charsRead: number } {
  let charsRead = 0;
  const { charCodeAt } = String.prototype;
  // Not a spy, which would remember each of a million calls.
  String.prototype.charCodeAt = function (at) {
    charsRead++;
    return charCodeAt.call(this, at);
  };
  try {
    const found = look();
    return { found, charsRead };
  } finally {
    String.prototype.charCodeAt = charCodeAt;
  }
}

describe('a JSON text', () => {
  it.each(['{},', '[', '1,', '"a":{},', '"",'])('that would become too many values is told by a look: %s', (unit) => {
    const text = filled(unit, 32 * MB);
    const { found, charsRead } = counted(() => hasTooManyValues(text));
    expect(found).toBe(true);
    expect(charsRead).toBeGreaterThan(0);
    expect(charsRead).toBeLessThan(text.length / 16);
  });

  it('may have any length of strings, whatever they look like', () => {
    const text = JSON.stringify({ messages: [{ role: 'user', content: filled('{"a":[1,2],},"\\', 8 * MB) }] });
    expect(hasTooManyValues(text)).toBe(false);
  });

  it('may have as many numbers as embeddings take tokens', () => {
    expect(hasTooManyValues(JSON.stringify({ input: Array.from({ length: 300_000 }, () => 12_345) }))).toBe(false);
  });
});
