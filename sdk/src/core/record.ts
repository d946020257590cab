/** Any JSON object. */
export type JsonRecord = Record<string, unknown>;

/** Is it a JSON object? */
export const isRecord = (value: unknown): value is JsonRecord => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Parses JSON; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What has a value: of figures that come several times, later ones replace earlier ones unless they are missing. */
export const present = (record: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null && value !== undefined));

/**
 * Types an answer of the gateway as documented. The gateway's tests ensure that they match; validating every field
 * again here would cost more than it finds.
 */
export const documented = <T>(answer: unknown): T => answer as T;
