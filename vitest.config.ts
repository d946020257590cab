import { readFileSync } from 'node:fs';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { ROOT } from './scripts/lib/paths.mjs';
import { SDK_MODULE, sdkModule } from './scripts/lib/sdk-package.mjs';
import { keepFoldersInMemory } from './test/in-memory.ts';
import { LongestFirst } from './test/longest-first.ts';
import { Owed } from './test/owed.ts';
import { Stalled } from './test/stalled.ts';

keepFoldersInMemory();
const owed = new Owed();

/** Scripts for browsers are texts here, as in the bundle. */
const browserScripts = {
  name: 'browser-scripts',
  enforce: 'pre' as const,
  load: (id: string) => (id.endsWith('.client.js') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : undefined),
};

const sdkPackage = {
  name: SDK_MODULE,
  enforce: 'pre' as const,
  resolveId: (id: string) => (id === SDK_MODULE ? `\0${SDK_MODULE}` : undefined),
  load: (id: string) => (id === `\0${SDK_MODULE}` ? sdkModule(ROOT) : undefined),
};

/**
 * Each of these becomes one module before the first test. Vitest asks for a file's modules one by one, and there were
 * three thousand.
 */
const PACKED = [
  '@anthropic-ai/sdk',
  '@better-auth/drizzle-adapter',
  '@better-auth/passkey',
  '@google/genai',
  'better-auth',
  'better-auth/api',
  'better-auth/cookies',
  'better-auth/crypto',
  'better-auth/minimal',
  'better-auth/plugins/magic-link',
  'better-auth/plugins/two-factor',
  'drizzle-orm',
  'drizzle-orm/d1',
  'drizzle-orm/errors',
  'drizzle-orm/sqlite-core',
  'hono',
  'hono/cookie',
  'hono/jsx',
  'hono/jsx/jsx-dev-runtime',
  'hono/jsx/jsx-runtime',
  'hono/router/reg-exp-router',
  'jose',
  'jsqr',
  'openai',
  'openai-v6',
  'qr',
  'standardwebhooks',
  'stripe',
  'zod',
];

/** Inside workerd: everything that runs in workerd, from pure functions to the account object. */
const workers = {
  plugins: [
    browserScripts,
    sdkPackage,
    cloudflareTest(async () => ({
      main: './src/index.ts',
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          KEY_MAC_SECRET: 'the-secret-of-the-tests-0123456789-abcdef',
          ADMIN_TOKEN: 'the-operator-of-the-tests',
          AUTH_SECRET: 'the-session-secret-of-the-tests-0123456789',
          SIGN_IN_LIMITS: '0',
          STRIPE_WEBHOOK_SECRET: 'whsec_of_the_tests',
          LOCAL: '1',
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
        },
      },
    })),
    // After the pool, whose messages it hears.
    owed.plugin,
  ],
  test: {
    name: 'workers',
    deps: { optimizer: { ssr: { enabled: true, include: PACKED, rolldownOptions: { external: [/^node:/, /^cloudflare:/] } } } },
    isolate: false,
    // Vitest sends each line to its server and waits for the answer before a file ends. A line of a Durable Object or of a
    // task after an answer waits in turn for the file's next message (cloudflare/workers-sdk#15719): after the file's last
    // one both would wait forever.
    disableConsoleIntercept: true,
    testTimeout: 30_000,
    include: ['test/unit/**/*.test.ts', 'test/workers/**/*.test.ts'],
    setupFiles: ['./test/workers/apply-migrations.ts'],
  },
};

/** From outside, in Node: the built Worker over real HTTP, with the official clients, and the scripts. */
const outside = {
  test: {
    name: 'outside',
    isolate: false,
    environment: 'node',
    setupFiles: ['./test/e2e/support/watch-answers.ts'],
    include: ['test/e2e/**/*.test.ts', 'test/sdk/**/*.test.ts', 'test/soak/**/*.test.ts', 'test/scripts/**/*.test.mjs'],
    testTimeout: 60_000,
    // A Worker starts in seconds, and in minutes where others have the machine.
    hookTimeout: 180_000,
    // Each Worker that starts leaves megabytes behind, and V8 would look through all that lives for every few of them.
    execArgv: ['--max-semi-space-size=64', '--initial-old-space-size=400'],
  },
};

// The outside tests wait for something half of their time: with three files at once, two cores had nothing to do for a
// third of it.
export default defineConfig({
  test: {
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new Stalled(() => owed.list())],
    projects: [workers, outside],
  },
});
