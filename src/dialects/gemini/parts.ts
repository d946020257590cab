import { type Fields, isRecord } from '../../core/record';
import { textChars } from '../../core/text-chars';
import { field, listField, recordField, textField } from './fields';

/** https://ai.google.dev/gemini-api/docs/pricing: a picture that a model makes counts as 1,290 tokens. */
const CHARS_PER_IMAGE = 5_160;
/** Members that describe a part and have no content of their own. */
const ATTRIBUTES: ReadonlySet<string> = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'thought_signature',
  'videoMetadata',
  'partMetadata',
  'mediaResolution',
]);

export const partsIn = (content: Fields): Fields[] => listField(content, 'parts');

export const partsOf = (candidate: Fields): Fields[] => partsIn(recordField(candidate, 'content') ?? {});

/** Did the model produce anything in this part? */
export const partSays = (part: Fields): boolean =>
  textField(part, 'text') !== undefined || Object.keys(part).some((key) => !ATTRIBUTES.has(key) && isRecord(part[key]));

/** Must this part reach the client? A signature may come in an otherwise empty part. */
export const partMatters = (part: Fields): boolean => partSays(part) || textField(part, 'thoughtSignature') !== undefined;

/** How much was produced, in characters; good enough for an estimate where usage is missing. */
export function charsOf(part: Fields): number {
  if (recordField(part, 'inlineData') !== undefined) return CHARS_PER_IMAGE;
  const text = textChars(textField(part, 'text') ?? '');
  const call = field(part, 'functionCall') ?? field(part, 'executableCode') ?? field(part, 'codeExecutionResult');
  return text + (call === undefined ? 0 : textChars(JSON.stringify(call)));
}
