/**
 * Edits a JSON object's text and leaves every other byte as it came. Re-serialising would change number formats, key
 * order and escapes, which breaks prompt caches and signatures upstream. All functions take text that `JSON.parse`
 * accepts as an object.
 */
export interface Span {
  start: number;
  end: number;
}

/** Its span is that of the value. */
export interface Member extends Span {
  key: string;
  keyStart: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The index after a string's closing quote; `open` is the index of its opening quote. */
export function skipString(text: string, open: number): number {
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

/** The index after a value that begins at `at`. */
export function skipValue(text: string, at: number): number {
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

/** An object's members, in order. */
export function members(text: string): Member[] {
  const found: Member[] = [];
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const keyEnd = skipString(text, at);
    const name = text.slice(at + 1, keyEnd - 1);
    const key = name.includes('\\') ? (JSON.parse(`"${name}"`) as string) : name;
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = skipValue(text, start);
    found.push({ key, keyStart: at, start, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== 0x2c) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

/** An array's elements, in order. */
export function elements(text: string): Span[] {
  const found: Span[] = [];
  let at = skipSpace(text, text.indexOf('[') + 1);
  while (at < text.length && text.charCodeAt(at) !== 0x5d) {
    const end = skipValue(text, at);
    found.push({ start: at, end });
    at = skipSpace(text, end);
    if (text.charCodeAt(at) !== 0x2c) break;
    at = skipSpace(text, at + 1);
  }
  return found;
}

/** An array's elements as they stand there. */
export const rawElements = (text: string): string[] => elements(text).map(({ start, end }) => text.slice(start, end));

/** An object's text with the members of one name renamed; all values keep their bytes. */
export function renameMembers(text: string, from: string, to: string): string {
  let edited = '';
  let at = 0;
  for (const { key, keyStart } of members(text)) {
    if (key !== from) continue;
    edited += text.slice(at, keyStart) + JSON.stringify(to);
    at = skipString(text, keyStart);
  }
  return edited + text.slice(at);
}

interface Part {
  /** The part's beginning, its key included. */
  from: number;
  value: Span;
  /** The new value; undefined removes the part. */
  raw: string | undefined;
}

/** A list with its parts replaced. When a part is removed, exactly one comma goes with it. */
function rewriteParts(text: string, parts: readonly Part[]): string {
  let edited = '';
  let from = 0;
  let kept = false;
  for (const [index, part] of parts.entries()) {
    const { raw, value } = part;
    if (raw !== undefined) {
      edited += text.slice(from, value.start) + raw;
      from = value.end;
      kept = true;
    } else if (kept) {
      from = value.end;
    } else {
      edited += text.slice(from, part.from);
      from = parts[index + 1]?.from ?? value.end;
    }
  }
  return edited + text.slice(from);
}

/** An object's text with each value replaced by what `rewrite` returns; undefined removes the member. */
export function rewriteMembers(text: string, rewrite: (raw: string, key: string) => string | undefined): string {
  const parts = members(text).map(({ key, keyStart, start, end }) => ({
    from: keyStart,
    value: { start, end },
    raw: rewrite(text.slice(start, end), key),
  }));
  return rewriteParts(text, parts);
}

/** An object's text without the member of this name. */
export const withoutMember = (text: string, name: string): string => rewriteMembers(text, (raw, key) => (key === name ? undefined : raw));

/** An array's text with each element replaced by what `rewrite` returns; undefined removes it. */
export function rewriteElements(text: string, rewrite: (raw: string, index: number) => string | undefined): string {
  const parts = elements(text).map((value, index) => ({
    from: value.start,
    value,
    raw: rewrite(text.slice(value.start, value.end), index),
  }));
  return rewriteParts(text, parts);
}

/** An array's text with elements, given as raw JSON, appended. */
export function appendElements(text: string, added: readonly string[]): string {
  if (added.length === 0) return text;
  const last = elements(text).at(-1);
  const at = last ? last.end : text.indexOf('[') + 1;
  return `${text.slice(0, at)}${last ? ',' : ''}${added.join(',')}${text.slice(at)}`;
}

/**
 * Sets members of an object to raw JSON. An existing key keeps its place (every occurrence, since readers differ on
 * which of two counts); a new one goes to the end.
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
