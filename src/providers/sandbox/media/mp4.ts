/** The film in an MP4 file, by ISO/IEC 14496-12 and -15; what a player needs comes first. */
import { ascii, bigEndian, concat } from './bytes';
import { type Color, type Frame, keyFrame, pictureParameters, repeatedFrame, sequenceParameters } from './h264';

const FRAMES_A_SECOND = 4;
const MACROBLOCK = 16;
/** 1.0, as 16.16 and 8.8 fixed point. */
const ONE = 0x10000;
const HALF_ONE = 0x100;
const UNITY = [ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000];
const UNDETERMINED = 0x55c4;
const ALL_FLAGS = 3;
const SELF_CONTAINED = 1;

const u32 = (...values: number[]): Uint8Array => concat(values.map((value) => bigEndian(value, 4)));
const u16 = (...values: number[]): Uint8Array => concat(values.map((value) => bigEndian(value, 2)));

const box = (type: string, ...parts: Uint8Array[]): Uint8Array => {
  const body = concat(parts);
  return concat([u32(body.byteLength + 8), ascii(type), body]);
};

/** With a version of 0 and flags. */
const fullBox = (type: string, flags: number, ...parts: Uint8Array[]): Uint8Array => box(type, u32(flags), ...parts);

/** Frame sizes of about the ratio; 16:9 unless it says otherwise. */
function frameFor(aspectRatio: string | undefined): Frame {
  const [width = 16, height = 9] =
    /^(\d+):(\d+)$/
      .exec(aspectRatio ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  const [columns, rows] = width >= height ? [16, Math.round((16 * height) / width)] : [Math.round((16 * width) / height), 16];
  return { columns: Math.max(1, columns), rows: Math.max(1, rows) };
}

/** Colors that wander from second to second, all within the range of video. */
const colorOf =
  (seed: number, second: number) =>
  (column: number, row: number): Color => ({
    luma: 60 + ((column * 6 + row * 4 + second * 12 + seed) % 140),
    blue: 80 + ((seed >>> 8) % 60) + ((second * 9) % 30),
    red: 80 + ((seed >>> 16) % 60) + ((row * 3) % 30),
  });

function samplesOf(frame: Frame, seconds: number, seed: number): Uint8Array[] {
  const samples: Uint8Array[] = [];
  for (let second = 0; second < seconds; second++) {
    samples.push(keyFrame(frame, colorOf(seed, second), second));
    for (let number = 1; number < FRAMES_A_SECOND; number++) samples.push(repeatedFrame(frame, number));
  }
  return samples.map((sample) => concat([u32(sample.byteLength), sample]));
}

function sampleEntry(width: number, height: number, frame: Frame): Uint8Array {
  const sps = sequenceParameters(frame);
  const pps = pictureParameters();
  const config = box(
    'avcC',
    Uint8Array.of(1, sps[1]!, sps[2]!, sps[3]!, 0xff, 0xe1),
    u16(sps.byteLength),
    sps,
    Uint8Array.of(1),
    u16(pps.byteLength),
    pps,
  );
  const seventyTwoDpi = u32(0x480000, 0x480000);
  const head = [new Uint8Array(6), u16(1), new Uint8Array(16), u16(width, height), seventyTwoDpi, u32(0), u16(1), new Uint8Array(32)];
  return box('avc1', ...head, u16(0x18, 0xffff), config);
}

interface Track {
  frame: Frame;
  width: number;
  height: number;
  samples: readonly Uint8Array[];
}

function sampleTable({ frame, width, height, samples }: Track, offset: number): Uint8Array {
  const keys = samples.flatMap((_, index) => (index % FRAMES_A_SECOND === 0 ? [index + 1] : []));
  return box(
    'stbl',
    fullBox('stsd', 0, u32(1), sampleEntry(width, height, frame)),
    fullBox('stts', 0, u32(1, samples.length, 1)),
    fullBox('stss', 0, u32(keys.length, ...keys)),
    fullBox('stsc', 0, u32(1, 1, samples.length, 1)),
    fullBox('stsz', 0, u32(0, samples.length, ...samples.map(({ byteLength }) => byteLength))),
    fullBox('stco', 0, u32(1, offset)),
  );
}

function movie(track: Track, offset: number): Uint8Array {
  const { width, height, samples } = track;
  const duration = samples.length;
  const media = box(
    'mdia',
    fullBox('mdhd', 0, u32(0, 0, FRAMES_A_SECOND, duration), u16(UNDETERMINED, 0)),
    fullBox('hdlr', 0, u32(0), ascii('vide'), new Uint8Array(12), ascii('Sandbox\0')),
    box(
      'minf',
      fullBox('vmhd', SELF_CONTAINED, new Uint8Array(8)),
      box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', SELF_CONTAINED))),
      sampleTable(track, offset),
    ),
  );
  const trackHeader = [u32(0, 0, 1, 0, duration), new Uint8Array(8), u16(0, 0, 0, 0), u32(...UNITY, width * ONE, height * ONE)];
  return box(
    'moov',
    fullBox('mvhd', 0, u32(0, 0, FRAMES_A_SECOND, duration, ONE), u16(HALF_ONE, 0), u32(0, 0), u32(...UNITY), new Uint8Array(24), u32(2)),
    box('trak', fullBox('tkhd', ALL_FLAGS, ...trackHeader), media),
  );
}

export function makeMp4(seconds: number, aspectRatio: string | undefined, seed: number): Uint8Array<ArrayBuffer> {
  const frame = frameFor(aspectRatio);
  const samples = samplesOf(frame, Math.max(1, Math.round(seconds)), seed);
  const track: Track = { frame, width: frame.columns * MACROBLOCK, height: frame.rows * MACROBLOCK, samples };
  const type = box('ftyp', ascii('isom'), u32(0x200), ascii('isomiso2avc1mp41'));
  // The movie box has the same size whatever the offset in it.
  const offset = type.byteLength + movie(track, 0).byteLength + 8;
  return concat([type, movie(track, offset), box('mdat', ...samples)]);
}
