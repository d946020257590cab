import { type Command, readBytes, UsageError } from '../context.js';
import { sentFile } from '../files.js';
import { credits, note, print, printJson } from '../output.js';

const USAGE = `hypereal transcribe <file|url|-> [--language LANGUAGE] [--json]

Writes down what a recording says.`;

async function sourceOf(given: string | undefined): Promise<string | Blob> {
  if (given === undefined && process.stdin.isTTY) throw new UsageError(`Which recording?\n\n${USAGE}`);
  if (given === undefined || given === '-') return new Blob([new Uint8Array(await readBytes())]);
  return sentFile(given);
}

export const transcribe: Command = {
  summary: 'writes down what a recording says',
  usage: USAGE,
  options: { language: { type: 'string' } },
  async run({ words, text, client, asJson }) {
    const connected = client();
    const language = text('language');
    const result = await connected.audio.transcribe({ audio: await sourceOf(words[0]), ...(language !== undefined && { language }) });
    if (asJson) return printJson(result);
    print(result.text);
    note(credits(result.creditsUsed));
  },
};
