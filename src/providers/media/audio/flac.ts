import { viewOf } from './bytes';

/** By the four bits of a frame's head; 6 and 7 have it behind the number of the frame. */
const SAMPLES: readonly number[] = [0, 192, 576, 1_152, 2_304, 4_608, 0, 0, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768];
/** Where it is told there: in kHz, Hz or tens of them behind that for 12 to 14, in the file's head for 0. */
const HZ: readonly number[] = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
/** With its check; a frame of sound is longer. */
const LONGEST_HEAD_BYTES = 16;
const isHead = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0xff && (bytes[at + 1]! & 0xfe) === 0xf8;
/** https://www.rfc-editor.org/rfc/rfc9639#section-9.1.8 */
const CRC8_POLYNOMIAL = 0x07;

const CRC8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ CRC8_POLYNOMIAL) & 0xff : crc << 1;
  return crc;
});

function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) crc = CRC8[crc ^ bytes[at]!]!;
  return crc;
}

/**
 * How long the frame is that begins here; 0 where none does: https://www.rfc-editor.org/rfc/rfc9639#section-9.1
 *
 * @param headHz What the file's head says, where the frame says nothing.
 */
export function secondsOfFrame(bytes: Uint8Array, at: number, headHz: number): number {
  if (!isHead(bytes, at) || at + LONGEST_HEAD_BYTES > bytes.length) return 0;
  const third = bytes[at + 2]!;
  const fourth = bytes[at + 3]!;
  const fifth = bytes[at + 4]!;
  const [size, rate] = [third >> 4, third & 0x0f];
  if (size === 0 || rate === 15 || fourth >> 4 > 10 || (fourth & 1) === 1) return 0;
  // The number of the frame is written as UTF-8 writes a character.
  let after = at + 5;
  for (let bit = 0x40; (fifth & 0x80) !== 0 && (fifth & bit) !== 0 && bit > 1; bit >>= 1) after++;
  const samples = size === 6 ? bytes[after]! + 1 : size === 7 ? bytes[after]! * 256 + bytes[after + 1]! + 1 : SAMPLES[size]!;
  after += size === 6 ? 1 : size === 7 ? 2 : 0;
  const told = bytes[after]! * 256 + bytes[after + 1]!;
  const own = [bytes[after]! * 1_000, told, told * 10][rate - 12] ?? HZ[rate]!;
  const end = after + (rate === 12 ? 1 : rate > 12 ? 2 : 0);
  const isFrame = crc8(bytes, at, end) === bytes[end];
  return isFrame ? samples / (own || headHz || Infinity) : 0;
}

export const hzOfStreamInfo = (info: Uint8Array): number => (info.length < 14 ? 0 : viewOf(info).getUint32(10) >>> 12);

/** Seconds by the head, https://www.rfc-editor.org/rfc/rfc9639#section-8.2, or by the frames that there are, if those are longer. */
export function secondsOfFlac(bytes: Uint8Array): number | undefined {
  if (bytes.length < 26) return undefined;
  const view = viewOf(bytes);
  const hz = hzOfStreamInfo(bytes.subarray(8));
  const told = (view.getUint8(21) & 0x0f) * 2 ** 32 + view.getUint32(22);
  let found = 0;
  for (let at = 42; at < bytes.length; at++) if (isHead(bytes, at)) found += secondsOfFrame(bytes, at, hz);
  return Math.max(hz > 0 ? told / hz : 0, found) || undefined;
}
