// The script of `npm start` as it is, with workerd, the Worker and its storage, on a free port and in its own state folder.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROVIDERS } from '../../scripts/lib/variables.mjs';

const SCRIPTS = new URL('../../scripts/', import.meta.url).pathname;
const LIMIT = 120_000;
const run = promisify(execFile);

let state;
let port;
let started;

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => done(free));
    });
  });

/** A provider that refuses its key. */
const refusing = () =>
  new Promise((done) => {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"This key has expired."}}');
    }).listen(0, '127.0.0.1', () => done({ server, url: `http://127.0.0.1:${server.address().port}/v1` }));
  });

/** This process's environment without any provider keys of whoever runs it. */
function environment(extra) {
  const blank = Object.fromEntries(
    PROVIDERS.flatMap(({ keyVariable, urlVariable }) => [keyVariable, urlVariable]).map((name) => [name, '']),
  );
  return {
    ...process.env,
    ...blank,
    CUSTOM_PROVIDERS: '',
    CUSTOM_MEDIA_PROVIDERS: '',
    ADMIN_TOKEN: '',
    KEY_MAC_SECRET: '',
    PORT: String(port),
    STATE_DIR: state,
    ...extra,
  };
}

/** Starts the gateway; resolves when it has printed its keys or has ended. */
async function start(extra = {}) {
  const child = spawn(process.execPath, [join(SCRIPTS, 'start.mjs')], { env: environment(extra), stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((done) => child.once('exit', (code, signal) => done({ code, signal })));
  const gateway = { child, output: '', exited };
  started.push(gateway);
  const ready = new Promise((done) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        gateway.output += chunk;
        if (gateway.output.includes('Ctrl-C stops')) done();
      });
    }
  });
  await Promise.race([ready, exited.then(() => sleep(50))]);
  gateway.key = /^API key: (ck_\S+)$/m.exec(gateway.output)?.[1];
  gateway.testKey = /^Test key: (ck_test_\S+)$/m.exec(gateway.output)?.[1];
  gateway.curl = /^curl (?:.*\\\n)*.*$/m.exec(gateway.output)?.[0];
  return gateway;
}

async function stop({ child, exited }, signal = 'SIGINT') {
  child.kill(signal);
  return exited;
}

const runs = ({ child }) => child.exitCode === null && child.signalCode === null;

/** The gateway that the previous test left running, or a new one: a start keeps both cores busy for seconds. */
const running = async () => started.find((gateway) => gateway.key !== undefined && runs(gateway)) ?? (await start());

async function stopAll() {
  for (const gateway of started.splice(0)) if (runs(gateway)) await stop(gateway);
}

const admin = async (...args) => {
  const { stdout } = await run(process.execPath, [join(SCRIPTS, 'admin.mjs'), ...args, '--json'], { env: environment() });
  return JSON.parse(stdout);
};

const accountId = () => JSON.parse(readFileSync(join(state, 'account.json'), 'utf8')).id;
const balance = async () => (await admin('accounts', 'show', accountId())).balanceCredits;

async function paste(command) {
  const { stdout } = await run('sh', ['-c', command.replace(/^curl /, 'curl -sS -w "\\n%{http_code}" ')]);
  const [status, ...body] = stdout.trimEnd().split('\n').reverse();
  return { status: Number(status), body: body.reverse().join('\n') };
}

const isUp = () =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

beforeAll(async () => {
  started = [];
  state = join(mkdtempSync(join(tmpdir(), 'start-test-')), 'state');
  port = await freePort();
});
afterAll(async () => {
  await stopAll();
  rmSync(join(state, '..'), { recursive: true, force: true });
});

