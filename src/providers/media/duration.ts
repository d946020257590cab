/** Whole seconds from one to the other. */
export const secondsFrom = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/**
 * How long a film is made, and paid for, when a model has only some lengths: the longest that is not longer than asked
 * for, or the shortest there is.
 */
export function fittingSeconds(askedSeconds: number, offered: readonly number[] | undefined): number {
  if (!offered) return askedSeconds;
  const fitting = offered.filter((seconds) => seconds <= askedSeconds);
  return fitting.length > 0 ? Math.max(...fitting) : Math.min(...offered);
}

/** A second more than asked for is given away; more would be a bargain to be had on purpose. */
const GIVEN_AWAY_SECONDS = 1;

/**
 * What a model is asked for when only some lengths are on offer: the longest that is not longer than what is paid for.
 * What lies outside the offer goes as it is, for the vendor to refuse in its own words.
 */
export function offeredSeconds(askedSeconds: number, offered: readonly number[]): number {
  if (offered.length === 0 || offered.includes(askedSeconds)) return askedSeconds;
  const shorter = offered.filter((seconds) => seconds < askedSeconds);
  if (shorter.length === offered.length) return askedSeconds;
  if (shorter.length > 0) return Math.max(...shorter);
  const shortest = Math.min(...offered);
  return shortest - askedSeconds <= GIVEN_AWAY_SECONDS ? shortest : askedSeconds;
}
