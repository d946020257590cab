import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from '../../../scripts/lib/lock.mjs';

const GRACE_MS = 3_000;
const KEPT_CHARS = 400_000;

/** Leaders of the process groups that are running, so that an interrupted run leaves nothing behind. */
const running = new Set();

export function killAllChildren() {
  for (const pid of running) killGroup(pid, 'SIGKILL');
}

async function end(pid, gone) {
  killGroup(pid, 'SIGTERM');
  await Promise.race([gone, sleep(GRACE_MS, undefined, { ref: false })]);
  killGroup(pid, 'SIGKILL');
}

/** Runs a program until it ends or its time is up, in a process group of its own that ends with it. */
export async function runChild({ command, args, cwd, env, timeoutMs }) {
  const startedAtMs = Date.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
  const result = { code: null, signal: null, timedOut: false, stdout: '', stderr: '', elapsedMs: 0 };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (part) => {
      result[name] = (result[name] + part).slice(-KEPT_CHARS);
    });
  }
  const gone = new Promise((done) => {
    child.once('error', (error) => {
      result.stderr += `\n${error.message}`;
      done();
    });
    child.once('close', (code, signal) => {
      Object.assign(result, { code, signal });
      done();
    });
  });
  if (child.pid === undefined) {
    await gone;
    return result;
  }
  running.add(child.pid);
  const timer = setTimeout(() => {
    result.timedOut = true;
    void end(child.pid, gone);
  }, timeoutMs);
  await gone;
  clearTimeout(timer);
  // It may have started processes that it did not wait for.
  killGroup(child.pid, 'SIGKILL');
  running.delete(child.pid);
  result.elapsedMs = Date.now() - startedAtMs;
  return result;
}
