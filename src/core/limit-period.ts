import { monthOf } from './ids';
import { DAY_MS } from './time';

/** How long a key's spending limit lasts before it starts anew, in UTC. Weeks start on Mondays; a total never starts anew. */
export const LIMIT_PERIODS = ['day', 'week', 'month', 'total'] as const;
export type LimitPeriod = (typeof LIMIT_PERIODS)[number];

/** The 1st of January 1970 was a Thursday. */
const DAYS_BEFORE_1970 = 3;

/** The number of the period that a moment lies in; later periods have higher numbers. */
export function periodOf(period: LimitPeriod, timeMs: number): number {
  const day = Math.floor(timeMs / DAY_MS);
  switch (period) {
    case 'day':
      return day;
    case 'week':
      return Math.floor((day + DAYS_BEFORE_1970) / 7);
    case 'month':
      return monthOf(timeMs);
    case 'total':
      return 0;
  }
}

/** As a limit is told: `500 credits a month`. */
export const A_PERIOD: Readonly<Record<LimitPeriod, string>> = { day: 'a day', week: 'a week', month: 'a month', total: 'in all' };

/** As what was spent is told: `120 credits this month`. */
export const THIS_PERIOD: Readonly<Record<LimitPeriod, string>> = { day: 'today', week: 'this week', month: 'this month', total: 'in all' };

/** A period that is over, by its number: `in 2026-11`, `on 2026-11-29`. */
export function nameOfPeriod(period: LimitPeriod, number: number): string {
  const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
  switch (period) {
    case 'day':
      return `on ${dateOf(number)}`;
    case 'week':
      return `in the week of ${dateOf(number * 7 - DAYS_BEFORE_1970)}`;
    case 'month':
      return `in ${Math.floor(number / 100)}-${String(number % 100).padStart(2, '0')}`;
    case 'total':
      return THIS_PERIOD.total;
  }
}
