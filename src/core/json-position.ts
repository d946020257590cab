/** Finds the line and column of a part of a JSON text, for errors that people can act on. */

export interface Position {
  /** Counted from 1. */
  line: number;
  column: number;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

const SPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has them escaped.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const MAX_DEPTH = 64;

export type ReadJson = { ok: true; value: unknown; positionOf: (path: readonly PropertyKey[]) => Position } | ({ ok: false } & Failure);

interface Failure extends Position {
  message: string;
}

/** Ends the reading; caught in this file. */
class Stop extends Error {
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String));

/**
 * Notes where each member and element begins. Refuses invalid JSON and repeated names, of which `JSON.parse` would
 * silently take the last.
 */
class Reader {
  private at = 0;
  readonly offsets = new Map<string, number>();

  constructor(private readonly text: string) {}

  document(): void {
    this.value([], undefined);
    this.space();
    if (this.at < this.text.length) throw new Stop('something follows the end of the JSON', this.at);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return undefined;
    this.at += found.length;
    return found;
  }

  private space(): void {
    this.match(SPACE);
  }

  private take(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private need(character: string, what: string): void {
    if (!this.take(character)) throw new Stop(`not valid JSON: ${what} is missing here`, this.at);
  }

  /** `start` is where the value's name stands, a better place to point at than the value. */
  private value(path: readonly PropertyKey[], start: number | undefined): void {
    this.space();
    if (path.length > MAX_DEPTH) throw new Stop('nested too deeply', this.at);
    this.offsets.set(keyOf(path), start ?? this.at);
    if (this.take('{')) this.members(path);
    else if (this.take('[')) this.elements(path);
    else if (this.match(STRING) === undefined && !this.match(LITERAL)) throw new Stop('not valid JSON: a value is missing here', this.at);
  }

  private members(path: readonly PropertyKey[]): void {
    if (this.take('}')) return;
    do {
      this.space();
      const start = this.at;
      const name = this.match(STRING);
      if (name === undefined) throw new Stop('not valid JSON: a name in double quotes is missing here', this.at);
      const key = JSON.parse(name) as string;
      if (this.offsets.has(keyOf([...path, key]))) throw new Stop(`the name ${name} is there twice`, start);
      this.need(':', 'a colon');
      this.value([...path, key], start);
    } while (this.take(','));
    this.need('}', 'a comma or the closing brace');
  }

  private elements(path: readonly PropertyKey[]): void {
    if (this.take(']')) return;
    let index = 0;
    do this.value([...path, index++], undefined);
    while (this.take(','));
    this.need(']', 'a comma or the closing bracket');
  }
}

/** The value of a JSON text and the positions of its parts; or what is wrong with it, and where. */
export function readJson(text: string): ReadJson {
  const reader = new Reader(text);
  try {
    reader.document();
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { ok: false, message: error.message, ...positionAt(text, error.offset) };
  }
  return {
    ok: true,
    value: JSON.parse(text),
    // What is missing has no position; the part that it is missing from has one.
    positionOf: (path) => {
      for (let length = path.length; ; length--) {
        const offset = reader.offsets.get(keyOf(path.slice(0, length)));
        if (offset !== undefined) return positionAt(text, offset);
      }
    },
  };
}

/** `models[0].price`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text && '.'}${String(part)}`), '');
