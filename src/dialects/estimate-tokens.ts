import { charsLeftOut } from '../core/gaps';
import { textChars } from '../core/text-chars';
import { type PromptFile, promptFiles } from './prompt-files';

/** Typical of English text and JSON with current tokenizers; good enough to size a hold. */
const CHARS_PER_TOKEN = 4;
/** Base64 writes three bytes as four characters. */
const BYTES_PER_CHAR = 3 / 4;

interface Rate {
  leastTokens: number;
  /** For a file that is only given by its URL. */
  unseenTokens: number;
  bytesPerToken: number;
}

/** Usual token counts of files. A photo is one picture whatever its size; other files grow with their length. */
const LIKELY: Record<PromptFile['kind'], Rate> = {
  image: { leastTokens: 1_000, unseenTokens: 1_000, bytesPerToken: Number.POSITIVE_INFINITY },
  audio: { leastTokens: 100, unseenTokens: 1_500, bytesPerToken: 500 },
  video: { leastTokens: 1_000, unseenTokens: 5_000, bytesPerToken: 500 },
  document: { leastTokens: 1_500, unseenTokens: 5_000, bytesPerToken: 20 },
  text: { leastTokens: 1, unseenTokens: 5_000, bytesPerToken: 4 },
  item: { leastTokens: 1, unseenTokens: 1_000, bytesPerToken: 4 },
};
/** The most that files may count: finely tiled pictures, low-bitrate speech, compressed text documents, unseen long answers. */
const WORST: Record<PromptFile['kind'], Rate> = {
  image: { leastTokens: 5_000, unseenTokens: 5_000, bytesPerToken: Number.POSITIVE_INFINITY },
  audio: { leastTokens: 1_000, unseenTokens: 100_000, bytesPerToken: 50 },
  video: { leastTokens: 5_000, unseenTokens: 300_000, bytesPerToken: 50 },
  document: { leastTokens: 5_000, unseenTokens: 300_000, bytesPerToken: 1 },
  text: { leastTokens: 1, unseenTokens: 300_000, bytesPerToken: 2 },
  item: { leastTokens: 1, unseenTokens: 128_000, bytesPerToken: 2 },
};

const tokensOfFile = ({ kind, base64Chars }: PromptFile, rates: typeof LIKELY): number => {
  const { leastTokens, unseenTokens, bytesPerToken } = rates[kind];
  if (base64Chars === 0) return unseenTokens;
  return Math.max(leastTokens, Math.ceil((base64Chars * BYTES_PER_CHAR) / bytesPerToken));
};

/** The estimated tokens of a request, and the most that its files may make of it. */
export interface PromptSize {
  estimatedInputTokens: number;
  worstInputTokens: number;
}

/** The size of a request's JSON, which may be abridged. `turns` is the part that may hold files, which count by their kind. */
export function promptSize(body: string, turns: unknown): PromptSize {
  const files = promptFiles(turns);
  const fileChars = files.reduce((chars, { base64Chars }) => chars + base64Chars, 0);
  const textTokens = tokensOfChars(Math.max(0, textChars(body) + charsLeftOut(body) - fileChars));
  const filesAt = (rates: typeof LIKELY): number => files.reduce((tokens, file) => tokens + tokensOfFile(file, rates), 0);
  return {
    estimatedInputTokens: Math.max(1, textTokens + filesAt(LIKELY)),
    worstInputTokens: Math.max(1, textTokens + filesAt(WORST)),
  };
}

/** The estimated tokens of a text of this length. */
export const tokensOfChars = (chars: number): number => Math.ceil(chars / CHARS_PER_TOKEN);

/** Is it a token count as an upstream reports one? */
export const isTokenCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;
