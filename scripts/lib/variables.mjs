import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readText } from './files.mjs';
import { UsageError } from './paths.mjs';

/** Every provider in `src/providers` that is called over the network; a test compares the two. */
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
  return {
    id,
    label,
    keyVariable: `${name}_API_KEY`,
    urlVariable: `${name}_BASE_URL`,
    webhookVariable: `${name}_WEBHOOK_SECRET`,
  };
});

const PROVIDER_VARIABLES = new Set(
  PROVIDERS.flatMap(({ keyVariable, urlVariable, webhookVariable }) => [keyVariable, urlVariable, webhookVariable]),
);

/** The Worker's own variables: those of `src/env.ts` and `src/env-account.ts`, which a test compares, and of its catalogue. */
const OWN_VARIABLES = new Set(
  [
    'KEY_MAC_SECRET KEY_MAC_SECRET_PREVIOUS ADMIN_TOKEN METRICS_TOKEN AUTH_SECRET AUTH_SECRET_PREVIOUS PUBLIC_URL BRAND PRIVATE_ADDRESSES DNS_URL SIGN_IN_LIMITS SIGN_UP',
    'CATALOGUE_OVERRIDES CATALOGUE_WAIT_MS RUNPOD_DEPLOYMENTS_BASE_URL RUNPOD_ENDPOINTS',
    'MAIL_FROM RESEND_API_KEY RESEND_URL GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET',
    'STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET STRIPE_URL',
    'HOURLY_LIMITS BODY_LIMIT_BYTES STORAGE_LIMIT_BYTES STORAGE_ACCOUNT_BYTES DEPLOYMENT_LIMIT DEPLOYMENT_WORKER_LIMIT RESULT_RETENTION_DAYS UPLOAD_RETENTION_DAYS',
    'KEEPALIVE_MS STATUS_HOLD_MS JSON_STATUS_HOLD_MS FIRST_BYTE_TIMEOUT_MS JSON_TIMEOUT_MS UPSTREAM_IDLE_TIMEOUT_MS',
    'CALL_DEADLINE_MS DRAIN_MS LEASE_MS BEAT_MS',
  ].flatMap((names) => names.split(' ')),
);

export const isProviderVariable = (name) => PROVIDER_VARIABLES.has(name) || name.startsWith('CUSTOM_');

/** The variables for the Worker: everything in `.dev.vars`, overridden by what concerns the Worker in the environment. */
export function collectVariables(devVarsText, env) {
  const fromEnvironment = Object.entries(env).filter(([name]) => isProviderVariable(name) || OWN_VARIABLES.has(name));
  const merged = { ...parseEnv(devVarsText ?? ''), ...Object.fromEntries(fromEnvironment) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value.trim() !== ''));
}

export const readVariables = (root, env) => collectVariables(readText(join(root, '.dev.vars')), env);

function customProviders(variables, name) {
  const text = variables[name];
  if (text === undefined) return [];
  let list;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UsageError(`${name} is not valid JSON.`);
  }
  return Array.isArray(list) ? list.map((custom) => ({ id: String(custom?.id), label: String(custom?.label ?? custom?.id) })) : [];
}

/** The providers that will be called; with none, the sandbox answers. */
export function configuredProviders(variables) {
  return [
    ...PROVIDERS.filter(({ keyVariable }) => variables[keyVariable] !== undefined),
    ...customProviders(variables, 'CUSTOM_PROVIDERS'),
    ...customProviders(variables, 'CUSTOM_MEDIA_PROVIDERS'),
  ];
}
