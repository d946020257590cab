import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cronMatches } from '../../scripts/lib/cron.mjs';
import { migrate } from '../../scripts/lib/migrate.mjs';
import { CHANGES } from '../../scripts/lib/miniflare.mjs';
import { ROOT, readPort, UsageError } from '../../scripts/lib/paths.mjs';
import { watchRuntime } from '../../scripts/lib/serve.mjs';
import { collectVariables, configuredProviders, halfSet, PROVIDERS, readVariables, strayVariables } from '../../scripts/lib/variables.mjs';
import { PROVIDER_SPECS } from '../../src/providers/registry';

describe('the variables of a local run', () => {
  it('come from .dev.vars and the environment, which goes first', () => {
    const file = 'OPENAI_API_KEY=file\nOPENAI_BASE_URL="http://127.0.0.1:9/v1"\nHOURLY_LIMITS={"chat":5}\n';
    expect(collectVariables(file, { OPENAI_API_KEY: 'environment', HOME: '/root', DATADOG_API_KEY: 'not ours' })).toEqual({
      OPENAI_API_KEY: 'environment',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
      HOURLY_LIMITS: '{"chat":5}',
    });
  });

  it('pass values on untouched: quotes, dollars, line breaks, JSON', () => {
    const CUSTOM_PROVIDERS = '[{"id":"custom-a","headers":{"x":"it\'s $HOME\\n#"}}]';
    expect(collectVariables(undefined, { CUSTOM_PROVIDERS, CUSTOM_A_API_KEY: 'a"b\nc' })).toEqual({
      CUSTOM_PROVIDERS,
      CUSTOM_A_API_KEY: 'a"b\nc',
    });
  });

  it('are taken from the environment whatever part of the Worker reads them', () => {
    const schemas = ['src/env.ts', 'src/env-account.ts'].map((path) => readFileSync(join(ROOT, path), 'utf8').split('z.object(')[1]);
    const read = schemas.flatMap((text) => [...text.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name));
    expect(read.length).toBeGreaterThan(30);
    const env = Object.fromEntries([...read, 'REPLICATE_WEBHOOK_SECRET'].map((name) => [name, '1']));
    // `npm start` itself declares the run a local one.
    const { LOCAL, ...expected } = env;
    expect(collectVariables(undefined, env)).toEqual(expected);
  });

  it('leave out what is blank, so that an empty variable switches a provider of .dev.vars off', () => {
    expect(collectVariables('OPENAI_API_KEY=file\nXAI_API_KEY=', { OPENAI_API_KEY: ' ' })).toEqual({});
  });

  it('are all there in a file that begins with a byte order mark, and a folder is said to be no file', () => {
    const root = mkdtempSync(join(tmpdir(), 'variables-test-'));
    try {
      writeFileSync(join(root, '.dev.vars'), '\uFEFFOPENAI_API_KEY=file\r\nBRAND=Acme\r\n');
      expect(readVariables(root, {})).toEqual({ OPENAI_API_KEY: 'file', BRAND: 'Acme' });
      rmSync(join(root, '.dev.vars'));
      mkdirSync(join(root, '.dev.vars'));
      expect(() => readVariables(root, {})).toThrow(new UsageError(`${join(root, '.dev.vars')} is a folder, where a file is needed.`));
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('tell which providers will be called', () => {
    expect(configuredProviders({ OPENAI_BASE_URL: 'http://127.0.0.1:9' })).toEqual([]);
    const variables = { DEEPSEEK_API_KEY: 'x', CUSTOM_PROVIDERS: '[{"id":"custom-a","label":"Ours"},{"id":"custom-b"}]' };
    expect(configuredProviders(variables).map(({ label }) => label)).toEqual(['DeepSeek', 'Ours', 'custom-b']);
    expect(configuredProviders({ CUSTOM_MEDIA_PROVIDERS: '[{"id":"custom-farm"}]' }).map(({ label }) => label)).toEqual(['custom-farm']);
    expect(() => configuredProviders({ CUSTOM_PROVIDERS: '[{' })).toThrow(UsageError);
    expect(() => configuredProviders({ CUSTOM_MEDIA_PROVIDERS: '{' })).toThrow('CUSTOM_MEDIA_PROVIDERS is not valid JSON');
  });

  it('of several lines say where their JSON breaks, without the keys in it, and how .dev.vars has several lines', () => {
    expect(() => configuredProviders({ CUSTOM_PROVIDERS: '[{"apiKey":"sk-secret",}]' })).toThrow(
      /^CUSTOM_PROVIDERS is not valid JSON(: look at line 1 column 24)?\.$/,
    );
    expect(() => configuredProviders(collectVariables('CUSTOM_PROVIDERS=[\n  {}\n]\n', {}))).toThrow('single quotes');
    expect(configuredProviders(collectVariables('CUSTOM_PROVIDERS=\'[\n  {"id":"custom-a"}\n]\'\n', {}))).toHaveLength(1);
  });

  it('that mean nothing in .dev.vars are told, with the name that was meant', () => {
    const own = [{ id: 'custom-a-b', label: 'Ours' }];
    const good =
      'OPENAI_API_KEY=x\nexport BRAND=Acme\nCUSTOM_PROVIDERS=\'[\n{"id": "custom-a-b", "X": 1}]\'\nCUSTOM_A_B_API_KEY=y\n# FAL_KEY: no\n';
    expect(strayVariables(good, own)).toEqual([]);
    expect(strayVariables(undefined, [])).toEqual([]);
    const bad = 'OPENAI_API_KEYS=x\nOPENAI_BASEURL=y\nCUSTOM_A_B_KEY=z\nDATADOG=1\nPORT=1\nXAI_API_KEY: x\n';
    expect(strayVariables(bad, own)).toEqual([
      '.dev.vars: XAI_API_KEY is not set: write XAI_API_KEY=...',
      '.dev.vars: CUSTOM_A_B_KEY is no variable of the gateway; did you mean CUSTOM_A_B_API_KEY?',
      '.dev.vars: DATADOG is no variable of the gateway.',
      '.dev.vars: OPENAI_API_KEYS is no variable of the gateway; did you mean OPENAI_API_KEY?',
      '.dev.vars: OPENAI_BASEURL is no variable of the gateway; did you mean OPENAI_BASE_URL?',
      '.dev.vars: PORT counts in the environment alone: PORT=... npm start',
    ]);
  });

  it('that do nothing alone are told', () => {
    expect(halfSet({ STRIPE_SECRET_KEY: 'a', STRIPE_WEBHOOK_SECRET: 'b', OPENAI_BASE_URL: 'c', OPENAI_API_KEY: 'd' })).toEqual([]);
    expect(halfSet({ STRIPE_SECRET_KEY: 'b', GITHUB_CLIENT_ID: 'a', OPENAI_BASE_URL: 'c' })).toEqual([
      'OPENAI_BASE_URL does nothing without OPENAI_API_KEY.',
      'STRIPE_SECRET_KEY does nothing without STRIPE_WEBHOOK_SECRET.',
      'GITHUB_CLIENT_ID does nothing without GITHUB_CLIENT_SECRET.',
    ]);
  });

  it('cover every provider that the Worker reaches over the network', () => {
    const known = new Set(PROVIDERS.map(({ id }) => id));
    const called = PROVIDER_SPECS.filter(({ serve }) => serve === undefined).map(({ id }) => id);
    expect(called.filter((id) => !known.has(id))).toEqual([]);
  });
});

describe('the port', () => {
  it('is 8787 unless PORT says otherwise', () => {
    expect([readPort({}), readPort({ PORT: '' }), readPort({ PORT: ' 9000 ' })]).toEqual([8787, 8787, 9000]);
  });

  it.each(['0', '65536', '80a', '-1', '1e3'])('is not "%s"', (PORT) => {
    expect(() => readPort({ PORT })).toThrow(UsageError);
  });
});

describe('the schedules of a local run', () => {
  const at = (text) => new Date(`${text}:00Z`);
  it.each([
    ['17 3 * * *', '2026-11-20T03:17', true],
    ['17 3 * * *', '2026-11-20T03:18', false],
    ['*/5 * * * *', '2026-11-20T12:35', true],
    ['*/5 * * * *', '2026-11-20T12:36', false],
    ['3-10/3 * * * *', '2026-11-20T12:09', true],
    ['3-10/3 * * * *', '2026-11-20T12:10', false],
    ['0,30 8-10 1 1,7 *', '2026-07-01T10:30', true],
    ['0 0 * * 6', '2026-11-20T00:00', true],
    ['0 0 * * MON', '2026-11-23T00:00', false],
    ['* * * *', '2026-11-20T00:00', false],
  ])('%s at %s: %s', (cron, instant, expected) => {
    expect(cronMatches(cron, at(instant))).toBe(expected);
  });
});

describe('a local start', () => {
  it.each(CHANGES.map(([theirs]) => theirs))('knows the Miniflare that is installed: %s', (theirs) => {
    const source = readFileSync(createRequire(import.meta.url).resolve('miniflare'), 'utf8');
    expect(source.split(theirs)).toHaveLength(2);
  });
});

describe('a runtime that dies', () => {
  it('is noticed where Miniflare fails to start it again, which would serve nothing for ever', async () => {
    const lives = [Promise.resolve(), Promise.resolve(), Promise.reject(new Error('The Workers runtime failed to restart.'))];
    const miniflare = {
      get ready() {
        return lives.shift();
      },
    };
    await expect(watchRuntime(miniflare, async () => {})).rejects.toThrow('failed to restart');
    expect(lives).toEqual([]);
  });
});

it('a database whose file is damaged is said to be, since workerd calls it an internal error', async () => {
  const broken = { run: () => Promise.reject(new Error('internal error; reference = x')) };
  await expect(migrate({ prepare: () => broken }, [])).rejects.toThrow(
    /^The database cannot be opened, so its file may be damaged;.*reference = x$/,
  );
});
