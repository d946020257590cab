import type { JsonObject } from '../read';

/** A field by its name in JSON, or by its name in the protocol's own files, which Google takes too. */
export function field(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}
