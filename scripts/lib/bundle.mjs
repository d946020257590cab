// The Worker's modules, kept until a file that they were made from changes.
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { buildWorker, MAIN_MODULE } from './build-worker.mjs';
import { readJson, readText } from './files.mjs';
import { migrationFiles } from './migrate.mjs';
import { sdkSources } from './sdk-package.mjs';

const CONFIGURATION = [
  'wrangler.toml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/lib/build-worker.mjs',
  'scripts/lib/sdk-package.mjs',
];

const MODULE_TYPES = { '.js': 'ESModule', '.wasm': 'CompiledWasm' };

/** Must be renamed whenever the shape changes, so that state folders of older versions do no harm. */
const KEPT = 'kept-2.json';

/** A hash of everything that decides: the Worker's sources, and the migrations that its databases need. */
function hashOf(root, { inputs, databases }) {
  const hash = createHash('sha256');
  const migrations = databases.flatMap(({ directory }) => migrationFiles(join(root, directory)).map((name) => join(directory, name)));
  for (const path of [...CONFIGURATION, ...inputs, ...migrations]) hash.update(`${path}\0${readText(join(root, path))}\0`);
  return hash.digest('hex');
}

/** Our own files in the bundle; the lock file stands for all others. */
function ownInputs(root, metafile) {
  const paths = Object.keys(metafile.inputs).map((path) => relative(root, resolve(root, path)));
  return paths.filter((path) => !path.startsWith('..') && !path.split(sep).includes('node_modules')).sort();
}

/**
 * wrangler.toml's bindings for Miniflare, without variables (which may be secrets), and the migrations. Kept, since
 * loading Wrangler alone takes seconds.
 */
async function readOptions(root) {
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } = await import('wrangler');
  const config = join(root, 'wrangler.toml');
  const { workerOptions, externalWorkers } = unstable_getMiniflareWorkerOptions(config);
  const { name, vars, d1_databases } = unstable_readConfig({ config }, { hideWarnings: true });
  const { modulesRules: _, ...options } = workerOptions;
  const databases = d1_databases.map(({ binding, migrations_dir = 'migrations', migrations_table }) => {
    const directory = relative(root, resolve(root, migrations_dir));
    const statements = (file) => unstable_splitSqlQuery(readText(join(root, directory, file)));
    const migrations = migrationFiles(join(root, directory)).map((file) => ({ name: file, statements: statements(file) }));
    return { binding, directory, table: migrations_table, migrations };
  });
  return { worker: { ...options, name, bindings: vars }, others: externalWorkers, databases };
}

/**
 * A file that changed while the bundle was built may be in it in its old form, so such a bundle is not kept. Some of
 * the paths are not files.
 */
export const changedSince = (root, paths, sinceMs) =>
  paths.some((path) => (statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= sinceMs);

async function build(root, directory) {
  const sinceMs = Date.now();
  rmSync(join(directory, KEPT), { force: true });
  const [options, metafile] = await Promise.all([readOptions(root), buildWorker({ root, directory })]);
  const contents = { ...options, inputs: [...ownInputs(root, metafile), ...sdkSources(root)] };
  const made = { ...contents, hash: hashOf(root, contents) };
  if (!changedSince(root, contents.inputs, sinceMs)) writeFileSync(join(directory, KEPT), JSON.stringify(made));
  return made;
}

/** What was built from the files in their present form; undefined where there is nothing. */
function keptOf(root, directory) {
  const kept = readJson(join(directory, KEPT));
  return kept && kept.hash === hashOf(root, kept) ? kept : undefined;
}

export const isReady = (root, directory) => keptOf(root, directory) !== undefined;

/** Builds the Worker if needed, and returns how Miniflare is to run it. */
export async function readyBundle(root, directory) {
  const made = keptOf(root, directory) ?? (await build(root, directory));
  const files = readdirSync(directory).filter((file) => Object.hasOwn(MODULE_TYPES, extname(file)));
  // The first module is the main one.
  files.sort((a, b) => Number(b === MAIN_MODULE) - Number(a === MAIN_MODULE));
  const modules = files.map((file) => ({ type: MODULE_TYPES[extname(file)], path: join(directory, file) }));
  return { ...made, modules, modulesRoot: directory };
}
