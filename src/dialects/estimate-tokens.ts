import { textChars } from '../core/text-chars';

/** Typical of English text and JSON in current tokenizers; close enough to size a hold. */
const CHARS_PER_TOKEN = 4;
/** A high-detail image of ordinary size. */
const TOKENS_PER_IMAGE = 1_000;
const INLINE_DATA = ';base64,';

/**
 * About how many tokens a request's JSON comes to. Inline files count as an image each, not by their length: a
 * photo of 5 MB would be taken for a million tokens.
 */
export function estimateTokens(body: string): number {
  let inlineChars = 0;
  let files = 0;
  for (let at = body.indexOf(INLINE_DATA); at >= 0; at = body.indexOf(INLINE_DATA, at)) {
    const end = body.indexOf('"', at);
    inlineChars += (end < 0 ? body.length : end) - at;
    files++;
    if (end < 0) break;
    at = end;
  }
  return Math.ceil((textChars(body) - inlineChars) / CHARS_PER_TOKEN) + files * TOKENS_PER_IMAGE;
}

/** About how many tokens so much produced text was. */
export const tokensOfChars = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN);

/** Is it a number of tokens that an upstream has counted? */
export const isTokenCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;
