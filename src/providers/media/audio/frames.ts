import { ascii } from './bytes';

/** By version bits (2.5, none, 2, 1). */
const MPEG_HZ = [[11_025, 12_000, 8_000], [], [22_050, 24_000, 16_000], [44_100, 48_000, 32_000]] as const;
/** kbit/s of version 1's layers 3 and 2, and of the other versions. */
const KBITS_1_3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_1_2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
export const AAC_HZ: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/** Anything may look like a frame by chance, but not this many in a row. */
const RUN_FRAMES = 3;

/** Adds up frames, whose lengths may differ: MP3 and related formats, and AAC with ADTS headers. */
export function secondsOfFrames(bytes: Uint8Array): { seconds: number; framedBytes: number } {
  let [seconds, framedBytes] = [0, 0];
  for (let at = afterTag(bytes); at + 1 < bytes.length; ) {
    // A cheap first check, byte by byte, since files are large.
    if (bytes[at] !== 0xff || !isHead(bytes[at + 1]!)) {
      at++;
      continue;
    }
    const run = runAt(bytes, at);
    if (run.frames >= RUN_FRAMES || run.end >= bytes.length) {
      seconds += run.seconds;
      framedBytes += run.end - at;
    }
    at = run.frames >= RUN_FRAMES ? run.end : at + 1;
  }
  return { seconds, framedBytes };
}

/** May a frame's second byte be this? */
const isHead = (second: number): boolean => second >= 0xe0 && second < 0xfe;

/** The consecutive frames that begin here. */
function runAt(bytes: Uint8Array, from: number): { frames: number; seconds: number; end: number } {
  let [frames, seconds, end] = [0, 0, from];
  for (let frame = frameAt(bytes, end); frame; frame = frameAt(bytes, end)) {
    frames++;
    seconds += frame.seconds;
    end += frame.bytes;
  }
  return { frames, seconds, end };
}

/** https://id3.org/id3v2.4.0-structure: seven bits of a size in each of four bytes. A tag that is longer than the file is none. */
function afterTag(bytes: Uint8Array): number {
  if (ascii(bytes, 0, 3) !== 'ID3' || bytes.length < 10) return 0;
  const end = 10 + bytes.subarray(6, 10).reduce((size, part) => size * 128 + (part & 0x7f), 0);
  return end < bytes.length ? end : 0;
}

interface Frame {
  bytes: number;
  seconds: number;
}

/** http://www.mp3-tech.org/programmer/frame_header.html and https://wiki.multimedia.cx/index.php/ADTS */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  if (bytes[at] !== 0xff || at + 7 > bytes.length) return undefined;
  const second = bytes[at + 1]!;
  if (!isHead(second)) return undefined;
  const third = bytes[at + 2]!;
  if ((second & 0xf6) === 0xf0) {
    const hz = AAC_HZ[(third >> 2) & 0x0f];
    const length = ((bytes[at + 3]! & 0x03) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    return hz && length > 7 ? { bytes: length, seconds: (1_024 * ((bytes[at + 6]! & 0x03) + 1)) / hz } : undefined;
  }
  // Layer 3 or 2.
  const layer = (second >> 1) & 0x03;
  if (layer !== 1 && layer !== 2) return undefined;
  const version = (second >> 3) & 0x03;
  const hz = MPEG_HZ[version]?.[(third >> 2) & 0x03];
  const kbits = (version !== 3 ? KBITS_2 : layer === 1 ? KBITS_1_3 : KBITS_1_2)[third >> 4];
  if (!hz || !kbits) return undefined;
  const samples = version !== 3 && layer === 1 ? 576 : 1_152;
  return { bytes: Math.floor((samples * kbits * 125) / hz) + ((third >> 1) & 1), seconds: samples / hz };
}
