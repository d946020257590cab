import { ENDPOINT_OF } from '../core/family';
import { GOOGLES } from './reach';

/**
 * new-api's words for the formats of endpoints (https://docs.newapi.pro), by which its apps choose the one to speak to a
 * model. Some of them refuse a whole list that has any other word.
 */
const TYPES: Readonly<Record<string, string>> = {
  [ENDPOINT_OF.chat]: 'openai',
  [ENDPOINT_OF.embedding]: 'openai',
  [ENDPOINT_OF.responses]: 'openai-response',
  [ENDPOINT_OF.messages]: 'anthropic',
  [ENDPOINT_OF.image]: 'image-generation',
  [GOOGLES]: 'gemini',
};

/** The formats in which a model is served, its own first; none where there is no word for that one. */
export const endpointTypes = ([own, ...others]: readonly string[]): string[] =>
  own !== undefined && Object.hasOwn(TYPES, own) ? [own, ...others].flatMap((endpoint) => TYPES[endpoint] ?? []) : [];
