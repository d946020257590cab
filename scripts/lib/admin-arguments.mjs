// The arguments of the operator's commands, and their readers.
import { UsageError } from './paths.mjs';

export const TIERS = ['free', 'starter', 'growth', 'scale'];

export const text = { type: 'string' };
export const flag = { type: 'boolean' };
export const list = { type: 'string', multiple: true };

function number(value, name, accepts, words) {
  if (value === undefined) return undefined;
  const amount = Number(value);
  if (value.trim() !== '' && Number.isFinite(amount) && accepts(amount)) return amount;
  throw new UsageError(`${name} must be a number ${words}, not "${value.trim()}".`);
}

export const fromZero = (value, name) => number(value, name, (amount) => amount >= 0, 'from zero up');
export const amountOf = (value, name) => number(value, name, (amount) => amount !== 0, 'other than zero');

export function tier(value) {
  if (value !== undefined && !TIERS.includes(value)) throw new UsageError(`A tier is one of ${TIERS.join(', ')}, not "${value}".`);
  return value;
}

/** A limit in words. */
export const A_PERIOD = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' };

export function period(value, limit) {
  if (value === undefined) return undefined;
  if (!Object.hasOwn(A_PERIOD, value)) throw new UsageError(`--per is one of ${Object.keys(A_PERIOD).join(', ')}, not "${value}".`);
  if (limit === undefined) throw new UsageError('--per is of a limit: --limit is needed.');
  return value;
}

export function required(value, option) {
  if (value === undefined || value.trim() === '') throw new UsageError(`${option} is needed.`);
  return value;
}

/** A day that no month has would be one of the next month. */
function instantOf(value) {
  const [, month, day] = /^(\d{4}-\d{2})-(\d{2})(?!\d)/.exec(value) ?? [];
  const isInMonth = day === undefined || new Date(`${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  return isInMonth ? Date.parse(value) : Number.NaN;
}

/** A future time as ISO text, from a date, a time, or days from now ("30d"). */
export function expiry(value, now = Date.now()) {
  if (value === undefined) return undefined;
  const days = /^(\d{1,4})d$/.exec(value)?.[1];
  const instant = days ? now + Number(days) * 86_400_000 : instantOf(value);
  if (Number.isNaN(instant)) throw new UsageError(`--expires must be a date such as 2027-01-31, or days such as 30d, not "${value}".`);
  if (instant <= now) throw new UsageError(`--expires lies in the past: ${value}`);
  return new Date(instant).toISOString();
}

/** A time as ISO text. */
export function moment(value) {
  if (value === undefined) return undefined;
  const instant = instantOf(value);
  if (Number.isNaN(instant)) throw new UsageError(`--at must be a time such as 2027-01-31T08:00:00Z, not "${value}".`);
  return new Date(instant).toISOString();
}

export const wholeFromOne = (value, name) => number(value, name, (amount) => Number.isInteger(amount) && amount >= 1, 'from one up');
export const aboveZero = (value, name) => number(value, name, (amount) => amount > 0, 'above zero');
