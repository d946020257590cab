import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from './child.mjs';
import { SCENARIOS, TIMEOUT_MS } from './scenarios.mjs';
import { Script } from './script.mjs';

const INHERITED = ['PATH', 'LANG', 'SystemRoot', 'ComSpec', 'PATHEXT'];

/** An environment without the accounts, proxies and settings of whoever runs this. */
function environmentOf({ home, temporary }) {
  const inherited = INHERITED.filter((name) => process.env[name]).map((name) => [name, process.env[name]]);
  const folders = { HOME: home, USERPROFILE: home, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  return { ...Object.fromEntries(inherited), ...folders, NO_COLOR: '1', CI: '1' };
}

function scratch() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-clients-')));
  const folders = { home: join(root, 'home'), work: join(root, 'work'), temporary: join(root, 'tmp') };
  for (const folder of Object.values(folders)) mkdirSync(folder);
  return { root, ...folders };
}

/** JavaScript runs in this Node, whichever one the machine has; everything else runs by itself. */
const startOf = (binary) => (/\.[cm]?js$/.test(binary) ? [process.execPath, '--no-warnings', binary] : [binary]);

function describe({ result, tap, script }) {
  const requests = tap.seen.map(
    ({ method, path, status, ending, answer }) =>
      `  ${method} ${path} -> ${status} (${ending}) ${status >= 400 ? answer.slice(0, 400) : ''}`,
  );
  const turns = script.turns.map(
    ({ provider, path, model, stream, toolResults, answered }) =>
      `  ${provider} ${path} ${model} stream=${stream} results=${toolResults.length} -> ${answered}`,
  );
  return [
    `code ${result.code}, signal ${result.signal}${result.timedOut ? ', out of time' : ''}`,
    `stdout: ${result.stdout.slice(-3_000)}`,
    `stderr: ${result.stderr.slice(-3_000)}`,
    'requests of the client:',
    ...requests,
    'turns upstream:',
    ...turns,
    ...script.asides.map((aside) => `  beside: ${aside}`),
  ].join('\n');
}

/** Runs one client through one scenario. */
export async function runCase({ client, program, name, stage, direct, dump }) {
  const folders = scratch();
  const scenario = SCENARIOS[name](client, folders);
  const script = new Script(scenario.decide);
  stage.script = script;
  const tap = await stage.tap();
  try {
    const { args, env } = client.prepare({
      home: folders.home,
      work: folders.work,
      baseUrl: tap.url + client.basePaths[direct ? 'direct' : 'gateway'],
      key: await stage.keyFor(scenario),
      model: client.model,
      prompt: scenario.prompt,
    });
    const [command, ...before] = startOf(program.binary);
    const result = await runChild({
      command,
      args: [...before, ...args],
      cwd: folders.work,
      env: { ...environmentOf(folders), ...env },
      timeoutMs: scenario.timeoutMs ?? TIMEOUT_MS,
    });
    const posts = tap.seen.filter(({ method, path }) => method === 'POST' && !/count_?tokens/i.test(path));
    const run = { result, posts, turns: script.turns, direct };
    const problem = result.timedOut ? 'it ran out of time' : scenario.check(run);
    dump?.({ client: client.id, scenario: name, seen: tap.seen, turns: script.turns, result });
    return { problem, elapsedMs: result.elapsedMs, details: describe({ result, tap, script }) };
  } finally {
    stage.script = undefined;
    await tap.stop();
    rmSync(folders.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
