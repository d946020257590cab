import { ascii, USUAL_BYTES_A_SECOND, viewOf } from './bytes';

const PCM: readonly number[] = [1, 3, 0xfffe];
const G711: readonly number[] = [6, 7];
const ADPCM: readonly number[] = [2, 0x11];

/**
 * Seconds of a WAV, http://soundfile.sapp.org/doc/WaveFormat: all that follows the head of its sound, since a decoder that
 * does not believe the head's size hears it to the end, at the lowest rate that its format can have.
 */
export function secondsOfWave(bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  let bytesASecond = Infinity;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    const name = ascii(bytes, at, 4);
    if (name === 'fmt ' && body + 16 <= bytes.length) bytesASecond = Math.min(bytesASecond, rateOf(view, body) || Infinity);
    if (name === 'data') return Number.isFinite(bytesASecond) ? (bytes.length - body) / bytesASecond : undefined;
    at = body + size + (size % 2);
  }
  return undefined;
}

/** What each sample takes counts, not what the head says of a block or a second: decoders go by the first. */
function rateOf(view: DataView, at: number): number {
  const format = view.getUint16(at, true);
  const samplesASecond = view.getUint32(at + 4, true) * view.getUint16(at + 2, true);
  const bytesASecond = view.getUint32(at + 8, true);
  if (PCM.includes(format)) return (samplesASecond * view.getUint16(at + 14, true)) / 8;
  if (G711.includes(format)) return samplesASecond;
  if (ADPCM.includes(format)) return samplesASecond / 2;
  return Math.min(bytesASecond, USUAL_BYTES_A_SECOND);
}
