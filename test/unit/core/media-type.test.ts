import { describe, expect, it } from 'vitest';
import { extensionOf, fileType, isInert, sniffType } from '../../../src/core/media-type';

/** A box of the ISO base media file format, which pictures, audio and video share. */
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

describe('the type of a file', () => {
  const webm = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3);
  it.each([
    ['sound of a browser', webm, ['audio/webm;codecs=opus'], 'audio/webm'],
    ['sound of another browser', ofBrand('iso5'), ['audio/mp4'], 'audio/mp4'],
    ['a film', webm, ['video/webm'], 'video/webm'],
    ['a film of which nothing is said', webm, [undefined, null], 'video/webm'],
    ['a film that is called something else', webm, ['audio/mpeg'], 'video/webm'],
    ['a picture that is called something else', ofBrand('heic'), ['image/jpeg'], 'image/heic'],
    ['frames of AAC', Uint8Array.of(0xff, 0xf1), [undefined], 'audio/aac'],
    ['frames of MP3', Uint8Array.of(0xff, 0xfb), [undefined], 'audio/mpeg'],
    ['what tells nothing', Uint8Array.of(1, 2), ['application/octet-stream', 'text/csv'], 'text/csv'],
    ['what nobody knows', Uint8Array.of(1, 2), ['', undefined], 'application/octet-stream'],
  ])('is told of %s', (_what, head, declared, type) => {
    expect(fileType(head, ...declared)).toBe(type);
  });
});
