// Child processes, each ended by its pid.
import { execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { sleep } from './proc.mjs';

const live = new Set();
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/**
 * Starts a long-running process; its output goes to logFile. stop() closes its stdin, then sends SIGTERM,
 * then SIGKILL. endsWithStdin: it exits cleanly when its stdin closes, which also happens if this process crashes.
 */
export function start(command, args, { logFile, env, endsWithStdin } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  if (!endsWithStdin) live.add(child);
  const log = createWriteStream(logFile);
  child.stderr.pipe(log, { end: false });
  child.stdin.on('error', () => {});
  const gone = new Promise((resolve) => child.once('close', resolve));
  gone.then(() => {
    live.delete(child);
    log.end();
  });
  return {
    pid: child.pid,
    write: (text) => child.stdin.write(text),
    /** Waits for the first line with this prefix; all others go to the log. */
    async waitForLine(prefix, timeoutMs = 60_000) {
      const lines = createInterface({ input: child.stdout });
      const found = new Promise((resolve) => {
        lines.on('line', (line) => (line.startsWith(prefix) ? resolve(line) : log.write(`${line}\n`)));
      });
      const failed = (why) => Promise.reject(new Error(`${command} ${args[0] ?? ''} ${why}; see ${logFile}`));
      return Promise.race([found, gone.then((code) => failed(`ended with ${code}`)), sleep(timeoutMs).then(() => failed('did not start'))]);
    },
    async stop() {
      child.stdin.end();
      for (const signal of [null, 'SIGTERM', 'SIGKILL']) {
        if (signal) child.kill(signal);
        if ((await Promise.race([gone.then(() => true), sleep(3000)])) === true) return;
      }
    },
  };
}

const exec = promisify(execFile);

/** Runs a command to its end; returns its standard output, or throws an error that carries both outputs. */
export async function run(command, args, { env, cwd, timeoutMs = 120_000 } = {}) {
  const running = exec(command, args, { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 64 << 20 });
  live.add(running.child);
  try {
    return (await running).stdout;
  } catch (error) {
    if (error.stdout?.startsWith('{')) return error.stdout; // load exits 1 when it counted errors
    throw new Error(`${command} ${args.slice(0, 3).join(' ')}: ${error.message}\n${error.stdout ?? ''}\n${error.stderr ?? ''}`);
  } finally {
    live.delete(running.child);
  }
}

/** A port that nothing listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
