// Keys as LiteLLM's `GET /key/list?return_full_object=true` gives them, as keys of an account here. Pure.
// Secrets stay behind: LiteLLM keeps their hashes alone.
import { given } from './given.mjs';
import { isObject, keyName, keysAndSkipped, rounded } from './import-gather.mjs';

const CREDITS_PER_USD = 100;
const DAYS = { s: 1 / 86_400, m: 1 / 1_440, h: 1 / 24, d: 1, w: 7, mo: 30 };
/** What lasts so many days is one of the gateway's periods. */
const PERIODS = [
  [1, 1, 'day'],
  [7, 7, 'week'],
  [28, 31, 'month'],
];
const EVERY_MODEL = new Set(['all-proxy-models', 'all-team-models']);
const NOT_HERE = [
  ...['tpm_limit', 'rpm_limit', 'max_parallel_requests', 'team_id', 'org_id', 'project_id', 'aliases', 'permissions'],
  ...['allowed_routes', 'soft_budget', 'model_max_budget', 'budget_fallbacks', 'router_settings', 'object_permission_id'],
];

const isEmpty = (value) =>
  value === null || value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

/** Credits a period, and what had to be bent. */
function limitOf({ spend, litellm_budget_table: table, ...key }) {
  // A budget that several keys are given stands in a table of its own.
  const { max_budget: budget, budget_duration: duration } = typeof key.max_budget === 'number' ? key : (table ?? {});
  if (typeof budget !== 'number') return {};
  if (isEmpty(duration)) {
    const left = Math.max(0, budget - (typeof spend === 'number' ? spend : 0));
    return { limit: rounded(left * CREDITS_PER_USD), period: 'total' };
  }
  const [, count, unit] = /^(\d+)(mo|[smhdw])$/.exec(duration) ?? [];
  if (!count) return { limit: rounded(budget * CREDITS_PER_USD), bent: `its budget for ${duration} is now its limit a month` };
  const days = Number(count) * DAYS[unit];
  const period = PERIODS.find(([least, most]) => days >= least && days <= most)?.[2];
  if (period) return { limit: rounded(budget * CREDITS_PER_USD), period };
  const limit = rounded(((budget * CREDITS_PER_USD) / days) * 30);
  return { limit, bent: `its budget for ${duration} is now as much a month: ${limit} credits` };
}

function readKey(key, nowMs) {
  const name = keyName(key.key_alias ?? key.key_name);
  if (key.blocked === true) return { skipped: { name, why: 'blocked' } };
  if (key.expires && Date.parse(key.expires) <= nowMs) return { skipped: { name, why: 'expired' } };
  const models = Array.isArray(key.models) ? key.models.map(String) : [];
  if (models.includes('no-default-models')) return { skipped: { name, why: 'may call no model by itself, only through its team' } };
  if (models.some((model) => model.includes('*'))) return { skipped: { name, why: 'its models are patterns' } };
  const { limit, period, bent } = limitOf(key);
  const lost = NOT_HERE.filter((field) => !isEmpty(key[field]));
  const notes = [...(bent ? [bent] : []), ...(lost.length > 0 ? [`not carried over: ${lost.join(', ')}`] : [])];
  const restricted = models.length > 0 && !models.some((model) => EVERY_MODEL.has(model));
  return {
    key: given({
      name,
      mode: 'live',
      spendingLimit: limit,
      limitPeriod: period,
      models: restricted ? models : undefined,
      expiresAt: key.expires ? new Date(key.expires).toISOString() : undefined,
    }),
    notes,
  };
}

/**
 * What the export holds: `{ keys: [{ input, notes }], skipped: [{ name, why }], pages }`, undefined when it is no such
 * export. `pages`: how many the list has of which this is one.
 */
export function readLitellmKeys(exported, nowMs = Date.now()) {
  const list = Array.isArray(exported) ? exported : exported?.keys;
  if (!Array.isArray(list) || !list.every(isObject)) return undefined;
  const read = list.map((key) => readKey(key, nowMs));
  return {
    ...keysAndSkipped(read),
    pages: Number(exported.total_pages ?? 1) || 1,
  };
}
