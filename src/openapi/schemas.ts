/** Schemas of zod as schemas of OpenAPI 3.1, which are JSON Schema's. */
import { z } from 'zod';
import type { Json, Parameter } from './describe';

const REFERENCE = '#/components/schemas/';
/** Zod says of formats again as a pattern what they are, at length. */
const SAID_BY_FORMAT = new Set(['date-time', 'email', 'uri']);

type Override = (context: { jsonSchema: z.core.JSONSchema.BaseSchema }) => void;

const plain: Override = ({ jsonSchema }) => {
  if (jsonSchema.format !== undefined && SAID_BY_FORMAT.has(jsonSchema.format)) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

const OPTIONS = { io: 'input', unrepresentable: 'any', override: plain } as const;

/** Schemas by their names: each stands in the document once. */
export class Schemas {
  private readonly registry = z.registry<{ id: string }>();
  private readonly names = new Set<string>();

  /** The reference to a schema, which takes this name if it has none yet. */
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
    const entries = Object.entries(schemas).map(([id, { $schema: _schema, $id: _id, ...schema }]) => [id, schema]);
    return Object.fromEntries(entries);
  }
}

/** The members of an object's schema as parameters of a query. */
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

export const time = z.iso.datetime();
export const credits = z.number().meta({ description: '100 credits are 1 USD.' });
export const records = z.record(z.string(), z.unknown());
