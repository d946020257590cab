import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NEEDS_INSTALL_SCRIPT, VERSIONS } from '../versions.mjs';
import { runChild } from './child.mjs';

const INSTALL_MS = 300_000;

export const cacheDirectory = () => resolve(process.env.CLIENTS_CACHE_DIR?.trim() || join(tmpdir(), 'gateway-clients-cache'));

const folderOf = (name, version) => join(cacheDirectory(), `${name.replace(/[@/]+/g, '-').replace(/^-/, '')}-${version}`);

function binaryOf(folder, name) {
  const root = join(folder, 'node_modules', ...name.split('/'));
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return join(root, typeof bin === 'string' ? bin : Object.values(bin)[0]);
}

/** npm as it was started itself, if this is one of its scripts; its own configuration says where packages come from. */
function npmCommand(args) {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return { command: process.execPath, args: [script, ...args] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

async function install(name, version, folder) {
  // An interrupted install must not leave an incomplete folder under the final name.
  const making = `${folder}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const scripted = NEEDS_INSTALL_SCRIPT.has(name);
  writeFileSync(join(making, 'package.json'), JSON.stringify({ private: true, ...(scripted && { allowScripts: { [name]: true } }) }));
  const options = ['--no-audit', '--no-fund', '--save-exact', '--loglevel=error', '--prefix', making];
  const npm = npmCommand(['install', ...options, ...(scripted ? [] : ['--ignore-scripts']), `${name}@${version}`]);
  const result = await runChild({ ...npm, cwd: making, env: process.env, timeoutMs: INSTALL_MS });
  if (result.code !== 0) throw new Error(`npm could not install ${name}@${version}:\n${(result.stderr || result.stdout).slice(-2_000)}`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(making, folder);
}

/** The program of a package at its pinned version, from the cache if it is there. */
export async function installed(name) {
  const version = VERSIONS[name];
  const folder = folderOf(name, version);
  if (!existsSync(folder)) {
    console.log(`installing ${name}@${version}`);
    await install(name, version, folder);
  }
  return { version, binary: binaryOf(folder, name) };
}
