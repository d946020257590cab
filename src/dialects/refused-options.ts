import { rewriteMembers } from '../core/json';

/** An option itself is refused, and not what the caller has set it to: Moonshot tells the one value that is taken. */
export const refusesOption = (message: string): boolean =>
  /un(?:supported|known|recognized|expected|available)|not (?:supported?|allowed|permitted|available)|extra inputs|only (?:the default|[\d.]+ is allowed)/i.test(
    message,
  );

/**
 * Models that reason refuse them one a time, and many clients send them unasked. The second row OpenAI does not know, and
 * OpenRouter leaves out for it: https://openrouter.ai/docs/api-reference/parameters
 */
const SAMPLING: readonly string[] = [
  ...['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'],
  ...['top_k', 'top_a', 'min_p', 'repetition_penalty'],
];

const NAMES_SAMPLING = new RegExp(`\\b(?:${SAMPLING.join('|')})\\b`);

/** The body without how its answer is picked, all at once, where some of that is refused for any value. */
export const withoutSampling = (body: string, message: string): string =>
  NAMES_SAMPLING.test(message) && refusesOption(message)
    ? rewriteMembers(body, (raw, key) => (SAMPLING.includes(key) ? undefined : raw))
    : body;
