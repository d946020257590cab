import { Hypereal } from 'hypereal-sdk';
import { ask, type Command, CommandError, readInput } from '../context.js';
import { EXIT, print, printJson } from '../output.js';
import { forgetSettings, writeSettings } from '../settings.js';

const USAGE = `hypereal login [--api-key KEY] [--base-url URL] [--forget]

Checks a key and keeps it for the commands that follow. It may be piped in: echo $KEY | hypereal login`;

export const login: Command = {
  summary: 'keeps an API key, once it has been checked',
  usage: USAGE,
  options: { forget: { type: 'boolean' } },
  async run({ text, flag, baseURL, asJson }) {
    if (flag('forget')) {
      forgetSettings();
      return asJson ? printJson({ forgotten: true }) : print('The key is forgotten.');
    }
    const apiKey = text('api-key') ?? ((await readInput()).trim() || (process.stdin.isTTY ? await ask('API key (ck_...): ') : ''));
    if (apiKey === '') throw new CommandError('No key was given.', EXIT.key);
    // The cheapest question that nobody answers without a good key.
    await new Hypereal({ apiKey, baseURL }).jobs.list({ limit: 1 });
    const path = writeSettings({ apiKey, baseURL });
    if (asJson) printJson({ baseURL, path });
    else print(`The key is good. It is kept in ${path}.`);
  },
};
