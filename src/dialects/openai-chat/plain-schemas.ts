/**
 * Simplifies function schemas for upstreams that know only a part of JSON Schema, as Google's do:
 * https://ai.google.dev/api/caching#Schema
 */
import { type Fields, isRecord, parseJson } from '../../core/record';
import { eachIn, inMember } from '../spans';

/** Google's refusal says where an unknown keyword stands, but names only the first of several. */
const REFUSED = /unknown name ["'](\$?\w+)["'] at ["'][^"']*(?:\btools\[|\bfunction|\bparameters\b)/gi;

/** Keywords that a model writing arguments hardly misses; for bounds, a known alternative remains. */
const UNKNOWN: readonly string[] = [
  ...['$schema', '$id', '$comment', 'additionalProperties', 'patternProperties', 'propertyNames', 'unevaluatedProperties'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'uniqueItems', 'contentEncoding', 'contentMediaType', 'const', 'examples'],
];

const LISTS: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

function plain(schema: unknown, unknown: ReadonlySet<string>): unknown {
  if (!isRecord(schema)) return schema;
  const { exclusiveMinimum, exclusiveMaximum, const: only }: Fields = schema;
  const known = Object.entries(schema).filter(([keyword]) => !unknown.has(keyword));
  return {
    ...(typeof exclusiveMinimum === 'number' && { minimum: exclusiveMinimum }),
    ...(typeof exclusiveMaximum === 'number' && { maximum: exclusiveMaximum }),
    ...(typeof only === 'string' && { enum: [only] }),
    ...Object.fromEntries(known.map(([keyword, value]) => [keyword, plainIn(keyword, value, unknown)])),
  };
}

/** Properties may be named like keywords, so names are not touched. */
function plainIn(keyword: string, value: unknown, unknown: ReadonlySet<string>): unknown {
  if (keyword === 'properties' && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, plain(schema, unknown)]));
  if (LISTS.has(keyword) && Array.isArray(value)) return (value as unknown[]).map((one) => plain(one, unknown));
  return keyword === 'items' ? plain(value, unknown) : value;
}

/** The body with function schemas without the refused keyword and those that belong to it. */
export function plainSchemas(body: string, message: string): string {
  const named = [...message.matchAll(REFUSED)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  if (named.length === 0) return body;
  const unknown = new Set([...UNKNOWN, ...named]);
  const inSchema = (raw: string): string => {
    const schema = parseJson(raw);
    const changed = JSON.stringify(plain(schema, unknown));
    return changed === JSON.stringify(schema) ? raw : changed;
  };
  return eachIn('tools', inMember('function', inMember('parameters', inSchema)))(body);
}
