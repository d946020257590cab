#!/usr/bin/env node
import { AbortError, APIError, ConnectionError, HyperealError, JobError, VERSION } from 'hypereal-sdk';
import { chat } from './commands/chat.js';
import { image } from './commands/image.js';
import { jobs } from './commands/jobs.js';
import { keys } from './commands/keys.js';
import { login } from './commands/login.js';
import { models } from './commands/models.js';
import { setup } from './commands/setup.js';
import { transcribe } from './commands/transcribe.js';
import { tts } from './commands/tts.js';
import { usage } from './commands/usage.js';
import { video } from './commands/video.js';
import { type Command, CommandError, contextOf, UsageError } from './context.js';
import { EXIT, failure } from './output.js';
import { similar } from './similar.js';

const COMMANDS: Readonly<Record<string, Command>> = { login, chat, image, video, tts, transcribe, jobs, usage, keys, models, setup };

const names = (): string =>
  Object.entries(COMMANDS)
    .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
    .join('\n');

const HELP = `hypereal ${VERSION}

Usage: hypereal <command> [options]

${names()}

Every command takes:
  --json            the answer as JSON, on standard output
  --api-key KEY     in place of HYPEREAL_API_KEY and of what \`login\` keeps
  --base-url URL    another gateway (HYPEREAL_BASE_URL)
  --help            what it takes

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 key missing or refused, 4 credits or limit spent, 5 not reached, 130 interrupted.
`;

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof APIError) {
    if (error.status === 401) return EXIT.key;
    return error.status === 402 || error.status === 429 ? EXIT.spent : EXIT.failed;
  }
  return error instanceof ConnectionError ? EXIT.unreached : EXIT.failed;
}

/** Their messages are meant to be read; anything else is a fault of ours, and is shown whole. */
const isExpected = (error: unknown): error is Error => error instanceof HyperealError || error instanceof CommandError;

const meant = (names: readonly string[]): string =>
  names.length > 0 ? ` Did you mean ${names.map((name) => `\`${name}\``).join(' or ')}?` : '';

/** A model that does not exist is mostly one that is called a little otherwise. */
function hintOf(error: unknown): string {
  const models = error instanceof APIError ? error.availableModels : undefined;
  if (!models) return '';
  const asked = /`([^`]+)`/.exec((error as APIError).message)?.[1] ?? '';
  return `${meant(similar(asked, models))} \`hypereal models\` lists them.`;
}

function report(error: unknown, asJson: boolean): void {
  const message = isExpected(error)
    ? error.message + hintOf(error)
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const { type, required, available } = error instanceof APIError ? error : ({} as Partial<APIError>);
  const unheard = error instanceof ConnectionError || error instanceof AbortError || error instanceof APIError;
  const requestId = unheard ? error.requestId : undefined;
  const jobId = unheard || error instanceof JobError ? error.jobId : undefined;
  if (asJson) process.stdout.write(`${JSON.stringify({ error: { message, type, requestId, required, available, jobId } })}\n`);
  else
    failure(
      [message, requestId && `(request ${requestId})`, unheard && jobId && `The job may go on. Its result: hypereal jobs wait ${jobId}`]
        .filter(Boolean)
        .join('\n'),
    );
}

const VALUED = ['--api-key', '--base-url'];

/** Options that every command takes may stand before it too. */
function commandFirst(args: readonly string[]): readonly string[] {
  let at = 0;
  while (args[at] === '--json' || VALUED.includes(args[at]!) || VALUED.some((name) => args[at]?.startsWith(`${name}=`)))
    at += VALUED.includes(args[at]!) ? 2 : 1;
  return at === 0 || at >= args.length ? args : [args[at]!, ...args.slice(0, at), ...args.slice(at + 1)];
}

async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`);
    return EXIT.done;
  }
  const asJson = rest.includes('--json');
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command)
      throw new UsageError(`There is no command \`${name}\`.${meant(similar(name, Object.keys(COMMANDS)))} \`hypereal help\` lists them.`);
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(`${command.usage}\n`);
      return EXIT.done;
    }
    await command.run(contextOf(command, rest));
    return EXIT.done;
  } catch (error) {
    report(error, asJson);
    return exitCodeOf(error);
  }
}

// The reader of a pipe may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed));
process.exitCode = await run(commandFirst(process.argv.slice(2)));
