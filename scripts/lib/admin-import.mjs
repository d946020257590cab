// Imports from other gateways: providers and models become files to review, keys become keys of an account.
import { dirname, resolve } from 'node:path';
import { aboveZero } from './admin-arguments.mjs';
import { knownModels, makeKeys, readFile, readJsonFile, showImport, showKeys, writeImport } from './import-frame.mjs';
import { importLitellm } from './import-litellm.mjs';
import { readLitellmKeys } from './import-litellm-keys.mjs';
import { importNewApi } from './import-new-api.mjs';
import { readNewApiTokens } from './import-new-api-keys.mjs';
import { importOpenrouter } from './import-openrouter.mjs';
import { importPortkey } from './import-portkey.mjs';
import { UsageError } from './paths.mjs';

const text = { type: 'string' };
const flag = { type: 'boolean' };

/** Imported lazily: the only command with a dependency, so that the others work without an installation. */
async function yamlParser() {
  try {
    return (await import('yaml')).parse;
  } catch {
    throw new UsageError('The dependencies are not installed: run `npm ci` first.');
  }
}

/** A configuration may include other files, relative to itself. */
function readConfig(parse, path, seen = new Set()) {
  if (seen.has(path)) return {};
  seen.add(path);
  const config = readFile(path, 'YAML', (yaml) => parse(yaml));
  if (!Array.isArray(config?.include)) return config;
  const parts = config.include.map((name) => readConfig(parse, resolve(dirname(path), String(name)), seen) ?? {});
  const whole = Object.assign({}, ...parts, config);
  return { ...whole, model_list: [config, ...parts].flatMap((part) => part.model_list ?? []) };
}

async function runLitellm(api, { operands: [path], options }, environment) {
  const config = readConfig(await yamlParser(), resolve(path));
  if (!Array.isArray(config?.model_list)) throw new UsageError(`${path} has no model_list.`);
  const prices = options.prices === undefined ? {} : readJsonFile(options.prices);
  return writeImport(importLitellm(config, await knownModels(api), { environment, prices }), options.out);
}

async function runLitellmKeys(api, { operands: [account, path], options }) {
  const read = readLitellmKeys(readJsonFile(path));
  if (!read) throw new UsageError(`${path} has no list of keys: is it the answer to /key/list?return_full_object=true`);
  return makeKeys(api, account, read, options['dry-run']);
}

async function runOpenrouter(api, { operands: [path], options }) {
  const factor = options.prices === undefined ? undefined : aboveZero(options.prices, '--prices');
  const imported = importOpenrouter(readJsonFile(path), await knownModels(api), options.only, factor);
  if (!imported) throw new UsageError(`${path} has no list of models: is it the answer to /api/v1/models?`);
  return writeImport(imported, options.out);
}

async function runNewApi(api, { operands: [path], options }) {
  const ratios = options.ratios === undefined ? undefined : readJsonFile(options.ratios);
  const imported = importNewApi(readJsonFile(path), await knownModels(api), ratios);
  if (!imported) throw new UsageError(`${path} has no list of channels, or ${options.ratios} no ratios.`);
  return writeImport(imported, options.out);
}

async function runNewApiKeys(api, { operands: [account, path], options }) {
  const read = readNewApiTokens(readJsonFile(path), { userId: options.user });
  if (!read) throw new UsageError(`${path} has no list of tokens: is it the answer to /api/token/, or of the table tokens?`);
  if (read.users.length > 1) throw new UsageError(`${path} has tokens of the users ${read.users.join(', ')}: name one with --user.`);
  return makeKeys(api, account, read, options['dry-run']);
}

async function runPortkey(api, { operands: [path], options }) {
  const imported = importPortkey(readJsonFile(path), await knownModels(api), options.model);
  if (!imported) throw new UsageError(`${path} has no config: is it one of Portkey's, or the answer to /v1/configs/{slug}?`);
  if (options.model !== undefined && imported.configs > 1)
    throw new UsageError(`--model names one model, and ${path} has ${imported.configs} configs.`);
  return writeImport(imported, options.out);
}

export const IMPORT_COMMANDS = [
  {
    name: 'import litellm',
    operands: ['CONFIG.YAML'],
    usage: '[--out FOLDER] [--prices FILE]',
    notes: 'writes catalogue.json and variables.env, and says what it could not carry over',
    options: { out: text, prices: text },
    run: runLitellm,
    show: showImport,
  },
  {
    name: 'import litellm-keys',
    operands: ['ACCOUNT', 'KEYS.JSON'],
    usage: '[--dry-run]',
    notes: 'makes keys with new secrets by the answer to /key/list?return_full_object=true',
    options: { 'dry-run': flag },
    run: runLitellmKeys,
    failed: ({ refused }) => refused.length > 0,
    show: showKeys,
  },
  {
    name: 'import openrouter',
    operands: ['MODELS.JSON'],
    usage: '[--only PATTERN]... [--prices FACTOR] [--out FOLDER]',
    notes:
      "writes catalogue.json by the answer to /api/v1/models: more names for models that are here, and those that --only names ('deepseek/*'); --prices 1 takes its prices for models that are here, 1.2 with a fifth on top",
    options: { only: { type: 'string', multiple: true }, prices: text, out: text },
    run: runOpenrouter,
    show: showImport,
  },
  {
    name: 'import new-api',
    operands: ['CHANNELS.JSON'],
    usage: '[--ratios FILE] [--out FOLDER]',
    notes: 'writes catalogue.json and variables.env by the answer to /api/channel/, or by the table channels, which has the keys',
    options: { ratios: text, out: text },
    run: runNewApi,
    show: showImport,
  },
  {
    name: 'import new-api-keys',
    operands: ['ACCOUNT', 'TOKENS.JSON'],
    usage: '[--user ID] [--dry-run]',
    notes: 'makes keys with new secrets by the answer to /api/token/, or by the table tokens',
    options: { user: text, 'dry-run': flag },
    run: runNewApiKeys,
    failed: ({ refused }) => refused.length > 0,
    show: showKeys,
  },
  {
    name: 'import portkey',
    operands: ['CONFIG.JSON'],
    usage: '[--model NAME] [--out FOLDER]',
    notes: 'writes catalogue.json and variables.env; --model is what clients call the model',
    options: { model: text, out: text },
    run: runPortkey,
    show: showImport,
  },
];
