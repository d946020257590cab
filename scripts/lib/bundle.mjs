// The Worker's bundle, made by Wrangler itself and kept until one of the files it was made of changes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { readJson, readText } from './files.mjs';
import { QUIET_WRANGLER, wranglerPath } from './paths.mjs';

const CONFIGURATION = ['wrangler.toml', 'package.json', 'package-lock.json', 'tsconfig.json'];
const MODULE_TYPES = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
};

function hashInputs(root, inputs) {
  const hash = createHash('sha256');
  for (const path of [...CONFIGURATION, ...inputs]) hash.update(`${path}\0${readText(join(root, path))}\0`);
  return hash.digest('hex');
}

/** Our own files among those that went into the bundle; the lock file stands for the rest. */
function ownInputs(root, metafile) {
  const paths = Object.keys(metafile?.inputs ?? {}).map((path) => relative(root, resolve(root, path)));
  return paths.filter((path) => !path.startsWith('..') && !path.split(sep).includes('node_modules')).sort();
}

function run(args, { cwd, output }) {
  return new Promise((done, fail) => {
    const env = { ...process.env, ...QUIET_WRANGLER, CI: '1', NO_COLOR: '1' };
    const child = spawn(process.execPath, [wranglerPath(), ...args], { cwd, env, stdio: ['ignore', output, output] });
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? done() : fail(new Error('The Worker could not be built.'))));
  });
}

/** The bindings of wrangler.toml as Miniflare takes them, without the variables, which may be secrets. */
async function readOptions(root) {
  const { unstable_getMiniflareWorkerOptions, unstable_readConfig } = await import('wrangler');
  const config = join(root, 'wrangler.toml');
  const { workerOptions, externalWorkers } = unstable_getMiniflareWorkerOptions(config);
  const { name, vars, d1_databases } = unstable_readConfig({ config }, { hideWarnings: true });
  const { modulesRules: _, ...options } = workerOptions;
  const databases = d1_databases.map(({ binding, migrations_dir, migrations_table }) => ({ binding, migrations_dir, migrations_table }));
  return { worker: { ...options, name, bindings: vars }, others: externalWorkers, databases };
}

async function build(root, directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const bundling = run(['deploy', '--dry-run', '--outdir', directory, '--metafile', '--config', join(root, 'wrangler.toml'), '--env', ''], {
    cwd: root,
    output: 2,
  });
  const [options] = await Promise.all([readOptions(root), bundling]);
  const inputs = ownInputs(root, readJson(join(directory, 'bundle-meta.json')));
  const made = { ...options, inputs, hash: hashInputs(root, inputs) };
  writeFileSync(join(directory, 'made.json'), JSON.stringify(made));
  return made;
}

/** Builds the Worker when that is needed, and says how Miniflare is to run it. */
export async function readyBundle(root, directory) {
  const kept = readJson(join(directory, 'made.json'));
  const made = kept && kept.hash === hashInputs(root, kept.inputs) ? kept : await build(root, directory);
  const files = readdirSync(directory, { recursive: true }).map(String);
  const modules = files.flatMap((file) => {
    const type = MODULE_TYPES[extname(file)];
    return type ? [{ type, path: join(directory, file) }] : [];
  });
  // The first module is the one that runs.
  modules.sort((a, b) => Number(b.path === join(directory, 'index.js')) - Number(a.path === join(directory, 'index.js')));
  return { ...made, modules, modulesRoot: directory };
}
