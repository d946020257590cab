// The commands that README.md and docs print, and how each is tested: run as printed against a gateway, run by a test
// of its own, or not at all, with the reason.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/lib/paths.mjs';

/** Run in their own way by the test that is named here. */
export const RUN_ELSEWHERE = {
  'npm ci && npm start': 'test/scripts/start.test.mjs',
  'npm start': 'test/scripts/start.test.mjs',
  'npm run deploy': 'test/scripts/deploy.test.mjs',
  'npm run deploy -- --yes': 'test/scripts/deploy.test.mjs',
  'npm run types': 'test/sdk/types.test.ts',
  'npm run assemble': 'test/scripts/assembled.test.mjs',
  'npm run admin -- restore acc_... --at 2026-11-27T08:00:00Z': 'test/scripts/admin.test.mjs',
  'npm run admin -- second-factor remove ada@example.com': 'test/scripts/admin.test.mjs',
  'npx hypereal-sdk login': 'test/sdk/package.test.ts',
  'git diff | npx hypereal-sdk chat "Write a commit message"': 'test/sdk/package.test.ts',
  'npx hypereal-sdk video "a cat on the moon" -o cat.mp4': 'test/sdk/package.test.ts',
  'npx hypereal-sdk setup claude-code': 'test/sdk/package.test.ts',
};

/** Not run by any test, with the reason. */
export const NOT_RUN = {
  'npm ci': 'installs what the tests run with',
  'npm ci && npm test': 'is what runs this test',
  'npm test': 'is what runs this test',
  'npm run check': 'is the first half of npm test',
  'npm run format': 'writes to the working tree; its check is part of npm run check',
  'git pull && npm ci': 'takes a newer version from where this one came',
  'npm install hypereal-sdk': 'takes it from the registry: test/sdk/package.test.ts installs it as it is packed here',
  'npm run test:clients': 'installs clients from the registry, and takes minutes',
  'npm run test:clients -- --client codex --scenario tool --verbose': 'the same',
  'npm run test:clients -- --direct': 'the same',
  'CLIENTS_SILENCE_MS=5000 npm run test:clients': 'the same',
  'npm run test:runtimes': 'installs runtimes from the registry, and takes minutes',
  'npm run bench': 'takes nine minutes',
  'npm run bench -- --quick': 'takes minutes',
  'npm run bench -- --scenarios json-c32,paced-500 --targets floor,floor-do,ours --reps 1': 'takes minutes',
  claude: 'a client that has to be installed: npm run test:clients runs it',
  'gemini -m gemini-3-flash-official': 'a client that has to be installed: npm run test:clients runs it',
  copilot: 'a client that has to be installed: npm run test:clients runs it',
  'qwen --auth-type openai -m gpt-5.5': 'a client that has to be installed: npm run test:clients runs it',
  'cline auth -p openai-compatible -k $KEY -m gpt-5.5 -b http://127.0.0.1:8787/v1': 'the same; what it writes, that test writes itself',
  'cline "Write the tests."': 'a client that has to be installed: npm run test:clients runs it',
  'npx vitest run --project workers test/unit/core': 'a part of npm test',
  'npx vitest run --project workers test/unit/providers': 'a part of npm test',
  'npx vitest run --project outside test/scripts': 'a part of npm test',
  'npx vitest run --project workers test/unit/dialects test/unit/openapi': 'a part of npm test',
  'npx vitest run --project outside test/e2e/openapi.test.ts test/e2e/chat-golden.test.ts': 'a part of npm test',
};

/** The Wrangler calls in a line, each as a list of words; a quoted text is one word. They need a Cloudflare account. */
export const wranglerCalls = (command) =>
  [...command.matchAll(/npx wrangler ((?:"[^"]*"|[^";])+)/g)].map(([, text]) => text.match(/"[^"]*"|\S+/g));

/** Run as printed against a gateway, by test/e2e/docs.test.ts. */
export const isRunAsPrinted = (command) => /^(curl |npm run admin -- (?!restore |second-factor )|export [A-Z_]+=)/.test(command);

export const DOCUMENTS = [
  'README.md',
  'sdk/README.md',
  'test/clients/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true })
    .map((name) => `docs/${String(name).replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.md'))
    .sort(),
];

/** The fenced blocks of a document, each with its language. */
export const fences = (path) =>
  [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)].map(([, , language, text]) => ({
    language,
    text,
  }));

/** One command per line, without its comment; a backslash continues a line. */
export const commandsOf = (text) =>
  text
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s)#\s.*$/, '').trim())
    .filter((line) => line !== '');

/** Every command of the documents, in order: `{ path, command }`. */
export const documentCommands = () =>
  DOCUMENTS.flatMap((path) =>
    fences(path)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => commandsOf(text).map((command) => ({ path, command }))),
  );
