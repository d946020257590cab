/** Which format a client expects where the path itself does not tell, as for a model list or a 404. */
import { anthropicMessages } from '../dialects/anthropic-messages/dialect';
import { geminiNative } from '../dialects/gemini/dialect';
import type { Dialect } from '../dialects/types';
import type { AppContext } from './context';

export type ClientFormat = 'anthropic' | 'gemini' | 'openai' | 'openrouter';

/** Only Google's clients have such a segment near the beginning; further back it may be part of a model's name. */
const GOOGLE_PATH = /^(?:\/[^/]+){0,2}\/(?:v1beta|v1alpha|gemini)(?:\/|$)/;

/** Anthropic's own path below any base. Its clients do not always send a header that names them. */
const MESSAGES_PATH = /^(?:\/(?:api|v1)){0,3}\/messages(?:\/|$)/;

/** A client generated from OpenRouter's API document. It rejects every answer that deviates from that document. */
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

/** Browsers ask for pages, API clients do not; some paths serve both. */
export const takesPages = (c: AppContext): boolean => (c.req.header('accept') ?? '').includes('text/html');

/** The dialect that writes this client's errors; undefined for the native shape. */
export const clientDialect = (c: AppContext): Dialect | undefined => DIALECTS[clientFormat(c)];
