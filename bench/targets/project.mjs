// The gateway as a Wrangler project: its settings and its bundle.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/children.mjs';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const CONFIG = join(ROOT, 'wrangler.toml');
const WRANGLER = join(dirname(createRequire(import.meta.url).resolve('wrangler/package.json')), 'bin/wrangler.js');

let settings;

/** The settings in wrangler.toml, with defaults filled in. */
export async function project() {
  settings ??= (await import('wrangler')).unstable_readConfig({ config: CONFIG });
  return { settings };
}

export const wrangler = (...args) =>
  run(process.execPath, [WRANGLER, ...args, '--config', CONFIG], { cwd: ROOT, env: { WRANGLER_SEND_METRICS: 'false', CI: '1' } });

/** Builds the gateway as a deployment would; returns the path of the main module. */
export async function bundle(workDir) {
  const out = join(workDir, 'bundle');
  rmSync(out, { recursive: true, force: true });
  await wrangler('deploy', '--dry-run', '--outdir', out);
  const { main } = (await project()).settings;
  return join(out, basename(main).replace(/\.[cm]?[jt]sx?$/, '.js'));
}
