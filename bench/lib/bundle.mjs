// The modules that Wrangler's dry run wrote, and their sizes.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const MODULE_TYPES = {
  '.js': 'ESModule',
  '.mjs': 'ESModule',
  '.cjs': 'CommonJS',
  '.wasm': 'CompiledWasm',
  '.txt': 'Text',
  '.html': 'Text',
  '.sql': 'Text',
  '.bin': 'Data',
};

/** The bundle first, then its other modules, in the order that Miniflare expects. */
export function modulesOf(bundle) {
  const files = readdirSync(dirname(bundle), { recursive: true }).map((name) => join(dirname(bundle), name));
  return [bundle, ...files.filter((path) => path !== bundle)].flatMap((path) => {
    const type = MODULE_TYPES[extname(path)];
    return type ? [{ type, path }] : [];
  });
}

const STATIC_IMPORT = /(?:^|[;}\n])\s*(?:import|export)\s*(?:[\w$*{},\s]*?\bfrom\s*)?["'](\.{1,2}\/[^"']+)["']/g;

/** The bundle and its static imports: all that a data plane call loads, since the rest is behind `import()`. */
function loadedAtOnce(bundle, modules) {
  const known = new Set(modules.map(({ path }) => path));
  const reached = new Set([bundle]);
  for (const path of reached) {
    for (const [, specifier] of readFileSync(path, 'utf8').matchAll(STATIC_IMPORT)) {
      const target = resolve(dirname(path), specifier);
      if (known.has(target)) reached.add(target);
    }
  }
  return [...reached];
}

function sizeOf(paths) {
  const bytes = Buffer.concat(paths.map((path) => readFileSync(path)));
  return { raw: bytes.length, gzip: gzipSync(bytes).length };
}

/** Sizes in bytes: of everything, and of the data plane alone. */
export function bundleSizes(bundle) {
  const modules = modulesOf(bundle);
  return { files: modules.length, whole: sizeOf(modules.map(({ path }) => path)), dataPlane: sizeOf(loadedAtOnce(bundle, modules)) };
}

/** Makes a copy of the bundle with the data plane alone; returns the path of its main module. */
export function copyDataPlane(bundle, dir) {
  rmSync(dir, { recursive: true, force: true });
  for (const path of loadedAtOnce(bundle, modulesOf(bundle))) {
    const copy = join(dir, relative(dirname(bundle), path));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(path, copy);
  }
  return join(dir, relative(dirname(bundle), bundle));
}
