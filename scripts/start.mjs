// npm start: the gateway on this machine, with an account to try it. See README.md.
import { relative } from 'node:path';
import { adminApi } from './lib/admin-api.mjs';
import { chooseExample, curlCommand } from './lib/example.mjs';
import { loggedFailure, logTail, startGateway, waitForHealth } from './lib/gateway-process.mjs';
import { ensureAccount } from './lib/local-account.mjs';
import { requireFreePort, takeState } from './lib/lock.mjs';
import { ROOT, readPort, stateDirectory, statePaths, UsageError, wranglerPath } from './lib/paths.mjs';
import { ensureSecrets } from './lib/secrets.mjs';
import { configuredProviders, halfSet, readStrayVariables, readVariables } from './lib/variables.mjs';

function providersLine(providers) {
  if (providers.length > 0) return `Providers: ${providers.map(({ label }) => label).join(', ')}.`;
  return [
    'No provider key is set, so the sandbox answers for every model.',
    'For real answers set OPENAI_API_KEY, or another provider’s, in the environment or in .dev.vars.',
  ].join('\n');
}

function describe({ url, providers, idle, account, example, paths, seconds, adminToken }) {
  const state = relative(ROOT, paths.directory);
  const place = state === '' || state.startsWith('..') ? paths.directory : state;
  return `
The gateway runs at ${url} (started in ${seconds} s).
${[providersLine(providers), ...idle].join('\n')}

API key: ${account.key}
Test key: ${account.testKey}

${curlCommand({ url, ...example })}

Account ${account.id} has ${account.balanceCredits.toLocaleString('en')} credits. Accounts, keys and credits: npm run admin -- --help
Or on pages: ${url}/operator, with ADMIN_TOKEN ${adminToken ?? 'as you have set it'}
State: ${place} (log: gateway.log). Ctrl-C stops the gateway.
`;
}

const SILENT_MS = 2_000;

/** The first start, and one after a change, builds for some seconds: who watches is told that something happens. */
const saySlow = () => setTimeout(() => process.stdout.isTTY && console.log('Building and starting the gateway …'), SILENT_MS).unref();

/** A local run sends no mail: it says what it would have sent. */
const showMail = ({ to, subject, link, path }) =>
  console.log(`Mail to ${to}: ${subject}\n${link ? `  ${link}` : `  ${relative(ROOT, path)}`}`);

/** A wrong key is what goes wrong first: customers are not told of it, so whoever started the gateway is, once a provider and reason. */
function refusalShower(providers) {
  const shown = new Set();
  return ({ provider, status, message }) => {
    const reason = `${provider} ${status}`;
    if (shown.has(reason)) return;
    shown.add(reason);
    const label = providers.find(({ id }) => id === provider)?.label ?? provider;
    console.log(`${label} refuses the gateway (${status}): ${message}`);
  };
}

async function run(env) {
  const began = performance.now();
  const port = readPort(env);
  const paths = statePaths(stateDirectory(env));
  const url = `http://127.0.0.1:${port}`;
  wranglerPath();
  const read = readVariables(ROOT, env);
  const providers = configuredProviders(read);
  const idle = [...readStrayVariables(ROOT, providers), ...halfSet(read)];
  const state = await takeState(paths, port);
  const slow = saySlow();
  let gateway;
  let stopping;
  const stop = (code) => {
    stopping ??= (async () => {
      await gateway?.stop();
      state.release();
      process.exit(code);
    })();
    return stopping;
  };
  try {
    await requireFreePort(port);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
    const secrets = ensureSecrets(paths.secrets);
    const variables = { ...secrets, ...read, LOCAL: '1' };
    gateway = startGateway({ paths, port, variables, onMail: showMail, onRefusal: refusalShower(providers) });
    state.record(gateway.pid);
    await gateway.ready;
    await waitForHealth(url);
    const account = await ensureAccount({ api: adminApi({ url, token: variables.ADMIN_TOKEN }), url, path: paths.account });
    const example = await chooseExample({ url, providers, account });
    clearTimeout(slow);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const adminToken = read.ADMIN_TOKEN ? undefined : secrets.ADMIN_TOKEN;
    if (!stopping) console.log(describe({ url, providers, idle, account, example, paths, seconds, adminToken }));
    await gateway.gone;
    if (!stopping) throw new Error('The gateway ended unexpectedly.');
  } catch (error) {
    clearTimeout(slow);
    // Being stopped while starting is no failure.
    if (stopping) return;
    const said = gateway && loggedFailure(paths.log);
    console.error(`\n${said ?? error.message}`);
    if (gateway && !said) console.error(`\nFrom ${paths.log}:\n${logTail(paths.log)}`);
    await stop(1);
  }
}

try {
  await run(process.env);
} catch (error) {
  console.error(error instanceof UsageError ? `\n${error.message}\n` : error);
  process.exitCode = 1;
}
