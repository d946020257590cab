// The lengths of recordings, in containers that are built here byte by byte.
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

/** Its boxes and its head with sizes of 64 bits, as of a file that may grow large. */
function longMp4(seconds: number): Uint8Array {
  const longBox = (name: string, body: Uint8Array) => bytesOf(u32(1), name, u32(0), u32(body.length + 16), body);
  const times = [...new Uint8Array(16), ...u32(1_000), ...u32(0), ...u32(seconds * 1_000)];
  const movie = longBox('moov', longBox('mvhd', bytesOf([1, 0, 0, 0], times, new Uint8Array(80))));
  return bytesOf(box('ftyp', bytesOf('M4A ', u32(0))), longBox('mdat', new Uint8Array(5_000)), movie);
}

function page(granule: number, body: Uint8Array): Uint8Array {
  const position = [...u32(granule)].reverse();
  return bytesOf('OggS', [0, 0], position, [0, 0, 0, 0], new Uint8Array(12), [1, body.length], body);
}

/** Packets after the given head, twenty to a page, whose pages claim the given number of samples. */
function ogg(head: Uint8Array, packets: number, packet: number[], granule: number): Uint8Array {
  const body = bytesOf(packet, new Uint8Array(20 - packet.length));
  const pageOf = (flags: number, sizes: number[], bytes: Uint8Array) =>
    bytesOf('OggS', [0, flags], [...u32(granule)].reverse(), new Uint8Array(16), [sizes.length], sizes, bytes);
  const many = pageOf(0, Array<number>(20).fill(20), bytesOf(...Array<Uint8Array>(20).fill(body)));
  return bytesOf(pageOf(2, [head.length], head), ...Array<Uint8Array>(packets / 20 || 1).fill(many));
}

/** Wideband: 320 samples a frame at 16 kHz; the frame size in its header is wrong. */
function speexHead(): Uint8Array {
  const head = bytesOf('Speex   ', new Uint8Array(72));
  const view = new DataView(head.buffer);
  for (const [at, value] of [
    [36, 16_000],
    [40, 1],
    [56, 1],
    [64, 1],
  ] as const)
    view.setUint32(at, value, true);
  return head;
}

/** An AAC track at 44.1 kHz with its table of samples. */
function track(seconds: number, { toldHz = 44_100 } = {}): Uint8Array {
  const settings = bytesOf([0x03, 0x19, 0, 1, 0, 0x04, 0x11, 0x40, 0x15], new Uint8Array(11), [0x05, 2, 0x12, 0x10]);
  const entry = bytesOf(
    new Uint8Array(6),
    [0, 1],
    new Uint8Array(8),
    u16(2),
    u16(16),
    u32(0),
    u32(toldHz * 65_536),
    box('esds', bytesOf(u32(0), settings)),
  );
  const stsz = box('stsz', bytesOf(u32(0), u32(0), u32(Math.round((seconds * 44_100) / 1_024))));
  const table = box('stbl', bytesOf(box('stsd', bytesOf(u32(0), u32(1), box('mp4a', entry))), stsz));
  const handler = box('hdlr', bytesOf(u32(0), u32(0), 'soun', new Uint8Array(12)));
  return box(
    'trak',
    bytesOf(box('tkhd', bytesOf(u32(0), u32(0), u32(0), u32(7), u32(0))), box('mdia', bytesOf(handler, box('minf', table)))),
  );
}

const piece = (seconds: number) =>
  box(
    'moof',
    box('traf', bytesOf(box('tfhd', bytesOf(u32(0), u32(7))), box('trun', bytesOf(u32(0), u32(Math.round((seconds * 44_100) / 1_024)))))),
  );

/** Blocks of 20 ms of Opus, all with the first one's timestamp. */
function webm(blocks: number, { duration, codec = 'A_OPUS', hz }: { duration?: number; codec?: string; hz?: number } = {}): Uint8Array {
  const element = (id: number[], body: Uint8Array) => bytesOf(id, [0x10, ...u32(body.length).slice(1)], body);
  const told =
    duration === undefined ? new Uint8Array() : element([0x44, 0x89], new Uint8Array(new Float32Array([duration]).buffer).reverse());
  const rate = element([0xb5], new Uint8Array(new Float32Array([hz ?? 0]).buffer).reverse());
  const sound = hz === undefined ? new Uint8Array() : element([0xe1], rate);
  const tracks = element(
    [0x16, 0x54, 0xae, 0x6b],
    element([0xae], bytesOf(element([0xd7], bytesOf([1])), element([0x86], bytesOf(codec)), sound)),
  );
  const block = element([0xa3], bytesOf([0x81, 0, 0, 0x80, 0x48], new Uint8Array(19)));
  const unknown = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const cluster = bytesOf([0x1f, 0x43, 0xb6, 0x75], unknown, element([0xe7], bytesOf([0])), ...Array<Uint8Array>(blocks).fill(block));
  const head = element([0x1a, 0x45, 0xdf, 0xa3], bytesOf(element([0x42, 0x82], bytesOf('webm'))));
  return bytesOf(head, [0x18, 0x53, 0x80, 0x67], unknown, element([0x15, 0x49, 0xa9, 0x66], told), tracks, cluster);
}

