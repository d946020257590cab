// One load on one target: what came through, and what it cost.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './lib/children.mjs';
import { machineBusyUs, sleep, usage } from './lib/proc.mjs';
import { body, FORMATS } from './scenarios.mjs';

/** CPU time that other processes took during a run, in cores. Runs of less than a second are too short to tell. */
export const otherCores = (r) => (r.load.wall_s < 1 ? 0 : Math.max(0, r.other_cpu_us) / (r.load.wall_s * 1e6));
export const NOISY = 0.3;

const QUIET_MS = 750;

/** Runs one bounded load; returns what the load generator counted. */
export async function load(ctx, target, spec) {
  const bodyFile = join(ctx.dataDir, 'body.json');
  writeFileSync(bodyFile, JSON.stringify(body(spec, target.models?.[spec.format ?? 'chat'])));
  const argv = ['-p', target.port, '-c', spec.c, '-n', spec.n, '-t', spec.t, '-g', spec.stagger ?? 0, '-f', bodyFile];
  const { path, end } = FORMATS[spec.format ?? 'chat'];
  argv.push('-P', path);
  if (spec.stream) argv.push('-m', end);
  if (spec.accounts) {
    target.callerLines ??= {};
    target.callerLines[spec.accounts] ??= await target.callers(spec.accounts);
    const headerFile = join(ctx.dataDir, 'headers.txt');
    writeFileSync(headerFile, `${target.callerLines[spec.accounts].join('\n')}\n`);
    argv.push('-k', headerFile);
  } else {
    for (const header of target.headers) argv.push('-H', header);
  }
  return JSON.parse(await run(join(ctx.workDir, 'load'), argv.map(String)));
}

/** Waits until deferred work (waitUntil, queues, alarms) is done, then returns the usage. */
async function settled(target, from, quietMs, limitMs = 20_000) {
  const needed = quietMs / 250;
  let last = from;
  let lastBusy = Date.now();
  const begun = lastBusy;
  for (let quiet = 0; quiet < needed && Date.now() < begun + limitMs; ) {
    await sleep(250);
    const now = usage(target.pid);
    const busy = now.cpu_us - last.cpu_us > 6000;
    quiet = busy ? 0 : quiet + 1;
    if (busy) lastBusy = Date.now();
    last = now;
  }
  return { usage: last, seconds: (lastBusy - begun) / 1000 };
}

/** Measures; repeats the run if other work kept the machine busy, and returns the quieter run. */
export async function measure(ctx, mock, target, name, spec, repeats) {
  if (spec.accounts > 1) {
    await load(ctx, target, { ...spec, n: 2 * spec.accounts, t: 10 }); // wakes every account's object
  }
  const record = await measureOnce(ctx, mock, target, name, spec);
  if (otherCores(record) < NOISY || repeats.left <= 0) return record;
  repeats.left--;
  const again = await measureOnce(ctx, mock, target, name, spec);
  return otherCores(again) < otherCores(record) ? again : record;
}

async function measureOnce(ctx, mock, target, name, spec) {
  const look = () => (target.pid ? usage(target.pid) : { cpu_us: 0, rss_kb: 0 });
  await mock.ask('/__reset');
  const mockBefore = usage(mock.pid).cpu_us;
  const busyBefore = machineBusyUs();
  const before = look();
  let peakKb = before.rss_kb;
  let loading = true;
  const watch = (async () => {
    for (; loading; await sleep(200)) peakKb = Math.max(peakKb, look().rss_kb);
  })();
  const counted = await load(ctx, target, spec);
  loading = false;
  const atEnd = look();
  const busyUs = machineBusyUs() - busyBefore;
  const mockUs = usage(mock.pid).cpu_us - mockBefore;
  await watch;
  const after = target.pid
    ? await settled(target, atEnd, spec.latency ? QUIET_MS : (target.quietMs ?? QUIET_MS))
    : { usage: atEnd, seconds: 0 };
  return {
    target: target.name,
    scenario: name,
    load: counted,
    cpu_us: target.pid ? after.usage.cpu_us - before.cpu_us : null,
    cpu_settling_us: after.usage.cpu_us - atEnd.cpu_us,
    settling_s: after.seconds,
    mock_cpu_us: mockUs,
    other_cpu_us: busyUs - mockUs - (atEnd.cpu_us - before.cpu_us) - counted.load_cpu_s * 1e6,
    rss_before_kb: target.pid ? before.rss_kb : null,
    rss_peak_kb: target.pid ? Math.max(peakKb, atEnd.rss_kb) : null,
    mock: await mock.ask('/__stats'),
  };
}
