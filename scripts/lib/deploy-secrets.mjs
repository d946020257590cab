import { failure, StepFailed } from './deploy-resources.mjs';
import { readJson, writeJson } from './files.mjs';
import { newSecret } from './secrets.mjs';
import { isProviderVariable, PROVIDERS, strayNames } from './variables.mjs';

/** The names of the Worker's secrets; none for a Worker that does not exist yet. */
async function existingSecrets({ wrangler }) {
  const result = await wrangler(['secret', 'list', '--format', 'json']);
  if (result.code !== 0) {
    if (/not found|\b10007\b|does not exist/i.test(result.stderr + result.stdout)) return new Set();
    throw failure('The secrets could not be listed.', result);
  }
  try {
    return new Set(JSON.parse(result.stdout.slice(result.stdout.indexOf('['))).map(({ name }) => name));
  } catch {
    throw new StepFailed(`secret list: Wrangler's answer was not understood.\n\n${result.stdout}`);
  }
}

/**
 * Replacing the first two ends customers' keys and second factors, so for a database with accounts they are not made
 * anew without asking.
 */
const OWN = [
  { name: 'KEY_MAC_SECRET', why: 'signs API keys', least: 32, isLasting: true },
  { name: 'AUTH_SECRET', why: 'signs sessions', least: 32, isLasting: true },
  { name: 'ADMIN_TOKEN', why: "opens the operator's API", least: 16 },
];

const plural = (accounts) => (accounts === 1 ? '1 account' : `${accounts} accounts`);

/** The answer that makes a new one all the same. */
const ANEW = 'new';

async function countAccounts({ wrangler }) {
  const command = 'SELECT COUNT(*) AS accounts FROM accounts';
  const result = await wrangler(['d1', 'execute', 'DB', '--remote', '--json', '--command', command]);
  const count = /"accounts":\s*(\d+)/.exec(result.stdout)?.[1];
  if (result.code !== 0 || count === undefined) throw failure('The database could not be asked for its accounts.', result);
  return Number(count);
}

async function askOwn({ ask, say, interactive }, { name, why, least }, { kept, accounts }) {
  const enter = kept === undefined ? 'makes one' : 'takes the one that was made before';
  const hint =
    accounts > 0 && kept === undefined ? `the one of the ${plural(accounts)} in the database; "${ANEW}" makes another` : `Enter ${enter}`;
  for (;;) {
    const answer = await ask(`${name} (${why}; ${hint}): `, { secret: true });
    if (answer === ANEW || (answer === '' && kept === undefined && accounts === 0)) return { value: newSecret(), made: true };
    if (answer === '' && kept !== undefined) return { value: kept, made: true };
    if (answer.length >= least) return { value: answer, made: false };
    // At the end of piped input every further answer would be empty too.
    if (answer === '' && !interactive) throw unasked(name, accounts);
    say(`  At least ${least} characters, please.`);
  }
}

const unasked = (name, accounts, where = '') =>
  new StepFailed(
    `The database has ${plural(accounts)}, and the Worker no ${name}: with another one, what the old one signed ends. Put the old one into the environment and say --yes, or, where it is lost, one of your own.${where}`,
  );

/** Takes values from the environment, for runs without questions. */
const fromEnvironment = (env, name) => env[name]?.trim() || undefined;

function ownOfEnvironment({ env, keptPath }, { name, least }, { kept, accounts }) {
  const value = fromEnvironment(env, name);
  if (value !== undefined && value.length < least) throw new StepFailed(`${name} in the environment is shorter than ${least} characters.`);
  if (value !== undefined) return { value, made: false };
  if (accounts === 0) return { value: kept ?? newSecret(), made: true };
  const where = kept === undefined ? '' : ` What was made before is in ${keptPath}; take it unless it was rotated since.`;
  throw unasked(name, accounts, where);
}

/** A secret of an earlier run is reused only while no data depends on it, since it may have been rotated. */
async function ownSecret(context, secret, kept, accountCount) {
  const standing = { kept, accounts: secret.isLasting ? await accountCount() : 0 };
  return context.yes ? ownOfEnvironment(context, secret, standing) : askOwn(context, secret, standing);
}

async function providerSecrets({ yes, ask, env }, existing) {
  const wanted = {};
  if (yes) {
    for (const [name, value] of Object.entries(env)) {
      if (isProviderVariable(name) && value.trim() !== '' && !existing.has(name)) wanted[name] = value.trim();
    }
    return wanted;
  }
  for (const { label, keyVariable } of PROVIDERS) {
    if (existing.has(keyVariable)) continue;
    const answer = await ask(`${keyVariable} (${label}; Enter skips): `, { secret: true });
    if (answer !== '') wanted[keyVariable] = answer;
  }
  return wanted;
}

/**
 * Asks for what is not set yet: `{ secrets, made }`. Generated secrets are written to a file of the operator's before
 * they are sent anywhere: Cloudflare never shows a secret again, and rotating or moving them requires knowing them.
 */
export async function collectSecrets(context) {
  // What wrangler.toml sets is no secret too: the next deploy would be refused for two of one name.
  const existing = new Set([...(await existingSecrets(context)), ...context.varNames]);
  for (const words of strayNames([...existing])) context.say(`Look at this: ${words}`);
  const kept = readJson(context.keptPath) ?? {};
  let counted;
  const accountCount = () => {
    counted ??= countAccounts(context);
    return counted;
  };
  const secrets = {};
  const made = {};
  for (const own of OWN) {
    if (existing.has(own.name)) {
      context.say(`Secret ${own.name}: set already.`);
      continue;
    }
    const found = await ownSecret(context, own, kept[own.name], accountCount);
    secrets[own.name] = found.value;
    if (!found.made) continue;
    made[own.name] = found.value;
    context.say(`Secret ${own.name}: ${found.value === kept[own.name] ? 'made before' : 'made'}.`);
  }
  if (Object.keys(made).length > 0) writeJson(context.keptPath, { ...kept, ...made });
  Object.assign(secrets, await providerSecrets(context, existing));
  const providers = [...existing, ...Object.keys(secrets)].filter(isProviderVariable);
  context.say(
    providers.length > 0
      ? `Provider secrets: ${providers.join(', ')}.`
      : 'No provider key is set, so only test keys will be answered. Later: npx wrangler secret put OPENAI_API_KEY',
  );
  return { secrets, made };
}
