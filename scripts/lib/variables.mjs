import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readText } from './files.mjs';
import { UsageError } from './paths.mjs';

/** Every provider that `src/providers` can call over the network; a test compares the two. */
export const PROVIDERS = [
  ['openai', 'OpenAI'],
  ['openrouter', 'OpenRouter'],
  ['deepseek', 'DeepSeek'],
  ['moonshot', 'Moonshot'],
  ['zhipu', 'Zhipu'],
  ['alibaba', 'Alibaba'],
  ['minimax', 'MiniMax'],
  ['xai', 'xAI'],
  ['google', 'Google'],
  ['anthropic', 'Anthropic'],
  ['wavespeed', 'WaveSpeed'],
  ['fal', 'fal'],
  ['replicate', 'Replicate'],
  ['fish-audio', 'Fish Audio'],
  ['runpod', 'RunPod'],
].map(([id, label]) => {
  const name = id.toUpperCase().replaceAll('-', '_');
  return { id, label, keyVariable: `${name}_API_KEY`, urlVariable: `${name}_BASE_URL` };
});

const PROVIDER_VARIABLES = new Set(PROVIDERS.flatMap(({ keyVariable, urlVariable }) => [keyVariable, urlVariable]));
/** Of the Worker's own: what it signs with, and what the account plane reaches. */
const OWN_VARIABLES = new Set(
  'KEY_MAC_SECRET ADMIN_TOKEN AUTH_SECRET CATALOGUE_OVERRIDES CATALOGUE_WAIT_MS PUBLIC_URL BRAND MAIL_FROM RESEND_API_KEY GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET'
    .split(' ')
    .concat('GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET'.split(' '))
    .concat('RUNPOD_DEPLOYMENTS_BASE_URL RUNPOD_ENDPOINTS'.split(' ')),
);

export const isProviderVariable = (name) => PROVIDER_VARIABLES.has(name) || name.startsWith('CUSTOM_');

/** What reaches the Worker: all of `.dev.vars`, and of the environment, which goes first, what concerns the Worker. */
export function collectVariables(devVarsText, env) {
  const fromEnvironment = Object.entries(env).filter(([name]) => isProviderVariable(name) || OWN_VARIABLES.has(name));
  const merged = { ...parseEnv(devVarsText ?? ''), ...Object.fromEntries(fromEnvironment) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value.trim() !== ''));
}

export const readVariables = (root, env) => collectVariables(readText(join(root, '.dev.vars')), env);

function customProviders(text) {
  if (text === undefined) return [];
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UsageError('CUSTOM_PROVIDERS is not valid JSON.');
  }
  return Array.isArray(list) ? list.map((custom) => ({ id: String(custom?.id), label: String(custom?.label ?? custom?.id) })) : [];
}

/** The providers that will be called; none means that the sandbox answers. */
export function configuredProviders(variables) {
  return [...PROVIDERS.filter(({ keyVariable }) => variables[keyVariable] !== undefined), ...customProviders(variables.CUSTOM_PROVIDERS)];
}
