import { account } from '../account.js';
import type { Command } from '../context.js';
import { credits, print, printJson, printTable } from '../output.js';

const USAGE = `hypereal usage [--days N] [--limit N] [--model MODEL] [--json]

What was spent, by model and by day. The key needs the scope for it.`;

interface Usage {
  costByModel: { model: string | null; calls: number; creditsUsed: number }[];
  dailyCost: { date: string; calls: number; creditsUsed: number }[];
}

export const usage: Command = {
  summary: 'what was spent, by model and by day',
  usage: USAGE,
  options: { days: { type: 'string' }, limit: { type: 'string' }, model: { type: 'string', short: 'm' } },
  async run(context) {
    const { number, text, asJson } = context;
    const query = new URLSearchParams({ days: String(number('days') ?? 30), limit: String(number('limit') ?? 20) });
    const model = text('model');
    if (model !== undefined) query.set('model', model);
    const answer = await account<Usage>(context, 'usage', 'GET', `/api/api-usage?${query}`);
    if (asJson) return printJson(answer);
    printTable(answer.costByModel.map((row) => [row.model ?? '', String(row.calls), credits(row.creditsUsed)]));
    print('');
    printTable(answer.dailyCost.map((row) => [row.date, String(row.calls), credits(row.creditsUsed)]));
  },
};
