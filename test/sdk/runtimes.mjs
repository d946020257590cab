// `npm run test:runtimes`: the packed and installed package on every supported version of Node, on Deno and on Bun, each
// from npm, against a gateway started here; before that, publint and attw check the tarball.
// SDK_RUNTIMES selects some of them: SDK_RUNTIMES=node18,bun
import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { EXPECTED } from './programs/exercise.mjs';

const run = promisify(execFile);
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const CACHE = join(tmpdir(), 'sdk-runtimes');

const node = (version) => ({ package: 'node', version, binary: 'bin/node', programs: ['run.mjs', 'run.cjs'], args: [] });
const RUNTIMES = {
  node18: node('18.20.8'),
  node20: node('20.20.2'),
  node22: node('22.23.3'),
  node24: node('24.21.0'),
  deno: {
    package: 'deno',
    version: '2.9.6',
    binary: '../.bin/deno',
    programs: ['run.mjs'],
    args: ['run', '--allow-all', '--node-modules-dir=manual'],
  },
  bun: { package: 'bun', version: '1.4.5', binary: '../.bin/bun', programs: ['run.mjs', 'run.cjs'], args: ['run'] },
};

const LINTERS = [
  { package: 'publint', version: '0.3.25', binary: '../.bin/publint' },
  { package: '@arethetypeswrong/cli', version: '0.18.5', binary: '../../.bin/attw' },
];

const npm = (args, cwd) => run('npm', ['--no-audit', '--no-fund', '--loglevel=error', ...args], { cwd });

async function install({ package: name, version, binary }) {
  const folder = join(CACHE, `${name.replace('/', '-')}-${version}`);
  if (!existsSync(folder)) {
    // An interrupted run must not leave anything under the final name.
    const making = `${folder}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    writeFileSync(join(making, 'package.json'), JSON.stringify({ private: true, allowScripts: { [name]: true } }));
    await npm(['install', `${name}@${version}`], making);
    renameSync(making, folder);
  }
  return join(folder, 'node_modules', name, binary);
}

/** A user's folder with the package in it, unpacked as `npm install` does. */
async function userFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'sdk-runtimes-user-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }');
  const { stdout } = await npm(['pack', '--json', '--pack-destination', folder], join(ROOT, 'sdk'));
  const tarball = join(folder, /[\w.-]+\.tgz/.exec(stdout)[0]);
  await npm(['install', '--offline', tarball], folder);
  cpSync(join(ROOT, 'test/sdk/programs'), folder, { recursive: true });
  return { folder, tarball };
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts it as `npm start` does, with state of its own; it prints a key. */
async function startGateway() {
  const state = mkdtempSync(join(tmpdir(), 'sdk-runtimes-state-'));
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], {
    env: { ...process.env, STATE_DIR: state, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const apiKey = await new Promise((done, fail) => {
    let said = '';
    child.stdout.on('data', (part) => {
      said += part;
      const key = /API key: (ck_\w+)/.exec(said)?.[1];
      if (key) done(key);
    });
    child.once('exit', (code) => fail(new Error(`the gateway ended with ${code}\n${said}`)));
  });
  const stop = async () => {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGINT');
    await gone;
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  };
  return { environment: { HYPEREAL_API_KEY: apiKey, HYPEREAL_BASE_URL: `http://127.0.0.1:${port}/api/v1` }, stop };
}

function problemOf(found, program) {
  const { text, path, told, ...rest } = found;
  if (!text.includes('You said: "Hello".')) return `it said ${text}`;
  if (program.endsWith('.mjs') && path !== 'package.json') return `the path was uploaded as ${path}`;
  if (told < 3) return `it told of an upload ${told} times`;
  return isDeepStrictEqual(rest, EXPECTED) ? undefined : JSON.stringify(rest);
}

async function runIn(runtime, folder, environment) {
  const binary = await install(runtime);
  const env = { PATH: process.env.PATH, HOME: folder, ...environment };
  for (const program of runtime.programs) {
    const { stdout } = await run(binary, [...runtime.args, program], { cwd: folder, env, timeout: 120_000 });
    const problem = problemOf(JSON.parse(stdout.trim().split('\n').at(-1)), program);
    if (problem) throw new Error(`${program}: ${problem}`);
  }
}

async function lint(tarball) {
  for (const linter of LINTERS) await run(process.execPath, [await install(linter), tarball], { cwd: dirname(tarball) });
}

function tell(failure, what) {
  console.log(`${failure ? 'FAILED' : 'ok    '} ${what}`);
  if (!failure) return;
  console.error([failure.stdout, failure.stderr ?? failure.stack].join('\n'));
  process.exitCode = 1;
}

const wanted = process.env.SDK_RUNTIMES?.split(',') ?? Object.keys(RUNTIMES);
const [{ folder, tarball }, gateway] = await Promise.all([userFolder(), startGateway()]);
try {
  tell(await lint(tarball).catch((error) => error), LINTERS.map((linter) => `${linter.package}@${linter.version}`).join(', '));
  for (const name of wanted) {
    const runtime = RUNTIMES[name];
    const failure = await runIn(runtime, folder, gateway.environment).catch((error) => error);
    tell(failure, `${name.padEnd(7)} ${runtime.package}@${runtime.version} (${runtime.programs.join(', ')})`);
  }
} finally {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
