import { type Fields, isRecord, recordsOf } from '../../../core/record';

/** A field by its name in JSON, or by its name in the protocol's own files, which Google takes too. */
export function field(object: Fields, name: string): unknown {
  return object[name] ?? object[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

/** Contents, parts and tools, of which a single one may come without its list. */
export const listed = (value: unknown): Fields[] => (isRecord(value) ? [value] : recordsOf(value));
