import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { claudeCode } from '../clients/claude-code.mjs';
import { cline } from '../clients/cline.mjs';
import { codex, codexSocket } from '../clients/codex.mjs';
import { continueAnthropic, continueResponses } from '../clients/continue.mjs';
import { copilotAnthropic, copilotChat, copilotResponses } from '../clients/copilot.mjs';
import { geminiCli } from '../clients/gemini-cli.mjs';
import { opencodeAnthropic, opencodeChat, opencodeGemini, opencodeResponses } from '../clients/opencode.mjs';
import { piAnthropic, piChat, piGemini, piResponses } from '../clients/pi.mjs';
import { qwenCode } from '../clients/qwen-code.mjs';
import { runCase } from './case.mjs';
import { killAllChildren } from './child.mjs';
import { installed } from './install.mjs';
import { GATEWAY_ONLY, SCENARIOS } from './scenarios.mjs';
import { Stage } from './stage.mjs';
import { table } from './table.mjs';

const CLIENTS = [
  claudeCode,
  codex,
  codexSocket,
  opencodeChat,
  opencodeResponses,
  opencodeAnthropic,
  opencodeGemini,
  geminiCli,
  qwenCode,
  cline,
  piChat,
  piResponses,
  piAnthropic,
  piGemini,
  copilotChat,
  copilotResponses,
  copilotAnthropic,
  continueResponses,
  continueAnthropic,
];

const USAGE = `npm run test:clients -- [--direct] [--client id]... [--scenario name]... [--verbose]

--direct      straight to the scripted providers, without the gateway: shows whether client and script understand each other
--client      one of ${CLIENTS.map(({ id }) => id).join(', ')}
--scenario    one of ${Object.keys(SCENARIOS).join(', ')}; those who share their insides with others run a few of them, unless asked
--verbose     requests and output of what went well, too

CLIENTS_SILENCE_MS shortens the silence of 62 s; CLIENTS_CACHE_DIR moves what npm installs;
CLIENTS_AT_ONCE changes how many clients run at a time (3); CLIENTS_DUMP writes every request and answer to a file.`;

let interrupted = false;

function readOptions() {
  const { values } = parseArgs({
    options: {
      direct: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      client: { type: 'string', multiple: true, default: CLIENTS.map(({ id }) => id) },
      scenario: { type: 'string', multiple: true },
    },
  });
  const unknown = [
    ...values.client.filter((id) => !CLIENTS.some((client) => client.id === id)),
    ...(values.scenario ?? []).filter((name) => SCENARIOS[name] === undefined),
  ];
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}.\n\n${USAGE}`);
  // In the order in which they must run, not that of the command line.
  const scenarios = Object.keys(SCENARIOS).filter((name) => !(values.direct && GATEWAY_ONLY.has(name)));
  const isAsked = (name, client) => (values.scenario ?? client.scenarios ?? scenarios).includes(name);
  return { ...values, scenarios, scenariosOf: (client) => scenarios.filter((name) => isAsked(name, client)) };
}

function dumpTo(path) {
  return path === undefined ? undefined : (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`);
}

async function runClient(client, options) {
  const outcomes = {};
  if (interrupted) return outcomes;
  const program = await installed(client.package);
  const stage = await Stage.open({ direct: options.direct });
  try {
    for (const name of options.scenariosOf(client)) {
      if (interrupted) break;
      const outcome = await runCase({ client, program, name, stage, direct: options.direct, dump: dumpTo(process.env.CLIENTS_DUMP) });
      outcomes[name] = outcome;
      const seconds = (outcome.elapsedMs / 1000).toFixed(1);
      console.log(`${client.label}: ${name} ${outcome.problem === undefined ? 'ok' : `failed: ${outcome.problem}`} (${seconds} s)`);
      if (outcome.problem !== undefined || options.verbose) console.log(`${outcome.details}\n`);
    }
    const failed = Object.values(outcomes).some(({ problem }) => problem !== undefined);
    // What wrangler printed while bundling comes before this line.
    const log = stage.worker?.log().split('--dry-run: exiting now.').at(-1).trim();
    if (failed && log) console.log(`${client.label}: the gateway logged\n${log.slice(-2_000)}\n`);
  } finally {
    await stage.close();
  }
  return outcomes;
}

/** Runs at most `atOnce` at a time, in order. */
async function pooled(items, atOnce, work) {
  const results = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

export async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return;
  }
  // The first signal ends what is running and removes its folders as usual; a second one ends this at once.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      interrupted = true;
      process.exitCode = 130;
      killAllChildren();
    });
  }
  const clients = CLIENTS.filter(({ id }) => options.client.includes(id));
  // One after the other, since two of them share a package.
  for (const client of clients) await installed(client.package);
  const rows = await pooled(clients, Number(process.env.CLIENTS_AT_ONCE ?? 3), async (client) => {
    try {
      return { label: client.label, outcomes: await runClient(client, options) };
    } catch (error) {
      console.error(`${client.label}: ${error.stack ?? error}`);
      return { label: client.label, outcomes: {}, broken: true };
    }
  });
  console.log(`\n${table(rows, options.scenarios)}`);
  const failed = rows.some(({ outcomes, broken }) => broken || Object.values(outcomes).some(({ problem }) => problem !== undefined));
  if (failed && !interrupted) process.exitCode = 1;
}
