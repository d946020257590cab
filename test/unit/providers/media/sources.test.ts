import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../../src/providers/media/sources';

const MEGABYTES = 8;
const PICTURE = new Uint8Array(MEGABYTES * 1_048_576).map((_, at) => (at * 7_919) % 251);

/** The fastest of several tries: a busy machine is slow now and then, but code that is too slow is slow each time. */
function fastestMs(act: () => unknown): number {
  const tries = Array.from({ length: 3 }, () => {
    const beganMs = Date.now();
    act();
    return Date.now() - beganMs;
  });
  return Math.min(...tries);
}

describe('base64', () => {
  it('comes back as it was, of either alphabet, with spaces or without padding', () => {
    const bytes = new Uint8Array([251, 255, 191, 1]);
    expect(toBase64(bytes)).toBe('+/+/AQ==');
    for (const text of ['+/+/AQ==', '-_-_AQ==', '-_-_AQ', '+/+/\nAQ = =']) expect(fromBase64(text)).toEqual(bytes);
    expect(fromBase64('')).toEqual(new Uint8Array());
    expect(fromBase64(toBase64(PICTURE))?.every((byte, at) => byte === PICTURE[at])).toBe(true);
  });

  it.each(['!!', 'YQ=', '====', 'YQ==YQ==', 'a', 'é', 'ab=c'])('is not %s', (text) => {
    expect(fromBase64(text)).toBeUndefined();
  });

  it('of a large picture does not block other calls for long', () => {
    const text = toBase64(PICTURE);
    expect(fastestMs(() => toBase64(PICTURE))).toBeLessThan(500);
    expect(fastestMs(() => fromBase64(text))).toBeLessThan(500);
  });
});
