/** Whose format a client expects of an answer that belongs to no endpoint: a model list, or that there is nothing here. */
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiNative } from '../dialects/gemini/dialect';
import type { Dialect } from '../dialects/types';
import type { AppContext } from './context';

export type ClientFormat = 'anthropic' | 'gemini' | 'openai' | 'openrouter';

/** Only Google's clients have such a segment in their paths; the names of models are further back. */
const GOOGLE_PATH = /^(?:\/[^/]+){0,2}\/(?:v1beta|v1alpha|gemini)(?:\/|$)/;

/** Anthropic's own path, below any base; that a client of theirs asks for it is not always said in a header. */
const MESSAGES_PATH = /^(?:\/(?:api|v1)){0,3}\/messages(?:\/|$)/;

/** A generated client of OpenRouter's API, in whatever language: it takes nothing that is not as that API's document has it. */
export const isOpenrouters = (headers: Pick<Headers, 'get'>): boolean => /openrouter/i.test(headers.get('user-agent') ?? '');

export function clientFormat(c: AppContext): ClientFormat {
  if (c.req.header('anthropic-version') !== undefined || MESSAGES_PATH.test(c.req.path)) return 'anthropic';
  const sentByGoogles = c.req.header('x-goog-api-key') ?? c.req.header('x-goog-api-client');
  if (sentByGoogles !== undefined || GOOGLE_PATH.test(c.req.path)) return 'gemini';
  return isOpenrouters(c.req.raw.headers) ? 'openrouter' : 'openai';
}

const DIALECTS: Readonly<Record<ClientFormat, Dialect | undefined>> = {
  anthropic: anthropicMessages,
  gemini: geminiNative,
  openai: undefined,
  openrouter: undefined,
};

/** How its errors are written; undefined for the native shape. */
export const clientDialect = (c: AppContext): Dialect | undefined => DIALECTS[clientFormat(c)];
