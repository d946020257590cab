// Creates what must exist at Cloudflare before the Worker is deployed. Each step leaves alone what already exists.
import { readFileSync, writeFileSync } from 'node:fs';

export const UNSET_DATABASE_ID = '00000000-0000-0000-0000-000000000000';

/** A step failed; the message says what to do. */
export class StepFailed extends Error {}

const HINTS = [
  [/10042|enable R2/i, 'R2 has to be switched on once, in the dashboard under R2 (it asks for a payment method). Then run this again.'],
  [
    /100328|CPU limits are not supported/i,
    'The [limits] in wrangler.toml need the Workers Paid plan: change the plan, or take the section out.',
  ],
  [/workers\.dev subdomain/i, 'A new account picks its workers.dev name once: run this in a terminal, or open Workers in the dashboard.'],
  [
    /Authentication error|\b10000\b|9109|not authorized/i,
    'The token lacks a permission: Workers Scripts, D1, R2 and Queues need edit rights.',
  ],
];

export function failure(what, { stdout, stderr }) {
  const said = `${stderr}\n${stdout}`.trim();
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  return new StepFailed([what, said, hint].filter(Boolean).join('\n\n'));
}

function parseJson(text, what) {
  try {
    return JSON.parse(text.slice(text.search(/[[{]/)));
  } catch {
    throw new StepFailed(`${what}: Wrangler's answer was not understood.\n\n${text}`);
  }
}

async function listDatabases({ wrangler }) {
  const result = await wrangler(['d1', 'list', '--json']);
  if (result.code !== 0) throw failure('The D1 databases could not be listed.', result);
  return parseJson(result.stdout, 'd1 list');
}

/** Puts the database's id in place of the placeholder; everything else stays as it is written. */
export function withDatabaseId(toml, databaseName, id) {
  const tables = toml.split(/^(?=\s*\[)/m);
  const named = new RegExp(`^\\s*database_name\\s*=\\s*["']${databaseName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}["']`, 'm');
  const unset = new RegExp(`^(\\s*database_id\\s*=\\s*["'])${UNSET_DATABASE_ID}(["'])`, 'm');
  const index = tables.findIndex((table) => /^\s*\[\[d1_databases\]\]/.test(table) && named.test(table) && unset.test(table));
  if (index === -1) throw new StepFailed(`wrangler.toml has no unset database_id for ${databaseName}. Set it to ${id} by hand.`);
  tables[index] = tables[index].replace(unset, `$1${id}$2`);
  return tables.join('');
}

async function ensureDatabase(context, { database_name: name, database_id: configured }) {
  const { wrangler, say, configPath } = context;
  const find = async () => (await listDatabases(context)).find((database) => database.name === name);
  if (configured && configured !== UNSET_DATABASE_ID) {
    const known = (await listDatabases(context)).some(({ uuid }) => uuid === configured);
    if (!known) {
      throw new StepFailed(
        `wrangler.toml names the D1 database ${configured}, which this Cloudflare account does not have. To make a new one, set database_id to ${UNSET_DATABASE_ID}.`,
      );
    }
    say(`D1 database ${name}: there already.`);
    return;
  }
  let database = await find();
  if (database) {
    say(`D1 database ${name}: there already.`);
  } else {
    say(`D1 database ${name}: creating.`);
    const result = await wrangler(['d1', 'create', name]);
    if (result.code !== 0) throw failure(`The D1 database ${name} could not be created.`, result);
    database = await find();
    if (!database) throw new StepFailed(`The D1 database ${name} was created and is not listed yet. Run this again in a minute.`);
  }
  writeFileSync(configPath, withDatabaseId(readFileSync(configPath, 'utf8'), name, database.uuid));
  say(`  Its id ${database.uuid} is in wrangler.toml now; commit that.`);
}

const ALREADY_THERE = /already (exists|taken|own)|\b10004\b|\b11009\b/i;

async function ensureNamed({ wrangler, say }, { label, name, list, create }) {
  const listed = await wrangler(list);
  // The lists are text; a name that is cut off or on a later page is noticed when creating it is refused.
  if (listed.code === 0 && listed.stdout.split(/[^A-Za-z0-9._-]+/).includes(name)) {
    say(`${label} ${name}: there already.`);
    return;
  }
  const result = await wrangler(create);
  if (result.code === 0) say(`${label} ${name}: created.`);
  else if (ALREADY_THERE.test(result.stderr + result.stdout)) say(`${label} ${name}: there already.`);
  else throw failure(`${label} ${name} could not be created.`, result);
}

export function queueNames({ queues }) {
  const producers = queues.producers?.map(({ queue }) => queue) ?? [];
  const consumers = queues.consumers?.flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]) ?? [];
  return [...new Set([...producers, ...consumers].filter(Boolean))];
}

async function applyMigrations({ wrangler, say }, { binding, database_name: name }) {
  say(`D1 database ${name}: applying migrations.`);
  const result = await wrangler(['d1', 'migrations', 'apply', binding, '--remote'], { env: { CI: '1' } });
  if (result.code !== 0) throw failure('The migrations could not be applied; those before the failing one are.', result);
}

export async function ensureResources(context, config) {
  for (const database of config.d1_databases) await ensureDatabase(context, database);
  for (const { bucket_name: name } of config.r2_buckets) {
    const r2 = ['r2', 'bucket'];
    await ensureNamed(context, { label: 'R2 bucket', name, list: [...r2, 'list'], create: [...r2, 'create', name] });
  }
  for (const name of queueNames(config)) {
    await ensureNamed(context, { label: 'Queue', name, list: ['queues', 'list'], create: ['queues', 'create', name] });
  }
  for (const database of config.d1_databases) await applyMigrations(context, database);
}
