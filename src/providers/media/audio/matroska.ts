import { ascii, viewOf } from './bytes';
import { OPUS_HZ, samplesOfOpus } from './ogg';

/** https://www.rfc-editor.org/rfc/rfc9559#section-5.1: what holds others is walked into, so that one of unknown length is none. */
const MASTERS: ReadonlySet<number> = new Set([0x18538067, 0x1549a966, 0x1654ae6b, 0xae, 0xe1, 0x1f43b675, 0xa0]);
const TRACK = 0xae;
const NUMBER = 0xd7;
const CODEC = 0x86;
const HZ = 0xb5;
const SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const CLUSTER_TIME = 0xe7;
const BLOCKS: readonly number[] = [0xa1, 0xa3];
/** Nanoseconds that a unit of time has, unless the file says otherwise. */
const USUAL_SCALE = 1_000_000;
const NS_A_SECOND = 1e9;

/** How many samples of sound a block has, by the beginning of the codec's name. */
const FRAME_SAMPLES: readonly (readonly [codec: string, samples: number])[] = [
  ['A_AAC', 1_024],
  ['A_MPEG/L3', 1_152],
  ['A_MPEG/L2', 1_152],
];

interface Track {
  codec: string;
  hz: number;
  seconds: number;
}

/** A number of as many bytes as the zeros in front of it say, with or without the bit that ends them. */
function vint(bytes: Uint8Array, at: number, keepsMark: boolean): { value: number; length: number } | undefined {
  const length = Math.clz32(bytes[at] ?? 0) - 23;
  if (length > 8 || at + length > bytes.length) return undefined;
  let value = keepsMark ? bytes[at]! : bytes[at]! & ((1 << (8 - length)) - 1);
  for (let n = 1; n < length; n++) value = value * 256 + bytes[at + n]!;
  return { value, length };
}

const unsigned = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
const float = (bytes: Uint8Array): number =>
  bytes.length === 8 ? viewOf(bytes).getFloat64(0) : bytes.length === 4 ? viewOf(bytes).getFloat32(0) : 0;

/** Reads a WebM, or another Matroska, from its beginning to its end. */
class MatroskaLength {
  private readonly tracks = new Map<number, Track>();
  private track: Track = { codec: '', hz: 0, seconds: 0 };
  private scale = USUAL_SCALE;
  private told = 0;
  private clusterAt = 0;
  private last = 0;

  get seconds(): number {
    const found = [...this.tracks.values()].map(({ seconds }) => seconds);
    return Math.max(((this.told || 0) * this.scale) / NS_A_SECOND, (this.last * this.scale) / NS_A_SECOND, ...found);
  }

  note(id: number, body: Uint8Array): void {
    if (id === TRACK) this.track = { codec: '', hz: 0, seconds: 0 };
    else if (id === NUMBER) this.tracks.set(unsigned(body), this.track);
    else if (id === CODEC) this.track.codec = ascii(body, 0, Math.min(body.length, 32));
    else if (id === HZ) this.track.hz = float(body);
    else if (id === SCALE) this.scale = unsigned(body);
    else if (id === DURATION) this.told = float(body);
    else if (id === CLUSTER_TIME) this.clusterAt = unsigned(body);
    else if (BLOCKS.includes(id)) this.noteBlock(body);
  }

  private noteBlock(block: Uint8Array): void {
    const number = vint(block, 0, false);
    if (!number || block.length < number.length + 3) return;
    this.last = Math.max(this.last, this.clusterAt + viewOf(block).getInt16(number.length));
    const track = this.tracks.get(number.value);
    if (!track) return;
    const isLaced = (block[number.length + 2]! & 0x06) !== 0;
    const packets = isLaced ? (block[number.length + 3] ?? 0) + 1 : 1;
    const packet = block.subarray(number.length + 3);
    const samples = FRAME_SAMPLES.find(([codec]) => track.codec.startsWith(codec))?.[1] ?? 0;
    if (track.codec === 'A_OPUS' && !isLaced) track.seconds += samplesOfOpus(packet) / OPUS_HZ;
    else if (track.hz > 0) track.seconds += (packets * samples) / track.hz;
  }
}

/** Seconds by the head, by the time of the last block, or by the sound in the blocks: the longest of them. */
export function secondsOfMatroska(bytes: Uint8Array): number | undefined {
  const length = new MatroskaLength();
  for (let at = 0; at < bytes.length; ) {
    const id = vint(bytes, at, true);
    const size = id && vint(bytes, at + id.length, false);
    if (!size) break;
    const body = at + id.length + size.length;
    const end = body + size.value;
    length.note(id.value, bytes.subarray(body, end));
    at = MASTERS.has(id.value) ? body : end;
  }
  return length.seconds || undefined;
}
