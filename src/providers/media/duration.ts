/** All whole seconds from the first to the last. */
export const secondsFrom = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/**
 * The length of a film that is made and paid for where only some lengths are offered: the longest that is not longer
 * than asked for, else the shortest.
 */
export function fittingSeconds(askedSeconds: number, offered: readonly number[] | undefined): number {
  if (!offered) return askedSeconds;
  const fitting = offered.filter((seconds) => seconds <= askedSeconds);
  return fitting.length > 0 ? Math.max(...fitting) : Math.min(...offered);
}

/** One second more than was paid for may be given away; more could be exploited. */
const GIVEN_AWAY_SECONDS = 1;

/**
 * The length to ask a provider for where it offers only some: the longest that is not longer than was paid for. A
 * length outside the offer is sent as it is, for the provider to refuse in its own words.
 */
export function offeredSeconds(askedSeconds: number, offered: readonly number[]): number {
  if (offered.length === 0 || offered.includes(askedSeconds)) return askedSeconds;
  const shorter = offered.filter((seconds) => seconds < askedSeconds);
  if (shorter.length === offered.length) return askedSeconds;
  if (shorter.length > 0) return Math.max(...shorter);
  const shortest = Math.min(...offered);
  return shortest - askedSeconds <= GIVEN_AWAY_SECONDS ? shortest : askedSeconds;
}
