// Tokens of new-api as keys of an account here. Pure. Fields: model/token.go in QuantumNous/new-api.
import { isIP } from 'node:net';
import { given } from './given.mjs';
import { keyName, keysAndSkipped, rounded } from './import-gather.mjs';
import { pagesOf, rowsOf } from './import-new-api.mjs';

/** 500,000 are 1 USD, which is 100 credits. */
const QUOTA_PER_CREDIT = 5_000;
const ENABLED = 1;
const STATES = { 2: 'turned off', 3: 'expired', 4: 'used up' };
/** As many as a key takes: src/console/api-keys/internal.ts. */
const MOST_MODELS = 200;
const MOST_RANGES = 50;
const MOST_CREDITS = 1e9;

/** Databases have numbers for what the API has as booleans. */
const isTrue = (value) => value === true || Number(value) === 1;
const listed = (text, separator) =>
  String(text ?? '')
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** What is left of its credits, for all time. */
function limitOf({ unlimited_quota, remain_quota }) {
  if (isTrue(unlimited_quota)) return {};
  return { spendingLimit: Math.min(MOST_CREDITS, rounded(Number(remain_quota ?? 0) / QUOTA_PER_CREDIT)), limitPeriod: 'total' };
}

function refusal(token, { models, ips, expiresMs }, nowMs) {
  if (token.DeletedAt || token.deleted_at) return 'deleted';
  if (Number(token.status ?? ENABLED) !== ENABLED) return STATES[token.status] ?? `of the status ${token.status}`;
  if (expiresMs > 0 && expiresMs <= nowMs) return 'expired';
  if (!isTrue(token.unlimited_quota) && Number(token.remain_quota ?? 0) <= 0) return 'used up';
  if (isTrue(token.model_limits_enabled) && models.length === 0) return 'limited to no model';
  if (models.length > MOST_MODELS) return `limited to more than ${MOST_MODELS} models`;
  const isRange = (ip) => isIP(ip.split('/')[0]) > 0;
  return ips.length > MOST_RANGES || !ips.every(isRange) ? 'limited to addresses that cannot be carried over' : undefined;
}

function readToken(token, nowMs) {
  const name = keyName(token.name);
  const expiresMs = Number(token.expired_time ?? -1) * 1000;
  const ips = listed(token.allow_ips, /[\n,]/);
  const models = isTrue(token.model_limits_enabled) ? listed(token.model_limits, ',') : [];
  const why = refusal(token, { models, ips, expiresMs }, nowMs);
  if (why) return { skipped: { name, why } };
  const group = String(token.group ?? '').trim();
  return {
    key: given({
      name,
      mode: 'live',
      ...limitOf(token),
      models: models.length > 0 ? models : undefined,
      ips: ips.length > 0 ? ips : undefined,
      expiresAt: expiresMs > 0 ? new Date(expiresMs).toISOString() : undefined,
    }),
    notes: group !== '' && group !== 'default' ? [`not carried over: group ${group}`] : [],
  };
}

/**
 * `{ keys: [{ input, notes }], skipped: [{ name, why }], pages, users }`, undefined when it is no list of tokens. `users`:
 * whose they are; `userId` picks those of one.
 */
export function readNewApiTokens(exported, { userId, nowMs = Date.now() } = {}) {
  const rows = rowsOf(exported);
  if (!rows?.every((row) => 'remain_quota' in row || 'unlimited_quota' in row)) return undefined;
  const wanted = rows.filter((row) => userId === undefined || String(row.user_id) === userId);
  const read = wanted.map((token) => readToken(token, nowMs));
  return {
    ...keysAndSkipped(read),
    pages: pagesOf(exported),
    users: [...new Set(wanted.flatMap(({ user_id }) => (user_id === undefined ? [] : [String(user_id)])))],
  };
}
