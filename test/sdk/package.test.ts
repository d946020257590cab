// The package as `npm pack` makes it and users install it: what it contains, what it weighs, and that it runs.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { VERSION } from '../../sdk/src/index.js';
import type { Account } from '../e2e/support/account';
import { openMediaAccount } from '../e2e/support/media';
import { Worker } from '../e2e/support/worker';
import { commandsOf, fences } from '../scripts/document-commands.mjs';
import { QUICKSTART, STORAGE_UPLOAD } from './documented';
import { installed, tarball } from './packed';

const run = promisify(execFile);
const LIMIT_BYTES = 15_000;

let worker: Worker;
let account: Account;
let user: string;
beforeAll(async () => {
  user = await installed();
  worker = await Worker.shared();
  account = await openMediaAccount(worker);
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  rmSync(user, { recursive: true, force: true });
});

const environment = () => ({
  PATH: process.env.PATH,
  HOME: user,
  HYPEREAL_API_KEY: account.key,
  HYPEREAL_BASE_URL: `${worker.url}/api/v1`,
});

/** Runs a user's file. */
async function node(name: string, source: string, executable = process.execPath): Promise<string> {
  writeFileSync(join(user, name), source);
  const { stdout } = await run(executable, [name], { cwd: user, env: environment() });
  return stdout;
}

const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--target', 'es2022'];

/** Compiles a user's file with the types of Node alone; the package's own declarations are checked too. */
async function compile(name: string, source: string, ...options: string[]): Promise<void> {
  if (!existsSync(join(user, 'node_modules/@types'))) symlinkSync(join(ROOT, 'node_modules/@types'), join(user, 'node_modules/@types'));
  if (!existsSync(join(user, 'node_modules/undici-types')))
    symlinkSync(join(ROOT, 'node_modules/undici-types'), join(user, 'node_modules/undici-types'));
  writeFileSync(join(user, name), source);
  await run(process.execPath, [compiler, '--ignoreConfig', ...STRICT, '--types', 'node', ...options, name], { cwd: user }).catch(
    (error: { stdout?: string }) => {
      throw new Error(error.stdout);
    },
  );
}

const FILE = `const file = new Blob([Buffer.from('89504e470d0a1a0a', 'hex')]);\n`;
const SHOWN = `console.log(JSON.stringify({ object, listed }));\n`;
const withoutTypes = (source: string): string => source.replace('HYPEREAL_API_KEY!', 'HYPEREAL_API_KEY');
const asCommonJs = (source: string): string =>
  `${withoutTypes(source).replace(/import (.*) from ('.*');\n/, 'const $1 = require($2);\n(async () => {\n')}})();\n`;

describe('the gateway', () => {
  it('hands it out by the address on its page, to whoever installs it', async () => {
    const page = await (await fetch(`${worker.url}/sdk`)).text();
    const url = /npm install (http[^<\s]+)/.exec(page.replaceAll('<wbr/>', ''))![1]!;
    const folder = mkdtempSync(join(tmpdir(), 'sdk-from-gateway-'));
    try {
      writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }');
      await run('npm', ['install', '--no-audit', '--no-fund', url], { cwd: folder });
      const files = (of: string) => readdirSync(join(of, 'node_modules/hypereal-sdk'), { recursive: true }).sort();
      expect(files(folder)).toEqual(files(user));
    } finally {
      rmSync(folder, { recursive: true });
    }
    const older = await fetch(url.replace(VERSION, '0.0.1'));
    expect(older.status).toBe(404);
    expect(await older.text()).toContain(url);
  });
});

