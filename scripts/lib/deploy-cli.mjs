import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureResources, failure, StepFailed } from './deploy-resources.mjs';
import { collectSecrets } from './deploy-secrets.mjs';
import { readText, writePrivate } from './files.mjs';
import { UsageError } from './paths.mjs';

const HELP = `Usage: npm run deploy [-- --yes]

Takes a Cloudflare account from nothing to a deployed gateway, and skips what is done already:
signs in, creates the D1 database, the R2 bucket and the queues that wrangler.toml names, applies the migrations,
asks for the secrets that are not set, and deploys. Run again it brings a newer version up, migrations included.
The secrets that it makes itself are kept in .local/deployed: Cloudflare shows no secret again.

  --yes    ask nothing: providers' keys come from the environment; KEY_MAC_SECRET, AUTH_SECRET and ADMIN_TOKEN too, and
           are made when they are not there, but for the first two where the database has accounts already

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

/** The deployed Worker's URL from Wrangler's report, preferably its own domain. */
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
      // Secrets are deployed in the same version as the code, so the Worker is never without them. As JSON, since
      // Wrangler expands $ in .env files.
      const path = join(folder, 'secrets.json');
      writePrivate(path, JSON.stringify(secrets));
      args.push('--secrets-file', path);
    }
    // Wrangler gets the terminal, to ask a new account for its workers.dev name.
    const result = await wrangler(args, { interactive: interactive && !yes, env: { WRANGLER_OUTPUT_FILE_PATH: report } });
    if (result.code !== 0) throw failure('The Worker could not be deployed.', { stdout: '', stderr: '', ...result });
    if (result.stdout) print(result.stdout.trim());
    return deployedUrl(readText(report));
  });
}

/** The token is shown because it is needed at once; the other secrets stay in the file until they are rotated or the Worker moves. */
const madeWords = ({ ADMIN_TOKEN: token, ...others }, path) =>
  [
    ...(token === undefined ? [] : [`ADMIN_TOKEN: ${token}`, "It is shown this once, and opens the operator's API."]),
    `${[...Object.keys(others), ...(token === undefined ? [] : ['ADMIN_TOKEN'])].join(', ')}: in ${path}, which only you can read.`,
    'Cloudflare shows no secret again, and API keys and second factors end with theirs. Keep them where you keep passwords.',
    '',
  ].join('\n');

const closingWords = (url = 'https://YOUR-GATEWAY') => `The gateway is deployed. Next:
  GATEWAY_URL=${url} ADMIN_TOKEN=... npm run admin -- accounts create --name NAME --credits 10000
  your own prices              before you sell: the catalogue's are below the makers' own (docs/catalogue.md)
  npm run deploy -- --yes      brings up a newer version, migrations included
  MAIL_FROM in [vars]          people can sign up by password once mail can be sent: README.md, Accounts
  routes in wrangler.toml      put it on your own domain: docs/operating.md`;

/** Deploys, and reports the secrets made in any case: a deployment that fails late has already taken them. */
async function finish(context) {
  const { secrets, made } = await collectSecrets(context);
  const hasMade = Object.keys(made).length > 0;
  context.say('Deploying the Worker.');
  try {
    const url = await deployWorker(context, secrets);
    context.say('');
    if (hasMade) context.say(madeWords(made, context.keptPath));
    context.say(closingWords(url));
  } catch (error) {
    if (hasMade) context.say(`\nIf the next run says that they are set already, they are these.\n${madeWords(made, context.keptPath)}`);
    throw error;
  }
}

/** The secrets belong to the data that they sign, whatever the Worker's name. */
async function pathOfKept({ readConfig, configPath, keptFolder }) {
  const { d1_databases: databases } = await readConfig(configPath);
  const { database_id: id } = databases.find(({ binding }) => binding === 'DB') ?? {};
  return join(keptFolder, `${id ?? 'unknown'}.json`);
}

/**
 * `tools`: wrangler, ask, interactive, print, printError, env, configPath, readConfig, withPrivateFolder, keptFolder.
 * Returns the exit code.
 */
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
    await finish({ ...context, varNames: Object.keys(config.vars ?? {}), keptPath: await pathOfKept(tools) });
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      tools.printError(error.message);
      return 1;
    }
    if (!(error instanceof StepFailed)) throw error;
    tools.printError(`\n${error.message}\n\nNothing is lost: \`npm run deploy\` goes on from here.`);
    return 1;
  }
}
