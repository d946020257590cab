import { isRecord } from '../core/record';

type Fields = Record<string, unknown>;

/**
 * Stands for a signature that nobody has, as for a history from another model
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** What Gemini 3 refuses a history of function calls with whose signatures are missing or somebody else's. */
export const refusesSignature = (message: string): boolean => /thought[_ ]?signature/i.test(message);

/** Missing ones, or ones that it does not take for its own? */
export const missesSignature = (message: string): boolean => /missing|required/i.test(message);

/** Google's chat format has signatures beside what they sign (https://ai.google.dev/gemini-api/docs/thought-signatures#openai). */
export const extraContent = (signature: string | undefined): Fields =>
  signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };

const recordIn = (record: Fields, ...names: string[]): Fields => {
  const found = names.map((name) => record[name]).find(isRecord);
  return found ?? {};
};

/** The signature that stands beside a call or a message; undefined where there is none. */
export function signatureIn(record: Fields): string | undefined {
  const google = recordIn(recordIn(record, 'extra_content', 'extraContent'), 'google');
  const signature = google.thought_signature ?? google.thoughtSignature;
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}
