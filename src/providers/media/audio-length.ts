/**
 * How long a recording is: the larger of what its container says and of the sound that is found in it, since a head that
 * says too little makes a decoder hear no less. Pure. Of a container that is not known here only the size tells.
 */
import { ascii, USUAL_BYTES_A_SECOND } from './audio/bytes';
import { secondsOfFlac } from './audio/flac';
import { secondsOfFrames } from './audio/frames';
import { secondsOfMatroska } from './audio/matroska';
import { secondsOfMp4 } from './audio/mp4';
import { secondsOfOgg } from './audio/ogg';
import { secondsOfWave } from './audio/wave';

/** Seconds; at least so many as nothing but its size lets one expect. */
export function audioSeconds(bytes: Uint8Array): number {
  const seconds = secondsBy(bytes);
  return seconds !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds : bytes.length / USUAL_BYTES_A_SECOND;
}

const EBML = '\x1a\x45\xdf\xa3';

function secondsBy(bytes: Uint8Array): number | undefined {
  const start = ascii(bytes, 0, 4);
  if (start === 'RIFF') return secondsOfWave(bytes);
  if (start === 'fLaC') return secondsOfFlac(bytes);
  if (start === 'OggS') return secondsOfOgg(bytes);
  if (start === EBML) return secondsOfMatroska(bytes);
  // A film may begin with any of several boxes, and one file can be made to look like several things.
  const boxed = Math.max(secondsOfMp4(bytes) ?? 0, secondsOfOgg(bytes) ?? 0);
  const { seconds, framedBytes } = secondsOfFrames(bytes);
  const isKnown = boxed > 0 || framedBytes > bytes.length / 2;
  return Math.max(boxed, seconds, isKnown ? 0 : bytes.length / USUAL_BYTES_A_SECOND);
}
