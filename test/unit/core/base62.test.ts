import { describe, expect, it } from 'vitest';
import { base62Length, fromBase62, toBase62 } from '../../../src/core/base62';
import { Random } from './random';

const LENGTHS = [1, 4, 9, 12, 20, 43];

describe('base62', () => {
  it.each(LENGTHS)('gives back any %d bytes, from as many digits each time', (count) => {
    const random = new Random(count);
    const samples = [new Uint8Array(count), new Uint8Array(count).fill(255), ...Array.from({ length: 200 }, () => random.bytes(count))];
    for (const bytes of samples) {
      const digits = toBase62(bytes);
      expect(digits).toMatch(/^[0-9A-Za-z]+$/);
      expect(digits).toHaveLength(base62Length(count));
      expect(fromBase62(digits, count)).toEqual(bytes);
    }
  });

  it('has enough digits for every value, and not one too many', () => {
    for (let count = 1; count <= 64; count++) {
      expect(62n ** BigInt(base62Length(count)) >= 256n ** BigInt(count), `${count} bytes`).toBe(true);
      expect(62n ** BigInt(base62Length(count) - 1) < 256n ** BigInt(count), `${count} bytes`).toBe(true);
    }
  });

  it('keeps the order of the bytes', () => {
    expect(toBase62(Uint8Array.of(0))).toBe('00');
    expect(toBase62(Uint8Array.of(61))).toBe('0z');
    expect(toBase62(Uint8Array.of(62))).toBe('10');
    expect(toBase62(Uint8Array.of(255))).toBe('47');
  });

  it.each(LENGTHS)('refuses a value too large for %d bytes', (count) => {
    expect(fromBase62('z'.repeat(base62Length(count)), count)).toBeUndefined();
  });

  it.each(['', '4', '047', '4_', '4-', '4 ', ' 4', '4é', '4\u0000', '４7', '4\n'])('refuses %j for one byte', (digits) => {
    expect(fromBase62(digits, 1)).toBeUndefined();
  });

  it('refuses a foreign character wherever it stands', () => {
    const digits = toBase62(new Uint8Array(12).fill(7));
    for (let at = 0; at < digits.length; at++) {
      expect(fromBase62(`${digits.slice(0, at)}+${digits.slice(at + 1)}`, 12)).toBeUndefined();
    }
  });
});
