/** Real answers against the schemas of `/openapi.json`. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect } from 'vitest';

type Json = Record<string, unknown>;

interface Media {
  schema: Json;
  examples?: Record<string, { value: unknown }>;
}

interface Documented {
  $ref?: string;
  description: string;
  headers?: Json;
  content?: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  security: Record<string, unknown>[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Documented>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** A field that the document does not name is one that it lacks: where it allows others, it says so. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, strict(value)]));
  return 'properties' in copy && copy.type === 'object' && !('additionalProperties' in copy)
    ? { ...copy, additionalProperties: false }
    : copy;
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);

export class ApiDocument {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  private readonly validators = new Map<string, ValidateFunction>();
  /** The operations whose answer was looked at. */
  readonly seen = new Set<string>();

  constructor(readonly json: { paths: Record<string, Record<string, Operation>>; components: { schemas: Json; responses: Json } }) {
    formats.default(this.ajv);
    this.ajv.addSchema({ $id: 'strict', components: { schemas: strict(json.components.schemas) as Json } });
    this.ajv.addSchema({ $id: 'plain', components: { schemas: json.components.schemas } });
  }

  static async of(url: string): Promise<ApiDocument> {
    return new ApiDocument((await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument['json']);
  }

  operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.json.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method]! })),
    );
  }

  /** The operation of a request; of several whose pattern fits, the one with the fewest parameters. */
  find(method: string, path: string): Operation {
    const name = path.replace(/\?.*$/, '');
    const fitting = this.operations()
      .filter((known) => known.method === method.toLowerCase() && patternOf(known.path).test(name))
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
    if (!fitting[0]) throw new Error(`${method} ${path} is not in the document`);
    return fitting[0].operation;
  }

  /** What is wrong with a value, by a schema of the document; undefined when all is well. */
  problem(schema: Json, value: unknown, how: 'strict' | 'plain' = 'strict'): string | undefined {
    const key = `${how} ${JSON.stringify(schema)}`;
    let validate = this.validators.get(key);
    if (!validate) {
      const text = JSON.stringify(how === 'strict' ? strict(schema) : schema).replaceAll('"#/components/', `"${how}#/components/`);
      validate = this.ajv.compile(JSON.parse(text) as Json);
      this.validators.set(key, validate);
    }
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors, { separator: '\n' });
  }

  documented({ responses }: Operation, status: number): Documented | undefined {
    const found = responses[status] ?? (status >= 400 ? responses.default : undefined);
    if (found?.$ref === undefined) return found;
    return this.json.components.responses[found.$ref.split('/').at(-1)!] as Documented;
  }
}

const typeOf = (response: Response): string => (response.headers.get('content-type') ?? '').split(';')[0]!.trim();

/** The entry of a content type: its own, or a range such as `audio/*`. */
function mediaOf(content: Record<string, Media>, type: string): Media | undefined {
  return content[type] ?? content[`${type.split('/')[0]}/*`] ?? content['*/*'];
}

function checkEvents(document: ApiDocument, media: Media, text: string, where: string): void {
  const events = text.split(/\n\n/).flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? []);
  expect(events.length, `${where} has events`).toBeGreaterThan(0);
  for (const data of events.filter((event) => event !== '[DONE]'))
    expect(document.problem(media.schema.contentSchema as Json, JSON.parse(data)), `${where}\n${data}`).toBeUndefined();
}

/** Checks status, headers, content type and body of a real answer, and gives its body: JSON, or else its text. */
export async function expectDocumented(document: ApiDocument, response: Response, method: string, path: string): Promise<unknown> {
  const operation = document.find(method, path);
  document.seen.add(operation.operationId);
  const where = `${method.toUpperCase()} ${path} ${response.status}`;
  const text = await response.text();
  const documented = document.documented(operation, response.status);
  expect(documented, `${where} is documented\n${text.slice(0, 1_000)}`).toBeDefined();
  expect(response.headers.get('x-request-id'), `${where} has a request id`).toBeTruthy();
  const type = typeOf(response);
  if (!documented!.content) return text;
  const media = mediaOf(documented!.content, type);
  expect(media, `${where} documents ${type}\n${text.slice(0, 1_000)}`).toBeDefined();
  if (type === 'text/event-stream') {
    checkEvents(document, media!, text, where);
    return text;
  }
  if (type !== 'application/json') return text;
  const json: unknown = JSON.parse(text);
  expect(document.problem(media!.schema, json), `${where}\n${text.slice(0, 2_000)}`).toBeUndefined();
  return json;
}
