// npm run check: format, lint and types. Two run at a time, since most keep one core busy. All of them run, and each
// one's findings are shown in full.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './lib/paths.mjs';

const AT_ONCE = 2;

/** The slowest first. */
const CHECKS = [
  'tsc --noEmit -p test',
  'tsc --noEmit -p .',
  'biome ci .',
  'tsc --noEmit -p test/e2e',
  'tsc --noEmit -p test/sdk',
  'tsc -p sdk/tsconfig.check.json',
  'tsc --noEmit -p sdk',
  'tsc --noEmit -p test/soak',
];

function run(check) {
  const [tool, ...args] = check.split(' ');
  const command = join(ROOT, 'node_modules/.bin', process.platform === 'win32' ? `${tool}.cmd` : tool);
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => done({ ok: false, output: String(error) }));
    child.once('close', (code) => done({ ok: code === 0, output }));
  });
}

const waiting = [...CHECKS];

async function work() {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const { ok, output } = await run(check);
    console.log(`${ok ? '✓' : '✗'} ${check}${output.trim() === '' ? '' : `\n${output.trimEnd()}`}`);
    if (!ok) process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
