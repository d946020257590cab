import { ofAccount } from '../account.js';
import type { Command } from '../context.js';
import { credits, print, printJson, printTable } from '../output.js';

const USAGE = `hypereal usage [--days N] [--limit N] [--model MODEL] [--json]

What was spent, by model and by day. The key needs the scope usage.read.`;

export const usage: Command = {
  summary: 'what was spent, by model and by day',
  usage: USAGE,
  options: { days: { type: 'string' }, limit: { type: 'string' }, model: { type: 'string', short: 'm' } },
  async run(context) {
    const { number, text, asJson, client } = context;
    const asked = { days: number('days') ?? 30, limit: number('limit') ?? 20, model: text('model') };
    const answer = await ofAccount('usage', client().usage.get(asked));
    if (asJson) return printJson(answer);
    printTable(answer.costByModel.map((row) => [row.model ?? '', String(row.calls), credits(row.creditsUsed)]));
    print('');
    printTable(answer.dailyCost.map((row) => [row.date, String(row.calls), credits(row.creditsUsed)]));
  },
};
