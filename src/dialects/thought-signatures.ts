import { type Fields, filledText, isRecord } from '../core/record';

/**
 * A placeholder for a missing signature, such as in another model's history
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** How Gemini 3 refuses a history whose function calls have no signatures, or foreign ones. */
export const refusesSignature = (message: string): boolean => /thought[_ ]?signature/i.test(message);

/** Are signatures missing, rather than invalid? */
export const missesSignature = (message: string): boolean => /missing|required/i.test(message);

/** Google's chat format puts signatures beside what they sign (https://ai.google.dev/gemini-api/docs/thought-signatures#openai). */
export const extraContent = (signature: string | undefined): Fields =>
  signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };

const recordIn = (record: Fields, ...names: string[]): Fields => {
  const found = names.map((name) => record[name]).find(isRecord);
  return found ?? {};
};

/** The signature beside a call or message; undefined where there is none. */
export function signatureIn(record: Fields): string | undefined {
  const google = recordIn(recordIn(record, 'extra_content', 'extraContent'), 'google');
  const signature = google.thought_signature ?? google.thoughtSignature;
  return filledText(signature);
}
