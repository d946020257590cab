import type { AppContext } from '../http/context';
import { GEMINI_NATIVE } from '../http/endpoints';
import { callRoute } from './calls';
import { countGeminiTokens } from './token-counts';

const generate = callRoute(GEMINI_NATIVE);

/** `models/{model}:{method}`: one path for all of Google's methods, told apart by its end. */
export const postGeminiModel = (c: AppContext): Promise<Response> =>
  c.req.path.endsWith(':countTokens') ? countGeminiTokens(c) : generate(c);
