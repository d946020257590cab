import { textChars } from '../../core/text-chars';
import { tokensOfChars } from '../estimate-tokens';

/** A high-detail image of ordinary size, or as much of another file. */
const TOKENS_PER_FILE = 1_000;
/** What is shorter is taken for text. */
const SHORTEST_FILE_CHARS = 512;
const DATA = /"data"\s*:\s*"/g;

/**
 * About how many tokens a request's JSON comes to. Inline files count as an image each, not by their length: a photo
 * of 5 MB would be taken for a million tokens.
 */
export function estimateGeminiTokens(body: string): number {
  let inlineChars = 0;
  let files = 0;
  DATA.lastIndex = 0;
  while (DATA.test(body)) {
    const from = DATA.lastIndex;
    const close = body.indexOf('"', from);
    const to = close < 0 ? body.length : close;
    DATA.lastIndex = to;
    if (to - from < SHORTEST_FILE_CHARS) continue;
    inlineChars += to - from;
    files++;
  }
  return tokensOfChars(textChars(body) - inlineChars) + files * TOKENS_PER_FILE;
}
