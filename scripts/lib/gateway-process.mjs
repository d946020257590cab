import { spawn } from 'node:child_process';
import { closeSync, openSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { readText } from './files.mjs';
import { killGroup } from './lock.mjs';
import { nodePath, ROOT } from './paths.mjs';

const STOP_MS = 5_000;
const HEALTH_MS = 20_000;
const UNWELL_MS = 1_500;

function openLog(path) {
  try {
    renameSync(path, `${path}.1`);
  } catch {}
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, cut to fit a terminal. */
export function logTail(path, { lines = 8, width = 300 } = {}) {
  const last = (readText(path) ?? '').trimEnd().split('\n').slice(-lines);
  return last.map((line) => (line.length > width ? `${line.slice(0, width)}…` : line)).join('\n');
}

/** Why the gateway could not answer, from its log; undefined where that says nothing. */
export function loggedFailure(path) {
  const line = (readText(path) ?? '').split('\n').findLast((text) => text.includes('request failed {'));
  const error = /"error":("(?:[^"\\]|\\.)*")/.exec(line ?? '')?.[1];
  return error && JSON.parse(error);
}

/**
 * Starts the host; `ready` settles when the Worker runs, `gone` resolves when the host has ended. With an `inspectorPort`
 * its heap can be looked into; `mailBy`, `hosts` and `migrated` are for tests, see serve.mjs.
 * @param {{ paths: Record<string, string>, port: number, variables: Record<string, string>, inspectorPort?: number | undefined,
 *   mailBy?: string | undefined, hosts?: Record<string, string> | undefined, migrated?: boolean, onMail?: (mail: object) => void,
 *   onRefusal?: (refusal: object) => void }} options
 */
export function startGateway({ paths, port, variables, inspectorPort, mailBy, hosts, migrated, onMail = () => {}, onRefusal = () => {} }) {
  const log = openLog(paths.log);
  const child = spawn(nodePath(), ['--no-warnings', join(ROOT, 'scripts/lib/host.mjs')], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', log],
    // In a process group of its own, so that Ctrl-C does not kill it and it can end properly.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  closeSync(log);
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify({ root: ROOT, paths, port, variables, inspectorPort, mailBy, hosts, migrated })}\n`);
  const gone = new Promise((done) => child.once('exit', done).once('error', done));
  const ready = new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      if (message.mail) onMail(message.mail);
      else if (message.refusal) onRefusal(message.refusal);
      else if (message.ready) done();
      else fail(new Error(message.error));
    });
    gone.then(() => fail(new Error('The gateway ended while it started.')));
  });
  ready.catch(() => {});
  return { pid: child.pid, ready, gone, stop: () => stop(child, gone) };
}

async function stop(child, gone) {
  child.stdin.end();
  await Promise.race([gone, sleep(STOP_MS, undefined, { ref: false })]);
  // Kills whatever is left of it or of its workerd.
  if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
  await gone;
}

async function probe(url) {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    const body = await response.text();
    return response.ok ? { ok: true } : { answered: `${response.status}: ${body.slice(0, 500)}` };
  } catch {
    return {};
  }
}

/** Waits until the Worker is healthy; the error carries what it says instead. */
export async function waitForHealth(url) {
  let unwellSince;
  for (const end = Date.now() + HEALTH_MS; Date.now() < end; await sleep(50)) {
    const { ok, answered } = await probe(url);
    if (ok) return;
    if (answered === undefined) continue;
    unwellSince ??= Date.now();
    if (Date.now() - unwellSince > UNWELL_MS) throw new Error(`The gateway runs, and is not well. It answers ${answered}`);
    await sleep(450);
  }
  throw new Error(`The gateway did not answer at ${url}/healthz within ${HEALTH_MS / 1000} seconds.`);
}
