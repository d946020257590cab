import { account } from '../account.js';
import { type Command, type Context, UsageError } from '../context.js';
import { print, printJson, printTable } from '../output.js';

const USAGE = `hypereal keys [list]
hypereal keys create <name> [--spending-limit CREDITS] [--limit-period day|week|month|total] [--auto-disable] [--test]
hypereal keys rotate <id>
hypereal keys revoke <id>

The key that this is asked with needs the scope for it.`;

interface Key {
  id: string;
  name: string;
  mode: string;
  status: string;
  spendingLimit: number | null;
  limitPeriod: 'day' | 'week' | 'month' | 'total';
  spentOfLimit: number;
  spentThisMonth: number;
  /** Of a new one: shown once. */
  key?: string;
}

const PATH = '/api/api-keys';
const ask = <T>(context: Context, method: string, path = PATH, body?: unknown) => account<T>(context, 'API keys', method, path, body);

const A_PERIOD = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' };

/** Of its limit, which may be another period's than the month's; or in the month, where it has none. */
const spent = ({ spendingLimit, limitPeriod, spentOfLimit, spentThisMonth }: Key): string =>
  spendingLimit === null ? `${spentThisMonth}/∞` : `${spentOfLimit}/${spendingLimit} ${A_PERIOD[limitPeriod]}`;

function show(asJson: boolean, key: Key): void {
  if (asJson) printJson(key);
  else print(key.key ?? `${key.id} ${key.status}`);
}

export const keys: Command = {
  summary: 'lists, makes, rotates and revokes API keys',
  usage: USAGE,
  options: {
    'spending-limit': { type: 'string' },
    'limit-period': { type: 'string' },
    'auto-disable': { type: 'boolean' },
    test: { type: 'boolean' },
  },
  async run(context) {
    const { words, asJson, number, flag, text } = context;
    const [verb = 'list', name, beyond] = words;
    if (verb === 'list') {
      const answer = await ask<{ keys: Key[] }>(context, 'GET');
      if (asJson) return printJson(answer);
      return printTable(answer.keys.map((key) => [key.id, key.name, key.mode, key.status, spent(key)]));
    }
    if (name === undefined) throw new UsageError(USAGE);
    if (beyond !== undefined)
      throw new UsageError(`There is no place for \`${beyond}\`: a name of several words stands in quotes.\n\n${USAGE}`);
    const spendingLimit = number('spending-limit');
    const limitPeriod = text('limit-period');
    const fields = {
      name,
      mode: flag('test') ? 'test' : 'live',
      ...(spendingLimit !== undefined && { spendingLimit }),
      ...(limitPeriod !== undefined && { limitPeriod }),
      ...(flag('auto-disable') && { autoDisable: true }),
    };
    if (verb === 'create') return show(asJson, await ask<Key>(context, 'POST', PATH, fields));
    const path = `${PATH}/${encodeURIComponent(name)}`;
    if (verb === 'rotate') return show(asJson, await ask<Key>(context, 'POST', `${path}/rotate`, {}));
    if (verb === 'revoke') return show(asJson, await ask<Key>(context, 'DELETE', path));
    throw new UsageError(USAGE);
  },
};
