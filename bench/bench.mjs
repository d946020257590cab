// Runs the scenarios against the targets, prints tables and writes one JSON file. See docs/bench.md.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { freePort, run, start } from './lib/children.mjs';
import { load, measure, NOISY, otherCores } from './measure.mjs';
import { problems, report } from './report.mjs';
import { partsOf, QUICK, SCENARIOS } from './scenarios.mjs';
import { measureStartup } from './startup.mjs';
import { TARGETS } from './targets/index.mjs';

if (process.argv[2] === 'jobs') {
  await import('./jobs.mjs');
  process.exit();
}

const OPTIONS = {
  targets: { type: 'string' },
  scenarios: { type: 'string' },
  reps: { type: 'string', default: '' },
  quick: { type: 'boolean', default: false },
  out: { type: 'string' },
  'no-netns': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

const USAGE = `npm run bench -- [--quick] [--scenarios A,B] [--targets A,B] [--reps N] [--out FILE] [--no-netns]
npm run bench -- jobs
Scenarios: ${Object.keys(SCENARIOS).join(', ')}
Targets: ${Object.keys(TARGETS).join(', ')}
See docs/bench.md.`;

function leave(words, code) {
  if (code === 0) console.log(words);
  else console.error(words);
  process.exit(code);
}

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return leave(`${error.message}\n\n${USAGE}`, 2);
  }
}

const args = readArguments();
if (args.help) leave(USAGE, 0);
if (Number(process.versions.node.split('.')[0]) < 22) leave('Wrangler needs Node 22 or newer: use `npm run bench`', 2);
if (!/^([1-9]\d?)?$/.test(args.reps)) leave(`--reps is a number from 1 to 99.\n\n${USAGE}`, 2);

if (!args['no-netns'] && !process.env.BENCH_IN_NETNS) await enterNamespace();

const plan = {
  scenarios: args.scenarios?.split(',') ?? (args.quick ? QUICK.scenarios : Object.keys(SCENARIOS)),
  targets: args.targets?.split(','),
  reps: Number(args.reps || (args.quick ? 1 : 3)),
  starts: args.quick ? 1 : 4,
  quick: args.quick,
};
for (const name of plan.scenarios) if (!SCENARIOS[name]) leave(`There is no scenario ${name}.\n\n${USAGE}`, 2);
for (const name of plan.targets ?? []) if (!TARGETS[name]) leave(`There is no target ${name}.\n\n${USAGE}`, 2);

/** The targets that a scenario is measured on: those it names, unless the command line names others. */
const targetsOf = (scenario) => plan.targets ?? SCENARIOS[scenario].on.filter((name) => !plan.quick || QUICK.targets.includes(name));
const targetNames = Object.keys(TARGETS).filter((name) => plan.scenarios.some((scenario) => targetsOf(scenario).includes(name)));

const ctx = prepareDirectories();
ctx.mockKey = 'sk-mock-upstream';
for (const name of ['mock', 'load']) {
  await run('cc', ['-O2', '-o', join(ctx.workDir, name), fileURLToPath(new URL(`./native/${name}.c`, import.meta.url))]);
}
for (const name of targetNames) await TARGETS[name].prepare?.(ctx);

const startedAt = new Date();
const runs = [];
const repeats = { left: plan.quick ? 0 : 8 }; // on a machine that stays busy, more do not help
let startup = null;
for (let rep = 1; rep <= plan.reps; rep++) {
  const mock = await startMock();
  if (rep === 1 && targetNames.includes('ours')) startup = await measureStartup(ctx, plan.starts);
  await repetition(rep, mock);
  await mock.stop();
}

const result = { at: startedAt.toISOString(), cpu: cpus()[0].model, cores: cpus().length, targets: targetNames, runs, startup };
const out = args.out ?? join(ctx.workDir, `result-${result.at.replaceAll(/[:.]/g, '-')}.json`);
writeFileSync(out, JSON.stringify(result));
console.log(`\n${report(result)}\n\n${Math.round((Date.now() - startedAt) / 1000)} s; written to ${out}`);
process.exitCode = problems(runs).length ? 1 : 0;

