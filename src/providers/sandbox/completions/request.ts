import { isRecord, parseJson, recordOf } from '../../../core/record';
import { MAX_CHOICES } from '../chat/request';
import { type Asked, bad, isWhole, type Parsed } from '../request';
import { estimateTokens } from '../tokens';

/** OpenAI's own bound where the request gives none. */
const DEFAULT_MAX_TOKENS = 16;

export interface Prompt {
  /** What it says; of a list of tokens, how many they are. */
  text: string;
  tokens: number;
}

export interface CompletionsRequest extends Asked {
  model: string;
  prompts: Prompt[];
  /** How many answers each prompt gets. */
  choices: number;
  maxTokens: number;
  echo: boolean;
  includeUsage: boolean;
}

export function parseCompletionsRequest(body: string): Parsed<CompletionsRequest> {
  const parsed = parseJson(body);
  if (!isRecord(parsed)) return bad('We could not parse the JSON body of your request.');
  if (typeof parsed.model !== 'string' || parsed.model === '') return bad('you must provide a model parameter', 'model');
  const prompts = readPrompts(parsed.prompt ?? '');
  if (!prompts) return bad("'prompt' must be a text, a list of texts or a list of tokens.", 'prompt');
  const choices = parsed.n ?? 1;
  if (!isWhole(choices) || choices * prompts.length > MAX_CHOICES) {
    return bad(`'n' times the number of prompts must be from 1 to ${MAX_CHOICES}.`, 'n');
  }
  const maxTokens = parsed.max_tokens ?? DEFAULT_MAX_TOKENS;
  const isBound = isWhole(maxTokens) || maxTokens === 0;
  if (!isBound) return bad("'max_tokens' must be a whole number.", 'max_tokens');
  return {
    request: {
      stream: parsed.stream === true,
      userText: prompts.at(-1)?.text ?? '',
      model: parsed.model,
      prompts,
      choices,
      maxTokens,
      echo: parsed.echo === true,
      includeUsage: recordOf(parsed.stream_options).include_usage === true,
    },
  };
}

/** One text, one list of tokens, or a list of either. */
function readPrompts(prompt: unknown): Prompt[] | undefined {
  const list = Array.isArray(prompt) && !isTokens(prompt) ? prompt : [prompt];
  const prompts = list.map(readPrompt);
  return prompts.length > 0 && prompts.every((one) => one !== undefined) ? prompts : undefined;
}

function readPrompt(value: unknown): Prompt | undefined {
  if (typeof value === 'string') return { text: value, tokens: estimateTokens(value.length) };
  return isTokens(value) ? { text: `${value.length} tokens`, tokens: value.length } : undefined;
}

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token));
