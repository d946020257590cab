/** The package as users get it: packed once for each state of its sources, and unpacked where it is needed. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { packSdk, sdkSources } from '../../scripts/lib/sdk-package.mjs';
import { keptDirectory } from '../in-memory';

const run = promisify(execFile);

/** The path of the tarball that `npm pack` makes. */
export async function tarball(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of sdkSources(ROOT)) hash.update(path).update(readFileSync(join(ROOT, path)));
  const kept = join(keptDirectory(), `hypereal-sdk-${hash.digest('hex').slice(0, 16)}.tgz`);
  if (existsSync(kept)) return kept;
  const { bytes } = await packSdk(ROOT);
  const fresh = `${kept}.${process.pid}`;
  writeFileSync(fresh, bytes);
  renameSync(fresh, kept);
  return kept;
}

/** A user's folder with the package installed as npm does it. */
export async function installed(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sdk-user-'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', '--offline', await tarball()], { cwd: folder });
  return folder;
}
