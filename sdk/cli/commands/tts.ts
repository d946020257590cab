import type { AudioFormat } from 'hypereal-sdk';
import { type Command, promptOf, UsageError } from '../context.js';
import { requireWritable, saveAll } from '../files.js';
import { credits, note, print, printJson } from '../output.js';

const USAGE = `hypereal tts [words...] [--voice VOICE] [--format mp3|wav|opus|pcm|aac|flac] [--output FILE] [--json]

Says a text and saves the recording; prints where. --output - writes to standard output: hypereal tts Hello -o - | mpv -`;

const FORMATS: readonly string[] = ['mp3', 'wav', 'opus', 'pcm', 'aac', 'flac'];
const isFormat = (format: string): format is AudioFormat => FORMATS.includes(format);

export const tts: Command = {
  summary: 'says a text',
  usage: USAGE,
  options: { voice: { type: 'string' }, format: { type: 'string' }, output: { type: 'string', short: 'o' } },
  async run(context) {
    const { text, asJson } = context;
    const format = text('format') ?? 'mp3';
    if (!isFormat(format)) throw new UsageError(`--format takes one of ${FORMATS.join(', ')}.`);
    const client = context.client();
    requireWritable(text('output'));
    const voice = text('voice');
    const result = await client.audio.speak({
      text: await promptOf(context, USAGE),
      format,
      ...(voice !== undefined && { voice_id: voice }),
    });
    const files = await saveAll([result.outputUrl], result.jobId, text('output'));
    if (asJson && text('output') !== '-') return printJson({ ...result, files });
    for (const file of files) print(file);
    note(credits(result.creditsUsed));
  },
};
