import { type GeminiAddress, readAddress } from '../dialects/gemini/address';
import type { AppContext } from '../http/context';
import { GEMINI_NATIVE } from '../http/endpoints';
import { toItsEnd } from '../http/to-its-end';
import { callRoute } from './calls';
import { postGeminiFilm } from './media/gemini-films';
import { postGeminiPicture, postPredictedPicture } from './media/gemini-pictures';
import { countGeminiTokens } from './token-counts';

const generate = callRoute(GEMINI_NATIVE);

const GENERATES = /^(?:generateContent|streamGenerateContent)$/;

/** The methods of media models alone, whichever model is named. */
const PREDICTS: Readonly<Record<string, typeof postGeminiFilm>> = {
  predict: postPredictedPicture,
  predictLongRunning: postGeminiFilm,
};

/** `models/{model}:{method}`: one route for all of Google's methods, told apart by the end of the path. */
export function postGeminiModel(c: AppContext): Promise<Response> {
  const address = readAddress(c.req.url);
  if (!address) return generate(c);
  const { method } = address;
  if (method === 'countTokens') return countGeminiTokens(c);
  const post = Object.hasOwn(PREDICTS, method) ? PREDICTS[method] : makesPictures(c, address) ? postGeminiPicture : undefined;
  return post ? toItsEnd(c, post(c, address)) : generate(c);
}

const makesPictures = (c: AppContext, { model, method }: GeminiAddress): boolean =>
  GENERATES.test(method) && c.get('gateway').registry.models.find(model)?.family === 'image';
