import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../scripts/lib/files.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { commandsOf, DOCUMENTS, documentCommands, fences, isRunAsPrinted, NOT_RUN, RUN_ELSEWHERE } from './document-commands.mjs';

const commands = documentCommands();

describe('the commands of the documents', () => {
  it('are each run as printed, run elsewhere, or known not to be run', () => {
    const unknown = commands.filter(({ command }) => !isRunAsPrinted(command) && !RUN_ELSEWHERE[command] && !NOT_RUN[command]);
    expect(unknown).toEqual([]);
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
  const [, table] = /^Alert on these words.*?\n\n(.*?)\n\n/ms.exec(readFileSync(join(ROOT, 'docs/operating.md'), 'utf8')) ?? [];
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
    const named = [...readFileSync(join(ROOT, 'docs/operating.md'), 'utf8').matchAll(/`([A-Z][A-Z_]+_(?:MS|BYTES|LIMITS))[`=]/g)].map(
      ([, name]) => name,
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !sources.includes(name))).toEqual([]);
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
