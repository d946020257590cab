import { type Command, promptOf } from '../context.js';
import { requireWritable, saveAll, sentFile } from '../files.js';
import { credits, note, print, printJson } from '../output.js';

const USAGE = `hypereal image [words...] [--model MODEL] [--size WxH] [--aspect-ratio A:B] [--resolution 2K] [-n N]
               [--reference FILE|URL]... [--output FILE] [--json]

Makes pictures and saves them; prints where. --output - writes to standard output.`;

const MODEL = 'nano_banana_pro';

export const image: Command = {
  summary: 'makes pictures',
  usage: USAGE,
  options: {
    model: { type: 'string', short: 'm' },
    size: { type: 'string' },
    'aspect-ratio': { type: 'string' },
    resolution: { type: 'string' },
    n: { type: 'string', short: 'n' },
    reference: { type: 'string', multiple: true },
    output: { type: 'string', short: 'o' },
  },
  async run(context) {
    const { text, list, number, asJson } = context;
    const client = context.client();
    requireWritable(text('output'));
    const references = list('reference');
    const fields = {
      reference_images: references && (await Promise.all(references.map(sentFile))),
      n: number('n'),
      size: text('size'),
      aspect_ratio: text('aspect-ratio'),
      resolution: text('resolution'),
    };
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const result = await client.images.generate({ model: text('model') ?? MODEL, prompt: await promptOf(context, USAGE), ...given });
    const urls = result.data.map(({ url }) => url);
    const files = await saveAll(urls, result.jobId, text('output'));
    if (asJson && text('output') !== '-') return printJson({ ...result, files });
    for (const file of files) print(file);
    note(`${result.model} · ${credits(result.creditsUsed)}`);
  },
};
