import type { ApiKey, NewApiKey } from 'hypereal-sdk';
import { ofAccount } from '../account.js';
import { type Command, UsageError } from '../context.js';
import { print, printJson, printTable } from '../output.js';

const USAGE = `hypereal keys [list]
hypereal keys create <name> [--spending-limit CREDITS] [--limit-period day|week|month|total] [--auto-disable] [--test]
                     [--scope SCOPE]...
hypereal keys rotate <id>
hypereal keys revoke <id>

The key that this is asked with needs the scope for it: keys.read, or keys.write to change them.`;

type Period = ApiKey['limitPeriod'];
const A_PERIOD: Readonly<Record<Period, string>> = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' };

/** Of its limit, which may be another period's than the month's; or in the month, where it has none. */
const spent = ({ spendingLimit, limitPeriod, spentOfLimit, spentThisMonth }: ApiKey): string =>
  spendingLimit === null ? `${spentThisMonth}/∞` : `${spentOfLimit}/${spendingLimit} ${A_PERIOD[limitPeriod]}`;

function periodOf(text: string | undefined): Period | undefined {
  if (text === undefined || Object.hasOwn(A_PERIOD, text)) return text as Period | undefined;
  throw new UsageError(`--limit-period is one of ${Object.keys(A_PERIOD).join(', ')}.`);
}

/** A safe cast: the gateway refuses a name that is none, and says which there are. */
const asScopes = (names: string[] | undefined) => names as ApiKey['scopes'] | undefined;

function show(asJson: boolean, key: ApiKey | NewApiKey): void {
  if (asJson) printJson(key);
  else print('key' in key ? key.key : `${key.id} ${key.status}`);
}

export const keys: Command = {
  summary: 'lists, makes, rotates and revokes API keys',
  usage: USAGE,
  options: {
    'spending-limit': { type: 'string' },
    'limit-period': { type: 'string' },
    'auto-disable': { type: 'boolean' },
    test: { type: 'boolean' },
    scope: { type: 'string', multiple: true },
  },
  async run(context) {
    const { words, asJson, number, flag, text, list, client } = context;
    const ask = <T>(asked: PromiseLike<T>): Promise<T> => ofAccount('API keys', asked);
    const [verb = 'list', name, beyond] = words;
    if (verb === 'list') {
      const answer = await ask(client().apiKeys.list());
      if (asJson) return printJson(answer);
      return printTable(answer.keys.map((key) => [key.id, key.name, key.mode, key.status, spent(key)]));
    }
    if (name === undefined) throw new UsageError(USAGE);
    if (beyond !== undefined)
      throw new UsageError(`There is no place for \`${beyond}\`: a name of several words stands in quotes.\n\n${USAGE}`);
    const spendingLimit = number('spending-limit');
    const limitPeriod = periodOf(text('limit-period'));
    const mode = flag('test') ? 'test' : 'live';
    const autoDisable = flag('auto-disable') || undefined;
    const scopes = asScopes(list('scope'));
    const { apiKeys } = client();
    if (verb === 'create') return show(asJson, await ask(apiKeys.create({ name, mode, spendingLimit, limitPeriod, autoDisable, scopes })));
    if (verb === 'rotate') return show(asJson, await ask(apiKeys.rotate(name)));
    if (verb === 'revoke') return show(asJson, await ask(apiKeys.revoke(name)));
    throw new UsageError(USAGE);
  },
};
