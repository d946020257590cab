// What all imports share: they read files, write catalogue.json and variables.env, make keys, and report.
import { join } from 'node:path';
import { Refused } from './admin-api.mjs';
import { A_PERIOD } from './admin-arguments.mjs';
import { readText, writePrivate } from './files.mjs';
import { UsageError } from './paths.mjs';
import { facts, table } from './print.mjs';

export function readFile(path, what, read) {
  const text = readText(path);
  if (text === undefined) throw new UsageError(`There is no file ${path}.`);
  try {
    return read(text);
  } catch (error) {
    throw new UsageError(`${path} is not ${what}: ${error.message}`);
  }
}

export const readJsonFile = (path) => readFile(path, 'JSON', JSON.parse);

/** The gateway's models by id. */
export async function knownModels(api) {
  const { data } = await api.listModels();
  return new Map(data.map((model) => [model.id, model]));
}

function variablesText({ customProviders, keys }) {
  const lines = keys.flatMap(({ name, secrets, wanted }) => [
    ...(wanted.length > 0 ? [`# ${name}: ${wanted.join(', ')}`] : []),
    `${name}=${secrets.join(',')}`,
  ]);
  // A single quote would end the value in a shell; JSON can escape it.
  const json = JSON.stringify(customProviders).replaceAll("'", '\\u0027');
  return `${[...lines, ...(customProviders.length > 0 ? [`CUSTOM_PROVIDERS='${json}'`] : [])].join('\n')}\n`;
}

/** Secrets are only written to the file; the output says where each value is to come from. */
export function writeImport(imported, folder = '.') {
  const { catalogue, customProviders, notCarried } = imported;
  const hasVariables = imported.keys.length + customProviders.length > 0;
  const files = { catalogue: join(folder, 'catalogue.json'), ...(hasVariables && { variables: join(folder, 'variables.env') }) };
  writePrivate(files.catalogue, `${JSON.stringify(catalogue, null, 2)}\n`);
  if (hasVariables) writePrivate(files.variables, variablesText(imported));
  const keys = imported.keys.map(({ name, secrets, wanted }) => ({ name, from: [...secrets.map(() => 'a key of the import'), ...wanted] }));
  return { files, models: catalogue.models, customProviders, keys, notCarried };
}

const SHOWN = 3;

/** One line for a reason that many entries share; `--json` lists them all. */
function grouped(notCarried) {
  return [...new Set(notCarried.map(({ why }) => why))].flatMap((why) => {
    const left = notCarried.filter((one) => one.why === why);
    if (left.length <= SHOWN) return left;
    return [...left.slice(0, SHOWN - 1), { where: `and ${left.length - SHOWN + 1} more for the same reason`, why }];
  });
}

export function showImport({ files, models, customProviders, keys, notCarried }) {
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
    `Next: ${files.variables ? 'set the variables, then ' : ''}npm run admin -- catalogue check ${files.catalogue}`,
  ].join('\n\n');
}

/** `read`: the keys to make, each with notes on what was lost, and the keys left out. */
export async function makeKeys(api, account, read, isDryRun) {
  const made = [];
  const refused = [];
  for (const { input, notes } of read.keys) {
    try {
      made.push({ ...(isDryRun ? input : await api.createKey(account, input)), notes });
    } catch (error) {
      // Secrets made so far are nowhere else, so they are shown even if this one fails.
      if (!(error instanceof Refused) || (made.length === 0 && error.status !== 400)) throw error;
      refused.push({ name: input.name, why: error.message.replace(/\.$/, '') });
    }
  }
  return { keys: made, refused, skipped: read.skipped, pages: read.pages };
}

export const showKeys = ({ keys, refused, skipped, pages }) =>
  [
    table(
      [
        ['Name', ({ name }) => name],
        ['Limit', ({ spendingLimit, limitPeriod = 'month' }) => spendingLimit && `${spendingLimit} ${A_PERIOD[limitPeriod]}`, 'right'],
        ['Secret', ({ key }) => key],
        ['Notes', ({ notes }) => notes.join('; ')],
      ],
      keys,
    ),
    ...refused.map(({ name, why }) => `Refused: ${name}. ${why}.`),
    ...skipped.map(({ name, why }) => `Left out: ${name}, ${why}.`),
    ...(pages > 1 ? [`The list has ${pages} pages, of which this is one: import the others too.`] : []),
    keys.some(({ key }) => key) ? 'The secrets are shown this once.' : 'Nothing was made.',
  ].join('\n');
