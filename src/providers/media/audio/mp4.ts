import { ascii, USUAL_BYTES_A_SECOND, viewOf } from './bytes';
import { AAC_HZ } from './frames';
import { OPUS_HZ } from './ogg';

/** How many samples of sound one sample of the container holds, by the codec: those of the rarer ones are not known here. */
const FRAME_SAMPLES: Readonly<Record<string, number>> = {
  mp4a: 1_024,
  '.mp3': 1_152,
  Opus: 960,
  alac: 4_096,
  // The least that is usual.
  fLaC: 1_024,
  'ac-3': 1_536,
  'ec-3': 1_536,
  samr: 160,
  sawb: 320,
  sowt: 1,
  twos: 1,
  ulaw: 1,
  alaw: 1,
  lpcm: 1,
  ipcm: 1,
};
/** MP3 as one of the things that `mp4a` stands for: https://mp4ra.org/registered-types/object-types */
const MP3_OBJECTS: readonly number[] = [0x69, 0x6b];
const MP3_SAMPLES = 1_152;

function* boxesIn(bytes: Uint8Array): Generator<{ name: string; body: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const short = view.getUint32(at);
    const isLong = short === 1 && at + 16 <= bytes.length;
    const size = isLong ? Number(view.getBigUint64(at + 8)) : short === 0 ? bytes.length - at : short;
    const head = isLong ? 16 : 8;
    if (size < head) return;
    yield { name: ascii(bytes, at + 4, 4), body: bytes.subarray(at + head, at + size) };
    at += size;
  }
}

/** More than a day in pieces of two seconds. What has more is made to keep its reader busy, and is not read. */
const MOST_BOXES = 300_000;
const HOLDERS: readonly string[] = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf'];

/** How many more boxes there may be than are in here, and in those; below zero where there are too many. */
function boxesOf(bytes: Uint8Array, most: number, depth = HOLDERS.length): number {
  let left = most;
  for (const { name, body } of boxesIn(bytes)) {
    left = depth > 0 && HOLDERS.includes(name) ? boxesOf(body, left - 1, depth - 1) : left - 1;
    if (left < 0) return left;
  }
  return left;
}

/** The bodies of all boxes at the end of a path of names. */
function bodiesAt(bytes: Uint8Array, [name, ...deeper]: readonly string[]): Uint8Array[] {
  const found = [...boxesIn(bytes)].filter((box) => box.name === name).map(({ body }) => body);
  return deeper.length === 0 ? found : found.flatMap((body) => bodiesAt(body, deeper));
}

/** Of as many as there are: there may be too many for `Math.max`. */
const longest = (values: readonly number[]): number => values.reduce((most, one) => Math.max(most, one), 0);

const firstAt = (bytes: Uint8Array, path: readonly string[]): Uint8Array => bodiesAt(bytes, path)[0] ?? new Uint8Array();

const numberAt = (bytes: Uint8Array, at: number): number => (at + 4 <= bytes.length ? viewOf(bytes).getUint32(at) : 0);

/** Of a film, or of one of its tracks: https://developer.apple.com/documentation/quicktime-file-format/movie_header_atom */
function secondsByHeader(header: Uint8Array): number {
  if (header.length < 32) return 0;
  const isLong = header[0] === 1;
  const unitsASecond = numberAt(header, isLong ? 20 : 12);
  const isUnknown = header.subarray(isLong ? 24 : 16, isLong ? 32 : 20).every((byte) => byte === 0xff);
  const units = isLong ? Number(viewOf(header).getBigUint64(24)) : numberAt(header, 16);
  return unitsASecond > 0 && !isUnknown ? units / unitsASecond : 0;
}

