// Two hundred jobs at once on a local run: whether all of them end, and how long after their provider was done.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGateway, waitForHealth } from '../scripts/lib/gateway-process.mjs';
import { statePaths } from '../scripts/lib/paths.mjs';
import { freePort } from './lib/children.mjs';

const JOBS = 200;
const PROVIDER_SECONDS = 5;
const PATIENCE_MS = 300_000;
const ADMIN_TOKEN = 'the-operator-of-the-benchmark';

const directory = mkdtempSync(join(tmpdir(), 'gateway-bench-jobs-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const variables = { KEY_MAC_SECRET: 'the-secret-of-the-benchmark-0123456789', ADMIN_TOKEN, LOCAL: '1', HOURLY_LIMITS: '{"video":1000000}' };
const gateway = startGateway({ paths: statePaths(directory), port, variables });

async function ask(method, path, token, body) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const json = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(json)}`);
  return json;
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

async function measure() {
  await gateway.ready;
  await waitForHealth(url);
  const { id } = await ask('POST', '/api/admin/accounts', ADMIN_TOKEN, { name: 'Benchmark', credits: 1_000_000, tier: 'scale' });
  const { key } = await ask('POST', `/api/admin/accounts/${id}/keys`, ADMIN_TOKEN, { name: 'benchmark' });
  const call = { model: 'veo3.1-fast', prompt: `a cat sandbox:delay=${PROVIDER_SECONDS}s` };
  const startedMs = Date.now();
  const jobs = await Promise.all(Array.from({ length: JOBS }, () => ask('POST', '/v1/videos/generate', key, call)));
  const acceptedMs = Date.now() - startedMs;
  const left = new Set(jobs.map(({ jobId }) => jobId));
  const overMs = [];
  while (left.size > 0 && Date.now() - startedMs < PATIENCE_MS) {
    await sleep(1_000);
    for (const state of ['succeeded', 'failed', 'expired']) {
      for (let before = ''; before !== null; ) {
        const page = await ask('GET', `/v1/jobs?limit=100&state=${state}${before && `&before=${encodeURIComponent(before)}`}`, key);
        for (const job of page.data) {
          if (!left.delete(job.jobId)) continue;
          overMs.push(Date.parse(job.endedAt) - Date.parse(job.createdAt) - PROVIDER_SECONDS * 1_000);
          if (job.status !== 'completed') throw new Error(`${job.jobId}: ${job.status} ${job.error}`);
        }
        before = page.next;
      }
    }
  }
  const { balanceCredits, heldCredits } = await ask('GET', `/api/admin/accounts/${id}`, ADMIN_TOKEN);
  overMs.sort((a, b) => a - b);
  console.log(`${JOBS} jobs at once, ${PROVIDER_SECONDS} s each at the provider (in-process sandbox, one machine)`);
  console.log(`accepted in ${acceptedMs} ms; ended: ${overMs.length}; still under way: ${left.size}`);
  console.log(
    `submit to done over the provider's own time: p50 ${percentile(overMs, 0.5)} ms, p95 ${percentile(overMs, 0.95)} ms, max ${overMs.at(-1)} ms`,
  );
  console.log(`charged ${1_000_000 - balanceCredits} credits for ${JOBS} clips of 16; held ${heldCredits}`);
  if (left.size > 0 || heldCredits !== 0 || balanceCredits !== 1_000_000 - 16 * JOBS)
    throw new Error('not every job ended and was charged once');
}

try {
  await measure();
} finally {
  await gateway.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}
