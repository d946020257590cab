/**
 * Finds files in whatever a worker returns: URLs, data URLs, and pictures in the form of
 * https://github.com/runpod-workers/worker-comfyui. Base64 is taken out of the answer, which is stored in a row.
 */
import { filledText, isRecord } from '../../core/record';
import { fileOf, fileOfBase64, MAX_RESULT_FILES } from '../media/outputs';
import type { OutputFile } from '../media/types';

const FILE_URL = /^https:\/\/[^\s?#]+\.(?:png|jpe?g|webp|gif|avif|mp4|webm|mov|mp3|wav|ogg|opus|flac|m4a|glb|zip)(?:[?#]\S*)?$/i;
const FILE_NAME = /image|video|audio|mesh|model|file|output|result|data/i;
/** A shorter text is hardly a file. */
const MIN_BASE64_CHARS = 200;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}$/;
const MAX_DEPTH = 6;
const LEFT_OUT = `left out: a run may have ${MAX_RESULT_FILES} files`;

export interface Taken {
  files: OutputFile[];
  /** The answer with `file:0` and so on in place of base64: see `MediaResult`. */
  output: unknown;
}

function fileWithin(text: string, name: string, isBase64: boolean): OutputFile | undefined {
  if (FILE_URL.test(text) || text.startsWith('data:')) return fileOf(text);
  const looksIt = FILE_NAME.test(name) && text.length >= MIN_BASE64_CHARS && BASE64.test(text.slice(0, 1_000));
  if (!isBase64 && !looksIt) return undefined;
  const file = fileOfBase64(text);
  return file && 'bytes' in file && (isBase64 || file.contentType !== 'application/octet-stream') ? file : undefined;
}

export function takeFiles(answer: unknown): Taken {
  const files: OutputFile[] = [];
  const take = (value: unknown, name: string, isBase64: boolean, depth: number): unknown => {
    if (typeof value === 'string') {
      const file = fileWithin(value, name, isBase64);
      if (!file) return value;
      if (files.length >= MAX_RESULT_FILES) return 'url' in file ? value : LEFT_OUT;
      files.push(file);
      return 'url' in file ? value : `file:${files.length - 1}`;
    }
    if (depth >= MAX_DEPTH) return value;
    if (Array.isArray(value)) return value.map((one) => take(one, name, false, depth + 1));
    if (!isRecord(value)) return value;
    const declared = filledText(value.type) === 'base64';
    const fields = Object.entries(value).map(([field, inner]) => [field, take(inner, field, declared && field === 'data', depth + 1)]);
    return Object.fromEntries(fields);
  };
  const output = take(answer, 'output', false, 0);
  return { files, output };
}
