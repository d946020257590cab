import { type Fields, isRecord, listOf, recordOf, textOrEmpty } from '../../core/record';

/** Deeper than this, whatever may be left out is left out: recursive schemas end here. */
const SHALLOW_DEPTH = 3;
const MAX_DEPTH = 32;
const MAX_HOPS = 16;
const MAX_NODES = 5_000;
const MAX_BRANCHES = 100;
const MAX_ITEMS = 100;
const MAX_STRING_LENGTH = 10_000;

const FORMATS = new Map([
  ['date-time', '2026-01-01T00:00:00Z'],
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['duration', 'PT1S'],
  ['email', 'sandbox@example.com'],
  ['hostname', 'sandbox.example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
  ['uri', 'https://sandbox.example.com/'],
  ['url', 'https://sandbox.example.com/'],
]);

interface Context {
  root: unknown;
  nodes: number;
}

/**
 * The least value that satisfies a JSON schema: required properties only, first choices, "sandbox" and 1. It
 * knows local references, unions, intersections, formats and bounds; it does not solve `pattern` (it takes the
 * schema's own example or default), `not`, `if` and dependencies.
 */
export function sampleJson(schema: unknown): unknown {
  return sample(schema, { root: schema, nodes: 0 }, 0);
}

function sample(schema: unknown, context: Context, depth: number): unknown {
  if (context.nodes >= MAX_NODES || depth > MAX_DEPTH) return null;
  const node = flatten(schema, context, depth, 0);
  if (Object.hasOwn(node, 'const')) return node.const;
  if (Array.isArray(node.enum) && node.enum.length > 0) return node.enum[0];
  switch (typeOf(node, depth)) {
    case 'object':
      return sampleObject(node, context, depth);
    case 'array':
      return sampleArray(node, context, depth);
    case 'number':
      return sampleNumber(node, false);
    case 'integer':
      return sampleNumber(node, true);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleString(node);
  }
}

/** One plain node out of references, intersections and unions. */
function flatten(schema: unknown, context: Context, depth: number, hops: number): Fields {
  context.nodes += 1;
  if (!isRecord(schema) || hops > MAX_HOPS || context.nodes > MAX_NODES) return {};
  const { $ref, allOf, anyOf, oneOf, ...own } = schema;
  const parts: unknown[] = [];
  if (typeof $ref === 'string') parts.push(resolve($ref, context));
  if (Array.isArray(allOf)) parts.push(...allOf.slice(0, MAX_BRANCHES));
  for (const options of [anyOf, oneOf]) {
    if (Array.isArray(options) && options.length > 0) parts.push(pickOption(options, context, depth));
  }
  return parts.reduce<Fields>((merged, part) => merge(merged, flatten(part, context, depth, hops + 1)), own);
}

function merge(first: Fields, second: Fields): Fields {
  const merged = { ...first, ...second };
  if (isRecord(first.properties) && isRecord(second.properties)) merged.properties = { ...first.properties, ...second.properties };
  if (Array.isArray(first.required) && Array.isArray(second.required)) merged.required = [...first.required, ...second.required];
  return merged;
}

/** Follows a JSON pointer within the document; anything else may be any value. */
function resolve(reference: string, context: Context): unknown {
  if (!reference.startsWith('#')) return {};
  let node = context.root;
  for (const part of reference.split('/').slice(1)) {
    const key = decodePointer(part);
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return {};
    node = (node as Fields)[key];
  }
  return node;
}

function decodePointer(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

function pickOption(options: unknown[], context: Context, depth: number): unknown {
  if (depth < SHALLOW_DEPTH) return options.find((option) => !isNull(option)) ?? options[0];
  return options.find(isNull) ?? options.find((option) => isScalar(option, context)) ?? options[0];
}

const isNull = (schema: unknown): boolean => isRecord(schema) && (schema.type === 'null' || schema.const === null);

function isScalar(schema: unknown, context: Context): boolean {
  if (!isRecord(schema)) return false;
  const node = typeof schema.$ref === 'string' ? resolve(schema.$ref, context) : schema;
  return (
    isRecord(node) && ('const' in node || 'enum' in node || ['string', 'number', 'integer', 'boolean'].includes(textOrEmpty(node.type)))
  );
}

function typeOf(node: Fields, depth: number): string {
  if (typeof node.type === 'string') return node.type;
  if (Array.isArray(node.type)) {
    const types = node.type.map(textOrEmpty);
    if (depth >= SHALLOW_DEPTH && types.includes('null')) return 'null';
    return types.find((type) => type !== 'null') ?? 'null';
  }
  const has = (...keywords: string[]): boolean => keywords.some((keyword) => Object.hasOwn(node, keyword));
  if (has('properties', 'required', 'additionalProperties')) return 'object';
  if (has('items', 'prefixItems', 'minItems')) return 'array';
  if (has('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf')) return 'number';
  return 'string';
}

function sampleObject(node: Fields, context: Context, depth: number): Fields {
  const properties = recordOf(node.properties);
  const required = Array.isArray(node.required) ? node.required.filter((name) => typeof name === 'string') : [];
  const schemaOf = (name: string): unknown => (Object.hasOwn(properties, name) ? properties[name] : node.additionalProperties);
  // fromEntries rather than assignment: a property may be called __proto__.
  return Object.fromEntries(required.map((name) => [name, sample(schemaOf(name), context, depth + 1)]));
}

function sampleArray(node: Fields, context: Context, depth: number): unknown[] {
  const tuple = [node.prefixItems, node.items].find(Array.isArray) ?? [];
  const rest = Array.isArray(node.items) ? node.additionalItems : node.items;
  const least = readNumber(node.minItems) ?? (depth < SHALLOW_DEPTH && rest !== false && isRecord(rest) ? 1 : 0);
  const most = Math.min(readNumber(node.maxItems) ?? MAX_ITEMS, MAX_ITEMS);
  const length = Math.min(Math.max(least, tuple.length), most);
  return Array.from({ length }, (_, index) => sample(index < tuple.length ? tuple[index] : rest, context, depth + 1));
}

function sampleString(node: Fields): string {
  if (typeof node.pattern === 'string') {
    const examples = listOf(node.examples);
    const example = [...examples, node.default].find((value) => typeof value === 'string');
    if (typeof example === 'string') return example;
  }
  const formatted = FORMATS.get(textOrEmpty(node.format));
  if (formatted) return formatted;
  const least = Math.min(readNumber(node.minLength) ?? 0, MAX_STRING_LENGTH);
  return 'sandbox'.padEnd(least, ' sandbox').slice(0, Math.max(readNumber(node.maxLength) ?? MAX_STRING_LENGTH, 0));
}

const readNumber = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);

/** 1, or the nearest number that the bounds allow. */
function sampleNumber(node: Fields, integer: boolean): number {
  const step = readNumber(node.multipleOf) ?? (integer ? 1 : 0);
  const above = readNumber(node.exclusiveMinimum);
  const below = readNumber(node.exclusiveMaximum);
  const low = Math.max(readNumber(node.minimum) ?? -Infinity, above ?? -Infinity);
  const high = Math.min(readNumber(node.maximum) ?? Infinity, below ?? Infinity);
  const fits = (value: number): boolean =>
    value >= low && value <= high && (above === undefined || value > above) && (below === undefined || value < below);
  if (step > 0) {
    const least = Math.ceil(low / step) * step;
    const most = Math.floor(high / step) * step;
    const candidates = [Math.ceil(1 / step) * step, least, least + step, most, most - step];
    return candidates.find((value) => Number.isFinite(value) && fits(value)) ?? 1;
  }
  const middle = (low + high) / 2;
  return [1, middle, low + 1, high - 1].find((value) => Number.isFinite(value) && fits(value)) ?? 1;
}
