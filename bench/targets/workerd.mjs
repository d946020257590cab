// Starts a Worker in workerd and finds its process.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, start } from '../lib/children.mjs';
import { descendant } from '../lib/proc.mjs';

const HOST = fileURLToPath(new URL('./workerd-host.mjs', import.meta.url));

/** job: { worker } or { project }, as workerd-host.mjs takes them. Each start has new data. */
export async function startWorkerd({ name, dataDir, workDir }, job) {
  const port = await freePort();
  mkdirSync(join(dataDir, name), { recursive: true });
  const persist = mkdtempSync(join(dataDir, name, 'start-'));
  const host = start(process.execPath, [HOST], {
    logFile: join(workDir, `${name}.log`),
    endsWithStdin: true, // or workerd would outlive it
    env: { WRANGLER_SEND_METRICS: 'false', TMPDIR: dataDir },
  });
  host.write(`${JSON.stringify({ ...job, port, persist })}\n`);
  try {
    await host.waitForLine('{"ready"');
    return { port, pid: descendant(host.pid, 'workerd'), stop: host.stop };
  } catch (error) {
    await host.stop();
    throw error;
  }
}
