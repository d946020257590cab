import { type Command, promptOf } from '../context.js';
import { requireWritable, sentFile } from '../files.js';
import { print, printJson } from '../output.js';
import { showResult, waitFor } from './wait.js';

const USAGE = `hypereal video [words...] [--model MODEL] [--duration SECONDS] [--aspect-ratio A:B] [--image FILE|URL] [--no-wait]
               [--output FILE] [--json]

Makes a film, shows how it comes along, and saves it; prints where. With --no-wait it prints the job's id at once.`;

const MODEL = 'veo3.1-fast';

export const video: Command = {
  summary: 'makes a film',
  usage: USAGE,
  options: {
    model: { type: 'string', short: 'm' },
    duration: { type: 'string' },
    'aspect-ratio': { type: 'string' },
    image: { type: 'string' },
    'no-wait': { type: 'boolean' },
    output: { type: 'string', short: 'o' },
  },
  async run(context) {
    const { text, number, flag, asJson } = context;
    const client = context.client();
    requireWritable(text('output'));
    const image = text('image');
    const fields = {
      duration: number('duration'),
      aspect_ratio: text('aspect-ratio'),
      image_url: image && (await sentFile(image)),
    };
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const begun = await client.videos.generate({ model: text('model') ?? MODEL, prompt: await promptOf(context, USAGE), ...given });
    if (flag('no-wait')) return asJson ? printJson(begun) : print(begun.jobId);
    const job = await waitFor(client, begun.jobId, begun.model);
    await showResult(job, { output: text('output'), asJson });
  },
};
