import type { JobListParams } from 'hypereal-sdk';
import { type Command, type Context, UsageError } from '../context.js';
import { credits, print, printJson, printTable } from '../output.js';
import { showResult, waitFor } from './wait.js';

const USAGE = `hypereal jobs [list] [--type TYPE] [--state STATE] [--limit N]
hypereal jobs get <id>
hypereal jobs wait <id> [--output FILE]
hypereal jobs cancel <id>
hypereal jobs delete <id>
    what an ended job was asked for and made; it stays listed as what was charged`;

async function list({ client, text, number, asJson }: Context): Promise<void> {
  const given = { type: text('type'), state: text('state'), limit: number('limit') };
  // Wrong ones are refused by the gateway, which says what there is.
  const params = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as JobListParams;
  const page = await client().jobs.list(params);
  if (asJson) return printJson(page);
  printTable(page.data.map((job) => [job.id, job.status, job.type, job.model, String(job.creditsUsed), job.createdAt]));
}

export const jobs: Command = {
  summary: 'lists jobs, waits for one, cancels or deletes one',
  usage: USAGE,
  options: { type: { type: 'string' }, state: { type: 'string' }, limit: { type: 'string' }, output: { type: 'string', short: 'o' } },
  async run(context) {
    const { words, client, asJson, text } = context;
    const [verb = 'list', id] = words;
    if (verb === 'list') return list(context);
    if (!['get', 'wait', 'cancel', 'delete'].includes(verb) || id === undefined) throw new UsageError(USAGE);
    if (verb === 'wait') return showResult(await waitFor(client(), id, id), { output: text('output'), asJson });
    if (verb === 'delete') {
      const deleted = await client().jobs.delete(id);
      return asJson ? printJson(deleted) : print(`${deleted.id} deleted`);
    }
    const job = verb === 'get' ? await client().jobs.get(id) : await client().jobs.cancel(id);
    if (asJson) return printJson(job);
    print(`${job.id} ${job.status} ${job.model} ${credits(job.creditsUsed)}`);
    for (const url of job.outputUrls) print(url);
  },
};
