import { expect, it } from 'vitest';
import { pictureSides } from '../../../src/core/picture-sides';

const bytesOf = (...parts: (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from([
    ...parts.flatMap((part) => (typeof part === 'string' ? [...part].map((one) => one.charCodeAt(0)) : part)),
    ...Array(16).fill(0),
  ]);

const EXIF = [0xff, 0xe1, 0x01, 0x00, ...Array<number>(254).fill(0xff)];
/** 9000 by 700. */
const FRAME = [0x00, 0x11, 0x08, 0x02, 0xbc, 0x23, 0x28];

it.each<[string, Uint8Array]>([
  ['PNG', bytesOf([0x89], 'PNG\r\n', [0x1a, 0x0a, 0, 0, 0, 13], 'IHDR', [0, 0, 0x23, 0x28, 0, 0, 0x02, 0xbc])],
  ['GIF', bytesOf('GIF89a', [0x28, 0x23, 0xbc, 0x02])],
  ['JPEG', bytesOf([0xff, 0xd8], EXIF, [0xff, 0xff, 0xff, 0xc4, 0x00, 0x03, 0x00], [0xff, 0xc2], FRAME)],
  ['WebP with losses', bytesOf('RIFF', [0, 0, 0, 0], 'WEBPVP8 ', [0, 0, 0, 0, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x28, 0x23, 0xbc, 0x02])],
  ['WebP without', bytesOf('RIFF', [0, 0, 0, 0], 'WEBPVP8L', [0, 0, 0, 0, 0x2f, 0x27, 0xe3, 0xae, 0x00])],
  ['WebP with more', bytesOf('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0, 0, 0, 0, 0x27, 0x23, 0, 0xbb, 0x02, 0])],
])('a picture tells its size at its beginning: %s', (_kind, bytes) => {
  expect(pictureSides(bytes)).toEqual({ width: 9_000, height: 700 });
  for (let length = 0; length < bytes.length; length++) pictureSides(bytes.slice(0, length));
});

it.each<[string, Uint8Array]>([
  ['text', bytesOf('nothing of the kind, at some length')],
  ['a JPEG that breaks off', bytesOf([0xff, 0xd8], EXIF, [0xff, 0xe1, 0xff, 0xff])],
  ['a JPEG that is none', bytesOf([0xff, 0xd8], 'and then something else')],
  ['a RIFF of sound', bytesOf('RIFF', [0, 0, 0, 0], 'WAVEfmt ', Array<number>(20).fill(1))],
])('%s tells none', (_kind, bytes) => {
  expect(pictureSides(bytes)).toBeUndefined();
});
