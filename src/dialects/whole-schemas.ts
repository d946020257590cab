/**
 * Completes schemas of functions for OpenAI, which wants more of them than JSON Schema does; many tools of MCP servers
 * have less: https://github.com/openai/openai-agents-python/issues/449
 */
import { type Fields, isRecord, parseJson, recordOf } from '../core/record';
import { type Change, eachIn, inList, inMember, inObject } from './spans';

/** What OpenAI says of a schema that lacks something, or is none. */
const INCOMPLETE =
  /\binvalid schema for function\b[^\n]*(?:\bschema missing (?:properties|items)\b|\bNone is not of type 'object'|\bgot 'type: ["'\\]*None\b)/i;

const SCHEMAS: ReadonlySet<string> = new Set(['properties', '$defs', 'definitions']);
const ALTERNATIVES: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf']);

const isOf = ({ type }: Fields, name: string): boolean => type === name || (Array.isArray(type) && type.includes(name));

function whole(schema: unknown): unknown {
  if (!isRecord(schema)) return schema;
  const known = Object.fromEntries(Object.entries(schema).map(([keyword, value]) => [keyword, wholeIn(keyword, value)]));
  return {
    ...known,
    ...(isOf(schema, 'object') && !isRecord(schema.properties) && { properties: {} }),
    ...(isOf(schema, 'array') && !isRecord(schema.items) && { items: {} }),
  };
}

function wholeIn(keyword: string, value: unknown): unknown {
  if (SCHEMAS.has(keyword) && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, whole(schema)]));
  if (ALTERNATIVES.has(keyword) && Array.isArray(value)) return (value as unknown[]).map(whole);
  return keyword === 'items' || keyword === 'additionalProperties' ? whole(value) : value;
}

/** A function's schema in full; the same text where nothing is missing. */
function wholeSchema(raw: string): string {
  const schema = parseJson(raw);
  const changed = JSON.stringify(whole({ ...recordOf(schema), type: 'object' }));
  return changed === JSON.stringify(schema) ? raw : changed;
}

const wholeFunction = inMember('parameters', wholeSchema);

/** In a tool of either of OpenAI's formats; those of a namespace stand within it. */
const inTool: Change = inObject((raw, key) => {
  if (key === 'parameters') return wholeSchema(raw);
  return key === 'function' ? wholeFunction(raw) : key === 'tools' ? inTools(raw) : raw;
});
const inTools: Change = (raw) => inList(inTool)(raw);

/** Does a refusal say that a function's schema lacks something? */
export const refusesSchema = (message: string): boolean => INCOMPLETE.test(message);

/** The body with whole schemas, where a refusal asks for that. Items of an input may declare tools too. */
export const wholeSchemas = (body: string, message: string): string =>
  refusesSchema(message) ? eachIn('input', inMember('tools', inTools))(inMember('tools', inTools)(body)) : body;
