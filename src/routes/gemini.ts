import { type GeminiAddress, readAddress } from '../dialects/gemini/address';
import type { AppContext } from '../http/context';
import { GEMINI_NATIVE } from '../http/endpoints';
import { toItsEnd } from '../http/to-its-end';
import { callRoute } from './calls';
import { postGeminiPicture } from './media/gemini-pictures';
import { countGeminiTokens } from './token-counts';

const generate = callRoute(GEMINI_NATIVE);

const GENERATES = /^(?:generateContent|streamGenerateContent)$/;

/** `models/{model}:{method}`: one route for all of Google's methods, told apart by the end of the path. */
export function postGeminiModel(c: AppContext): Promise<Response> {
  const address = readAddress(c.req.url);
  if (address?.method === 'countTokens') return countGeminiTokens(c);
  return address && makesPictures(c, address) ? toItsEnd(c, postGeminiPicture(c, address)) : generate(c);
}

const makesPictures = (c: AppContext, { model, method }: GeminiAddress): boolean =>
  GENERATES.test(method) && c.get('gateway').registry.models.find(model)?.family === 'image';
