import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodePath, QUIET_WRANGLER, ROOT, wranglerPath } from './paths.mjs';

/**
 * Runs Wrangler: `wrangler(args, { interactive, env })` resolves to `{ code, stdout, stderr }`. An interactive run gets
 * the terminal (to sign in, or to choose a workers.dev name), and its output is not captured.
 */
export function wranglerRunner(cwd = ROOT) {
  return (args, { interactive = false, env = {} } = {}) =>
    new Promise((done, fail) => {
      const child = spawn(nodePath(), [wranglerPath(), ...args], {
        cwd,
        env: { ...process.env, ...QUIET_WRANGLER, ...env },
        stdio: interactive ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      });
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr']) {
        child[name]?.setEncoding('utf8').on('data', (chunk) => {
          output[name] += chunk;
        });
      }
      child.once('error', fail);
      child.once('close', (code) => done({ code: code ?? 1, ...output }));
    });
}

/** Calls `use(path)` with a folder that only this user can read, and that is gone afterwards. */
export async function withPrivateFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-deploy-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Ctrl-C reaches Wrangler too; it ends, and so does the call.
  const wait = () => {};
  const end = () => {
    remove();
    process.exit(143);
  };
  process.on('SIGINT', wait).on('SIGTERM', end).on('SIGHUP', end);
  try {
    return await use(folder);
  } finally {
    remove();
    process.off('SIGINT', wait).off('SIGTERM', end).off('SIGHUP', end);
  }
}
