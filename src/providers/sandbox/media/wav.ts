/** A WAV with a quiet tone: 16 bits, one channel. */
import { ascii, concat, littleEndian } from './bytes';

const RATE_HZ = 16_000;
const BYTES_A_SAMPLE = 2;
const LOUDNESS = 6_000;
const LOWEST_HZ = 220;
/** The ends fade, or they would click. */
const FADE_SECONDS = 0.02;

export function makeWav(seconds: number, seed: number): Uint8Array<ArrayBuffer> {
  const count = Math.max(1, Math.round(seconds * RATE_HZ));
  const hertz = LOWEST_HZ * 2 ** ((seed % 24) / 12);
  const samples = new DataView(new ArrayBuffer(count * BYTES_A_SAMPLE));
  const fade = FADE_SECONDS * RATE_HZ;
  for (let index = 0; index < count; index++) {
    const envelope = Math.min(1, index / fade, (count - index) / fade);
    samples.setInt16(index * BYTES_A_SAMPLE, Math.round(LOUDNESS * envelope * Math.sin((2 * Math.PI * hertz * index) / RATE_HZ)), true);
  }
  const data = new Uint8Array(samples.buffer);
  const format = [
    littleEndian(1, 2),
    littleEndian(1, 2),
    littleEndian(RATE_HZ, 4),
    littleEndian(RATE_HZ * BYTES_A_SAMPLE, 4),
    littleEndian(BYTES_A_SAMPLE, 2),
    littleEndian(8 * BYTES_A_SAMPLE, 2),
  ];
  const body = concat([ascii('WAVEfmt '), littleEndian(16, 4), ...format, ascii('data'), littleEndian(data.byteLength, 4), data]);
  return concat([ascii('RIFF'), littleEndian(body.byteLength, 4), body]);
}
