import { skipString } from '../../core/json';
import { estimateTokens, tokensOfChars } from '../estimate-tokens';

const FILE_BEGINS = /"data"\s*:\s*"/g;
/** Shorter data is a redacted thought, which is counted by its length. */
const SHORTEST_FILE_CHARS = 8_192;
/** An image of ordinary size, or a page of a document. */
const TOKENS_PER_FILE = 1_500;

/** About how many tokens a request comes to; files stand in it as bare base64, which says nothing of their tokens. */
export function estimateMessagesTokens(body: string): number {
  let fileChars = 0;
  let files = 0;
  FILE_BEGINS.lastIndex = 0;
  while (FILE_BEGINS.test(body)) {
    const from = FILE_BEGINS.lastIndex;
    const to = skipString(body, from - 1);
    FILE_BEGINS.lastIndex = to;
    if (to - from < SHORTEST_FILE_CHARS) continue;
    fileChars += to - from;
    files++;
  }
  return Math.max(1, estimateTokens(body) - tokensOfChars(fileChars)) + files * TOKENS_PER_FILE;
}
