// What a start costs, and how large the Worker is.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSizes } from './lib/bundle.mjs';
import { usage } from './lib/proc.mjs';
import { FLOOR, floor, floorVars } from './targets/floors.mjs';
import { gatewayVars } from './targets/ours.mjs';
import { CONFIG, project, wrangler } from './targets/project.mjs';
import { startWorkerd } from './targets/workerd.mjs';

/** The floor with the gateway's bindings, whose simulators take part of a start's time that is not the Worker's. */
async function boundFloor(workDir) {
  const { settings } = await project();
  const classes = settings.durable_objects.bindings.map(({ class_name }) => class_name).filter((name) => name !== 'Account');
  const dir = join(workDir, 'floor-bound');
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'floor.js');
  writeFileSync(path, readFileSync(FLOOR, 'utf8') + classes.map((name) => `export class ${name} extends DurableObject {}\n`).join(''));
  return path;
}

/** CPU time of a fresh workerd until it has answered its first call (ours refuses it, since it has no key). */
async function startOnce(begin) {
  const target = await begin();
  try {
    const response = await fetch(`http://127.0.0.1:${target.port}/v1/chat/completions`, { method: 'POST', body: '{}' });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`the first call was answered with ${response.status}`);
    return usage(target.pid).cpu_us;
  } finally {
    await target.stop();
  }
}

/** How long the Worker's start keeps its isolate busy, by Wrangler's own profile, in microseconds. */
async function isolateStart(workDir) {
  const file = join(workDir, 'startup.cpuprofile');
  await wrangler('check', 'startup', '--outfile', file);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
  const idle = new Set(nodes.filter((node) => node.callFrame.functionName === '(idle)').map((node) => node.id));
  return timeDeltas.reduce((sum, delta, i) => (idle.has(samples[i]) ? sum : sum + delta), 0);
}

/** Start-up CPU in microseconds over several starts of each, in turn, and bundle sizes in bytes. */
export async function measureStartup(ctx, starts) {
  const bound = await boundFloor(ctx.workDir);
  const at = (name) => ({ ...ctx, name: `start-${name}` });
  const projectJob = (bundle, vars) => ({ project: { config: CONFIG, bundle, vars, migrate: false } });
  const kinds = {
    floor: () => floor('proxy').start(at('floor')),
    'floor-bound': () => startWorkerd(at('floor-bound'), projectJob(bound, floorVars('proxy', ctx))),
    ours: () => startWorkerd(at('ours'), projectJob(ctx.bundle, gatewayVars(ctx))),
    'ours-alone': () => startWorkerd(at('ours-alone'), projectJob(ctx.dataPlane, gatewayVars(ctx))),
  };
  const cpuUs = {};
  const isolateUs = [];
  for (let i = 0; i < starts; i++) {
    for (const [kind, begin] of Object.entries(kinds)) {
      cpuUs[kind] ??= [];
      cpuUs[kind].push(await startOnce(begin));
    }
  }
  for (let i = 0; i < Math.min(starts, 2); i++) isolateUs.push(await isolateStart(ctx.workDir));
  return { cpu_us: cpuUs, isolate_us: isolateUs, bytes: { floor: bundleSizes(FLOOR), ours: bundleSizes(ctx.bundle) } };
}
