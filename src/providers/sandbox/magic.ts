/** Every wait and every size that a caller can ask for ends here. */
export const MAX_WAIT_MS = 600_000;
export const MAX_ANSWER_TOKENS = 100_000;
const MAX_REPORTED_TOKENS = 10_000_000;
const MAX_TOOL_CALLS = 128;
const MAX_RETRY_AFTER_SECONDS = 86_400;
const DEFAULT_CUT_CHUNKS = 2;
const MAX_IGNORED_WORDS = 5;

/** What the magic words of a message ask for. An absent field asks for nothing. */
export interface Magic {
  status?: number;
  retryAfterSeconds?: number;
  firstByteMs?: number;
  delayMs?: number;
  pause?: { ms: number; afterChunks: number };
  tokens?: number;
  cutAfterChunks?: number;
  /** `first` puts the error before everything else; a number, after so many chunks. */
  error?: 'first' | number;
  hang?: true;
  silent?: true;
  html?: true;
  empty?: true;
  usage?: 'none' | { promptTokens: number; completionTokens: number };
  refusal?: true;
  length?: true;
  crlf?: true;
  bom?: true;
  comments?: true;
  /** A stream, though none was asked for. */
  stream?: true;
  reasoning?: true;
  toolCalls?: number;
  /** Magic words that mean nothing, so that the answer can say so. */
  ignored: string[];
}

type Asked = Partial<Magic> | undefined;

/** Reads a word's value, which is '' when there is none; undefined when the value makes no sense. */
type Reader = (value: string) => Asked;

const flag =
  (asked: Partial<Magic>): Reader =>
  (value) =>
    value === '' ? asked : undefined;

export const readCount = (value: string, max: number): number | undefined =>
  /^\d+$/.test(value) ? Math.min(Number(value), max) : undefined;

/** `300ms` or `1.5s`. */
export function readWaitMs(value: string, maxMs = MAX_WAIT_MS): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value);
  return match ? Math.min(Math.round(Number(match[1]) * (match[2] === 's' ? 1000 : 1)), maxMs) : undefined;
}

const count =
  (max: number, ask: (count: number) => Asked): Reader =>
  (value) => {
    const number = readCount(value, max);
    return number === undefined ? undefined : ask(number);
  };

const wait =
  (ask: (ms: number) => Asked): Reader =>
  (value) => {
    const ms = readWaitMs(value);
    return ms === undefined ? undefined : ask(ms);
  };

function readPause(value: string): Asked {
  const [duration = '', position = '', ...rest] = value.split('@');
  const ms = readWaitMs(duration);
  const afterChunks = readCount(position, MAX_ANSWER_TOKENS);
  return ms === undefined || afterChunks === undefined || rest.length > 0 ? undefined : { pause: { ms, afterChunks } };
}

function readUsage(value: string): Asked {
  const [prompt = '', completion = '', ...rest] = value.split('/');
  const promptTokens = readCount(prompt, MAX_REPORTED_TOKENS);
  const completionTokens = readCount(completion, MAX_REPORTED_TOKENS);
  return promptTokens === undefined || completionTokens === undefined || rest.length > 0
    ? undefined
    : { usage: { promptTokens, completionTokens } };
}

const readCut = count(MAX_ANSWER_TOKENS, (cutAfterChunks) => ({ cutAfterChunks }));
const readError = count(MAX_ANSWER_TOKENS, (error) => ({ error }));

const READERS = new Map<string, Reader>([
  ['status', (value) => (/^[45]\d\d$/.test(value) ? { status: Number(value) } : undefined)],
  ['retry-after', count(MAX_RETRY_AFTER_SECONDS, (retryAfterSeconds) => ({ retryAfterSeconds }))],
  ['first', wait((firstByteMs) => ({ firstByteMs }))],
  ['delay', wait((delayMs) => ({ delayMs }))],
  ['pause', readPause],
  ['tokens', count(MAX_ANSWER_TOKENS, (tokens) => ({ tokens }))],
  ['cut', (value) => (value === '' ? { cutAfterChunks: DEFAULT_CUT_CHUNKS } : readCut(value))],
  ['error', (value) => (value === '' ? { error: 'first' } : readError(value))],
  ['hang', flag({ hang: true })],
  ['silent', flag({ silent: true })],
  ['html', flag({ html: true })],
  ['empty', flag({ empty: true })],
  ['no-usage', flag({ usage: 'none' })],
  ['zero-usage', flag({ usage: { promptTokens: 0, completionTokens: 0 } })],
  ['usage', readUsage],
  ['refusal', flag({ refusal: true })],
  ['length', flag({ length: true })],
  ['crlf', flag({ crlf: true })],
  ['bom', flag({ bom: true })],
  ['comments', flag({ comments: true })],
  ['stream', flag({ stream: true })],
  ['reasoning', flag({ reasoning: true })],
  ['tool', flag({ toolCalls: 1 })],
  ['tools', count(MAX_TOOL_CALLS, (toolCalls) => ({ toolCalls }))],
]);

export const MAGIC_WORDS: readonly string[] = [...READERS.keys()];

/**
 * Reads `sandbox:name` and `sandbox:name=value` anywhere in a text, in either case. They combine; of two that
 * set the same thing the last one wins; a full stop after a value is no part of it.
 */
export function readMagic(text: string): Magic {
  const magic: Magic = { ignored: [] };
  for (const match of text.matchAll(/(?<![\w:./-])sandbox:([a-z][\w-]*)(?:=([\w./@]*))?/gi)) {
    const name = match[1]?.toLowerCase() ?? '';
    const value = (match[2] ?? '').toLowerCase().replace(/[./@]+$/, '');
    const asked = READERS.get(name)?.(value);
    if (asked) Object.assign(magic, asked);
    else if (magic.ignored.length < MAX_IGNORED_WORDS) magic.ignored.push(match[0].slice(0, 60));
  }
  return magic;
}
