import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureResources, failure, StepFailed } from './deploy-resources.mjs';
import { collectSecrets } from './deploy-secrets.mjs';
import { readText, writePrivate } from './files.mjs';

const HELP = `Usage: npm run deploy [-- --yes]

Takes a Cloudflare account from nothing to a deployed gateway, and skips what is done already:
signs in, creates the D1 database, the R2 bucket and the queues that wrangler.toml names, applies the migrations,
asks for the secrets that are not set, and deploys. Run again it brings a newer version up, migrations included.

  --yes    ask nothing: providers' keys come from the environment; KEY_MAC_SECRET, AUTH_SECRET and ADMIN_TOKEN too, and
           are made when they are not there

Without a terminal, answers are read line by line. CLOUDFLARE_API_TOKEN signs in (with edit rights for Workers Scripts,
D1, R2 and Queues), CLOUDFLARE_ACCOUNT_ID chooses.`;

async function whoami({ wrangler }) {
  const result = await wrangler(['whoami', '--json']);
  try {
    const answer = JSON.parse(result.stdout.slice(result.stdout.indexOf('{')));
    if (result.code === 0 && answer.loggedIn) return answer;
    if (answer.loggedIn === false) return undefined;
  } catch {}
  throw failure('Cloudflare could not be asked who you are.', result);
}

async function signIn(context) {
  let user = await whoami(context);
  if (!user && context.interactive && !context.yes) {
    context.say('Signing in to Cloudflare.');
    await context.wrangler(['login'], { interactive: true });
    user = await whoami(context);
  }
  if (!user) throw new StepFailed('Not signed in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.');
  return user;
}

async function chooseAccount({ ask, yes, env, say }, accounts, config) {
  const configured = config.account_id ?? env.CLOUDFLARE_ACCOUNT_ID;
  if (configured) return configured;
  if (accounts.length === 0) throw new StepFailed('This sign-in reaches no Cloudflare account.');
  if (accounts.length === 1) return accounts[0].id;
  const list = accounts.map(({ id, name }, index) => `  ${index + 1}. ${name} (${id})`).join('\n');
  const refusal = new StepFailed(`Which account? Set CLOUDFLARE_ACCOUNT_ID, or account_id in wrangler.toml, to one of:\n${list}`);
  if (yes) throw refusal;
  say(`Accounts:\n${list}`);
  const chosen = accounts[Number(await ask('Which one (number)? ')) - 1];
  if (!chosen) throw refusal;
  return chosen.id;
}

/** Where the deployed Worker answers, by the report that Wrangler writes: its own domain first. */
function deployedUrl(report) {
  for (const line of (report ?? '').split('\n')) {
    if (!line.includes('"deploy"')) continue;
    const targets = JSON.parse(line).targets?.map(String) ?? [];
    const domain = targets.find((target) => target.endsWith('(custom domain)'))?.split(' ')[0];
    const url = domain ? `https://${domain.replace(/^https:\/\//, '')}` : targets.find((target) => target.startsWith('https://'));
    if (url) return url;
  }
  return undefined;
}

async function deployWorker({ wrangler, interactive, yes, withPrivateFolder, print }, secrets) {
  return withPrivateFolder(async (folder) => {
    const report = join(folder, 'report.ndjson');
    const args = ['deploy'];
    if (Object.keys(secrets).length > 0) {
      // In one version with the code: the Worker is never up without its secrets. JSON, since Wrangler expands $ in .env files.
      const path = join(folder, 'secrets.json');
      writePrivate(path, JSON.stringify(secrets));
      args.push('--secrets-file', path);
    }
    // With the terminal to itself, Wrangler can ask a new account for its workers.dev name.
    const result = await wrangler(args, { interactive: interactive && !yes, env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    if (result.code !== 0) throw failure('The Worker could not be deployed.', { stdout: '', stderr: '', ...result });
    if (result.stdout) print(result.stdout.trim());
    return deployedUrl(readText(report));
  });
}

const tokenWords = (token) =>
  `ADMIN_TOKEN: ${token}\nIt is shown this once, and opens the operator's API. Keep it where you keep passwords.\n`;

const closingWords = (url = 'https://YOUR-GATEWAY') => `The gateway is deployed. Next:
  GATEWAY_URL=${url} ADMIN_TOKEN=... npm run admin -- accounts create --name NAME --credits 10000
  npm run deploy -- --yes      brings up a newer version, migrations included
  routes in wrangler.toml      put it on your own domain: docs/operating.md`;

/** Deploys and says the made token whatever comes of it: a deployment that fails late has taken the secrets. */
async function finish(context) {
  const { secrets, madeToken } = await collectSecrets(context);
  context.say('Deploying the Worker.');
  try {
    const url = await deployWorker(context, secrets);
    context.say('');
    if (madeToken) context.say(tokenWords(madeToken));
    context.say(closingWords(url));
  } catch (error) {
    if (madeToken) context.say(`\nIf the next run says that ADMIN_TOKEN is set already, it is this one.\n${tokenWords(madeToken)}`);
    throw error;
  }
}

/** `tools`: wrangler, ask, interactive, print, printError, env, configPath, readConfig, withPrivateFolder. Returns the exit code. */
export async function runDeploy(argv, tools) {
  let options;
  try {
    options = parseArgs({ args: argv, options: { yes: { type: 'boolean', short: 'y' }, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    tools.printError(`${error.message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    tools.print(HELP);
    return 0;
  }
  try {
    const context = { ...tools, yes: options.yes === true, say: tools.print };
    const user = await signIn(context);
    const config = await tools.readConfig(tools.configPath);
    const accountId = await chooseAccount(context, user.accounts ?? [], config);
    context.say(`Cloudflare account: ${user.accounts?.find(({ id }) => id === accountId)?.name ?? accountId}.`);
    context.wrangler = (args, settings = {}) =>
      tools.wrangler(args, { ...settings, env: { CLOUDFLARE_ACCOUNT_ID: accountId, ...settings.env } });
    await ensureResources(context, config);
    await finish(context);
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    tools.printError(`\n${error.message}\n\nNothing is lost: \`npm run deploy\` goes on from here.`);
    return 1;
  }
}
