import { ascii, viewOf } from './bytes';
import { hzOfStreamInfo, secondsOfFrame } from './flac';

/** The clock of Opus: https://www.rfc-editor.org/rfc/rfc7845#section-4 */
export const OPUS_HZ = 48_000;
/** Samples of a frame, by the upper five bits of a packet's first byte: https://www.rfc-editor.org/rfc/rfc6716#section-3.1 */
const OPUS_FRAMES = [480, 960, 1_920, 2_880];
const OPUS_HYBRID_FRAMES = [480, 960];
const OPUS_CELT_FRAMES = [120, 240, 480, 960];

/** How many samples a packet of Opus has. */
export function samplesOfOpus(packet: Uint8Array): number {
  const [first, second = 0] = packet;
  if (first === undefined) return 0;
  const config = first >> 3;
  const samples = config < 12 ? OPUS_FRAMES[config & 3]! : config < 16 ? OPUS_HYBRID_FRAMES[config & 1]! : OPUS_CELT_FRAMES[config & 3]!;
  const code = first & 3;
  return samples * (code === 0 ? 1 : code === 3 ? second & 0x3f : 2);
}

/** Of narrow, wide and ultra-wide sound. */
const SPEEX_FRAMES: readonly number[] = [160, 320, 640];

/** One of the streams in a file. */
interface Stream {
  hz: number;
  /** Of one packet of sound. */
  samplesOf: (packet: Uint8Array) => number;
  /** By the packets. */
  found: number;
  /** By the pages: the highest position. */
  told: number;
}

/** A packet of Vorbis is half a block, and most of them are long ones: one that is not read counts as a quarter of one. */
const VORBIS_SHARE = 4;

/** The stream that a first packet announces, by its codec's own head. */
function streamOf(head: Uint8Array): Stream | undefined {
  const view = viewOf(head);
  const of = (hz: number, samplesOf: Stream['samplesOf']): Stream | undefined =>
    hz > 0 ? { hz, samplesOf, found: 0, told: 0 } : undefined;
  if (ascii(head, 0, 8) === 'OpusHead') return of(OPUS_HZ, (packet) => (ascii(packet, 0, 8) === 'OpusTags' ? 0 : samplesOfOpus(packet)));
  // https://xiph.org/vorbis/doc/Vorbis_I_spec.html#x1-630004.2.2: the heads are odd, what sounds is even.
  if (ascii(head, 1, 6) === 'vorbis' && head.length >= 29) {
    const block = 2 ** (view.getUint8(28) >> 4);
    return of(view.getUint32(12, true), ([first = 1]) => (first & 1 ? 0 : block / 2 / VORBIS_SHARE));
  }
  // https://www.speex.org/docs/manual/speex-manual/node8.html
  if (ascii(head, 0, 5) === 'Speex' && head.length >= 68) {
    const frame = SPEEX_FRAMES[view.getUint32(40, true)] ?? view.getUint32(56, true);
    const samples = frame * Math.max(1, view.getUint32(64, true));
    return of(view.getUint32(36, true), () => samples);
  }
  // https://www.rfc-editor.org/rfc/rfc9639#section-10.1
  if (ascii(head, 1, 4) === 'FLAC') {
    const hz = hzOfStreamInfo(head.subarray(17));
    return of(hz, (packet) => secondsOfFrame(packet, 0, hz) * hz);
  }
  return undefined;
}

/** `OggS`, byte by byte: in a large file of something else there are many that begin so. */
const isPage = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x4f && bytes[at + 1] === 0x67 && bytes[at + 2] === 0x67 && bytes[at + 3] === 0x53;

/** A page in which no packet ends has a position of all ones. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

/** Seconds by the positions of the pages, https://www.rfc-editor.org/rfc/rfc3533#section-6, or by the packets in them, if those are longer. */
export function secondsOfOgg(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  const streams = new Map<number, Stream | undefined>();
  for (let at = 0; at + 27 <= bytes.length; ) {
    if (!isPage(bytes, at)) {
      at = bytes.indexOf(0x4f, at + 1);
      if (at < 0) break;
      continue;
    }
    const sizes = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const from = at + 27 + sizes.length;
    const serial = view.getUint32(at + 14, true);
    // One that begins is another stream, though it has the name of one before.
    const begins = (bytes[at + 5]! & 2) !== 0 || !streams.has(serial);
    const key = begins && streams.has(serial) ? at + 2 ** 32 : serial;
    if (key !== serial) streams.set(key, streams.get(serial));
    if (begins) streams.set(serial, streamOf(bytes.subarray(from)));
    const stream = streams.get(serial);
    const position = view.getBigUint64(at + 6, true);
    if (stream && !begins) count(stream, bytes, from, sizes, (bytes[at + 5]! & 1) !== 0);
    if (stream && position !== NO_POSITION) stream.told = Math.max(stream.told, Number(position));
    at = from + sizes.reduce((sum, size) => sum + size, 0);
  }
  const seconds = [...streams.values()].map((stream) => (stream ? Math.max(stream.told, stream.found) / stream.hz : 0));
  return seconds.reduce((sum, one) => sum + one, 0) || undefined;
}

/** Of a packet its beginning is looked at: where it goes on, on a later page, there is nothing more to learn. */
function count(stream: Stream, bytes: Uint8Array, from: number, sizes: Uint8Array, goesOn: boolean): void {
  let isBeginning = !goesOn;
  let at = from;
  for (const size of sizes) {
    if (isBeginning) stream.found += stream.samplesOf(bytes.subarray(at, at + size));
    isBeginning = size < 255;
    at += size;
  }
}
