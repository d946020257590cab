// Builds the Worker's modules. Wrangler bundles into one file, which an isolate must read whole before its first call;
// here whatever is loaded by `import()` stays a module of its own. Otherwise it bundles as Wrangler does. See
// docs/decisions/0012-modules.md.
import { rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { build, stop } from 'esbuild';
import { SDK_MODULE, sdkModule } from './sdk-package.mjs';

/** The main module, in the folder of modules. */
export const MAIN_MODULE = 'index.worker.js';

const NODE_MODULE = new RegExp(`^(node:.+|${builtinModules.join('|')})$`);

/** workerd provides Node's modules. CommonJS cannot import them, so it requires a module that does. */
const runtimeModules = {
  name: 'runtime-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:/ }, () => ({ external: true }));
    onResolve({ filter: NODE_MODULE }, ({ path, kind }) => {
      const name = path.startsWith('node:') ? path : `node:${path}`;
      return kind === 'require-call' ? { path: name, namespace: 'required' } : { path: name, external: true };
    });
    onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `import module_ from '${path}';\nmodule.exports = module_;`,
    }));
  },
};

/** Only English is used; zod's index of all languages would end up in the data plane. */
const onlyEnglish = {
  name: 'only-english',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ path, importer, kind, resolveDir }) => {
      if (!/[/\\]node_modules[/\\]zod[/\\]/.test(importer)) return undefined;
      return resolve(path.replace('index.js', 'en.js'), { importer, kind, resolveDir });
    });
  },
};

const sdkPackage = (root) => ({
  name: SDK_MODULE,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${SDK_MODULE}$`) }, ({ path }) => ({ path, namespace: SDK_MODULE }));
    onLoad({ filter: /.*/, namespace: SDK_MODULE }, async () => ({ contents: await sdkModule(root) }));
  },
});

const IN_PRODUCTION = ['process.env.NODE_ENV', 'global.process.env.NODE_ENV', 'globalThis.process.env.NODE_ENV'];

/** Builds the Worker into `directory`; resolves to esbuild's metafile. */
export async function buildWorker({ root, directory }) {
  rmSync(directory, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { index: 'src/index.ts' },
    outdir: directory,
    // Named so that wrangler.toml's rule for modules matches them and nothing that tests load.
    outExtension: { '.js': '.worker.js' },
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    // workerd runs these as they are.
    target: 'es2024',
    supported: { using: true, 'import-source': true },
    loader: { '.js': 'jsx', '.mjs': 'jsx', '.cjs': 'jsx', '.wasm': 'copy' },
    define: {
      'navigator.userAgent': '"Cloudflare-Workers"',
      ...Object.fromEntries(IN_PRODUCTION.map((name) => [name, '"production"'])),
    },
    plugins: [onlyEnglish, runtimeModules, sdkPackage(root)],
    // Keeps names, since people read stacks in logs.
    minifyWhitespace: true,
    minifySyntax: true,
    sourcemap: true,
    metafile: true,
    logLevel: 'error',
  });
  // Otherwise esbuild's process would live as long as this one.
  await stop();
  return metafile;
}
