import { withoutMember } from '../core/json';

/** Of these some models have one value alone: https://github.com/anomalyco/opencode/issues/10811 */
const OPTIONS = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'];
const ONE_VALUE = /\bonly [\d.]+ is allowed\b|\bonly the default\b|\bnot supported with this model\b/i;

/** The body without the option that was refused, for a model that has but one value for it: it would be taken all the same. */
export function withoutSampling(body: string, message: string): string {
  if (!ONE_VALUE.test(message)) return body;
  const refused = OPTIONS.filter((name) => new RegExp(`\\b${name}\\b`).test(message));
  return refused.reduce(withoutMember, body);
}
