import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { experimental_getWranglerCommands, unstable_readConfig } from 'wrangler';
import { queueNames } from '../../scripts/lib/deploy-resources.mjs';
import { readJson } from '../../scripts/lib/files.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { PROVIDERS } from '../../scripts/lib/variables.mjs';
import {
  commandsOf,
  DOCUMENTS,
  documentCommands,
  fences,
  isRunAsPrinted,
  NOT_RUN,
  RUN_ELSEWHERE,
  wranglerCalls,
} from './document-commands.mjs';

const commands = documentCommands();
const textOf = (path) => readFileSync(join(ROOT, path), 'utf8');

/** The definition of a Wrangler command, and the options among the words that it does not have. */
function inWrangler(words) {
  let node = experimental_getWranglerCommands().registry;
  for (const word of words) node = node.subtree.get(word) ?? node;
  const { type, args = {} } = node.definition ?? {};
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
  return { isCommand: type === 'command', unknown: options.filter((option) => args[option] === undefined) };
}

describe('the commands of the documents', () => {
  it('are each run as printed, run elsewhere, or known not to be run', () => {
    const isKnown = ({ command }) =>
      isRunAsPrinted(command) || RUN_ELSEWHERE[command] || NOT_RUN[command] || wranglerCalls(command).length > 0;
    expect(commands.filter((one) => !isKnown(one))).toEqual([]);
  });

  it('ask of Wrangler what this version of it has', () => {
    const calls = commands.flatMap(({ command }) => wranglerCalls(command));
    expect(calls.length).toBeGreaterThan(10);
    for (const words of calls) expect(inWrangler(words), words.join(' ')).toEqual({ isCommand: true, unknown: [] });
  });

  it('remove everything that wrangler.toml names', () => {
    const config = unstable_readConfig({ config: join(ROOT, 'wrangler.toml') }, { hideWarnings: true });
    const loops = commands.map(({ command }) => /^for queue in ([\w -]+); do (.*); done$/.exec(command)).filter(Boolean);
    const removed = loops.flatMap(([, names, work]) =>
      names.split(' ').flatMap((name) => commandsOf(work.replaceAll('$queue', name).replaceAll('; ', '\n'))),
    );
    const expected = [
      ...config.queues.consumers.map(({ queue }) => `npx wrangler queues consumer remove ${queue} ${config.name}`),
      ...queueNames(config).map((queue) => `npx wrangler queues delete ${queue}`),
    ];
    expect(removed.sort()).toEqual(expected.sort());
    const printed = commands.map(({ command }) => command);
    expect(printed).toContain(`npx wrangler d1 delete ${config.d1_databases[0].database_name}`);
    expect(printed).toContain(`npx wrangler r2 bucket delete ${config.r2_buckets[0].bucket_name}`);
  });

  it('run tests that exist', () => {
    const paths = commands.flatMap(({ command }) => (command.startsWith('npx vitest') ? command.match(/\btest\/\S+/g) : []));
    expect(paths.length).toBeGreaterThan(4);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('are all that the lists name, in tests that exist', () => {
    const printed = new Set(commands.map(({ command }) => command));
    expect([...Object.keys(RUN_ELSEWHERE), ...Object.keys(NOT_RUN)].filter((command) => !printed.has(command))).toEqual([]);
    for (const path of Object.values(RUN_ELSEWHERE)) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('stand in blocks that say sh, so that none is overlooked', () => {
    const others = DOCUMENTS.flatMap((path) => fences(path).map(({ language }) => `${path} ${language}`)).filter((found) =>
      / (bash|shell|console|zsh|terminal)$/.test(found),
    );
    expect(others).toEqual([]);
    const unmarked = DOCUMENTS.flatMap((path) => fences(path).filter(({ language }) => language === '')).flatMap(({ text }) =>
      commandsOf(text),
    );
    expect(unmarked.filter((line) => /^(\$ |npm |npx |curl )/.test(line))).toEqual([]);
  });

  it('name scripts that package.json has', () => {
    const { scripts } = readJson(join(ROOT, 'package.json'));
    const text = DOCUMENTS.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');
    const named = [...text.matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name]) => name);
    expect(named.filter((name) => !scripts[name])).toEqual([]);
  });

  it('are read with their continuations and without their comments', () => {
    expect(commandsOf('a b   # why\n\n# only words\nc \\\n  -H "x: y#z" \\\n  d\n')).toEqual(['a b', 'c -H "x: y#z" d']);
  });
});

describe('the words that operating.md has alerts on', () => {
  const [, table] = /^Alert on these words.*?\n\n(.*?)\n\n/ms.exec(textOf('docs/operating.md')) ?? [];
  const words = table.split('\n').flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, text]) => text));
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n');

  it('are those that the gateway logs', () => {
    expect(words.length).toBeGreaterThan(8);
    expect(words.filter((text) => !sources.includes(`'${text}`))).toEqual([]);
  });

  it('and what it says of queues and variables is in wrangler.toml or in the environment', () => {
    const named = [...textOf('docs/operating.md').matchAll(/`([A-Z][A-Z_]+_(?:MS|BYTES|LIMITS))[`=]/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !sources.includes(name))).toEqual([]);
  });
});

describe('a version that is rolled back to, or still runs while migrations are applied', () => {
  it('writes to tables that have columns since: it names those that it knows', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((file) => /\.tsx?$/.test(file));
    // The tables of an account's object are its own and are migrated by its code.
    const ofD1 = files.filter((file) => !file.startsWith('account/'));
    const unnamed = ofD1.flatMap((file) => textOf(join('src', file)).match(/INSERT(?: OR \w+)? INTO \w+ (?:VALUES|SELECT)\b/g) ?? []);
    expect(unnamed).toEqual([]);
  });
});

describe('every provider', () => {
  it.each(PROVIDERS)('is named in README.md and docs/providers.md: $label', ({ label, keyVariable }) => {
    expect(textOf('README.md')).toContain(label);
    expect(textOf('docs/providers.md')).toContain(`\`${keyVariable.replace('_API_KEY', '')}\``);
  });
});

describe('every secret that the gateway reads', () => {
  const [, table] = /^## Rotating secrets\n(.*?)^```/ms.exec(textOf('docs/operating.md'));
  const schemas = textOf('src/env.ts') + textOf('src/env-account.ts');
  const own = [...schemas.matchAll(/^ {2}([A-Z_]+(?:SECRET|TOKEN|API_KEY|SECRET_KEY)):/gm)].map(([, name]) => name);
  const signs = readdirSync(join(ROOT, 'src/providers'))
    .filter((id) => existsSync(join(ROOT, 'src/providers', id, 'media.ts')) && /\bverify\(/.test(textOf(`src/providers/${id}/media.ts`)))
    .map((id) => `${id.toUpperCase().replaceAll('-', '_')}_WEBHOOK_SECRET`);

  it('has a line about how it is changed', () => {
    expect(own.length).toBeGreaterThan(7);
    expect(signs.length).toBeGreaterThan(1);
    expect([...own, ...signs].filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the links of the documents', () => {
  it.each(DOCUMENTS)('of %s lead to files and headings that are there', (path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, heading] = target.split('#');
      const found = file === '' ? path : posix.join(dirname(path), file);
      expect(existsSync(join(ROOT, found)), `${path}: ${target}`).toBe(true);
      if (heading === undefined) continue;
      const headings = [...readFileSync(join(ROOT, found), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, words]) =>
        words
          .toLowerCase()
          .replace(/[^\w\s-]/g, '')
          .replaceAll(' ', '-'),
      );
      expect(headings, `${path}: ${target}`).toContain(heading);
    }
  });
});
