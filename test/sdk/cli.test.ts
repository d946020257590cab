// The command line as a shell starts it.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { printTable } from '../../sdk/cli/output.js';
import type { Account } from '../e2e/support/account';
import { openMediaAccount } from '../e2e/support/media';
import { Worker } from '../e2e/support/worker';
import { installed } from './packed';

let worker: Worker;
let account: Account;
let user: string;
let home: string;
beforeAll(async () => {
  user = await installed();
  worker = await Worker.start({ LOCAL: '1', PRIVATE_ADDRESSES: 'allowed' });
  account = await openMediaAccount(worker);
}, 120_000);
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sdk-home-'));
});
afterAll(async () => {
  await worker?.stop();
  rmSync(user, { recursive: true, force: true });
});

interface Ran {
  code: number | null;
  out: string;
  error: string;
  bytes: Buffer;
}

interface Running {
  /** Null leaves the pipe open. */
  input?: string | Buffer | null;
  env?: Record<string, string | undefined>;
  /** Interrupts it once its output matches. */
  interruptAfter?: RegExp;
}

/** Runs it in a home of its own, which is also its working folder. */
function hypereal(args: string[], { input = '', env = {}, interruptAfter }: Running = {}): Promise<Ran> {
  const child = spawn(join(user, 'node_modules/.bin/hypereal'), args, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, HYPEREAL_API_KEY: account.key, HYPEREAL_BASE_URL: `${worker.url}/api/v1`, ...env },
  });
  const out: Buffer[] = [];
  let error = '';
  let interrupted = false;
  child.stdout.on('data', (part: Buffer) => out.push(part));
  child.stderr.on('data', (part: Buffer) => {
    error += part;
    if (!interrupted && interruptAfter?.test(error)) interrupted = child.kill('SIGINT');
  });
  child.stdin.on('error', () => undefined);
  if (input !== null) child.stdin.end(input);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, out: Buffer.concat(out).toString(), error, bytes: Buffer.concat(out) }));
  });
}

const inHome = (...parts: string[]): string => readFileSync(join(home, ...parts), 'utf8');

