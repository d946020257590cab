/** The package as its users get it: packed once for each state of its sources, and unpacked where it is needed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { keptDirectory } from '../in-memory';

const run = promisify(execFile);
const SDK = join(ROOT, 'sdk');

function filesOf(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name !== 'dist')
    .sort()
    .flatMap((name) => {
      const path = join(directory, name);
      return statSync(path).isDirectory() ? filesOf(path) : [path];
    });
}

/** The path of the tarball that `npm pack` makes. */
export async function tarball(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of filesOf(SDK)) hash.update(path).update(readFileSync(path));
  const kept = join(keptDirectory(), `hypereal-sdk-${hash.digest('hex').slice(0, 16)}.tgz`);
  if (existsSync(kept)) return kept;
  // A copy is packed, so that tests that run at once do not build into the same folder.
  const scratch = mkdtempSync(join(keptDirectory(), 'sdk-pack-'));
  try {
    const copy = join(scratch, 'sdk');
    cpSync(SDK, copy, { recursive: true, filter: (path) => !path.startsWith(join(SDK, 'dist')) });
    symlinkSync(join(ROOT, 'node_modules'), join(scratch, 'node_modules'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: copy });
    const name = /[\w.-]+\.tgz/.exec(stdout)?.[0] ?? '';
    renameSync(join(scratch, name), kept);
  } finally {
    rmSync(scratch, { recursive: true });
  }
  return kept;
}

/** A folder of a user's, with the package installed as npm does it. */
export async function installed(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sdk-user-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--offline', await tarball()], { cwd: folder });
  return folder;
}
