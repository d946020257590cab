// Packs our own SDK for npm, so that a gateway can serve it: it always matches the gateway, and nobody else can publish
// it.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MADE = /[/\\]sdk[/\\]dist(?:$|[/\\])/;

/** The package's files, as paths from `root`. */
export const sdkSources = (root) =>
  readdirSync(join(root, 'sdk'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name))
    .filter((path) => !MADE.test(path))
    .map((path) => path.slice(root.length + 1))
    .sort();

/** Uses the npm that started this process, if one did. */
function npm(args, options) {
  const { npm_execpath: own } = process.env;
  if (own?.endsWith('.js')) return run(process.execPath, [own, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** The tarball's name and bytes. Packs a copy, so that nothing is built where another process may be building. */
export async function packSdk(root) {
  const scratch = mkdtempSync(join(tmpdir(), 'sdk-pack-'));
  try {
    const copy = join(scratch, 'sdk');
    cpSync(join(root, 'sdk'), copy, { recursive: true, filter: (path) => !MADE.test(path) });
    symlinkSync(join(root, 'node_modules'), join(scratch, 'node_modules'), 'junction');
    await npm(['pack', '--json', '--pack-destination', scratch], { cwd: copy });
    const file = readdirSync(scratch).find((name) => name.endsWith('.tgz'));
    return { file, bytes: readFileSync(join(scratch, file)) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The module that carries it into a Worker. */
export const SDK_MODULE = 'sdk-package';

export async function sdkModule(root) {
  const { file, bytes } = await packSdk(root);
  return `export const file = ${JSON.stringify(file)};\nexport const base64 = ${JSON.stringify(bytes.toString('base64'))};\n`;
}
