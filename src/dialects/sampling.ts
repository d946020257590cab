import { withoutMember } from '../core/json';

/** Of these some models have one value alone: https://github.com/anomalyco/opencode/issues/10811 */
const OPTIONS = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'];
const ONE_VALUE = /\bonly [\d.]+ is allowed\b|\bonly the default\b|\bnot supported with this model\b/i;

/** The options that are refused by a model which has but one value for them: without, it takes that one. */
export const refusedSampling = (message: string): string[] =>
  ONE_VALUE.test(message) ? OPTIONS.filter((name) => new RegExp(`\\b${name}\\b`).test(message)) : [];

/** The body without them. */
export const withoutSampling = (body: string, message: string): string => refusedSampling(message).reduce(withoutMember, body);
