import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A mistake of the caller; only its message is shown. */
export class UsageError extends Error {}

export function readPort(env) {
  const text = env.PORT?.trim() || '8787';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new UsageError(`PORT must be a number from 1 to 65535, not "${text}".`);
  return port;
}

export const stateDirectory = (env) => (env.STATE_DIR?.trim() ? resolve(env.STATE_DIR.trim()) : join(ROOT, '.local'));

export const statePaths = (directory) => ({
  directory,
  secrets: join(directory, 'secrets.json'),
  account: join(directory, 'account.json'),
  lock: join(directory, 'gateway.json'),
  log: join(directory, 'gateway.log'),
  mail: join(directory, 'mail'),
  build: join(directory, 'build'),
  temporary: join(directory, 'tmp'),
});

/** Wrangler and Miniflare need Node 22. npm scripts find the one among our dependencies; a bare `node` may be older. */
export function nodePath() {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath;
  const bundled = join(ROOT, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(bundled)) return bundled;
  throw new UsageError(`Node 22 or newer is needed, and this is ${process.versions.node}. Run \`npm ci\`, then use the npm scripts.`);
}

const wranglerPackage = () => createRequire(join(ROOT, 'package.json')).resolve('wrangler/package.json');

export function wranglerPath() {
  try {
    return join(dirname(wranglerPackage()), 'bin/wrangler.js');
  } catch {
    throw new UsageError('The dependencies are not installed: run `npm ci` first.');
  }
}

/** Runs Wrangler quietly: no telemetry, no questions, no colours. */
export const QUIET_WRANGLER = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
};
