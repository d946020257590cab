/**
 * Edits of a JSON object's text that leave every other byte as it came: re-serialising would change number
 * formats, key order and escapes, which breaks prompt caches and signatures upstream.
 * All functions take text that `JSON.parse` has accepted as an object.
 */
export interface Member {
  key: string;
  /** Span of the value. */
  start: number;
  end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The index behind a string's closing quote; `open` is at its opening quote. */
function skipString(text: string, open: number): number {
  for (let quote = text.indexOf('"', open + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

function skipSpace(text: string, at: number): number {
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return skipString(text, at);
  if (first !== 0x7b && first !== 0x5b) {
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 0x2c || code === 0x7d || code === 0x5d || isSpace(code)) break;
      at++;
    }
    return at;
  }
  let depth = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at++;
    if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) {
      depth--;
      if (depth === 0) break;
    }
  }
  return at;
}

/** The members of the object that begins at `at` (leading white space allowed), in order. */
export function members(text: string, at = 0): Member[] {
  const found: Member[] = [];
  at = skipSpace(text, text.indexOf('{', at) + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    found.push({ key, start, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== 0x2c) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

/**
 * Sets members of an object to raw JSON. A key that is there keeps its place (all of them, should it stand there
 * twice, since readers differ on which one counts); a new one goes to the end.
 */
export function setMembers(text: string, changes: Record<string, string>): string {
  let edited = '';
  let from = 0;
  const found = members(text);
  const added = new Map(Object.entries(changes));
  for (const { key, start, end } of found) {
    const raw = Object.hasOwn(changes, key) ? changes[key] : undefined;
    if (raw === undefined) continue;
    edited += text.slice(from, start) + raw;
    from = end;
    added.delete(key);
  }
  const close = text.lastIndexOf('}');
  edited += text.slice(from, close);
  let separator = found.length > 0 ? ',' : '';
  for (const [key, raw] of added) {
    edited += `${separator}${JSON.stringify(key)}:${raw}`;
    separator = ',';
  }
  return edited + text.slice(close);
}
