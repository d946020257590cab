// The package without Node: inside a Worker, and in a page behind a proxy that adds the key.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../e2e/support/account';
import { chromiumPath, launch } from '../e2e/support/browser';
import { openMediaAccount } from '../e2e/support/media';
import { Worker } from '../e2e/support/worker';
import { installed } from './packed';
import { EXPECTED } from './programs/exercise.mjs';

let gateway: Worker;
let account: Account;
let user: string;
beforeAll(async () => {
  user = await installed();
  gateway = await Worker.shared();
  account = await openMediaAccount(gateway);
}, 120_000);
afterAll(async () => {
  await gateway?.stop();
  rmSync(user, { recursive: true, force: true });
});

const EXERCISE = readFileSync(join(import.meta.dirname, 'programs/exercise.mjs'), 'utf8');

/** A user's bundle: a program that imports the package by its name. */
async function bundle(contents: string, conditions: string[]): Promise<string> {
  const program = `${EXERCISE.replaceAll(/^export /gm, '')}\nimport * as sdk from 'hypereal-sdk';\n${contents}`;
  const stdin = { contents: program, resolveDir: user, loader: 'js' as const };
  const { outputFiles, warnings } = await build({ stdin, bundle: true, write: false, platform: 'browser', format: 'esm', conditions });
  expect(warnings).toEqual([]);
  return outputFiles[0]!.text;
}

describe('in a Worker', () => {
  it('does all that it does elsewhere', async () => {
    const script = await bundle(
      `export default { fetch: async (_request, env) => Response.json(await exercise(sdk, { apiKey: env.KEY, baseURL: env.BASE_URL })) };`,
      ['workerd', 'worker', 'browser'],
    );
    const bindings = { KEY: account.key, BASE_URL: account.baseUrl };
    const modules = [{ type: 'ESModule' as const, path: 'worker.mjs', contents: script }];
    const worker = new Miniflare(convertV4MiniflareOptions({ modules, compatibilityDate: '2025-10-01', bindings }));
    try {
      const response = await worker.dispatchFetch('http://worker.test/');
      const text = await response.text();
      expect(response.status, text).toBe(200);
      const { told, ...rest } = JSON.parse(text) as { told: number };
      expect(rest).toEqual({ ...EXPECTED, text: expect.stringContaining('You said: "Hello".') });
      expect(told).toBeGreaterThan(2);
    } finally {
      await worker.dispose();
    }
  });
});

/** The proxy that the operator of a page puts in between: it has the key, the page has none. */
function answerPage(script: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { url = '/', method = 'GET' } = asked;
  const file = { '/': ['text/html', '<script type="module" src="/page.js"></script>'], '/page.js': ['text/javascript', script] }[url];
  if (file || !url.startsWith('/proxy/')) {
    answer.writeHead(file ? 200 : 404, { 'content-type': file?.[0] ?? 'text/plain' });
    return void answer.end(file?.[1]);
  }
  const names = Object.entries(asked.headers).filter(([name]) => !name.startsWith(':') && name !== 'host' && name !== 'cookie');
  const headers = { ...Object.fromEntries(names), authorization: `Bearer ${account.key}` };
  const onward = request(account.baseUrl + url.slice('/proxy'.length), { method, headers });
  onward.on('response', (response) => {
    // Hop-by-hop headers describe the connection behind the proxy, not this one.
    const { connection: _connection, 'transfer-encoding': _coding, 'keep-alive': _alive, ...kept } = response.headers;
    answer.writeHead(response.statusCode ?? 502, kept);
    response.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}

const PAGE = `globalThis.found = exercise(sdk, { baseURL: location.origin + '/proxy' });
globalThis.refused = (() => { try { new sdk.Hypereal({ apiKey: 'ck_x' }); } catch (error) { return error.message; } })();`;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate for this machine alone, valid for as long as the test takes. */
function certificate(): { key: Buffer; cert: Buffer } {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(user, name)) as [string, string];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost'],
    ...['-keyout', key, '-out', cert],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** Browsers send streams over HTTP/2 only, and report more of an upload's progress there. */
const VERSIONS = [{ name: 'over HTTP/1.1', isSecure: false }, ...(hasOpenssl ? [{ name: 'over HTTP/2', isSecure: true }] : [])];

describe.skipIf(!chromiumPath)('in a page', () => {
  it.each(VERSIONS)('does all that it does elsewhere, without a key, $name', async ({ isSecure }) => {
    const script = await bundle(PAGE, ['browser']);
    const answer = (asked: unknown, said: unknown) => answerPage(script, asked as IncomingMessage, said as ServerResponse);
    const proxy = isSecure ? createSecureServer(certificate(), answer) : createServer(answer);
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const { port } = proxy.address() as AddressInfo;
    const browser = await launch();
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      await page.goto(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}/`);
      const found = await page.evaluate(() => (globalThis as unknown as { found: Promise<{ told: number }> }).found);
      const { told, ...rest } = found;
      expect(rest).toEqual({ ...EXPECTED, text: expect.stringContaining('You said: "Hello".') });
      expect(told > 2).toBe(isSecure);
      expect(await page.evaluate(() => (globalThis as unknown as { refused: string }).refused)).toContain('Everyone who opens this page');
    } finally {
      await browser.close();
      proxy.close();
    }
  });
});
