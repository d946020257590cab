import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWorker, MAIN_MODULE } from '../../scripts/lib/build-worker.mjs';
import { readyBundle } from '../../scripts/lib/bundle.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';

/** What an isolate must not load before its first call to a model: the account plane and the sandbox's answers. */
const LATER = [
  /node_modules\/(@?better-auth|better-call|stripe|xml-crypto|@xmldom|xpath|jose|qr)\b/,
  /^src\/(pages|mail|openapi)\/|^src\/account-/,
  /^src\/console\/(alerts|billing|sign-in|sso)\//,
  /^src\/providers\/sandbox\/(serve|media\/serve)\./,
  // Comes with all else of zod that nobody uses where one file imports `{ z }` in place of `* as z`.
  /node_modules\/zod\/v4\/classic\/from-json-schema\b/,
];

let directory;
let outputs;
let bundle;

/** The main module and its static imports. */
function loadedAtStart() {
  const reached = new Set([MAIN_MODULE]);
  for (const name of reached) {
    for (const { path, kind, external } of outputs[name].imports) {
      if (!external && kind === 'import-statement') reached.add(basename(path));
    }
  }
  return [...reached];
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'modules-test-'));
  const metafile = await buildWorker({ root: ROOT, directory });
  const modules = Object.entries(metafile.outputs).filter(([path]) => /\.(js|wasm)$/.test(path));
  outputs = Object.fromEntries(modules.map(([path, output]) => [basename(path), output]));
  bundle = await readyBundle(ROOT, directory);
}, 120_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the modules of the Worker', () => {
  it('that a call to a model loads hold nothing that can wait', () => {
    const inputs = loadedAtStart().flatMap((name) => Object.keys(outputs[name].inputs));
    expect(inputs).toContain('src/app.ts');
    expect(inputs.filter((path) => LATER.some((pattern) => pattern.test(path)))).toEqual([]);
  });

  it('that a call to a model loads stay under 400 kB compressed', () => {
    const bytes = Buffer.concat(loadedAtStart().map((name) => readFileSync(join(directory, name))));
    expect(gzipSync(bytes).length).toBeLessThan(400_000);
  });

  it('export what wrangler.toml binds', () => {
    expect(outputs[MAIN_MODULE].exports.sort()).toEqual(['Account', 'Conversation', 'LiveStream', 'default']);
  });

  it('are read by the runtime when they are first asked for, and not before', async () => {
    const { worker, modules, modulesRoot } = bundle;
    const atStart = new Set(loadedAtStart());
    const later = Object.keys(outputs).filter((name) => !atStart.has(name));
    expect(later.some((name) => name.startsWith('account-plane'))).toBe(true);
    for (const name of later) writeFileSync(join(directory, name), 'this is no JavaScript');
    const bindings = { KEY_MAC_SECRET: 'the-secret-of-the-tests-0123456789-abcdef', ADMIN_TOKEN: 'the-operator-of-the-tests' };
    const options = { ...worker, modules, modulesRoot, bindings, unsafeRegisterWorker: false };
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({ workers: [options], cf: false, telemetry: { enabled: false }, handleStructuredLogs: () => {} }),
    );
    try {
      const call = await miniflare.dispatchFetch('http://gateway/v1/chat/completions', { method: 'POST', body: '{}' });
      expect(call.status).toBe(401);
      const page = await miniflare.dispatchFetch('http://gateway/sign-in');
      expect(page.status).toBe(500);
    } finally {
      await miniflare.dispose();
    }
  });
});
