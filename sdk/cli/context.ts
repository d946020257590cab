import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Hypereal } from 'hypereal-sdk';
import { EXIT } from './output.js';
import { readSettings, type Settings } from './settings.js';

/** Something that the person in front of it should know, and nothing of ours to be looked into. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
  }
}

/** It was not called as it wants to be. */
export class UsageError extends CommandError {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command is. */
export interface Command {
  summary: string;
  usage: string;
  options?: Options;
  run: (context: Context) => Promise<void>;
}

/** What a command works with. */
export interface Context {
  words: string[];
  asJson: boolean;
  text: (name: string) => string | undefined;
  /** Of an option that may come several times. */
  list: (name: string) => string[] | undefined;
  number: (name: string) => number | undefined;
  flag: (name: string) => boolean;
  apiKey: string | undefined;
  baseURL: string;
  client: () => Hypereal;
}

const COMMON: Options = {
  json: { type: 'boolean' },
  'api-key': { type: 'string' },
  'base-url': { type: 'string' },
};

export function contextOf(command: Command, args: readonly string[]): Context {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], options: { ...COMMON, ...command.options }, allowPositionals: true });
  } catch (error) {
    // What Node adds about positional arguments helps nobody here.
    const [what] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageError(`${what}\n\n${command.usage}`);
  }
  const { values, positionals: words } = parsed;
  const kept = keptSettings();
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const apiKey = text('api-key') || process.env.HYPEREAL_API_KEY?.trim() || kept.apiKey;
  const given = text('base-url') || process.env.HYPEREAL_BASE_URL?.trim() || kept.baseURL;
  const { baseURL } = new Hypereal({ apiKey: apiKey ?? 'none', baseURL: given });
  if (!URL.canParse(baseURL)) throw new UsageError(`\`${baseURL}\` is no address of a gateway: it begins with http:// or https://.`);
  return {
    words,
    asJson: values.json === true,
    text,
    list: (name) => (Array.isArray(values[name]) ? values[name].map(String) : undefined),
    number: (name) => numberOf(name, text(name)),
    flag: (name) => values[name] === true,
    apiKey,
    baseURL,
    client: () => {
      if (apiKey === undefined) throw new CommandError('No API key: run `hypereal login`, or set HYPEREAL_API_KEY.', EXIT.key);
      return new Hypereal({ apiKey, baseURL });
    },
  };
}

function keptSettings(): Settings {
  try {
    return readSettings();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${name} takes a number.`);
  return value;
}

/** How long a program that started this one, and may have left its end open, is given to begin. */
const FIRST_BYTE_MS = 1_000;

/** Is it neither a shell's pipe nor a file? Both end by themselves. */
function mayStayOpen(): boolean {
  try {
    const stat = fstatSync(0);
    return !stat.isFIFO() && !stat.isFile();
  } catch {
    return true;
  }
}

/** What was piped in; empty for a terminal, and for one that says nothing where there is enough to work with. */
export async function readInput({ isNeeded = true } = {}): Promise<string> {
  if (process.stdin.isTTY) return '';
  if (isNeeded || !mayStayOpen()) return (await readBytes()).toString('utf8');
  const begun = new Promise<boolean>((done) => {
    const timer = setTimeout(done, FIRST_BYTE_MS, false);
    process.stdin.once('readable', () => {
      clearTimeout(timer);
      done(true);
    });
  });
  if (await begun) return (await readBytes()).toString('utf8');
  process.stdin.destroy();
  return '';
}

export async function readBytes(): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

/** The words of the command, and what was piped in after them: either may be the whole. */
export async function promptOf({ words }: Context, usage: string): Promise<string> {
  const piped = (await readInput({ isNeeded: words.length === 0 })).trim();
  const prompt = [words.join(' '), piped].filter((part) => part !== '').join('\n\n');
  if (prompt === '') throw new UsageError(`There is nothing to work with.\n\n${usage}`);
  return prompt;
}

export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}