describe('what it is asked', () => {
  it('helps, and says which codes it ends with', async () => {
    const help = await hypereal(['help']);
    expect([help.code, help.out]).toEqual([0, expect.stringContaining('Exit codes')]);
    expect((await hypereal([])).code).toBe(2);
    expect((await hypereal(['nonsense'])).code).toBe(2);
    expect(await hypereal(['chat', '--nonsense'])).toMatchObject({ code: 2, error: expect.stringContaining('hypereal chat') });
    expect((await hypereal(['setup', '--help'])).out).toContain('--undo');
    expect((await hypereal(['--version'])).out).toBe('0.1.0\n');
  });

  it('says what may have been meant', async () => {
    expect((await hypereal(['vidoe', 'x'])).error).toContain('Did you mean `video`?');
    const unknown = await hypereal(['chat', 'Hi', '--model', 'gpt5.5']);
    expect(unknown).toMatchObject({
      code: 1,
      error: expect.stringMatching(/does not exist.*Did you mean `gpt-5\.5`.*`hypereal models` lists them/),
    });
    expect((await hypereal(['chat', '--modle', 'x', 'Hi'])).error).toMatch(/^error: Unknown option '--modle'\n\nhypereal chat/);
  });

  it('finds the API of a gateway that is named by its address alone', async () => {
    for (const url of [worker.url, `${worker.url}/`])
      expect(await hypereal(['chat', 'Hi', '--base-url', url, '--json'])).toMatchObject({ code: 0 });
  });

  it('takes the options of all commands before the command too', async () => {
    expect(await hypereal(['--json', '--base-url', worker.url, 'chat', 'Hi'])).toMatchObject({ code: 0, out: expect.stringMatching(/^{/) });
  });

  it('takes no address that is none', async () => {
    for (const command of ['usage', 'models'])
      expect(await hypereal([command, '--base-url', 'foo'])).toMatchObject({
        code: 2,
        error: expect.stringMatching(/^error: `foo` is no address.*$/m),
      });
  });

  it('ends with a code that tells what went wrong', async () => {
    expect(await hypereal(['chat', 'Hi'], { env: { HYPEREAL_API_KEY: '' } })).toMatchObject({
      code: 3,
      error: expect.stringContaining('hypereal login'),
    });
    expect(await hypereal(['chat', 'Hi', '--api-key', 'ck_nobody'])).toMatchObject({ code: 3, out: '' });
    expect((await hypereal(['chat', 'Hi', '--model', 'no-such-model'])).code).toBe(1);
    expect((await hypereal(['jobs', '--base-url', 'http://127.0.0.1:9/v1'])).code).toBe(5);
    const poor = await openMediaAccount(worker, 1);
    const broke = await hypereal(['chat', 'Hi', '--json'], { env: { HYPEREAL_API_KEY: poor.key } });
    expect(broke.code).toBe(4);
    expect(JSON.parse(broke.out)).toMatchObject({ error: { type: 'insufficient_credits', required: 200, available: 1 } });
  });
});

describe('chat', () => {
  it('prints the answer and nothing else where it is piped', async () => {
    const { code, out, error } = await hypereal(['chat', 'Hello'], { env: { FORCE_COLOR: '1' } });
    expect([code, error]).toEqual([0, '']);
    expect(out).toMatch(/Hello.*\n$/);
    expect(out).not.toContain('\u001b');
  });

  it('takes what is piped in, alone or after the words', async () => {
    expect((await hypereal(['chat'], { input: 'Grüße 🙂\n' })).out).toContain('Grüße 🙂');
    const { out } = await hypereal(['chat', 'Sum this up:', '--json', '--system', 'Be short.'], { input: 'some text' });
    const said = JSON.parse(out);
    expect(said.text).toContain('Sum this up:');
    expect(said.text).toContain('some text');
    expect(said).toMatchObject({ model: 'gpt-5.5', creditsUsed: expect.any(Number), requestId: expect.any(String) });
    expect((await hypereal(['chat'])).code).toBe(2);
  });

  it('does not wait for a program that leaves its end of the pipe open and says nothing', async () => {
    const { code, out } = await hypereal(['chat', 'Hello'], { input: null });
    expect([code, out.includes('Hello')]).toEqual([0, true]);
  });

  it('speaks to Claude in its own format', async () => {
    expect((await hypereal(['chat', '-m', 'claude-sonnet-4-6', 'Hello'])).out).toContain('Hello');
  });

  it('fails when the stream does', async () => {
    const { code, out, error } = await hypereal(['chat', 'Hello sandbox:cut=2']);
    expect([code, out.length > 1, error]).toEqual([1, true, expect.stringContaining('error:')]);
    expect(out.endsWith('\n')).toBe(true);
  });
});

describe('media', () => {
  it('saves pictures, films and speech, and says where', async () => {
    const picture = await hypereal(['image', 'a', 'cat', '-n', '2', '-o', 'cat.png']);
    expect([picture.error, picture.out]).toEqual(['', 'cat.png\ncat-2.png\n']);
    expect(readFileSync(join(home, 'cat-2.png')).subarray(1, 4).toString()).toBe('PNG');
    expect((await hypereal(['image', 'blue', '--reference', 'cat.png', '--reference', 'cat-2.png', '-o', 'blue.png'])).out).toBe(
      'blue.png\n',
    );
    expect(await hypereal(['image', 'blue', '--reference', 'dog.png'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('dog.png cannot be read'),
    });
    const film = await hypereal(['video', 'a cat sandbox:delay=0ms', '--image', 'cat.png', '--json']);
    const { files, status } = JSON.parse(film.out);
    expect([status, existsSync(join(home, files[0]))]).toEqual(['completed', true]);
    expect(inHome(files[0]).slice(4, 8)).toBe('ftyp');
    const speech = await hypereal(['tts', '--format', 'wav', '-o', '-'], { input: 'Hello' });
    expect(speech.bytes.subarray(0, 4).toString()).toBe('RIFF');
    const heard = await hypereal(['transcribe', '-'], { input: speech.bytes });
    expect([heard.code, heard.out.trim().length > 0]).toEqual([0, true]);
    writeFileSync(join(home, 'speech.wav'), speech.bytes);
    expect(JSON.parse((await hypereal(['transcribe', 'speech.wav', '--json'])).out)).toMatchObject({
      text: expect.any(String),
      segments: expect.any(Array),
    });
  });

  it('makes nothing that it cannot save', async () => {
    const before = (await hypereal(['jobs', '--json'])).out;
    mkdirSync(join(home, 'folder'));
    for (const command of ['image', 'video', 'tts'])
      for (const place of ['nowhere/a.png', 'folder', 'nowhere/'])
        expect(await hypereal([command, 'a cat', '-o', place])).toMatchObject({ code: 2, error: expect.stringContaining(place) });
    expect((await hypereal(['jobs', '--json'])).out).toBe(before);
  });

  it('lets jobs be begun, looked at, waited for, canceled and deleted', async () => {
    const id = (await hypereal(['video', 'a cat sandbox:delay=1s', '--no-wait'])).out.trim();
    expect((await hypereal(['jobs', 'get', id])).out).toContain(id);
    expect((await hypereal(['jobs', 'wait', id, '-o', 'cat.mp4'])).out).toBe('cat.mp4\n');
    expect((await hypereal(['jobs', '--type', 'video', '--limit', '1'])).out).toMatch(new RegExp(`^${id}\tcompleted\tvideo\t`));
    const endless = (await hypereal(['video', 'sandbox:hang', '--no-wait'])).out.trim();
    const left = await hypereal(['jobs', 'wait', endless], { interruptAfter: /running/ });
    expect(left).toMatchObject({ code: 130, error: expect.stringContaining(`hypereal jobs wait ${endless}`) });
    expect((await hypereal(['jobs', 'cancel', endless, '--json'])).code).toBe(0);
    expect((await hypereal(['jobs', 'wait', endless])).code).toBe(1);
    expect(await hypereal(['jobs', 'delete', id])).toMatchObject({ code: 0, out: `${id} deleted\n` });
    expect((await hypereal(['jobs', 'get', id])).out.trim().split('\n')).toHaveLength(1);
    expect((await hypereal(['jobs', 'list', '--state', 'nonsense'])).error).toContain('`state` must be one of');
  });
});

describe('the account', () => {
  it('keeps a key that was checked, for its owner alone, and forgets it', async () => {
    const env = { HYPEREAL_API_KEY: '', HYPEREAL_BASE_URL: '' };
    const url = ['--base-url', `${worker.url}/v1`];
    expect((await hypereal(['login', ...url], { input: 'ck_nobody', env })).code).toBe(3);
    expect(existsSync(join(home, '.config/hypereal/config.json'))).toBe(false);
    expect(await hypereal(['login', ...url], { input: `${account.key}\n`, env })).toMatchObject({ code: 0, error: '' });
    expect(statSync(join(home, '.config/hypereal/config.json')).mode & 0o777).toBe(0o600);
    expect((await hypereal(['chat', 'Hello'], { env })).out).toContain('Hello');
    writeFileSync(join(home, '.config/hypereal/config.json'), '{bad');
    const key = { HYPEREAL_API_KEY: account.key, HYPEREAL_BASE_URL: '' };
    expect(await hypereal(['models'], { env: key })).toMatchObject({
      code: 1,
      error: expect.stringContaining('config.json is not readable'),
    });
    rmSync(join(home, '.config/hypereal/config.json'));
    expect(await hypereal(['login', ...url], { input: `${account.key}\n`, env })).toMatchObject({ code: 0 });
    await hypereal(['login', '--forget'], { env });
    expect((await hypereal(['chat', 'Hello'], { env })).code).toBe(3);
  });

  it('lists models with prices, without a key', async () => {
    const { out } = await hypereal(['models', 'gpt-5.5', '--family', 'chat'], { env: { HYPEREAL_API_KEY: '' } });
    expect(out).toContain('gpt-5.5\tchat\t$0.25 in, $1.45 out per million tokens\n');
    const films = JSON.parse((await hypereal(['models', '-f', 'video', '--all', '--json'])).out);
    expect(films[0]).toMatchObject({ family: 'video' });
    const none = await hypereal(['models', 'zzz']);
    expect(none).toMatchObject({ code: 0, out: '', error: expect.stringContaining('no such model') });
  });

  it('prints no control characters of what others named, and takes a name of several words in quotes alone', async () => {
    const key = await account.addKey({ name: 'a\u001b[31mb\nc', scopes: ['keys.read', 'keys.write'] });
    const env = { HYPEREAL_API_KEY: key };
    const listed = await hypereal(['keys'], { env });
    expect(listed.out).toContain('\ta?[31mb?c\tlive\t');
    const before = listed.out.trim().split('\n').length;
    expect(await hypereal(['keys', 'create', 'my', 'key'], { env })).toMatchObject({
      code: 2,
      error: expect.stringContaining('no place for `key`'),
    });
    expect((await hypereal(['keys'], { env })).out.trim().split('\n')).toHaveLength(before);
  });

  it('lines columns up under letters that take two places, and under those that take none', () => {
    const { isTTY } = process.stdout;
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    try {
      process.stdout.isTTY = true;
      printTable([
        ['鍵の名', 'live'],
        ['cafe\u0301 🚀', 'test'],
        ['plain', 'live'],
      ]);
    } finally {
      process.stdout.isTTY = isTTY;
      write.mockRestore();
    }
    expect(written).toEqual(['鍵の名   live\n', 'cafe\u0301 🚀  test\n', 'plain    live\n']);
  });

  it('shows what of a key’s limit is spent, of whatever period that is', async () => {
    const env = { HYPEREAL_API_KEY: await account.addKey({ name: 'manager', scopes: ['keys.read', 'keys.write'] }) };
    const limits = ['--spending-limit', '500', '--limit-period', 'total', '--scope', 'keys.read'];
    const created = await hypereal(['keys', 'create', 'for good', ...limits], { env });
    expect((await hypereal(['keys'], { env: { HYPEREAL_API_KEY: created.out.trim() } })).code).toBe(0);
    expect(await hypereal(['keys', 'create', 'x', '--scope', 'keys.eat'], { env })).toMatchObject({
      code: 1,
      error: expect.stringContaining('usage.read'),
    });
    await hypereal(['chat', 'Hello'], { env: { HYPEREAL_API_KEY: created.out.trim() } });
    const { out } = await hypereal(['keys'], { env });
    expect(out).toMatch(/\tfor good\tlive\tactive\t0\.\d+\/500 in all\n/);
  });

  it('shows usage and keys, or says that this gateway has neither', async () => {
    for (const command of [['usage'], ['keys'], ['keys', 'create', 'x']]) {
      const { code, error } = await hypereal(command);
      if (code !== 0) expect(error).toMatch(/This gateway does not offer (usage|API keys) to API keys|does not have the/);
    }
  });
});

describe('setup', () => {
  const CLIENTS: [string, string, string, RegExp][] = [
    [
      'claude-code',
      '.claude/settings.json',
      '{\n\t"theme": "dark",\n\t"env": { "A": "b" }\n}\n',
      /"ANTHROPIC_BASE_URL": "http:\/\/127.0.0.1:\d+\/api"/,
    ],
    [
      'codex',
      '.codex/config.toml',
      '# mine\nmodel = "old"\n\n[tui]\ntheme = "x" # keep\n',
      /base_url = "http:\/\/127.0.0.1:\d+\/api\/v1"\nwire_api = "responses"\nenv_key = "HYPEREAL_API_KEY"/,
    ],
    ['opencode', '.config/opencode/opencode.json', '{ "theme": "x" }\n', /"npm": "@ai-sdk\/openai-compatible"/],
    ['gemini', '.gemini/.env', 'OTHER=1\n', /^OTHER=1\nGOOGLE_GEMINI_BASE_URL=http:\/\/127.0.0.1:\d+\/api\/v1\/gemini\nGEMINI_API_KEY=ck_/],
  ];

  it.each(CLIENTS)('%s: shows, writes, does not repeat itself, and takes it back', async (client, path, before, becomes) => {
    const full = join(home, path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, before);
    const asked = await hypereal(['setup', client]);
    expect([asked.code, readFileSync(full, 'utf8')]).toEqual([2, before]);
    expect(asked.error).toContain('--yes');
    const done = await hypereal(['setup', client, '--yes']);
    expect(done.code).toBe(0);
    expect(done.error).toContain('+ ');
    expect(done.error + done.out).not.toContain(account.key);
    expect(readFileSync(full, 'utf8')).toMatch(becomes);
    expect((await hypereal(['setup', client, '--yes'])).out).toContain('already');
    expect((await hypereal(['setup', client, '--yes', '--model', 'another-model'])).code).toBe(0);
    const undone = await hypereal(['setup', client, '--undo', '--yes']);
    expect([undone.code, readFileSync(full, 'utf8')]).toEqual([0, before]);
    expect((await hypereal(['setup', client, '--undo', '--yes'])).error).toContain('nothing to undo');
  });

  it('keeps what else is in a file, and removes what it made', async () => {
    mkdirSync(join(home, '.codex'));
    writeFileSync(
      join(home, '.codex/config.toml'),
      '# mine\nmodel = "old"\n\n[model_providers.hypereal]\nname = "stale"\n\n[tui]\nmodel = "not mine"\n',
    );
    await hypereal(['setup', 'codex', '--yes']);
    const toml = inHome('.codex/config.toml');
    expect(toml).toMatch(
      /^model_provider = "hypereal"\nmodel = "gpt-5.3-codex"\n# mine\n\n\[tui\]\nmodel = "not mine"\n\n\[model_providers.hypereal\]\nname = "Hypereal"/,
    );
    await hypereal(['setup', 'claude-code', '--yes']);
    expect(JSON.parse(inHome('.claude/settings.json')).env.ANTHROPIC_API_KEY).toBe(account.key);
    await hypereal(['setup', 'claude-code', '--undo', '--yes']);
    expect(existsSync(join(home, '.claude/settings.json'))).toBe(false);
  });

  it('leaves alone what it cannot read, and what was changed since', async () => {
    mkdirSync(join(home, '.config/opencode'), { recursive: true });
    writeFileSync(join(home, '.config/opencode/opencode.json'), '{ // mine\n}');
    expect(await hypereal(['setup', 'opencode', '--yes'])).toMatchObject({ code: 1, error: expect.stringContaining('left alone') });
    await hypereal(['setup', 'gemini', '--yes']);
    writeFileSync(join(home, '.gemini/.env'), 'MINE=1\n');
    expect(await hypereal(['setup', 'gemini', '--undo', '--yes'])).toMatchObject({
      code: 1,
      error: expect.stringContaining('changed since'),
    });
    expect(inHome('.gemini/.env')).toBe('MINE=1\n');
    expect((await hypereal(['setup', 'codex', '--print'])).out).toContain('[model_providers.hypereal]');
  });
});
