import { Hypereal, type ModelPrice } from 'hypereal-sdk';
import type { Command } from '../context.js';
import { printJson, printTable, say } from '../output.js';

const USAGE = `hypereal models [words...] [--family FAMILY] [--all] [--json]

Models with their prices; the words are looked for in id and name. With --all, those too that cannot be had now.`;

function priceOf(price: ModelPrice | null): string {
  if (!price) return 'no price';
  if (price.per === 'mtok') return `$${price.input_usd} in, $${price.output_usd} out per million tokens`;
  return `$${price.usd} per ${price.per.replace('_', ' ')}`;
}

export const models: Command = {
  summary: 'lists models with their prices',
  usage: USAGE,
  options: { family: { type: 'string', short: 'f' }, all: { type: 'boolean' } },
  async run({ words, text, flag, asJson, baseURL, apiKey = 'none' }) {
    // Nobody needs a key to look at prices.
    const { data } = await new Hypereal({ apiKey, baseURL }).models.list();
    const family = text('family');
    const sought = words.map((word) => word.toLowerCase());
    const found = data.filter(
      (model) =>
        (family === undefined || model.family === family) &&
        (flag('all') || model.available) &&
        sought.every((word) => `${model.id} ${model.display_name}`.toLowerCase().includes(word)),
    );
    if (asJson) return printJson(found);
    if (found.length === 0)
      return say(flag('all') ? 'There is no such model.' : 'There is no such model that can be had now; --all looks at the others too.');
    printTable(found.map((model) => [model.id, model.family, priceOf(model.pricing)]));
  },
};
