import { readAddress } from '../dialects/gemini/address';
import type { AppContext } from '../http/context';
import { GEMINI_NATIVE } from '../http/endpoints';
import { callRoute } from './calls';
import { countGeminiTokens } from './token-counts';

const generate = callRoute(GEMINI_NATIVE);

/** `models/{model}:{method}`: one route for all of Google's methods, told apart by the end of the path. */
export const postGeminiModel = (c: AppContext): Promise<Response> =>
  readAddress(c.req.url)?.method === 'countTokens' ? countGeminiTokens(c) : generate(c);
