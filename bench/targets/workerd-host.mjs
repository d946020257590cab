// Runs one Worker in workerd through Miniflare and stays up until its stdin closes.
//
// One line of JSON on stdin says what to run: { port, persist, worker } with Miniflare options (v4 style), or
// { port, persist, project } with a Wrangler project: { config, bundle, vars, migrate }. A line of JSON on stdout
// says it is ready.
//
// The Worker listens on a socket of its own, so that Miniflare's entry Worker is not in the request path.
// The workerd process holds the Worker and its bindings (Durable Objects, D1, Queues and R2 are simulated
// inside workerd) and does nothing else for a request.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { loadMiniflare } from '../../scripts/lib/miniflare.mjs';
import { modulesOf } from '../lib/bundle.mjs';

const { convertV4MiniflareOptions, Miniflare } = await loadMiniflare();
const lines = createInterface({ input: process.stdin });
const ended = new Promise((resolve) => lines.once('close', resolve));
const job = await Promise.race([new Promise((resolve) => lines.once('line', resolve)), ended]);
const { port, worker, project, persist } = JSON.parse(job);
const { main, others, migrations } = worker ? { main: worker, others: [], migrations: [] } : await readProject(project);

const mf = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    logRequests: false,
    telemetry: { enabled: false },
    resourcePersistencePath: persist,
    workers: [{ unsafeRegisterWorker: false, ...main, unsafeDirectSockets: [{ host: '127.0.0.1', port }] }, ...others],
  }),
);
await mf.ready;
for (const { binding, statements } of migrations) {
  const db = await mf.getD1Database(binding);
  for (const statement of statements) await db.prepare(statement).run();
}
console.log(JSON.stringify({ ready: String(await mf.unsafeGetDirectURL(main.name)) }));
await ended;
await mf.dispose();
process.exit(0);

/** Miniflare options of a Wrangler project: its real bindings, the given bundle, the given vars on top. */
async function readProject({ config, bundle, vars, migrate }) {
  const wrangler = await import('wrangler');
  const { workerOptions, externalWorkers } = wrangler.unstable_getMiniflareWorkerOptions(config);
  const settings = wrangler.unstable_readConfig({ config });
  const migrations = [];
  for (const { binding, migrations_dir = 'migrations' } of migrate ? settings.d1_databases : []) {
    const dir = resolve(dirname(config), migrations_dir);
    if (!existsSync(dir)) continue;
    const files = readdirSync(dir).filter((name) => name.endsWith('.sql'));
    const statements = files.sort().flatMap((name) => wrangler.unstable_splitSqlQuery(readFileSync(join(dir, name), 'utf8')));
    migrations.push({ binding, statements });
  }
  const { modulesRules: _, ...options } = workerOptions;
  // Only the file's own vars: .dev.vars may hold real keys, which must not get into a benchmark.
  const bindings = { ...settings.vars, ...vars };
  return {
    main: { ...options, bindings, modulesRoot: dirname(bundle), modules: modulesOf(bundle) },
    others: externalWorkers,
    migrations,
  };
}
