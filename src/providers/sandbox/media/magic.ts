/** Words in a prompt that make the sandbox's jobs fail, last and cost as one likes. */

import { HOUR_MS } from '../../../core/time';
import { readCount, readWaitMs } from '../magic';

const MAX_FILES = 10;
const MAX_SECONDS = 60;

export interface MediaMagic {
  /** The answer to the submit. */
  status?: number;
  /** How long the job runs. */
  delayMs?: number;
  /** It runs, then fails. */
  fail?: true;
  /** It never ends. */
  hang?: true;
  /** It ends without a file. */
  empty?: true;
  /** Its files cannot be fetched. */
  lost?: true;
  /** How many files it makes. */
  files?: number;
  /** How long its film is. */
  seconds?: number;
  /** What it says it took of a GPU. */
  gpuMs?: number;
}

const milliseconds = (value: string): number | undefined => readWaitMs(value, HOUR_MS);

const READERS: Readonly<Record<string, (value: string) => Partial<Record<keyof MediaMagic, number | true | undefined>>>> = {
  status: (value) => ({ status: /^[45]\d\d$/.test(value) ? Number(value) : undefined }),
  delay: (value) => ({ delayMs: milliseconds(value) }),
  fail: () => ({ fail: true }),
  hang: () => ({ hang: true }),
  empty: () => ({ empty: true }),
  lost: () => ({ lost: true }),
  files: (value) => ({ files: readCount(value, MAX_FILES) }),
  seconds: (value) => ({ seconds: readCount(value, MAX_SECONDS) }),
  gpu: (value) => ({ gpuMs: milliseconds(value) }),
};

export const MEDIA_MAGIC_WORDS: readonly string[] = Object.keys(READERS);

export function readMediaMagic(text: string): MediaMagic {
  const magic: Record<string, unknown> = {};
  for (const [, name = '', value = ''] of text.matchAll(/(?<![\w:./-])sandbox:([a-z][\w-]*)(?:=([\w.]*))?/gi)) {
    const asked = Object.hasOwn(READERS, name.toLowerCase()) ? READERS[name.toLowerCase()]!(value.toLowerCase().replace(/\.+$/, '')) : {};
    for (const [field, read] of Object.entries(asked)) if (read !== undefined) magic[field] = read;
  }
  return magic;
}
