import { skipString } from './json';

/**
 * More values than any real request has. The largest are embeddings of pretokenized input, one number a token, of which
 * OpenAI takes 300,000 (https://platform.openai.com/docs/api-reference/embeddings/create).
 */
const MOST_VALUES = 330_000;

/** A shorter text is harmless whatever it holds, so it is not scanned. */
const LOOKED_THROUGH_CHARS = 256 * 1024;

const [QUOTE, COMMA, BRACKET, BRACE] = [0x22, 0x2c, 0x5b, 0x7b];

/**
 * Would parsing this text use too much memory? `JSON.parse` makes up to 30 bytes of each byte of nested empty objects,
 * and an isolate has 128 MB. Strings, which are most of any large body, are skipped by the engine's native search.
 */
export function hasTooManyValues(text: string): boolean {
  if (text.length <= LOOKED_THROUGH_CHARS) return false;
  let values = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if ((code === COMMA || code === BRACKET || code === BRACE) && ++values > MOST_VALUES) return true;
  }
  return false;
}
