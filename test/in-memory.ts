import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Several times what all files leave there until the run is over. */
const ROOM_BYTES = 4 * 2 ** 30;

function hasRoom(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > ROOM_BYTES;
}

/**
 * Local SQLite waits for the disk at every commit, which the real one does not: where memory serves as a disk, and has
 * room, the tests' folders lie there until the run ends. What is kept for the next run stays where it was.
 */
export function keepFoldersInMemory(): void {
  if (process.env.KEPT_DIR || !hasRoom()) return;
  process.env.KEPT_DIR = tmpdir();
  process.env.TMPDIR = mkdtempSync(join(MEMORY, 'gateway-tests-'));
  const folder = process.env.TMPDIR;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

/** The folder for what is made once and serves every run. */
export const keptDirectory = (): string => process.env.KEPT_DIR ?? tmpdir();
