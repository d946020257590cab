import { describe, expect, it } from 'vitest';
import { extensionOf, isInert, sniffType } from '../../../src/core/media-type';

/** A box of the ISO base media file format, which pictures, sound and films have in common. */
const ofBrand = (brand: string): Uint8Array => new TextEncoder().encode(`\0\0\0\x1cftyp${brand}\0\0\0\0`);

describe('the type of a file in boxes', () => {
  it.each([
    ['avif', 'image/avif', 'avif'],
    ['avis', 'image/avif', 'avif'],
    ['heic', 'image/heic', 'heic'],
    ['heix', 'image/heic', 'heic'],
    ['mif1', 'image/heif', 'heif'],
    ['M4A ', 'audio/mp4', 'm4a'],
    ['M4B ', 'audio/mp4', 'm4a'],
    ['qt  ', 'video/quicktime', 'mov'],
    ['isom', 'video/mp4', 'mp4'],
  ])('of the brand %s is %s', (brand, type, extension) => {
    expect(sniffType(ofBrand(brand))).toBe(type);
    expect([extensionOf(type), isInert(type)]).toEqual([extension, true]);
  });
});
