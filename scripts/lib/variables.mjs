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
    'MAIL_FROM OPERATOR_EMAIL RESEND_API_KEY RESEND_URL GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET',
    'STRIPE_SECRET_KEY STRIPE_WEBHOOK_SECRET STRIPE_URL',
    'HOURLY_LIMITS BODY_LIMIT_BYTES STORAGE_LIMIT_BYTES STORAGE_ACCOUNT_BYTES DEPLOYMENT_LIMIT DEPLOYMENT_WORKER_LIMIT RESULT_RETENTION_DAYS UPLOAD_RETENTION_DAYS LEDGER_RETENTION_DAYS',
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

/** Where it is broken, without the words around it: keys may be among them. */
function notJson(name, text, { message }) {
  const place = / at position \d+ \((line \d+ column \d+)\)/.exec(message)?.[1];
  const isCut = !/[\]}]$/.test(text.trim());
  return `${name} is not valid JSON${place ? `: look at ${place}` : ''}.${isCut ? ' In .dev.vars, what has several lines stands in single quotes.' : ''}`;
}

function customProviders(variables, name) {
  const text = variables[name];
  if (text === undefined) return [];
  let list;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new UsageError(notJson(name, text, error));
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

function editsBetween(a, b) {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    above = row;
  }
  return above[b.length];
}

const MOST_EDITS = 4;

function nearest(name, known) {
  const [first] = known.map((other) => ({ other, edits: editsBetween(name, other) })).sort((a, b) => a.edits - b.edits);
  return first.edits <= Math.min(MOST_EDITS, name.length / 3) ? first.other : undefined;
}

const KNOWN = [...PROVIDER_VARIABLES, ...OWN_VARIABLES, 'CUSTOM_PROVIDERS', 'CUSTOM_MEDIA_PROVIDERS'];

function strayWords(name, known) {
  const near = nearest(name, known);
  return `${name} is no variable of the gateway${near ? `; did you mean ${near}?` : '.'}`;
}

/** Of a deployed gateway's variables and secrets. Those of providers of its own are not known by their names alone. */
export const strayNames = (names) =>
  names.filter((name) => !KNOWN.includes(name) && !isProviderVariable(name)).map((name) => strayWords(name, KNOWN));

/** What is in `.dev.vars` and means nothing: a name with a typo in it would pass unnoticed. */
export function strayVariables(devVarsText, providers) {
  const custom = providers.filter(({ id }) => id.startsWith('custom-')).map(({ id }) => id.toUpperCase().replaceAll('-', '_'));
  const known = [...KNOWN, ...custom.flatMap((name) => [`${name}_API_KEY`, `${name}_BASE_URL`])];
  const text = devVarsText ?? '';
  const unset = [...text.matchAll(/^[ \t]*([A-Z][A-Z0-9_]+)[ \t]*:/gm)].map(([, name]) => `${name} is not set: write ${name}=...`);
  const stray = Object.keys(parseEnv(text)).filter((name) => !known.includes(name));
  return [
    ...unset,
    ...stray.map((name) => {
      const isOfStart = name === 'PORT' || name === 'STATE_DIR';
      return isOfStart ? `${name} counts in the environment alone: ${name}=... npm start` : strayWords(name, known);
    }),
  ].map((words) => `.dev.vars: ${words}`);
}

export const readStrayVariables = (root, providers) => strayVariables(readText(join(root, '.dev.vars')), providers);

/** The first does nothing without the second. */
const NEEDS = [
  ...PROVIDERS.map(({ urlVariable, keyVariable }) => [urlVariable, keyVariable]),
  ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'],
  ...['GITHUB', 'GOOGLE'].flatMap((name) => [
    [`${name}_CLIENT_ID`, `${name}_CLIENT_SECRET`],
    [`${name}_CLIENT_SECRET`, `${name}_CLIENT_ID`],
  ]),
];

export const halfSet = (variables) =>
  NEEDS.filter(([name, other]) => variables[name] !== undefined && variables[other] === undefined).map(
    ([name, other]) => `${name} does nothing without ${other}.`,
  );