/** Frames at 44.1 kHz with valid headers and nothing after them. */
const flacFrames = (count: number, samples: number): Uint8Array =>
  bytesOf(...Array<Uint8Array>(count).fill(flacFrame(samples, { rate: 9, number: [0], told: [] })));

function flacFrame(samples: number, { rate, number, told }: { rate: number; number: number[]; told: number[] }): Uint8Array {
  const head = [0xff, 0xf8, ((Math.log2(samples / 256) + 8) << 4) | rate, 0x10, ...number, ...told];
  let crc = 0;
  for (const byte of head) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 7) & 0xff : crc << 1;
  }
  return bytesOf(head, [crc], new Uint8Array(50));
}

const flac = (seconds: number, hz = 44_100) => {
  const samples = seconds * 44_100;
  // 20 bits of sample rate, 3 of channels, 5 of sample width, 36 of the number of samples.
  return bytesOf(
    'fLaC',
    [0x80, 0, 0, 34],
    new Uint8Array(10),
    u32((hz << 12) | (0b001 << 9) | (15 << 4)),
    u32(samples),
    new Uint8Array(99),
  );
};

/** A minute whose head tells of a second. */
const flacOf = (frame: Parameters<typeof flacFrame>[1]): Uint8Array =>
  bytesOf(flac(1, 655_350), ...Array<Uint8Array>(646).fill(flacFrame(4_096, frame)));

/** 128 kbit/s at 44.1 kHz: 417 bytes and 1,152 samples a frame. */
const mp3 = (frames: number) => bytesOf(...Array.from({ length: frames }, () => bytesOf([0xff, 0xfb, 0x90, 0], new Uint8Array(413))));
/** 200 bytes and 1,024 samples a frame, at 44.1 kHz. */
const adts = (frames: number) =>
  bytesOf(...Array.from({ length: frames }, () => bytesOf([0xff, 0xf1, 0x50, 0x80, 200 >> 3, (200 & 7) << 5, 0], new Uint8Array(193))));

/** Telephone sound, whose head tells of too many bytes a second. */
const phone = (format: number, seconds: number, bytesASecond: number) =>
  bytesOf(
    'RIFF',
    u32(0),
    'WAVEfmt ',
    [16, 0, 0, 0, format, 0, 2, 0, 0x80, 0x3e, 0, 0, 0xff, 0xff, 0xff, 0, 1, 0, 8, 0],
    'data',
    u32(0),
    new Uint8Array(seconds * bytesASecond),
  );

const opus = (first: number, packets: number, second: number[] = []) =>
  ogg(bytesOf('OpusHead', new Uint8Array(11)), packets, [first, ...second], 1);
const oggFlacHead = bytesOf(
  [0x7f],
  'FLAC',
  [1, 0, 0, 1],
  'fLaC',
  [0x80, 0, 0, 34],
  new Uint8Array(10),
  u32(44_100 * 4_096),
  new Uint8Array(20),
);

