import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from './paths.mjs';

const UNREADABLE = {
  EISDIR: 'is a folder, where a file is needed.',
  EACCES: 'may not be read by this user.',
};

/** Without a byte order mark, which some Windows editors write and which would become part of the first name. */
export function readText(path) {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw UNREADABLE[error.code] ? new UsageError(`${path} ${UNREADABLE[error.code]}`) : error;
  }
}

/** The object in a JSON file; undefined when it is missing or damaged and must be made anew. */
export function readJson(path) {
  try {
    const value = JSON.parse(readText(path) ?? 'null');
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a file that only its owner can read, completely or not at all. */
export function writePrivate(path, text) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.${process.pid}.tmp`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, path);
}

export const writeJson = (path, value) => writePrivate(path, `${JSON.stringify(value, null, 2)}\n`);
