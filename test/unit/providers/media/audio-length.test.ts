// How long recordings are, by containers made up here byte by byte.
import { describe, expect, it } from 'vitest';
import { audioSeconds } from '../../../../src/providers/media/audio-length';
import { makeWav } from '../../../../src/providers/sandbox/media/wav';

const u16 = (value: number) => [value >> 8, value & 0xff];
const u32 = (value: number) => [...u16(Math.floor(value / 65_536)), ...u16(value % 65_536)];
const bytesOf = (...parts: (string | number[] | Uint8Array)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : [...part])));

const box = (name: string, body: Uint8Array) => bytesOf(u32(body.length + 8), name, body);

function mp4(seconds: number): Uint8Array {
  const times = [...u32(0), ...u32(0), ...u32(1_000), ...u32(seconds * 1_000)];
  const movie = box('moov', box('mvhd', bytesOf(u32(0), times, new Uint8Array(80))));
  return bytesOf(box('ftyp', bytesOf('M4A ', u32(0))), box('mdat', new Uint8Array(5_000)), movie);
}

function page(granule: number, body: Uint8Array): Uint8Array {
  const position = [...u32(granule)].reverse();
  return bytesOf('OggS', [0, 0], position, [0, 0, 0, 0], new Uint8Array(12), [1, body.length], body);
}

const flac = (seconds: number) => {
  const samples = seconds * 44_100;
  // 20 bits of the rate, 3 of channels, 5 of the sample's width, 36 of how many there are.
  return bytesOf(
    'fLaC',
    [0x80, 0, 0, 34],
    new Uint8Array(10),
    u32((44_100 << 12) | (0b001 << 9) | (15 << 4)),
    u32(samples),
    new Uint8Array(99),
  );
};

/** 128 kbit/s of 44.1 kHz: 417 bytes and 1,152 samples a frame. */
const mp3 = (frames: number) => bytesOf(...Array.from({ length: frames }, () => bytesOf([0xff, 0xfb, 0x90, 0], new Uint8Array(413))));
/** 200 bytes and 1,024 samples a frame, of 44.1 kHz. */
const adts = (frames: number) =>
  bytesOf(...Array.from({ length: frames }, () => bytesOf([0xff, 0xf1, 0x50, 0x80, 200 >> 3, (200 & 7) << 5, 0], new Uint8Array(193))));

describe('a recording', () => {
  it.each([
    ['a WAV', makeWav(12, 1), 12],
    ['a WAV that says nothing of its size', makeWav(12, 1).fill(0xff, 40, 44), 12],
    ['a FLAC', flac(90), 90],
    ['an M4A whose header comes last', mp4(95), 95],
    ['an Ogg of Opus', bytesOf(page(0, bytesOf('OpusHead', new Uint8Array(11))), page(48_000 * 77, new Uint8Array(200))), 77],
    [
      'an Ogg of Vorbis',
      bytesOf(
        page(0, bytesOf([1], 'vorbis', new Uint8Array(5), [0x44, 0xac, 0, 0], new Uint8Array(14))),
        page(44_100 * 9, new Uint8Array(99)),
      ),
      9,
    ],
    ['an MP3', mp3(1_000), (1_000 * 1_152) / 44_100],
    ['an MP3 behind a tag', bytesOf('ID3', [4, 0, 0, 0, 0, 1, 0], new Uint8Array(128), mp3(1_000)), (1_000 * 1_152) / 44_100],
    ['an AAC', adts(500), (500 * 1_024) / 44_100],
  ])('%s is as long as it says', (_what, bytes, seconds) => {
    expect(audioSeconds(bytes)).toBeCloseTo(seconds, 1);
  });

  it.each([
    ['a container that is not known', bytesOf([0x1a, 0x45, 0xdf, 0xa3], new Uint8Array(79_996))],
    ['something with a frame in it by chance', bytesOf(new Uint8Array(70_000), mp3(1), new Uint8Array(80_000 - 70_417))],
    ['an M4A that says nothing', bytesOf(mp4(0), new Uint8Array(80_000 - mp4(0).length))],
    ['a tag that is longer than the file', bytesOf('ID3', [4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f], new Uint8Array(79_990))],
  ])('is taken to be as long as it is large: %s', (_what, bytes) => {
    expect(audioSeconds(bytes)).toBe(10);
  });

  it('of any beginning and any end is of some length', () => {
    for (const whole of [makeWav(1, 1), flac(3), mp4(3), mp3(3), adts(3)])
      for (let length = 0; length < Math.min(whole.length, 300); length++) {
        expect(audioSeconds(whole.subarray(0, length))).toBeGreaterThanOrEqual(0);
        expect(audioSeconds(whole.subarray(whole.length - length))).toBeGreaterThanOrEqual(0);
      }
  });
});
