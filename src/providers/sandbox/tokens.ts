/**
 * The sandbox's tokens: a word with the white space before it, long words in pieces. Joined they are the text
 * again. Stops after `limit`.
 */
export function splitTokens(text: string, limit: number): string[] {
  const tokens: string[] = [];
  for (const [token] of text.matchAll(/\s{0,8}\S{1,12}|\s{1,8}/gu)) {
    if (tokens.length >= limit) break;
    tokens.push(token);
  }
  return tokens;
}

/** The usual rule of thumb: four characters are a token. */
export const estimateTokens = (characters: number): number => Math.ceil(characters / 4);