/** How fast a decoder plays it, and in what portions: by its own settings, which the container only repeats. */
function soundOf(entry: Uint8Array): { hz: number; frame: number } {
  const codec = ascii(entry, 4, 4);
  const told = numberAt(entry, 32) >>> 16;
  const own = codec === 'mp4a' ? decoderSettings(entry) : undefined;
  const hz = codec === 'Opus' ? OPUS_HZ : Math.min(...[told, own?.hz ?? 0].filter((one) => one > 0));
  return { hz, frame: own?.isMp3 ? MP3_SAMPLES : (FRAME_SAMPLES[codec] ?? 0) };
}

/** ISO/IEC 14496-1, 7.2.6.6, and 14496-3, 1.6.2.1: https://wiki.multimedia.cx/index.php/MPEG-4_Audio */
function decoderSettings(entry: Uint8Array): { hz: number; isMp3: boolean } | undefined {
  const at = indexOfName(entry, 'esds');
  if (at < 0) return undefined;
  let from = at + 8;
  let isMp3 = false;
  for (const [tag, head] of [
    [0x03, 3],
    [0x04, 13],
    [0x05, 0],
  ] as const) {
    if (entry[from++] !== tag) return undefined;
    while ((entry[from++] ?? 0) & 0x80);
    if (tag === 0x04) isMp3 = MP3_OBJECTS.includes(entry[from] ?? 0);
    from += head;
  }
  const [first = 0, second = 0] = entry.subarray(from);
  return { hz: first >> 3 === 31 ? 0 : (AAC_HZ[((first & 7) << 1) | (second >> 7)] ?? 0), isMp3 };
}

function indexOfName(bytes: Uint8Array, name: string): number {
  for (let at = bytes.indexOf(name.charCodeAt(0)); at >= 0; at = bytes.indexOf(name.charCodeAt(0), at + 1))
    if (ascii(bytes, at, name.length) === name) return at;
  return -1;
}

/** How many samples a film has of each track in pieces of their own: https://developer.apple.com/documentation/quicktime-file-format */
function samplesInPieces(bytes: Uint8Array): Map<number, number> {
  const samples = new Map<number, number>();
  for (const piece of bodiesAt(bytes, ['moof', 'traf'])) {
    const track = numberAt(firstAt(piece, ['tfhd']), 4);
    for (const run of bodiesAt(piece, ['trun'])) samples.set(track, (samples.get(track) ?? 0) + numberAt(run, 4));
  }
  return samples;
}

function secondsOfTrack(track: Uint8Array, inPieces: ReadonlyMap<number, number>): number {
  const byHeader = secondsByHeader(firstAt(track, ['mdia', 'mdhd']));
  if (!bodiesAt(track, ['mdia', 'hdlr']).some((handler) => ascii(handler, 8, 4) === 'soun')) return byHeader;
  const table = ['mdia', 'minf', 'stbl'];
  const header = firstAt(track, ['tkhd']);
  const id = numberAt(header, header[0] === 1 ? 20 : 12);
  const lists = ['stsz', 'stz2'].flatMap((name) => bodiesAt(track, [...table, name]));
  const samples = longest(lists.map((list) => numberAt(list, 8))) + (inPieces.get(id) ?? 0);
  const sounds = bodiesAt(track, [...table, 'stsd']).map((list) => soundOf(list.subarray(8)));
  return longest([byHeader, ...sounds.map(({ hz, frame }) => (Number.isFinite(hz) ? (samples * frame) / hz : 0))]);
}

/** Seconds by the heads of an MP4, or by the sound that its tracks list, if that is longer: a decoder plays what is listed. */
export function secondsOfMp4(bytes: Uint8Array): number | undefined {
  if (boxesOf(bytes, MOST_BOXES) < 0) return bytes.length / USUAL_BYTES_A_SECOND;
  const films = bodiesAt(bytes, ['moov']);
  const inPieces = samplesInPieces(bytes);
  const seconds = films.flatMap((film) => [
    ...bodiesAt(film, ['mvhd']).map(secondsByHeader),
    ...bodiesAt(film, ['trak']).map((track) => secondsOfTrack(track, inPieces)),
  ]);
  return longest(seconds) || undefined;
}
