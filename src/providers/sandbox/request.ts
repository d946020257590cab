import type { Fields } from '../../core/record';

/** A tool that may be called: a function with JSON arguments, or a custom tool that takes plain text. */
export interface Tool {
  name: string;
  parameters: Fields;
  custom?: true;
  namespace?: string;
}

/** The tokens of a prompt; the cached and the written ones are parts of `promptTokens`. */
export interface PromptTokens {
  promptTokens: number;
  cachedTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
}

/** What every request has, whatever it asks for. */
export interface Asked {
  stream: boolean;
  /** Where the magic words are: what the user said last. */
  userText: string;
  /** The content type of a stream that is no event stream. */
  streamType?: string;
}

/** A prompt of which nothing is written to a cache. */
export const promptOf = (promptTokens: number, cachedTokens = 0): PromptTokens => ({
  promptTokens,
  cachedTokens,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
});

/** What the sandbox looks at in a request for text, whichever format it came in. */
export interface LanguageRequest extends Asked {
  model: string;
  /** The last tool result since the user spoke. */
  toolResult: string | undefined;
  images: number;
  /** The tools that may be called. */
  tools: Tool[];
  mustCallTool: boolean;
  parallelToolCalls: boolean;
  json: 'no' | 'any' | { schema: unknown };
  /** Asks to see reasoning. */
  reasons: boolean;
  choices: number;
  maxTokens: number;
  prompt: PromptTokens;
}

export interface BadRequest {
  message: string;
  param: string | null;
  code?: string;
}

export type Parsed<R> = { request: R } | { problem: BadRequest };

export const bad = (message: string, param: string | null = null, code?: string): { problem: BadRequest } => ({
  problem: code === undefined ? { message, param } : { message, param, code },
});

export const isWhole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
