/**
 * Parses multipart forms in all the ways that clients write them: unquoted names as from .NET, `filename*` as from
 * older Python clients, files with a type and no name. https://www.rfc-editor.org/rfc/rfc7578
 */
export interface FormPart {
  name: string;
  /** Undefined for a text field. */
  filename: string | undefined;
  contentType: string;
  /** A view of the body, not a copy. */
  bytes: Uint8Array<ArrayBuffer>;
}

const MAX_PARTS = 1_000;
const MAX_HEAD_BYTES = 16_384;
const [LF, CR, SPACE, TAB, DASH] = [10, 13, 32, 9, 45];
const FILE_TYPE = /^(?:image|audio|video|model)\/|^application\/octet-stream\b/i;

/** The sender's folders are of no use here: https://www.rfc-editor.org/rfc/rfc7578#section-4.2 */
const FOLDERS = /^.*[\\/]/s;

const decoder = new TextDecoder();

export const textOf = ({ bytes }: FormPart): string => decoder.decode(bytes);

/** The parts of a form; undefined for an invalid one. */
export function readMultipart(body: Uint8Array<ArrayBuffer>, contentType: string): FormPart[] | undefined {
  const boundary = paramsOf(contentType).get('boundary');
  if (!boundary) return undefined;
  const delimiter = new TextEncoder().encode(`--${boundary}`);
  const parts: FormPart[] = [];
  let line = findDelimiter(body, delimiter, 0);
  while (line && !line.isLast) {
    const next = findDelimiter(body, delimiter, line.end);
    const part = next && parts.length < MAX_PARTS ? readPart(body.subarray(line.end, next.start)) : undefined;
    if (!part) return undefined;
    parts.push(part);
    line = next;
  }
  return line && parts;
}

/** A boundary line, including the line end before it, which is not part of the content. */
interface Delimiter {
  start: number;
  end: number;
  isLast: boolean;
}

function findDelimiter(body: Uint8Array, delimiter: Uint8Array, from: number): Delimiter | undefined {
  for (let at = from; ; ) {
    const found = isAt(body, at, delimiter) ? delimiterAt(body, at, at + delimiter.byteLength, from) : undefined;
    const lineFeed = found ? -1 : body.indexOf(LF, at);
    if (lineFeed < 0) return found;
    at = lineFeed + 1;
  }
}

/** Undefined where the boundary is followed by something that may not follow it. */
function delimiterAt(body: Uint8Array, at: number, rest: number, from: number): Delimiter | undefined {
  const start = lineStart(body, at, from);
  if (body[rest] === DASH && body[rest + 1] === DASH) return { start, end: rest + 2, isLast: true };
  const end = lineEnd(body, rest);
  return end === undefined ? undefined : { start, end, isLast: false };
}

function isAt(body: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.byteLength; index++) if (body[at + index] !== wanted[index]) return false;
  return true;
}

/** Where the previous line ends. */
function lineStart(body: Uint8Array, at: number, from: number): number {
  if (at === from) return at;
  return at - 2 >= from && body[at - 2] === CR ? at - 2 : at - 1;
}

function lineEnd(body: Uint8Array, from: number): number | undefined {
  let at = from;
  while (body[at] === SPACE || body[at] === TAB) at++;
  if (body[at] === CR) at++;
  return body[at] === LF ? at + 1 : undefined;
}

function readPart(part: Uint8Array<ArrayBuffer>): FormPart | undefined {
  const headers = new Map<string, string>();
  for (let at = 0; at < MAX_HEAD_BYTES; ) {
    const end = part.indexOf(LF, at);
    if (end < 0) return undefined;
    const line = decoder.decode(part.subarray(at, end)).trim();
    at = end + 1;
    if (line === '') return partOf(headers, part.subarray(at));
    const [name = '', ...value] = line.split(':');
    headers.set(name.trim().toLowerCase(), value.join(':').trim());
  }
  return undefined;
}

function partOf(headers: ReadonlyMap<string, string>, bytes: Uint8Array<ArrayBuffer>): FormPart | undefined {
  const params = paramsOf(headers.get('content-disposition') ?? '');
  const name = params.get('name');
  if (name === undefined) return undefined;
  const contentType = headers.get('content-type') ?? '';
  // An empty file without a name is what browsers send when no file was chosen.
  const filename = (extendedOf(params.get('filename*')) ?? params.get('filename'))?.replace(FOLDERS, '');
  const isUnnamedFile = !filename && FILE_TYPE.test(contentType) && bytes.byteLength > 0;
  return { name, filename: isUnnamedFile ? 'file' : filename || undefined, contentType, bytes };
}

/** A header's parameters, quoted or not. */
function paramsOf(header: string): Map<string, string> {
  const params = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of header.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^;"]*))/g))
    params.set(name.toLowerCase(), quoted === undefined ? bare.trim() : quoted.replace(/\\(["\\])/g, '$1'));
  return params;
}

/** `utf-8''caf%C3%A9.png`: https://www.rfc-editor.org/rfc/rfc8187 */
function extendedOf(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.+)$/i.exec(value ?? '')?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