describe('npm start', { timeout: LIMIT }, () => {
  let first;

  it('prints two keys and a curl that works when pasted', async () => {
    const gateway = await start();
    first = { key: gateway.key, testKey: gateway.testKey };
    expect(first.key, gateway.output).toMatch(/^ck_(?!test_)/);
    expect(first.testKey).toMatch(/^ck_test_/);
    expect(gateway.output).toContain('the sandbox answers for every model');
    for (const line of ['API key: ', 'Test key: ']) expect(gateway.output.split(`\n${line}`)).toHaveLength(2);
    const [, page, token] = /^Or on pages: (\S+), with ADMIN_TOKEN (\S+)$/m.exec(gateway.output);
    const headers = { origin: new URL(page).origin };
    const signIn = { method: 'POST', redirect: 'manual', headers, body: new URLSearchParams({ token }) };
    expect((await fetch(`${page}/sign-in`, signIn)).headers.get('location')).toBe('/operator');
    const { status, body } = await paste(gateway.curl);
    expect(status, body).toBe(200);
    expect(JSON.parse(body).choices[0].message.content).toBeTruthy();
    expect(await balance()).toBeLessThanOrEqual(10_000);
    expect(await balance()).toBeGreaterThan(9_900);
    const usage = await fetch(`http://127.0.0.1:${port}/api/api-usage`, { headers: { authorization: `Bearer ${first.key}` } });
    expect(usage.status, 'the printed key tells what it was used for').toBe(200);
  });

  it('keeps its secrets to its owner', () => {
    for (const name of ['secrets.json', 'account.json', 'gateway.log']) expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
  });

  it('keeps account, keys and balance, and stops with Ctrl-C and code 0', async () => {
    const gateway = await running();
    await admin('credits', 'grant', accountId(), '250', '--event-id', 'once');
    const before = await balance();
    expect(await stop(gateway)).toEqual({ code: 0, signal: null });
    expect(await isUp()).toBe(false);
    expect(existsSync(join(state, 'gateway.json'))).toBe(false);
    const again = await start();
    expect([again.key, again.testKey]).toEqual([first.key, first.testKey]);
    expect(await balance()).toBe(before);
  });

  it('refuses a second start on the same state, and a taken port', async () => {
    await running();
    const second = await start({ PORT: String(await freePort()) });
    expect((await second.exited).code).toBe(1);
    expect(second.output).toContain(`already runs at http://127.0.0.1:${port}`);
    const elsewhere = await start({ STATE_DIR: join(state, '../elsewhere') });
    expect((await elsewhere.exited).code).toBe(1);
    expect(elsewhere.output).toContain(`Port ${port} is taken`);
    expect(await isUp()).toBe(true);
  });

  it('says in a line that the state cannot be kept where a file is', async () => {
    const file = join(state, '../file');
    writeFileSync(file, '');
    for (const place of [file, join(file, 'below')]) {
      const gateway = await start({ STATE_DIR: place, PORT: String(await freePort()) });
      expect((await gateway.exited).code).toBe(1);
      expect(gateway.output.trim().split('\n')).toEqual([expect.stringContaining(`The state cannot be kept in ${place}: there is a file`)]);
    }
  });

  it('starts once when started twice in the same instant', async () => {
    await stopAll();
    const both = await Promise.all([start(), start({ PORT: String(await freePort()) })]);
    const refused = both.filter(({ key }) => key === undefined);
    expect(refused, both.map(({ output }) => output).join()).toHaveLength(1);
    expect((await refused[0].exited).code).toBe(1);
    // The gateway that is running may be the one on the other port.
    await stopAll();
  });

  it('comes back with everything after kill -9', async () => {
    const gateway = await running();
    const before = await balance();
    await stop(gateway, 'SIGKILL');
    const again = await start();
    expect([again.key, again.testKey], again.output).toEqual([first.key, first.testKey]);
    expect(await balance()).toBe(before);
  });

  it('comes back when everything of it but workerd was killed at once', async () => {
    const gateway = await running();
    const { hostPid } = JSON.parse(readFileSync(join(state, 'gateway.json'), 'utf8'));
    process.kill(gateway.child.pid, 'SIGKILL');
    process.kill(hostPid, 'SIGKILL');
    await gateway.exited;
    const again = await start();
    expect(again.key, again.output).toBe(first.key);
    expect((await paste(again.curl)).status).toBe(200);
  });

  it('says so and stops when the gateway dies under it', async () => {
    const gateway = await running();
    process.kill(JSON.parse(readFileSync(join(state, 'gateway.json'), 'utf8')).hostPid, 'SIGKILL');
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output).toContain('ended unexpectedly');
    expect(await isUp()).toBe(false);
  });

  it.each([
    ['all data', 'v3'],
    ['the Durable Objects', 'v3/do'],
    ['the database', 'v3/d1'],
    ['the secrets', 'secrets.json'],
  ])('makes what is needed anew when %s was deleted', async (_what, path) => {
    await stopAll();
    rmSync(join(state, path), { recursive: true });
    const gateway = await start();
    expect(gateway.key, gateway.output).toMatch(/^ck_/);
    const { status, body } = await paste(gateway.curl);
    expect(status, body).toBe(200);
  });

  it('names the configured providers instead of the sandbox, and says once what they have against the gateway', async () => {
    await stopAll();
    const { server, url } = await refusing();
    const gateway = await start({ OPENAI_API_KEY: 'sk-none', OPENAI_BASE_URL: url });
    expect(gateway.output).toContain('Providers: OpenAI.');
    expect(gateway.output).not.toContain('sandbox');
    expect(gateway.output).not.toContain('sk-none');
    expect(gateway.curl).toContain('"gpt-5.5"');
    for (let call = 0; call < 2; call++) expect((await paste(gateway.curl)).body).not.toContain('expired');
    await stop(gateway);
    server.close();
    expect(gateway.output.split('\n').filter((line) => line.includes('refuses'))).toEqual([
      'OpenAI refuses the gateway (401): This key has expired.',
    ]);
  });

  it.each([
    [{ RESULT_RETENTION_DAYS: '-1' }, 'The variable RESULT_RETENTION_DAYS is not usable: '],
    [{ CUSTOM_PROVIDERS: '[{"id":"mine"}]' }, 'CUSTOM_PROVIDERS[0].id: must look like "custom-name"'],
  ])('says which variable is not usable, in one line: %o', async (variables, words) => {
    await stopAll();
    const gateway = await start(variables);
    expect((await gateway.exited).code).toBe(1);
    expect(gateway.output.trim().split('\n')).toEqual([expect.stringContaining(words)]);
    expect(readFileSync(join(state, 'gateway.log'), 'utf8')).toMatch(/at \w+ \(src\/[\w/-]+\.ts:\d+:\d+\)/);
  });

  it('prints a curl that the configured providers can answer', async () => {
    await stopAll();
    const gateway = await start({ DEEPSEEK_API_KEY: 'sk-none', DEEPSEEK_BASE_URL: 'http://127.0.0.1:9/v1' });
    expect(gateway.curl).toMatch(/"model":"deepseek/);
    const { body } = await paste(gateway.curl);
    expect(JSON.parse(body).error.type, body).toBe('api_error');
  });
});
