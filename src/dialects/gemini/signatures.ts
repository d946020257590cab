import { type Fields, isRecord, parseJson } from '../../core/record';
import { missesSignature, NO_SIGNATURE, refusesSignature } from '../thought-signatures';
import { listField, recordField } from './fields';

/** The history with placeholder signatures; undefined where missing signatures are not what was refused. */
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