describe('what is in it', () => {
  it('is what it needs to run, and nothing else', async () => {
    const { stdout } = await run('tar', ['tzf', await tarball()]);
    const files = stdout.trim().split('\n');
    expect(files.filter((file) => !/^package\/(dist\/(esm|cjs|cli)\/|README\.md$|package\.json$)/.test(file))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(user, 'node_modules/hypereal-sdk/package.json'), 'utf8'));
    expect(manifest.version).toBe(VERSION);
    expect(manifest.dependencies).toBeUndefined();
    expect(existsSync(join(user, 'node_modules/.bin/hypereal'))).toBe(true);
    expect(readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['hypereal-sdk']);
  });

  it('weighs less than 15 kB where it is bundled, the command line left out', async () => {
    const entry = join(user, 'node_modules/hypereal-sdk/dist/esm/index.js');
    const { outputFiles, warnings } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
    });
    expect(warnings).toEqual([]);
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
    console.info(`hypereal-sdk: ${bytes} bytes compressed`);
    expect(bytes).toBeLessThan(LIMIT_BYTES);
  });

  it('can be bundled for browsers and Workers, with no word about Node', async () => {
    for (const conditions of [['browser'], ['workerd', 'worker', 'browser']]) {
      const stdin = { contents: "import { Hypereal } from 'hypereal-sdk'; console.log(Hypereal);", resolveDir: user };
      const { warnings } = await build({ stdin, bundle: true, write: false, platform: 'browser', format: 'esm', conditions });
      expect(warnings).toEqual([]);
    }
  });
});

describe('the examples of the reference', () => {
  it('run as printed, as an ES module', async () => {
    expect(await node('quickstart.mjs', withoutTypes(QUICKSTART))).toMatch(/url: '?http.*\.png/);
    const out = await node('upload.mjs', withoutTypes(QUICKSTART) + FILE + STORAGE_UPLOAD + SHOWN);
    const { object, listed } = JSON.parse(out.trim().split('\n').at(-1) ?? '');
    expect(object).toMatchObject({ filename: 'training-image.png', contentType: 'image/png', kind: 'dataset', size: 8 });
    expect(listed.data[0]).toEqual(object);
  });

  it('run as CommonJS', async () => {
    expect(await node('quickstart.cjs', asCommonJs(QUICKSTART + FILE + STORAGE_UPLOAD + SHOWN))).toContain('training-image.png');
  });

  it('compile, and run as TypeScript', async () => {
    const source = QUICKSTART + FILE + STORAGE_UPLOAD + SHOWN;
    await compile('quickstart.mts', source, '--module', 'nodenext');
    expect((await run(process.execPath, ['quickstart.mjs'], { cwd: user, env: environment() })).stdout).toContain('training-image.png');
    await compile('bundled.mts', source, '--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit');
    await compile('browser.mts', source, '--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit', '--lib', 'es2022,dom');
    await compile('node.mts', source, '--module', 'nodenext', '--noEmit', '--lib', 'es2022');
  });
});

describe('its README', () => {
  const blocks = (language: string): string[] =>
    fences('sdk/README.md').flatMap((fence) => (fence.language === language && fence.text ? [fence.text] : []));

  it('has programs that run, one after the other, and compile', async () => {
    const programs = blocks('ts');
    expect(programs).toHaveLength(6);
    writeFileSync(join(user, 'weights.safetensors'), 'weights');
    writeFileSync(join(user, 'teapot.png'), Buffer.from('89504e470d0a1a0a', 'hex'));
    const signed = `
import { createHmac } from 'node:crypto';
process.env.HYPEREAL_WEBHOOK_SECRET = 'whsec_' + Buffer.from('of the tests').toString('base64');
const body = JSON.stringify({ status: 'completed', outputUrl: 'https://x.test/1.mp4', jobId: 'job_1', type: 'video', model: 'm', creditsUsed: 1 });
const timestamp = String(Math.floor(Date.now() / 1000));
const signature = 'v1,' + createHmac('sha256', 'of the tests').update('msg_1.' + timestamp + '.' + body).digest('base64');
const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature };
const request = new Request('http://x.test', { method: 'POST', body, headers });
`;
    const [first, ...others] = [...programs.slice(0, -1), signed, ...programs.slice(-1)];
    const imports = "import { toFile, type ChatMessage } from 'hypereal-sdk';\nimport { writeFile } from 'node:fs/promises';\n";
    const whole = [imports, first, ...others].join('\n');
    const out = await node('readme.mts', whole);
    for (const part of ['.png', 'This is the sandbox', '.mp4', 'https://x.test/1.mp4']) expect(out).toContain(part);
    expect(existsSync(join(user, 'blue.png'))).toBe(true);
    await compile('readme.mts', whole, '--module', 'nodenext', '--noEmit');
  });

  it('has commands that run', async () => {
    const commands = blocks('sh')
      .flatMap(commandsOf)
      .filter((command) => command.includes('npx'));
    expect(commands).toHaveLength(4);
    const env = { PATH: process.env.PATH, HOME: user, HYPEREAL_BASE_URL: `${worker.url}/api/v1` };
    const shell = (command: string) => run('bash', ['-c', command], { cwd: user, env });
    const [login, chat, film, setup] = commands as [string, string, string, string];
    expect((await shell(`echo ${account.key} | ${login}`)).stdout).toContain('The key is good');
    expect((await shell(chat)).stdout).toContain('Write a commit message');
    await shell(film);
    expect(readFileSync(join(user, 'cat.mp4')).subarray(4, 8).toString()).toBe('ftyp');
    // Without a terminal it cannot ask, so it shows what it would write and writes nothing.
    await expect(shell(setup)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('ANTHROPIC_BASE_URL') });
    await shell(`${setup} --yes`);
    expect(readFileSync(join(user, '.claude/settings.json'), 'utf8')).toContain(account.key);
  });
});

