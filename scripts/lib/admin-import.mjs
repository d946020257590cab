// What comes from another gateway: its providers and models as files to look at, its keys as keys of an account.
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { readText, writePrivate } from './files.mjs';
import { importLitellm } from './import-litellm.mjs';
import { pagesOf, readLitellmKeys } from './import-litellm-keys.mjs';
import { UsageError } from './paths.mjs';
import { facts, table } from './print.mjs';

const ENVIRONMENT = 'os.environ/';

function readFile(path, what, read) {
  const text = readText(path);
  if (text === undefined) throw new UsageError(`There is no file ${path}.`);
  try {
    return read(text);
  } catch (error) {
    throw new UsageError(`${path} is not ${what}: ${error.message}`);
  }
}

/** Secrets go to the file alone; what is printed says where a value is to come from. */
const sourceOf = (text) => (text.startsWith(ENVIRONMENT) ? `the value of ${text.slice(ENVIRONMENT.length)}` : 'a key of the configuration');
const secretOf = (text) => (text.startsWith(ENVIRONMENT) ? undefined : text);

function variablesText({ customProviders, keys }) {
  const lines = keys.flatMap(({ name, texts }) => {
    const secrets = texts.map(secretOf).filter((text) => text !== undefined);
    const wanted = texts.filter((text) => secretOf(text) === undefined).map(sourceOf);
    return [...(wanted.length > 0 ? [`# ${name}: ${wanted.join(', ')}`] : []), `${name}=${secrets.join(',')}`];
  });
  // JSON has no use for a plain quote, which would end the value.
  const json = JSON.stringify(customProviders).replaceAll("'", '\\u0027');
  return `${[...lines, ...(customProviders.length > 0 ? [`CUSTOM_PROVIDERS='${json}'`] : [])].join('\n')}\n`;
}

/** A configuration may be of several files: `include` names the others, seen from its own. */
function readConfig(path, seen = new Set()) {
  if (seen.has(path)) return {};
  seen.add(path);
  const config = readFile(path, 'YAML', (text) => parse(text));
  if (!Array.isArray(config?.include)) return config;
  const parts = config.include.map((name) => readConfig(resolve(dirname(path), String(name)), seen) ?? {});
  const whole = Object.assign({}, ...parts, config);
  return { ...whole, model_list: [config, ...parts].flatMap((part) => part.model_list ?? []) };
}

async function runImport(api, { operands: [path], options }, environment) {
  const config = readConfig(resolve(path));
  if (!Array.isArray(config?.model_list)) throw new UsageError(`${path} has no model_list.`);
  const prices = options.prices === undefined ? {} : readFile(options.prices, 'JSON', JSON.parse);
  const { data } = await api.listModels();
  const imported = importLitellm(config, new Map(data.map((model) => [model.id, model])), { environment, prices });
  const folder = options.out ?? '.';
  const files = { catalogue: join(folder, 'catalogue.json'), variables: join(folder, 'variables.env') };
  writePrivate(files.catalogue, `${JSON.stringify(imported.catalogue, null, 2)}\n`);
  writePrivate(files.variables, variablesText(imported));
  const keys = imported.keys.map(({ name, texts }) => ({ name, from: texts.map(sourceOf) }));
  return { files, models: imported.catalogue.models, customProviders: imported.customProviders, keys, notCarried: imported.notCarried };
}

const SHOWN = 3;

/** A line a reason where many have the same one; `--json` has them all. */
function grouped(notCarried) {
  return [...new Set(notCarried.map(({ why }) => why))].flatMap((why) => {
    const left = notCarried.filter((one) => one.why === why);
    if (left.length <= SHOWN) return left;
    return [...left.slice(0, SHOWN - 1), { where: `and ${left.length - SHOWN + 1} more for the same reason`, why }];
  });
}

function showImport({ files, models, customProviders, keys, notCarried }) {
  const wrote = facts([
    ['Models', `${models.length}, in ${files.catalogue}`],
    ['Variables', files.variables],
    ['Providers of your own', customProviders.map(({ id }) => id).join(', ')],
  ]);
  const variables = table(
    [
      ['Variable', ({ name }) => name],
      ['From', ({ from }) => from.join(', ') || 'no key'],
    ],
    keys,
  );
  const left = table(
    [
      ['Not carried over', ({ where }) => where],
      ['Why', ({ why }) => why],
    ],
    grouped(notCarried),
  );
  return [
    wrote,
    ...(keys.length > 0 ? [variables] : []),
    notCarried.length > 0 ? left : 'Everything was carried over.',
    `Next: set the variables, then npm run admin -- catalogue check ${files.catalogue}`,
  ].join('\n\n');
}

async function runKeys(api, { operands: [account, path], options }) {
  const exported = readFile(path, 'JSON', JSON.parse);
  const read = readLitellmKeys(exported);
  if (!read) throw new UsageError(`${path} has no list of keys: is it the answer to /key/list?return_full_object=true`);
  const made = [];
  // One after another: should one be refused, those before it have been shown.
  for (const { input, notes } of read.keys) made.push({ ...(options['dry-run'] ? input : await api.createKey(account, input)), notes });
  return { keys: made, skipped: read.skipped, pages: pagesOf(exported) };
}

const showKeys = ({ keys, skipped, pages }) =>
  [
    table(
      [
        ['Name', ({ name }) => name],
        ['Limit/month', ({ spendingLimit }) => spendingLimit, 'right'],
        ['Secret', ({ key }) => key],
        ['Notes', ({ notes }) => notes.join('; ')],
      ],
      keys,
    ),
    ...skipped.map(({ name, why }) => `Left out: ${name}, ${why}.`),
    ...(pages > 1 ? [`The list has ${pages} pages, of which this is one: import the others too (&page=2 and so on).`] : []),
    'The secrets are shown this once.',
  ].join('\n');

export const IMPORT_COMMANDS = [
  {
    name: 'import litellm',
    operands: ['CONFIG.YAML'],
    usage: '[--out FOLDER] [--prices FILE]',
    notes: 'writes catalogue.json and variables.env, and says what it could not carry over',
    options: { out: { type: 'string' }, prices: { type: 'string' } },
    run: runImport,
    show: showImport,
  },
  {
    name: 'import litellm-keys',
    operands: ['ACCOUNT', 'KEYS.JSON'],
    usage: '[--dry-run]',
    notes: 'makes keys with new secrets by the answer to /key/list?return_full_object=true',
    options: { 'dry-run': { type: 'boolean' } },
    run: runKeys,
    show: showKeys,
  },
];
