export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** In ISO 8601; null where something has no time yet. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
