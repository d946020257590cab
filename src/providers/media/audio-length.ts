/**
 * How long a recording is, by the figures of its container: what counts a file's seconds is what its decoder goes by too.
 * Pure. Of a container that is not known here, or says nothing, only the size tells.
 */

/** Speech at 64 kbit/s. */
const USUAL_BYTES_A_SECOND = 8_000;
/** The clock of Opus: https://www.rfc-editor.org/rfc/rfc7845#section-4 */
const OPUS_HZ = 48_000;

const ascii = (bytes: Uint8Array, from: number, length: number): string => String.fromCharCode(...bytes.subarray(from, from + length));
const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Seconds; at least so many as nothing but its size lets one expect. */
export function audioSeconds(bytes: Uint8Array): number {
  const seconds = secondsBy(bytes);
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : bytes.length / USUAL_BYTES_A_SECOND;
}

function secondsBy(bytes: Uint8Array): number | undefined {
  const start = ascii(bytes, 0, 4);
  if (start === 'RIFF') return ofWave(bytes);
  if (start === 'fLaC') return ofFlac(bytes);
  if (start === 'OggS') return ofOgg(bytes);
  if (ascii(bytes, 4, 4) === 'ftyp') return ofMp4(bytes);
  return ofFrames(bytes);
}

const PCM: readonly number[] = [1, 3, 0xfffe];

/** http://soundfile.sapp.org/doc/WaveFormat */
function ofWave(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  let bytesASecond: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    const name = ascii(bytes, at, 4);
    if (name === 'fmt ' && body + 16 <= bytes.length)
      bytesASecond = PCM.includes(view.getUint16(body, true))
        ? view.getUint32(body + 4, true) * view.getUint16(body + 12, true)
        : view.getUint32(body + 8, true);
    // One that was written while it was recorded has no size, or the largest: it goes on to the end of the file.
    if (name === 'data') return bytesASecond && Math.min(size || Infinity, bytes.length - body) / bytesASecond;
    at = body + size + (size % 2);
  }
  return undefined;
}

/** https://www.rfc-editor.org/rfc/rfc9639#section-8.2 */
function ofFlac(bytes: Uint8Array): number | undefined {
  if (bytes.length < 26) return undefined;
  const view = viewOf(bytes);
  const hz = view.getUint32(18) >>> 12;
  const samples = (view.getUint8(21) & 0x0f) * 2 ** 32 + view.getUint32(22);
  return hz > 0 && samples > 0 ? samples / hz : undefined;
}

/** The last page says how many samples there are by its end: https://www.rfc-editor.org/rfc/rfc3533#section-6 */
function ofOgg(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  const head = 27 + (bytes[26] ?? 0);
  const isVorbis = ascii(bytes, head + 1, 6) === 'vorbis' && head + 16 <= bytes.length;
  const hz = ascii(bytes, head, 8) === 'OpusHead' ? OPUS_HZ : isVorbis ? view.getUint32(head + 12, true) : undefined;
  if (!hz) return undefined;
  for (let at = bytes.length - 27; at > 0; at--) {
    if (bytes[at] !== 0x4f || ascii(bytes, at, 4) !== 'OggS') continue;
    const samples = view.getBigUint64(at + 6, true);
    // A page in which no packet ends has a position of all ones.
    if (samples !== 0xffff_ffff_ffff_ffffn) return Number(samples) / hz;
  }
  return undefined;
}

/** https://developer.apple.com/documentation/quicktime-file-format/movie_header_atom */
function ofMp4(bytes: Uint8Array): number | undefined {
  const movie = boxIn(bytes, 'moov');
  const header = movie && boxIn(movie, 'mvhd');
  if (!header || header.length < 32) return undefined;
  const view = viewOf(header);
  const isLong = view.getUint8(0) === 1;
  const unitsASecond = view.getUint32(isLong ? 20 : 12);
  const units = isLong ? Number(view.getBigUint64(24)) : view.getUint32(16);
  return unitsASecond > 0 ? units / unitsASecond : undefined;
}

function boxIn(bytes: Uint8Array, wanted: string): Uint8Array | undefined {
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const short = view.getUint32(at);
    const isLong = short === 1 && at + 16 <= bytes.length;
    const size = isLong ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    const head = isLong ? 16 : 8;
    if (size < head) return undefined;
    if (ascii(bytes, at + 4, 4) === wanted) return bytes.subarray(at + head, at + size);
    at += size;
  }
  return undefined;
}

/** By version bits (2.5, none, 2, 1). */
const MPEG_HZ = [[11_025, 12_000, 8_000], [], [22_050, 24_000, 16_000], [44_100, 48_000, 32_000]] as const;
/** kbit/s of layer 3: of version 1, and of the others. */
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const AAC_HZ = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/** Frame by frame, as there may be no two of the same length: MP3, and AAC as it is sent (ADTS). */
function ofFrames(bytes: Uint8Array): number | undefined {
  const from = afterTag(bytes);
  let [seconds, framed] = [0, 0];
  for (let at = from; at + 7 <= bytes.length; ) {
    const frame = bytes[at] === 0xff ? frameAt(bytes, at) : undefined;
    seconds += frame?.seconds ?? 0;
    framed += frame?.bytes ?? 0;
    at += frame?.bytes ?? 1;
  }
  // What looks like a frame comes up by chance in anything.
  return framed > (bytes.length - from) / 2 ? seconds : undefined;
}

/** https://id3.org/id3v2.4.0-structure: seven bits of a size in each of four bytes. */
function afterTag(bytes: Uint8Array): number {
  if (ascii(bytes, 0, 3) !== 'ID3' || bytes.length < 10) return 0;
  return 10 + bytes.subarray(6, 10).reduce((size, part) => size * 128 + (part & 0x7f), 0);
}

interface Frame {
  bytes: number;
  seconds: number;
}

/** http://www.mp3-tech.org/programmer/frame_header.html and https://wiki.multimedia.cx/index.php/ADTS */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const [, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = bytes.subarray(at, at + 7);
  if ((second & 0xf6) === 0xf0) {
    const hz = AAC_HZ[(third >> 2) & 0x0f];
    const length = ((fourth & 0x03) << 11) | (fifth << 3) | (sixth >> 5);
    return hz && length > 7 ? { bytes: length, seconds: (1_024 * ((seventh & 0x03) + 1)) / hz } : undefined;
  }
  if ((second & 0xe6) !== 0xe2) return undefined;
  const version = (second >> 3) & 0x03;
  const hz = MPEG_HZ[version]?.[(third >> 2) & 0x03];
  const kbits = (version === 3 ? KBITS_1 : KBITS_2)[third >> 4];
  if (!hz || !kbits) return undefined;
  const samples = version === 3 ? 1_152 : 576;
  return { bytes: Math.floor((samples * kbits * 125) / hz) + ((third >> 1) & 1), seconds: samples / hz };
}
