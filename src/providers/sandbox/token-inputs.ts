const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token));

interface Readers<T> {
  text: (text: string) => T | undefined;
  tokens: (tokens: number[]) => T;
}

/** Reads one text, one list of tokens, or a list of either; undefined for anything else, and for nothing. */
export function readTokenInputs<T>(input: unknown, { text, tokens }: Readers<T>): T[] | undefined {
  const list: unknown[] = Array.isArray(input) && !isTokens(input) ? input : [input];
  const read = list.map((one) => (typeof one === 'string' ? text(one) : isTokens(one) ? tokens(one) : undefined));
  return read.length > 0 && read.every((one) => one !== undefined) ? read : undefined;
}
