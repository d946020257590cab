/** The part of MessagePack that a speech request needs: https://github.com/msgpack/msgpack/blob/master/spec.md */
export type Packable =
  | string
  | number
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly Packable[]
  | { readonly [field: string]: Packable };

const MAX_FIX_TEXT = 31;
const MAX_FIX_LIST = 15;
const MAX_16 = 0xffff;
const MAX_INT32 = 0x80000000;

const text = new TextEncoder();

function bigEndian(value: number, size: 1 | 2 | 4): number[] {
  return Array.from({ length: size }, (_, index) => (value >>> (8 * (size - 1 - index))) & 0xff);
}

/** A header for this length: the short form, or one with 16 or 32 bits. */
function header(length: number, fix: number, maxFix: number, code16: number): Uint8Array {
  if (length <= maxFix) return Uint8Array.of(fix | length);
  return length <= MAX_16 ? Uint8Array.of(code16, ...bigEndian(length, 2)) : Uint8Array.of(code16 + 1, ...bigEndian(length, 4));
}

function packNumber(value: number): Uint8Array {
  if (Number.isInteger(value) && value >= 0 && value < 0x80) return Uint8Array.of(value);
  if (Number.isInteger(value) && Math.abs(value) < MAX_INT32) return Uint8Array.of(0xd2, ...bigEndian(value, 4));
  const bytes = new Uint8Array(9);
  bytes[0] = 0xcb;
  new DataView(bytes.buffer).setFloat64(1, value);
  return bytes;
}

function packText(value: string): Uint8Array[] {
  const bytes = text.encode(value);
  return [header(bytes.byteLength, 0xa0, MAX_FIX_TEXT, 0xda), bytes];
}

function parts(value: Packable): Uint8Array[] {
  if (value === null || value === undefined) return [Uint8Array.of(0xc0)];
  if (typeof value === 'boolean') return [Uint8Array.of(value ? 0xc3 : 0xc2)];
  if (typeof value === 'number') return [packNumber(value)];
  if (typeof value === 'string') return packText(value);
  if (value instanceof Uint8Array) return [Uint8Array.of(0xc6, ...bigEndian(value.byteLength, 4)), value];
  if (isList(value)) return [header(value.length, 0x90, MAX_FIX_LIST, 0xdc), ...value.flatMap(parts)];
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return [header(entries.length, 0x80, MAX_FIX_LIST, 0xde), ...entries.flatMap(([name, field]) => [...packText(name), ...parts(field)])];
}

const isList = (value: Packable): value is readonly Packable[] => Array.isArray(value);

export function pack(value: Packable): Uint8Array {
  const all = parts(value);
  const bytes = new Uint8Array(all.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Reduces a value to plain JSON, which can be packed. */
export const packable = (value: unknown): Packable => JSON.parse(JSON.stringify(value ?? null)) as Packable;
