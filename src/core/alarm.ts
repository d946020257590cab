/** The runtime tries an alarm that fails again for some two minutes, then gives it up and tells nobody. */
const GIVEN_UP_AFTER_MS = 5 * 60_000;

/** Of an object's alarm, which may be long past: is it still to come, or to be tried again? */
export const isToCome = (alarmAtMs: number | null, nowMs: number): alarmAtMs is number =>
  alarmAtMs !== null && alarmAtMs > nowMs - GIVEN_UP_AFTER_MS;
