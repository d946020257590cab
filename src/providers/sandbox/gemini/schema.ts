import { type Fields, isRecord } from '../../../core/record';

const MAX_DEPTH = 32;
const NESTED = ['items', 'additionalProperties'];
const LISTS = ['anyOf', 'prefixItems'];
/** 64-bit integers, which JSON of Google's writes as text. */
const COUNTS = ['minItems', 'maxItems', 'minLength', 'maxLength'];

/** A JSON schema out of Google's own kind, whose types are in capitals. */
export function toJsonSchema(schema: unknown, depth = 0): Fields {
  if (!isRecord(schema) || depth > MAX_DEPTH) return {};
  const plain: Fields = { ...schema };
  if (typeof schema.type === 'string') plain.type = schema.type.toLowerCase();
  if (plain.type === 'type_unspecified') delete plain.type;
  // Its formats of strings are those of JSON schemas, but "enum" is one as well.
  if (schema.format === 'enum') delete plain.format;
  for (const name of COUNTS) if (typeof schema[name] === 'string') plain[name] = Number(schema[name]);
  for (const name of NESTED) if (isRecord(schema[name])) plain[name] = toJsonSchema(schema[name], depth + 1);
  for (const name of LISTS) {
    const list = schema[name];
    if (Array.isArray(list)) plain[name] = list.map((one) => toJsonSchema(one, depth + 1));
  }
  if (isRecord(schema.properties)) {
    const properties = Object.entries(schema.properties).map(([name, one]) => [name, toJsonSchema(one, depth + 1)]);
    plain.properties = Object.fromEntries(properties);
  }
  return plain;
}