/** Restarts in a network namespace that has only the loopback interface, where that is allowed. */
async function enterNamespace() {
  const unshare = [...(process.getuid() ? ['-r'] : []), '-n', 'sh', '-c'];
  if (spawnSync('unshare', [...unshare, 'ip link set lo up']).status !== 0) {
    console.log('No network namespace here: the servers listen on 127.0.0.1 of this machine.');
    return;
  }
  const self = [process.execPath, ...process.argv.slice(1)];
  const child = spawn('unshare', [...unshare, 'ip link set lo up && exec "$@"', 'sh', ...self], {
    stdio: 'inherit',
    env: { ...process.env, BENCH_IN_NETNS: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.removeAllListeners(signal);
    process.on(signal, () => child.kill('SIGTERM'));
  }
  process.exit(await new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1))));
}

/** Directories for binaries, logs and results, and one for data, in memory where there is room. */
function prepareDirectories() {
  const workDir = process.env.BENCH_WORK ?? join(tmpdir(), 'hypereal-bench');
  mkdirSync(workDir, { recursive: true });
  // Local SQLite syncs to disk at every commit, which real Durable Objects do not, so its data is kept in memory.
  const shm = existsSync('/dev/shm') ? statfsSync('/dev/shm') : undefined;
  const roomy = shm && shm.bavail * shm.bsize > 2 ** 30;
  if (!roomy) console.log('Less than 1 GB free in /dev/shm: data goes to disk, and every target with data is slower for it.');
  const dataDir = mkdtempSync(join(roomy ? '/dev/shm' : tmpdir(), 'hypereal-bench-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  return { workDir, dataDir };
}

async function startMock() {
  ctx.mockPort = await freePort();
  ctx.mockUrl = `http://127.0.0.1:${ctx.mockPort}`;
  const mock = start(join(ctx.workDir, 'mock'), [String(ctx.mockPort), ctx.mockKey], { logFile: join(ctx.workDir, 'mock.log') });
  await mock.waitForLine('READY');
  return { ...mock, ask: async (path) => (await fetch(ctx.mockUrl + path)).json() };
}

/** Starts every target afresh and runs each scenario on each of them, in changing order. */
async function repetition(rep, mock) {
  const targets = [];
  for (const name of targetNames) targets.push({ name, ...(await TARGETS[name].start({ ...ctx, name })) });
  const inTurn = (scenario, turn) => {
    const chosen = targets.filter((target) => targetsOf(scenario).includes(target.name) && (target.callers || scenario !== 'accounts'));
    return chosen.map((_, i) => chosen[(i + turn) % chosen.length]);
  };
  const runScenario = async (scenario, turn) => {
    const allowed = SCENARIOS[scenario].cold ? { left: 0 } : repeats; // a second run would not be cold
    const parts = partsOf(scenario, plan.quick);
    if (turn % 2) parts.reverse();
    for (const target of inTurn(scenario, turn)) {
      for (const [name, spec] of parts) {
        const record = { rep, ...(await measure(ctx, mock, target, name, spec, allowed)) };
        runs.push(record);
        printRun(record, target);
      }
    }
  };
  for (const target of targets) {
    await load(ctx, target, { c: 8, n: 100, t: 5 });
    await load(ctx, target, { stream: true, chunks: 20, delay: 1, c: 8, n: 20, t: 5 });
  }
  for (const name of plan.scenarios.filter((scenario) => SCENARIOS[scenario].cold)) await runScenario(name, rep);
  for (const target of targets) {
    await load(ctx, target, { c: 32, n: 3000, t: 2 });
    await load(ctx, target, { stream: true, chunks: 500, delay: 0, c: 8, n: 60, t: 3 });
  }
  const warm = plan.scenarios.filter((scenario) => !SCENARIOS[scenario].cold);
  for (const [k, name] of warm.entries()) await runScenario(name, rep + k);
  for (const target of targets) await target.stop();
}

function printRun(record, target) {
  const { done, per_s, latency, errors, truncated, first_bad_status } = record.load;
  const parts = [
    `rep ${record.rep} ${record.scenario.padEnd(13)} ${record.target.padEnd(14)} ${String(done).padStart(6)} done ${String(Math.round(per_s)).padStart(6)}/s`,
    `p50 ${(latency.p50 / 1000).toFixed(2)} ms  p99 ${(latency.p99 / 1000).toFixed(2)} ms`,
  ];
  if (target.pid) parts.push(`cpu ${Math.round(record.cpu_us / done)} us each`);
  if (otherCores(record) >= NOISY) parts.push(`(noisy: ${otherCores(record).toFixed(1)} cores)`);
  if (errors) parts.push(`${errors} ERRORS (${truncated} truncated, first bad status ${first_bad_status})`);
  console.log(parts.join('  '));
}
