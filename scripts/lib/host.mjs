// Runs the gateway until its stdin closes, which happens even when start.mjs is killed: workerd alone would live on and
// keep the port. One line of JSON on stdin: { root } and what serveGateway takes. Lines of JSON on stdout: { ready } or
// { error }, then { mail } for each mail that the Worker sends and { refusal } for each time that a provider refuses the gateway.
import module from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readyBundle } from './bundle.mjs';
import { loadMiniflare } from './miniflare.mjs';
import { serveGateway } from './serve.mjs';

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
console.log = console.error;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function log(line) {
  console.error(line);
  const refusal = parsed(/ provider refuses the gateway (\{.*\})$/.exec(line)?.[1]);
  if (refusal) say({ refusal });
}

async function serve({ root, ...job }) {
  // Imported here, since compiling Miniflare takes a third of a second.
  module.enableCompileCache?.(join(job.paths.build, 'compiled'));
  const [bundle] = await Promise.all([readyBundle(root, job.paths.build), loadMiniflare()]);
  return serveGateway(bundle, job, { log, onMail: (mail) => say({ mail }), onGone });
}

/** Ends at once, together with whatever is being started: this process leads its own group. */
function abandon() {
  if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL');
  process.exit(1);
}

/** Who runs it is to know, and may start it again. */
function onGone(error) {
  console.error(String(error));
  abandon();
}

const lines = createInterface({ input: process.stdin });
let gateway;
lines.once('line', async (line) => {
  try {
    gateway = await serve(JSON.parse(line));
    say({ ready: true });
  } catch (error) {
    console.error(error);
    say({ error: error.message });
    process.exit(1);
  }
});
lines.once('close', async () => {
  if (!gateway) return abandon();
  await gateway.stop();
  process.exit(0);
});
