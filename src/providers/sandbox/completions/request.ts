import { isRecord, parseJson, recordOf } from '../../../core/record';
import { MAX_CHOICES } from '../chat/request';
import { type Asked, bad, isWhole, type Parsed } from '../request';
import { readTokenInputs } from '../token-inputs';
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

const readPrompts = (prompt: unknown): Prompt[] | undefined =>
  readTokenInputs(prompt, {
    text: (text) => ({ text, tokens: estimateTokens(text.length) }),
    tokens: ({ length }) => ({ text: `${length} tokens`, tokens: length }),
  });
