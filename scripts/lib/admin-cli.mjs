import { parseArgs } from 'node:util';
import { adminApi, Refused } from './admin-api.mjs';
import { COMMANDS, commandUsage } from './admin-commands.mjs';
import { readJson } from './files.mjs';
import { ROOT, readPort, stateDirectory, statePaths, UsageError } from './paths.mjs';
import { readVariables } from './variables.mjs';

const GLOBAL = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, url: { type: 'string' } };

const EXIT = { ok: 0, refused: 1, usage: 2 };

function helpText() {
  const commands = COMMANDS.flatMap((command) => [`  ${commandUsage(command)}`, ...(command.notes ? [`      ${command.notes}`] : [])]);
  return `Usage: npm run admin -- COMMAND

${commands.join('\n')}

For every command:
  --json       print the gateway's answer as it came
  --url URL    the gateway; default $GATEWAY_URL, then http://127.0.0.1:$PORT (8787)
  --help

The token is $ADMIN_TOKEN. For a gateway on this machine it defaults to the one that \`npm start\` made.
Exit codes: 0 done, 1 refused, 2 not understood.`;
}

const commandHelp = (command) => [usageOf(command), ...(command.notes ? [`  ${command.notes}`] : [])].join('\n');

function wordsOf(argv) {
  const options = Object.assign({}, GLOBAL, ...COMMANDS.map((command) => command.options));
  return parseArgs({ args: sparingNegatives(argv), options, strict: false }).positionals;
}

function commandOf(argv) {
  const words = wordsOf(argv);
  return COMMANDS.find(({ name }) => name === words.slice(0, name.split(' ').length).join(' '));
}

function findCommand(argv) {
  const command = commandOf(argv);
  if (command) return command;
  const words = wordsOf(argv);
  const siblings = COMMANDS.filter(({ name }) => name.split(' ')[0] === words[0]).map(({ name }) => name);
  const hint = siblings.length > 0 ? `Commands: ${siblings.join(', ')}.` : 'See npm run admin -- --help';
  throw new UsageError(
    words.length === 0 ? 'Which command? See npm run admin -- --help' : `There is no command "${words.slice(0, 2).join(' ')}". ${hint}`,
  );
}

/** A negative number is a value, not a group of short options. */
const sparingNegatives = (argv) => argv.map((word) => (/^-[\d.]/.test(word) ? ` ${word}` : word));

/** Options of ours that npm has settings of the same name for, which may be in somebody's .npmrc. */
const NPMS_TOO = new Set(['only', 'user']);

/** Without a `--` before the command npm keeps its options for itself; `--event-id`, for example, would be lost and a grant made twice. */
function refuseTaken({ options = {} }, env) {
  const taken = Object.keys(options).filter((name) => !NPMS_TOO.has(name) && env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined);
  if (taken.length > 0) throw new UsageError(`npm kept --${taken.join(', --')} for itself: write npm run admin -- and then the command.`);
}

const usageOf = (command) => `Usage: npm run admin -- ${commandUsage(command)}`;

/** Only Node's first sentence says what is wrong; the rest is not about our commands. */
const sentence = (text) => `${text.split('. ')[0].replace(/\.$/, '')}.`;

function parse(command, argv) {
  let parsed;
  try {
    parsed = parseArgs({ args: sparingNegatives(argv), options: { ...GLOBAL, ...command.options }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${sentence(error.message)} ${usageOf(command)}`);
  }
  const operands = parsed.positionals.slice(command.name.split(' ').length);
  const wrong = wrongOperands(command, operands);
  if (wrong) throw new UsageError(`${wrong} ${usageOf(command)}`);
  return { operands, options: parsed.values };
}

function wrongOperands({ operands: needed = [], optionalOperands = [] }, operands) {
  const missing = needed.filter((_, place) => !operands[place]?.trim());
  if (missing.length > 0) return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing.`;
  const [beyond] = operands.slice(needed.length + optionalOperands.length);
  if (beyond !== undefined) return `There is no place for "${beyond}".`;
  return operands.some((operand) => operand.trim() === '') ? `${optionalOperands.join(' and ')} may not be empty.` : undefined;
}

const isLoopback = (hostname) => hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);

const localToken = (env) => readVariables(ROOT, env).ADMIN_TOKEN ?? readJson(statePaths(stateDirectory(env)).secrets)?.ADMIN_TOKEN;

/** A gateway that runs on this state has recorded its port. */
const localPort = (env) => (env.PORT?.trim() ? undefined : readJson(statePaths(stateDirectory(env)).lock)?.port) ?? readPort(env);

function connection(options, env) {
  const text = options.url ?? (env.GATEWAY_URL?.trim() || `http://127.0.0.1:${localPort(env)}`);
  if (!URL.canParse(text)) throw new UsageError(`Not a URL: ${text}`);
  const url = new URL(text);
  const local = isLoopback(url.hostname);
  if (url.protocol !== 'https:' && !(local && url.protocol === 'http:')) {
    throw new UsageError('The token travels to the gateway: use https for any but this machine.');
  }
  const token = env.ADMIN_TOKEN?.trim() || (local ? localToken(env) : undefined);
  // Clients are given the same address with a `/v1`.
  if (token) return { url: url.origin, token };
  throw new UsageError(local ? 'No token: run `npm start` once, or set ADMIN_TOKEN.' : `Set ADMIN_TOKEN to the token of ${url.origin}.`);
}

/** The command that lists such ids, for errors about an unknown one. */
const LISTED_BY = new Map([
  ['There is no such account.', 'accounts list'],
  ['There is no such API key.', 'keys list ACCOUNT'],
  ['There is no such voucher.', 'vouchers list'],
]);

function explain({ status, message, requestId }) {
  if (status === 401) return `${message}\nIs ADMIN_TOKEN the one of this gateway?`;
  if (status === 0) return `${message} Start it with npm start, or name another with --url or GATEWAY_URL.`;
  const list = LISTED_BY.get(message);
  return [message, list && `Those there are: npm run admin -- ${list}`, requestId && `(request ${requestId})`].filter(Boolean).join(' ');
}

/** Runs one command; returns the exit code. */
export async function runAdmin(argv, { env, print, printError, fetch }) {
  try {
    const wantsHelp = argv.includes('--help') || argv.includes('-h') || argv[0] === 'help';
    if (wantsHelp) {
      const asked = commandOf(argv);
      print(asked ? commandHelp(asked) : helpText());
      return EXIT.ok;
    }
    const command = findCommand(argv);
    refuseTaken(command, env);
    const request = parse(command, argv);
    const answer = await command.run(adminApi({ ...connection(request.options, env), fetch }), request, env);
    print(request.options.json ? JSON.stringify(answer, null, 2) : command.show(answer, request));
    return command.failed?.(answer) ? EXIT.refused : EXIT.ok;
  } catch (error) {
    if (error instanceof UsageError) {
      printError(error.message);
      return EXIT.usage;
    }
    if (!(error instanceof Refused)) throw error;
    printError(explain(error));
    return EXIT.refused;
  }
}
