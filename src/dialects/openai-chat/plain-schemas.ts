/** Schemas of functions for upstreams that know a part of JSON Schema alone, as Google's do: https://ai.google.dev/api/caching#Schema */
import { rewriteElements, rewriteMembers } from '../../core/json';
import { isRecord, parseJson } from '../../core/record';

type Fields = Record<string, unknown>;

/** A refusal tells where a keyword stands that is not known, and of many only the first. */
const REFUSED = /unknown name ["'](\$?\w+)["'] at ["'][^"']*(?:\btools\[|\bfunction|\bparameters\b)/gi;

/** What a model that writes arguments hardly misses; the bounds that are left have a like that is known. */
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

/** Names of properties may be called as keywords are. */
function plainIn(keyword: string, value: unknown, unknown: ReadonlySet<string>): unknown {
  if (keyword === 'properties' && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, plain(schema, unknown)]));
  if (LISTS.has(keyword) && Array.isArray(value)) return (value as unknown[]).map((one) => plain(one, unknown));
  return keyword === 'items' ? plain(value, unknown) : value;
}

/** The body with functions whose schemas have nothing of what is refused, nor what goes with it. */
export function plainSchemas(body: string, message: string): string {
  const named = [...message.matchAll(REFUSED)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  if (named.length === 0) return body;
  const unknown = new Set([...UNKNOWN, ...named]);
  const inMember =
    (name: string, change: (raw: string) => string) =>
    (text: string): string =>
      text.startsWith('{') ? rewriteMembers(text, (raw, key) => (key === name ? change(raw) : raw)) : text;
  const inSchema = (raw: string): string => {
    const schema = parseJson(raw);
    const changed = JSON.stringify(plain(schema, unknown));
    return changed === JSON.stringify(schema) ? raw : changed;
  };
  const inTool = inMember('function', inMember('parameters', inSchema));
  return inMember('tools', (tools) => (tools.startsWith('[') ? rewriteElements(tools, inTool) : tools))(body);
}
