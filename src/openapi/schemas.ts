/** Converts zod schemas to OpenAPI 3.1's, which are JSON Schema. */
import * as z from 'zod';
import { FAMILIES } from '../core/family';
import { MAX_MODELS } from '../dialects/other-models';
import type { Json, Parameter } from './describe';
import { describeFields } from './field-words';

const REFERENCE = '#/components/schemas/';
/** Formats for which zod also writes a long, redundant pattern. */
const SAID_BY_FORMAT = new Set(['date-time', 'email', 'uri']);

type Override = (context: { jsonSchema: z.core.JSONSchema.BaseSchema }) => void;

const plain: Override = ({ jsonSchema }) => {
  if (jsonSchema.format !== undefined && SAID_BY_FORMAT.has(jsonSchema.format)) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

const OPTIONS = { io: 'input', unrepresentable: 'any', override: plain } as const;

const NAMED = new Map<string, z.ZodType>();

/** Gives a schema a name in the document, which is also its type's name in the SDK. */
export function named<T extends z.ZodType>(name: string, schema: T): T {
  NAMED.set(name, schema);
  return schema;
}

/** Marks what is accepted without being described. Types leave it out, so that the described variants can be told apart. */
const unlisted = <T extends z.ZodType>(schema: T): T => schema.meta({ 'x-unlisted': true });

/** The values that a field may have in the variants of a schema. */
function wordsOf(schema: z.ZodType, field: string): string[] {
  if (schema instanceof z.ZodDiscriminatedUnion) return schema.def.options.flatMap((kind) => wordsOf(kind as z.ZodType, field));
  const word: unknown = schema instanceof z.ZodObject ? schema.shape[field] : undefined;
  if (word instanceof z.ZodLiteral) return [...word.values].map(String);
  if (word instanceof z.ZodEnum) return word.options.map(String);
  throw new Error(`nothing tells the kinds apart by ${field}`);
}

/** Described variants, told apart by a field, plus any undescribed variant whose value is not one of `elsewhere`. */
export function open<T extends z.ZodType, F extends string>(name: string, field: F, listed: T, elsewhere: readonly string[] = []) {
  const known = [...wordsOf(listed, field), ...elsewhere];
  const shape = { [field]: z.string().meta({ not: { enum: known } }) } as Record<F, z.ZodString>;
  return z.union([named(name, listed), unlisted(z.looseObject(shape))]);
}

/** The same for plain strings. */
export const openWords = <const T extends readonly [string, ...string[]]>(name: string, words: T) =>
  z.union([named(name, z.enum(words)), unlisted(z.string().meta({ not: { enum: words } }))]);

/** Another name for a field; types leave it out. */
export const aliasOf = <T extends z.ZodType>(name: string, schema: T): T =>
  schema.meta({ description: `The same as \`${name}\`.`, 'x-alias-of': name });

/** Collects named schemas, each once in the document. */
export class Schemas {
  private readonly registry = z.registry<{ id: string }>();
  private readonly names = new Set<string>();

  constructor() {
    for (const [id, schema] of NAMED) {
      this.names.add(id);
      this.registry.add(schema, { id });
    }
  }

  /** A reference to a schema, which gets this name unless it has one. */
  reference(schema: z.ZodType, name: string): Json {
    const known = this.registry.get(schema);
    if (!known) {
      if (this.names.has(name)) throw new Error(`two schemas are called ${name}`);
      this.names.add(name);
      this.registry.add(schema, { id: name });
    }
    return { $ref: REFERENCE + (known?.id ?? name) };
  }

  all(): Record<string, Json> {
    const { schemas } = z.toJSONSchema(this.registry, { ...OPTIONS, uri: (id) => REFERENCE + id });
    const entries = Object.entries(schemas).map(([id, { $schema: _schema, $id: _id, ...schema }]): [string, Json] => [id, schema]);
    for (const [id, schema] of entries) describeFields(id, schema);
    return Object.fromEntries(entries);
  }
}

/** The members of an object schema as query parameters. */
export function queryOf(schema: z.ZodType, descriptions: Record<string, string>): Parameter[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, OPTIONS);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    description: descriptions[name] ?? name,
    schema: property as Json,
    ...(required.includes(name) && { required: true }),
  }));
}

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ object: z.literal('list'), data: z.array(item), next: z.string().nullable() });

export const time = z.iso.datetime();
export const family = named('ModelFamily', z.enum(FAMILIES).meta({ description: 'Families of models, by the endpoints that serve them.' }));
export const credits = z.number().meta({ description: '100 credits are 1 USD.' });
export const records = z.record(z.string(), z.unknown());
/** `models` of a call; see `splitModels`. */
export const otherModels = z.array(z.string()).max(MAX_MODELS).nullish().meta({
  description: 'Asked one after the other should the `model`, or the first of them, fail; charged is the one that answers.',
});
