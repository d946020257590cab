/** What the API reference shows of `/openapi.json`'s document. */
import { listOf, recordOf, textOrEmpty } from '../core/record';

export type Json = Record<string, unknown>;

export interface Operation {
  method: string;
  path: string;
  id: string;
  summary: string;
  description: string;
  parameters: Json[];
  body: Json | undefined;
  answers: [status: string, description: string][];
  /** The schema of a JSON answer that is no failure. */
  answer: unknown;
  /** Whether it answers with a file, which is not to be shown by a shell. */
  isFile: boolean;
  /** Whether a key may be sent, or the operator's token must. */
  asks: 'key' | 'operator' | undefined;
}

export interface Group {
  slug: string;
  name: string;
  description: string;
  operations: Operation[];
}

/** How many objects inside each other are shown. */
const DEEPEST = 5;

const asksFor = (security: unknown): Operation['asks'] => {
  const schemes = listOf(security).flatMap((one) => Object.keys(recordOf(one)));
  return (['key', 'operator'] as const).find((who) => schemes.includes(who === 'key' ? 'bearer' : who));
};

const slugOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

export class Document {
  constructor(private readonly json: Json) {}

  /** Follows a `$ref` within the document; anything else is returned as it is. */
  resolve(value: unknown): Json {
    const reference = textOrEmpty(recordOf(value).$ref);
    if (!reference.startsWith('#/')) return recordOf(value);
    return this.resolve(
      reference
        .slice(2)
        .split('/')
        .reduce((at: unknown, part) => recordOf(at)[part], this.json),
    );
  }

  groups(): Group[] {
    const tags = Array.isArray(this.json.tags) ? this.json.tags.map(recordOf) : [];
    const all = this.operations();
    return tags.flatMap(({ name, description }) => {
      const operations = all.filter(({ tag }) => tag === name).map(({ operation }) => operation);
      return operations.length > 0
        ? [{ slug: slugOf(textOrEmpty(name)), name: textOrEmpty(name), description: textOrEmpty(description), operations }]
        : [];
    });
  }

  private operations(): { tag: unknown; operation: Operation }[] {
    return Object.entries(recordOf(this.json.paths)).flatMap(([path, methods]) =>
      Object.entries(recordOf(methods)).flatMap(([method, value]) => {
        const { tags, operationId, summary, description, parameters, requestBody, responses, security } = recordOf(value);
        if (!Array.isArray(tags)) return [];
        const operation: Operation = {
          ...{ method, path, id: textOrEmpty(operationId), summary: textOrEmpty(summary), description: textOrEmpty(description) },
          parameters: Array.isArray(parameters) ? parameters.map((one) => this.resolve(one)) : [],
          body: requestBody === undefined ? undefined : this.resolve(requestBody),
          answers: Object.entries(recordOf(responses)).map(([status, answer]) => [status, textOrEmpty(this.resolve(answer).description)]),
          ...this.answerOf(recordOf(responses)),
          asks: asksFor(security),
        };
        return [{ tag: tags[0], operation }];
      }),
    );
  }

  private answerOf(responses: Json): Pick<Operation, 'answer' | 'isFile'> {
    const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
    const contents = good.flatMap(([, answer]) => Object.entries(recordOf(this.resolve(answer).content)));
    const answer = contents.find(([type]) => type === 'application/json')?.[1];
    return { answer: recordOf(answer).schema, isFile: !answer && contents.some(([type]) => type.endsWith('/*')) };
  }

  /** A schema in a few words. */
  typeOf(schema: unknown): string {
    const { type, enum: values, const: only, anyOf, oneOf, items } = this.resolve(schema);
    if (Array.isArray(values)) return values.slice(0, 8).map(String).join(' | ') + (values.length > 8 ? ' | …' : '');
    if (only !== undefined) return String(only);
    const several = [anyOf, oneOf].find((list) => Array.isArray(list));
    if (Array.isArray(several)) return [...new Set(several.map((one) => this.typeOf(one)))].join(' or ');
    if (type === 'array') return `list of ${this.typeOf(items)}`;
    return Array.isArray(type) ? type.join(' or ') : textOrEmpty(type) || 'anything';
  }

  fieldsOf(body: Json): { name: string; type: string; required: boolean; description: string }[] {
    const content = recordOf(body.content);
    const { schema } = recordOf(content['application/json'] ?? Object.values(content)[0]);
    const shapes = this.shapesOf(schema);
    const properties = Object.assign({}, ...shapes.map((shape) => recordOf(shape.properties))) as Json;
    // Of alternatives, only what all of them require is required.
    const lists = shapes.map(({ required }) => listOf(required));
    const needed = (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
    return Object.entries(properties).map(([name, value]) => ({
      ...{ name, type: this.typeOf(value), required: needed.includes(name) },
      description: textOrEmpty(recordOf(value).description) || textOrEmpty(this.resolve(value).description),
    }));
  }

  /** A schema, or the alternatives of one. */
  private shapesOf(schema: unknown): Json[] {
    const shape = this.resolve(schema);
    const several = [shape.anyOf, shape.oneOf, shape.allOf].find((list) => Array.isArray(list));
    return Array.isArray(several) ? several.flatMap((one) => this.shapesOf(one)) : [shape];
  }

  exampleOf(body: Json): unknown {
    const examples = Object.values(recordOf(recordOf(recordOf(body.content)['application/json']).examples));
    return recordOf(examples[0]).value;
  }

  /**
   * An answer's JSON with types in place of values. Of alternatives it is the first that has fields; of an answer's own,
   * which are states of one thing, the one that has most.
   */
  skeletonOf(schema: unknown, indent = '', depth = 0): string {
    const { type, properties, items, anyOf, oneOf, enum: values, const: only } = this.resolve(schema);
    const words = only === undefined ? values : [only];
    if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(' | ');
    const several = [anyOf, oneOf].find((list) => Array.isArray(list));
    if (Array.isArray(several)) {
      const rich = several.filter((one) => this.isRich(one));
      const count = (one: unknown): number => Object.keys(recordOf(this.resolve(one).properties)).length;
      const shown = depth === 0 ? rich.sort((one, other) => count(other) - count(one))[0] : rich[0];
      return shown === undefined
        ? [...new Set(several.map((one) => this.skeletonOf(one, indent, depth)))].join(' | ')
        : this.skeletonOf(shown, indent, depth);
    }
    if (type === 'array') return `[${this.skeletonOf(items, indent, depth)}]`;
    const fields = Object.entries(recordOf(properties));
    if (fields.length === 0) return this.typeOf(schema);
    if (depth >= DEEPEST) return '{ … }';
    const lines = fields.map(([name, value]) => `${indent}  "${name}": ${this.skeletonOf(value, `${indent}  `, depth + 1)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }

  private isRich(schema: unknown): boolean {
    const { properties, items, anyOf, oneOf } = this.resolve(schema);
    if (properties !== undefined) return true;
    if (items !== undefined) return this.isRich(items);
    return listOf(anyOf ?? oneOf).some((one) => this.isRich(one));
  }
}
