/** Reads values of unknown shape. */
export type Fields = Record<string, unknown>;

export const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty record where the value is none. */
export const recordOf = (value: unknown): Fields => (isRecord(value) ? value : {});

/** An empty list where the value is none. */
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The records of a list; none where the value is no list. */
export const recordsOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** The JSON value of a text, undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The record that a text holds as JSON, else an empty one. */
export const parseRecord = (text: string): Fields => recordOf(parseJson(text));

export const isFilled = (value: unknown): value is string => typeof value === 'string' && value !== '';

export const filledText = (value: unknown): string | undefined => (isFilled(value) ? value : undefined);

export const textOrEmpty = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Is there anything in a text, a list or a record? */
export const isNotEmpty = (value: unknown): boolean =>
  typeof value === 'string' || Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0;
