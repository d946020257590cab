/** Whose format a client expects of an answer that belongs to no endpoint: a model list, or that there is nothing here. */
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiNative } from '../dialects/gemini/dialect';
import type { Dialect } from '../dialects/types';
import type { AppContext } from './context';

export type ClientFormat = 'anthropic' | 'gemini' | 'openai';

/** Only Google's clients have such a segment in their paths; the names of models are further back. */
const GOOGLE_PATH = /^(?:\/[^/]+){0,2}\/(?:v1beta|gemini)(?:\/|$)/;

/** Anthropic's own path, below any base; that a client of theirs asks for it is not always said in a header. */
const MESSAGES_PATH = /^(?:\/(?:api|v1)){0,3}\/messages(?:\/|$)/;

export function clientFormat(c: AppContext): ClientFormat {
  if (c.req.header('anthropic-version') !== undefined || MESSAGES_PATH.test(c.req.path)) return 'anthropic';
  const sentByGoogles = c.req.header('x-goog-api-key') ?? c.req.header('x-goog-api-client');
  return sentByGoogles !== undefined || GOOGLE_PATH.test(c.req.path) ? 'gemini' : 'openai';
}

const DIALECTS: Readonly<Record<ClientFormat, Dialect | undefined>> = {
  anthropic: anthropicMessages,
  gemini: geminiNative,
  openai: undefined,
};

/** How its errors are written; undefined for the native shape. */
export const clientDialect = (c: AppContext): Dialect | undefined => DIALECTS[clientFormat(c)];
