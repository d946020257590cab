import { ask, type Command, CommandError, type Context, UsageError } from '../context.js';
import { EXIT, print, printJson, say } from '../output.js';
import { home, readText, writePrivate } from '../settings.js';
import { CLIENTS, type Client } from '../setup/clients.js';
import { diff, masked } from '../setup/diff.js';
import { type Change, forgetChanges, readChanges, recordChanges, restore } from '../setup/undo.js';

const USAGE = `hypereal setup <${Object.keys(CLIENTS).join('|')}> [--model MODEL] [--yes] [--print] [--undo]

Points a client here. It shows what it would change in the client's own files, and asks before it writes; --yes does not
ask, --print only prints what would be written, --undo puts everything back as it was.`;

function show(path: string, before: string, after: string): void {
  say(path);
  say(masked(diff(before, after, process.stderr)));
}

async function agree({ flag, asJson }: Context): Promise<void> {
  if (flag('yes')) return;
  if (!process.stdin.isTTY || asJson) throw new CommandError('Nothing was written: say --yes where nobody can be asked.', EXIT.usage);
  if (!/^y(es)?$/i.test(await ask('Write this? [y/N] '))) throw new CommandError('Nothing was written.', EXIT.failed);
}

function changesOf({ apiKey, baseURL, text }: Context, client: Client, name: string): Change[] {
  if (apiKey === undefined && name !== 'codex')
    throw new CommandError('No API key: run `hypereal login`, or set HYPEREAL_API_KEY.', EXIT.key);
  const gateway = { apiKey: apiKey ?? '', baseURL, model: text('model') };
  return client.edits(gateway, home(), process.env).map(({ path, apply }) => {
    const before = readText(path);
    return { path, before: before ?? null, after: apply(before) };
  });
}

async function undo(context: Context, name: string): Promise<void> {
  const changes = readChanges(name);
  if (changes.length === 0) throw new CommandError('There is nothing to undo.');
  for (const { path, after } of changes)
    if (readText(path) !== after) throw new CommandError(`${path} was changed since, so nothing is undone. Change it by hand.`);
  for (const { path, before, after } of changes) show(path, after, before ?? '');
  await agree(context);
  for (const change of changes) restore(change);
  forgetChanges(name);
  if (context.asJson) return printJson({ restored: changes.map(({ path }) => path) });
  print('Everything is as it was.');
}

async function write(context: Context, client: Client, name: string): Promise<void> {
  const changes = changesOf(context, client, name);
  const { asJson, baseURL, text } = context;
  const real = changes.filter(({ before, after }) => before !== after);
  for (const { path, before, after } of real) show(path, before ?? '', after);
  if (real.length > 0) {
    await agree(context);
    recordChanges(name, real);
    for (const { path, after } of real) writePrivate(path, after);
  }
  if (asJson) return printJson({ written: real.map(({ path }) => path) });
  print(real.length > 0 ? `${client.title} is set up.` : `${client.title} is set up already.`);
  print(client.nextStep({ apiKey: '', baseURL, model: text('model') }));
}

/** The whole of it where nothing may be touched: as it would be in an empty home. */
function printOnly(context: Context, client: Client): void {
  const { apiKey = 'ck_...', baseURL, text, asJson } = context;
  const edits = client.edits({ apiKey, baseURL, model: text('model') }, home(), process.env);
  const files = edits.map(({ path, apply }) => ({ path, text: apply(undefined) }));
  if (asJson) printJson(files);
  else for (const file of files) print(`# ${file.path}\n${file.text}`);
}

export const setup: Command = {
  summary: 'points Claude Code, Codex, OpenCode or Gemini CLI here',
  usage: USAGE,
  options: {
    model: { type: 'string', short: 'm' },
    yes: { type: 'boolean', short: 'y' },
    print: { type: 'boolean' },
    undo: { type: 'boolean' },
  },
  async run(context) {
    const [name = ''] = context.words;
    const client = Object.hasOwn(CLIENTS, name) ? CLIENTS[name] : undefined;
    if (!client) throw new UsageError(USAGE);
    if (context.flag('print')) return printOnly(context, client);
    return context.flag('undo') ? undo(context, name) : write(context, client, name);
  },
};
