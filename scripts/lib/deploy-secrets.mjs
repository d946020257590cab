import { failure, StepFailed } from './deploy-resources.mjs';
import { newSecret } from './secrets.mjs';
import { isProviderVariable, PROVIDERS } from './variables.mjs';

/** The names of the Worker's secrets; a Worker that is not there yet has none. */
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

const OWN = [
  { name: 'KEY_MAC_SECRET', why: 'signs API keys', least: 32 },
  { name: 'AUTH_SECRET', why: 'signs sessions', least: 32 },
  { name: 'ADMIN_TOKEN', why: "opens the operator's API", least: 16 },
];

async function askOwn({ ask, say }, { name, why, least }) {
  for (;;) {
    const answer = await ask(`${name} (${why}; Enter makes one): `, { secret: true });
    if (answer === '') return { value: newSecret(), made: true };
    if (answer.length >= least) return { value: answer, made: false };
    say(`  At least ${least} characters, please.`);
  }
}

/** The environment's value, for runs without questions. */
const fromEnvironment = (env, name) => env[name]?.trim() || undefined;

async function ownSecret(context, secret) {
  if (!context.yes) return askOwn(context, secret);
  const value = fromEnvironment(context.env, secret.name);
  if (value === undefined) return { value: newSecret(), made: true };
  if (value.length < secret.least) throw new StepFailed(`${secret.name} in the environment is shorter than ${secret.least} characters.`);
  return { value, made: false };
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

/** Asks for what is not set yet: `{ secrets, madeToken }`, the token only when it was made here. */
export async function collectSecrets(context) {
  const existing = await existingSecrets(context);
  const secrets = {};
  let madeToken;
  for (const own of OWN) {
    if (existing.has(own.name)) {
      context.say(`Secret ${own.name}: set already.`);
      continue;
    }
    const { value, made } = await ownSecret(context, own);
    secrets[own.name] = value;
    if (made) context.say(`Secret ${own.name}: made.`);
    if (made && own.name === 'ADMIN_TOKEN') madeToken = value;
  }
  Object.assign(secrets, await providerSecrets(context, existing));
  const providers = [...existing, ...Object.keys(secrets)].filter(isProviderVariable);
  context.say(
    providers.length > 0
      ? `Provider secrets: ${providers.join(', ')}.`
      : 'No provider key is set, so only test keys will be answered. Later: npx wrangler secret put OPENAI_API_KEY',
  );
  return { secrets, madeToken };
}