describe('a recording', () => {
  it.each([
    ['a WAV', makeWav(12, 1), 12],
    ['a WAV that says nothing of its size', makeWav(12, 1).fill(0xff, 40, 44), 12],
    ['a FLAC', flac(90), 90],
    ['an M4A whose header comes last', mp4(95), 95],
    ['a film, whose pictures are no sound', bytesOf(mp4(5), box('mdat', new Uint8Array(80_000))), 5],
    ['an M4A with sizes as of a large file', longMp4(95), 95],
    ['a WAV of G.711', phone(7, 9, 32_000), 9],
    ['a WAV of ADPCM', phone(0x11, 9, 16_000), 9],
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

  const HOUR = 3_600;
  const second = box('mvhd', bytesOf(u32(0), u32(0), u32(0), u32(1_000), u32(1_000), new Uint8Array(80)));
  const wav = makeWav(60, 1);
  const wavOf = (change: (bytes: Uint8Array) => void) => {
    const bytes = wav.slice();
    change(bytes);
    return bytes;
  };
  it.each([
    ['a WAV whose sound is said to be short', wavOf((bytes) => bytes.set([100, 0, 0, 0], 40)), 60],
    ['a WAV whose blocks are said to be large', wavOf((bytes) => bytes.set([0xf0, 0xff], 32)), 60],
    [
      'a WAV with a second head',
      bytesOf(wav.slice(0, 36), 'fmt ', [16, 0, 0, 0], wav.slice(20, 28), [255, 255, 255, 1], wav.slice(32)),
      60,
    ],
    [
      'a WAV of a codec that is said to be fast',
      wavOf((bytes) => bytes.set([0x31, 0, 1, 0, 0x80, 0x3e, 0, 0, 0xff, 0xff, 0xff, 0xff], 20)),
      wav.length / 8_000,
    ],
    ['a FLAC whose head tells of a second', bytesOf(flac(1), flacFrames(646, 4_096)), 60],
    ['a FLAC whose head tells of another rate', bytesOf(flac(1, 655_350), flacFrames(646, 4_096)), 60],
    ['an Ogg of Opus whose pages stand still', ogg(bytesOf('OpusHead', new Uint8Array(11)), 3_000, [0x48], 1), 60],
    ['an Ogg of Opus with several frames a packet', ogg(bytesOf('OpusHead', new Uint8Array(11)), 1_000, [0x4b, 3], 1), 60],
    ['an Ogg of Opus of speech and music', opus(13 << 3, 3_000), 60],
    ['an Ogg of Opus in its shortest frames', opus(28 << 3, 2_000), 5],
    ['an Ogg that begins twice', bytesOf(opus(0x48, 1_000), opus(0x48, 2_000)), 60],
    ['an Ogg of FLAC whose pages stand still', ogg(oggFlacHead, 640, [...flacFrames(1, 4_096).slice(0, 6)], 1), 59.4],
    ['a FLAC whose frames tell of their rate in kHz', flacOf({ rate: 12, number: [0xc2, 0x80], told: [44] }), 60],
    ['a FLAC whose frames tell of their rate in Hz', flacOf({ rate: 13, number: [0], told: u16(44_100) }), 60],
    ['a FLAC whose frames tell of their rate in tens', flacOf({ rate: 14, number: [0xe1, 0x80, 0x80], told: u16(4_410) }), 60],
    ['a WebM of AAC', webm(3_000, { codec: 'A_AAC', hz: 48_000 }), 64],
    ['an Ogg of Speex whose pages stand still', ogg(speexHead(), 3_000, [0x1d], 1), 60],
    [
      'an Ogg behind something else',
      bytesOf('junk', new Uint8Array(90), ogg(bytesOf('OpusHead', new Uint8Array(11)), 3_000, [0x48], 1)),
      60,
    ],
    ['an M4A whose head tells of a second', bytesOf(box('ftyp', bytesOf('M4A ')), box('moov', bytesOf(second, track(HOUR)))), HOUR],
    [
      'one whose container tells of a high rate',
      bytesOf(box('ftyp', bytesOf('M4A ')), box('moov', bytesOf(second, track(HOUR, { toldHz: 65_535 })))),
      HOUR,
    ],
    ['one in pieces', bytesOf(box('moov', bytesOf(second, track(0))), ...Array.from({ length: 60 }, () => piece(60))), HOUR],
    ['one with two heads', bytesOf(box('moov', bytesOf(second)), mp4(HOUR)), HOUR],
    ['an MP3 with as much of something else', bytesOf(mp3(1_000), new Uint8Array(450_000)), (417_000 + 450_000) / 8_000],
    ['an MP3 that looks like an M4A', bytesOf('ID3', [4], 'moov', [0, 0x7f], second, mp3(1_000)), (1_000 * 1_152) / 44_100],
    ['an MP3 whose tag is longer than it', bytesOf('ID3', [4, 0, 0, 0x7f, 0x7f, 0x7f, 0x7f], mp3(1_000)), (1_000 * 1_152) / 44_100],
    ['an MP2', bytesOf(...Array.from({ length: 100 }, () => bytesOf([0xff, 0xfd, 0x14, 0], new Uint8Array(92)))), 2.4],
    ['a WebM whose head tells of a second', webm(3_000, { duration: 1_000 }), 60],
    [
      'one that does not know its length',
      bytesOf(
        box('moov', bytesOf(box('mvhd', bytesOf(u32(0), u32(0), u32(0), u32(1_000), u32(2 ** 32 - 1), new Uint8Array(80))), track(HOUR))),
      ),
      HOUR,
    ],
    ['a WebM that tells nothing', webm(3_000), 60],
  ])('%s is as long as the sound in it', (_what, bytes, seconds) => {
    expect(audioSeconds(bytes)).toBeGreaterThan(seconds * 0.97);
    expect(audioSeconds(bytes)).toBeLessThan(seconds * 1.2);
  });

  it.each([
    ['boxes', Array<Uint8Array>(400_000).fill(bytesOf(u32(8), 'moov'))],
    ['boxes in boxes', Array.from({ length: 100_000 }, (_, index) => bytesOf(u32((100_000 - index) * 8), 'moov'))],
  ])('that is made of %s is read to its end all the same', (_what, boxes) => {
    const bytes = new Uint8Array(boxes.length * 8);
    for (const [index, one] of boxes.entries()) bytes.set(one, index * 8);
    expect(audioSeconds(bytes)).toBe(bytes.length / 8_000);
  });

  it('of any beginning and any end is of some length', () => {
    for (const whole of [
      makeWav(1, 1),
      flac(3),
      mp4(3),
      mp3(3),
      adts(3),
      webm(9),
      ogg(speexHead(), 20, [1], 1),
      bytesOf(box('moov', track(3))),
    ])
      for (let length = 0; length < Math.min(whole.length, 300); length++) {
        expect(audioSeconds(whole.subarray(0, length))).toBeGreaterThanOrEqual(0);
        expect(audioSeconds(whole.subarray(whole.length - length))).toBeGreaterThanOrEqual(0);
      }
  });
});