describe('its types', () => {
  const USES = `import { Hypereal, type Job, type ChatEvent, InsufficientCreditsError, type WebhookEvent } from 'hypereal-sdk';
const client = new Hypereal({ apiKey: 'ck_x', fetch });
export function told(job: Job): string {
  switch (job.status) {
    case 'processing': { const none: null = job.outputUrl; return String(none) + job.state; }
    case 'completed': { const url: string | null = job.outputUrl; return url ?? job.text ?? ''; }
    case 'failed': case 'canceled': case 'expired': { const why: string = job.error; return why; }
    default: { const never: never = job; return never; }
  }
}
export function said(event: ChatEvent): string {
  switch (event.type) {
    case 'text': case 'reasoning': case 'refusal': return event.text;
    case 'tool_call': return event.arguments;
    case 'finish': return event.reason;
    case 'end': return String(event.usage?.creditsUsed ?? event.creditsUsed);
    default: { const never: never = event; return never; }
  }
}
export async function uses(event: WebhookEvent): Promise<unknown> {
  const whole = await client.chat.create({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
  const content: string | null | undefined = whole.choices[0]?.message.content;
  const stream = await client.chat.create({ model: 'm', messages: [], stream: true });
  for await (const chunk of stream) String(chunk.choices[0]?.delta.content);
  const heard = await client.audio.generate({ model: 'audio-asr', audio: 'https://x.test' });
  const text: string = heard.text;
  const response: Response = await client.jobs.list().asResponse();
  const promise: Promise<unknown> = client.models.list();
  const name: string | undefined = undefined;
  await client.chat.create({ model: 'm', messages: [{ role: 'user', content: 'x', name }], max_tokens: undefined });
  await client.storage.uploadFile(process.stdin, { filename: 'x' });
  await client.images.generate({ model: 'm', input: { prompt: 'x' } });
  await client.audio.generate({ model: 'audio-clone', input: { text: 'x', audio: 'https://x.test' } });
  const inside: string = (await client.audio.generate({ model: 'audio-asr', input: { audio: 'https://x.test' } })).text;
  if (event.status === 'failed') return event.error;
  // @ts-expect-error the result of speech has no text
  (await client.audio.generate({ model: 'audio-tts', text: 'x' })).text;
  // @ts-expect-error a model or an intent, not both
  client.images.generate({ model: 'm', intent: 'i', prompt: 'x' });
  // @ts-expect-error there is no such role
  client.chat.create({ model: 'm', messages: [{ role: 'robot', content: 'x' }] });
  return [content, text, inside, response, promise, new InsufficientCreditsError({ status: 402, body: {} }).required];
}
`;

  it('tell states and events apart, and refuse what is wrong, under every way of resolving modules', async () => {
    await compile('uses.mts', USES, '--module', 'nodenext', '--noEmit');
    await compile('uses.cts', USES, '--module', 'nodenext', '--noEmit');
    await compile('uses.ts', USES, '--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit');
  });
});
