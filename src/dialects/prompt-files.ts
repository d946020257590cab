import { charsLeftOut } from '../core/gaps';
import { filledText, isRecord } from '../core/record';

/** A file in a prompt: inline as base64 or, where `base64Chars` is 0, by its URL. An item of an earlier answer may be given by its id. */
export interface PromptFile {
  kind: 'image' | 'audio' | 'video' | 'document' | 'text' | 'item';
  base64Chars: number;
}

/** The longest beginning of a `data:` URL, before its base64. */
const LONGEST_PREFIX = 256;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,/i;
/** How PDFs and zipped office documents begin in base64. */
const DOCUMENT_BEGINS = /^(?:JVBERi|UEsD)/;
const DOCUMENT_TYPES = /^application\/(?:pdf|zip|msword|vnd\.)/i;

function kindOf(type: string | undefined, base64: string): PromptFile['kind'] {
  const family = type?.slice(0, type.indexOf('/')).toLowerCase();
  if (family === 'image' || family === 'audio' || family === 'video') return family;
  return DOCUMENT_BEGINS.test(base64) || (type !== undefined && DOCUMENT_TYPES.test(type)) ? 'document' : 'text';
}

/** Its length, where the request is abridged too. */
const charsOf = (data: string): number => data.length + charsLeftOut(data);

const ofBase64 = (data: string, type: string | undefined): PromptFile => ({
  kind: kindOf(type, data.slice(0, 8)),
  base64Chars: charsOf(data),
});

/** A file by its URL, which may be a data URL; `kind` is what the field is for. */
function ofAddress(address: unknown, kind: PromptFile['kind']): PromptFile[] {
  const text = filledText(isRecord(address) ? address.url : address);
  if (text === undefined) return [];
  const [prefix, type] = DATA_URL.exec(text.slice(0, LONGEST_PREFIX)) ?? [];
  if (prefix === undefined) return [{ kind, base64Chars: 0 }];
  const file = ofBase64(text.slice(prefix.length), type);
  return [type === undefined && kind !== 'document' ? { ...file, kind } : file];
}

/** Chat Completions and Responses: https://platform.openai.com/docs/guides/pdf-files */
function ofOpenAiFile(part: Record<string, unknown>): PromptFile[] {
  const data = filledText(part.file_data);
  if (data === undefined) return ofAddress(part.file_url, 'document');
  return data.startsWith('data:') ? ofAddress(data, 'document') : [ofBase64(data, undefined)];
}

/** Anthropic's `source`: https://platform.claude.com/docs/en/api/messages */
function ofSource(source: Record<string, unknown>, type: unknown): PromptFile[] {
  const data = filledText(source.data);
  if (source.type === 'base64' && data !== undefined) return [ofBase64(data, filledText(source.media_type))];
  if (source.type !== 'url') return [];
  return ofAddress(source.url, type === 'document' ? 'document' : 'image');
}

/** Google's `Blob` and `FileData`: https://ai.google.dev/api/caching#Blob */
function ofBlob(blob: Record<string, unknown>): PromptFile[] {
  const type = filledText(blob.mimeType) ?? filledText(blob.mime_type);
  const data = filledText(blob.data);
  if (data !== undefined) return [ofBase64(data, type)];
  return filledText(blob.fileUri) === undefined && filledText(blob.file_uri) === undefined
    ? []
    : [{ kind: kindOf(type, 'JVBERi'), base64Chars: 0 }];
}

type Reader = (value: unknown, part: Record<string, unknown>) => PromptFile[];

const inRecord =
  (read: (value: Record<string, unknown>, part: Record<string, unknown>) => PromptFile[]): Reader =>
  (value, part) =>
    isRecord(value) ? read(value, part) : [];

/** Where providers look for files in a part. Everything else is text, whatever it looks like. */
const PLACES: Record<string, Reader> = {
  image_url: (value) => ofAddress(value, 'image'),
  video_url: (value) => ofAddress(value, 'video'),
  file_data: (value, part) => (isRecord(value) ? ofBlob(value) : ofOpenAiFile(part)),
  file_url: (_, part) => (filledText(part.file_data) === undefined ? ofOpenAiFile(part) : []),
  file: inRecord(ofOpenAiFile),
  input_audio: inRecord(({ data }) => (filledText(data) === undefined ? [] : [{ kind: 'audio', base64Chars: charsOf(data as string) }])),
  source: inRecord((source, { type }) => ofSource(source, type)),
  inlineData: inRecord(ofBlob),
  inline_data: inRecord(ofBlob),
  fileData: inRecord(ofBlob),
};

/** The members of turns, items and parts that hold parts. */
const HOLDERS = ['content', 'parts', 'output', 'source', 'functionResponse', 'function_response'];
/** Deeper than any format nests parts. */
const DEEPEST = 16;

/**
 * Is it an item that its provider keeps, given by its id? The type may be left out:
 * https://platform.openai.com/docs/api-reference/responses/create#responses_create-input
 */
export const isReference = ({ type, id, ...others }: Record<string, unknown>): boolean =>
  type === 'item_reference' || ((type ?? undefined) === undefined && typeof id === 'string' && Object.keys(others).length === 0);

/** The files in turns, items or contents of any format. */
export function promptFiles(turns: unknown, depth = 0): PromptFile[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(turns)) return turns.flatMap((turn) => promptFiles(turn, depth + 1));
  if (!isRecord(turns)) return [];
  if (isReference(turns)) return [{ kind: 'item', base64Chars: 0 }];
  const found = Object.entries(PLACES).flatMap(([place, read]) => (Object.hasOwn(turns, place) ? read(turns[place], turns) : []));
  if (turns.type === 'image_generation_call' && filledText(turns.result) !== undefined)
    found.push({ kind: 'image', base64Chars: charsOf(turns.result as string) });
  for (const holder of HOLDERS) {
    const held = turns[holder];
    if (typeof held === 'object' && held !== null) found.push(...promptFiles(held, depth + 1));
  }
  return found;
}
