import { isRecord, parseJson } from '../../core/record';
import { type Fields, field, listField, recordField } from './fields';

/**
 * Stands for a signature that nobody has, as for a history from another model
 * (https://ai.google.dev/gemini-api/docs/thought-signatures#faqs).
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/** What Gemini 3 refuses a history of function calls with whose signatures are missing or somebody else's. */
export const refusesSignature = (message: string): boolean => /thought[_ ]?signature/i.test(message);

/** Missing ones, or ones that it does not take for its own? */
export const missesSignature = (message: string): boolean => /missing|required/i.test(message);

/** A history that passes the check of signatures; undefined where that is not what the upstream refused. */
export function signedBody(body: string, message: string): string | undefined {
  const json = refusesSignature(message) ? parseJson(body) : undefined;
  if (!isRecord(json)) return undefined;
  const all = !missesSignature(message);
  const contents = listField(json, 'contents').map((content) => signedContent(content, all));
  return JSON.stringify({ ...json, contents });
}

function signedContent(content: Fields, all: boolean): Fields {
  if (content.role !== 'model') return content;
  return { ...content, parts: listField(content, 'parts').map((part) => signedPart(part, all)) };
}

function signedPart(part: Fields, all: boolean): Fields {
  const { thoughtSignature, thought_signature, ...more } = part;
  const signature = thoughtSignature ?? thought_signature;
  const isCall = recordField(part, 'functionCall') !== undefined;
  if (isCall && (all || signature === undefined)) return { ...more, thoughtSignature: NO_SIGNATURE };
  return all ? more : part;
}

/** Google's chat format has signatures beside what they sign (https://ai.google.dev/gemini-api/docs/thought-signatures#openai). */
export const extraContent = (signature: string | undefined): Fields =>
  signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };

export function signatureIn(record: Fields): string | undefined {
  const google = recordField(recordField(record, 'extra_content') ?? {}, 'google') ?? {};
  const signature = field(google, 'thoughtSignature');
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}
