import { type Fields, isRecord } from '../../../core/record';

/** Google's names for keywords, and keywords whose integers Google writes as strings (https://ai.google.dev/api/caching#Schema). */
const KEYWORDS: Readonly<Record<string, string>> = {
  any_of: 'anyOf',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
  property_ordering: 'propertyOrdering',
};
const COUNTS: ReadonlySet<string> = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);
/** Not part of JSON Schema. */
const DROPPED: ReadonlySet<string> = new Set(['propertyOrdering', 'nullable', 'example']);

const converted = (value: unknown): unknown => (isRecord(value) ? jsonSchema(value) : value);

function convertKeyword(keyword: string, value: unknown): unknown {
  if (keyword === 'type' && typeof value === 'string') return value.toLowerCase();
  if (COUNTS.has(keyword) && typeof value === 'string') return Number(value);
  if (keyword === 'properties' && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, converted(schema)]));
  if (keyword === 'anyOf' && Array.isArray(value)) return value.map(converted);
  return keyword === 'items' || keyword === 'additionalProperties' ? converted(value) : value;
}

/** Google's schema, a subset of OpenAPI's with upper-case types, as JSON Schema. */
export function jsonSchema(schema: Fields): Fields {
  const result: Fields = {};
  for (const [name, value] of Object.entries(schema)) {
    const keyword = KEYWORDS[name] ?? name;
    const meaningless = value === 'TYPE_UNSPECIFIED' || (keyword === 'format' && value === 'enum');
    if (value !== null && !meaningless && !DROPPED.has(keyword)) result[keyword] = convertKeyword(keyword, value);
  }
  return schema.nullable === true ? nullable(result) : result;
}

function nullable(schema: Fields): Fields {
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...(schema.anyOf as unknown[]), { type: 'null' }] };
  if (typeof schema.type !== 'string') return schema;
  return { ...schema, type: [schema.type, 'null'], ...(Array.isArray(schema.enum) && { enum: [...(schema.enum as unknown[]), null] }) };
}
