import { rewriteMembers } from '../core/json';

/** Is the option itself refused, rather than its value? Moonshot names the one value that it takes. */
export const refusesOption = (message: string): boolean =>
  /un(?:supported|known|recognized|expected|available)|not (?:supported?|allowed|permitted|available)|extra inputs|only (?:the default|[\d.]+ is allowed)/i.test(
    message,
  );

/**
 * Sampling options: reasoning models refuse them one at a time, and many clients send them unprompted. OpenAI does not
 * know those of the second row; OpenRouter drops them: https://openrouter.ai/docs/api-reference/parameters
 */
const SAMPLING: readonly string[] = [
  ...['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
  ...['top_k', 'top_a', 'min_p', 'repetition_penalty'],
];

const NAMES_SAMPLING = new RegExp(`\\b(?:${SAMPLING.join('|')})\\b`);

/** The body without any sampling options, where one of them is refused for every value. */
export const withoutSampling = (body: string, message: string): string =>
  NAMES_SAMPLING.test(message) && refusesOption(message)
    ? rewriteMembers(body, (raw, key) => (SAMPLING.includes(key) ? undefined : raw))
    : body;
