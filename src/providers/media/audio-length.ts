/**
 * The length of a recording: the longer of what its container says and of the sound found in it, since decoders play
 * the sound even if the header says less. Unknown containers are judged by size. Pure.
 */
import { ascii, USUAL_BYTES_A_SECOND } from './audio/bytes';
import { secondsOfFlac } from './audio/flac';
import { secondsOfFrames } from './audio/frames';
import { secondsOfMatroska } from './audio/matroska';
import { secondsOfMp4 } from './audio/mp4';
import { secondsOfOgg } from './audio/ogg';
import { secondsOfWave } from './audio/wave';

/** In seconds, and no less than the file's size alone suggests. */
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
  // An MP4 may begin with any of several boxes, and one file can be made to look like several formats.
  const boxed = Math.max(secondsOfMp4(bytes) ?? 0, secondsOfOgg(bytes) ?? 0);
  const { seconds, framedBytes } = secondsOfFrames(bytes);
  const isKnown = boxed > 0 || framedBytes > bytes.length / 2;
  return Math.max(boxed, seconds, isKnown ? 0 : bytes.length / USUAL_BYTES_A_SECOND);
}
