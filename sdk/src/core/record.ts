/** Any JSON object. */
export type JsonRecord = Record<string, unknown>;

/** Is it a JSON object? */
export const isRecord = (value: unknown): value is JsonRecord => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a text that is JSON, else undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * An answer of the gateway under the type that its documentation gives it. The gateway's own tests hold the two
 * together; checking every field again here would cost more than it finds.
 */
export const documented = <T>(answer: unknown): T => answer as T;
