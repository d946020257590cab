/** Checks real answers against the schemas of `/openapi.json`. */
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

/** Makes unknown fields an error, except where the document says that it allows others. */
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
  private readonly ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: true,
    inlineRefs: false,
    code: { optimize: false },
  });
  private readonly validators = { strict: new WeakMap<Json, ValidateFunction>(), plain: new WeakMap<Json, ValidateFunction>() };
  private readonly patterns: { method: string; path: string; pattern: RegExp; operation: Operation }[];
  /** The operations whose answers were checked. */
  readonly seen = new Set<string>();

  constructor(readonly json: { paths: Record<string, Record<string, Operation>>; components: { schemas: Json; responses: Json } }) {
    formats.default(this.ajv);
    this.ajv.addSchema({ $id: 'strict', components: { schemas: strict(json.components.schemas) as Json } });
    this.ajv.addSchema({ $id: 'plain', components: { schemas: json.components.schemas } });
    this.patterns = this.operations().map((known) => ({ ...known, pattern: patternOf(known.path) }));
  }

  static async of(url: string): Promise<ApiDocument> {
    return new ApiDocument((await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument['json']);
  }

  operations(): { method: string; path: string; operation: Operation }[] {
    return Object.entries(this.json.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method]! })),
    );
  }

  /** The operation of a request; if several patterns match, the one with the fewest parameters. */
  known(method: string, path: string): Operation | undefined {
    const name = path.replace(/\?.*$/, '');
    const fitting = this.patterns
      .filter((known) => known.method === method.toLowerCase() && known.pattern.test(name))
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
    return fitting[0]?.operation;
  }

  find(method: string, path: string): Operation {
    const operation = this.known(method, path);
    if (!operation) throw new Error(`${method} ${path} is not in the document`);
    return operation;
  }

  /** What is wrong with a value by a schema of the document; undefined if nothing is. */
  problem(schema: Json, value: unknown, how: 'strict' | 'plain' = 'strict'): string | undefined {
    let validate = this.validators[how].get(schema);
    if (!validate) {
      const text = JSON.stringify(how === 'strict' ? strict(schema) : schema).replaceAll('"#/components/', `"${how}#/components/`);
      validate = this.ajv.compile(JSON.parse(text) as Json);
      this.validators[how].set(schema, validate);
    }
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors, { separator: '\n' });
  }

  documented({ responses }: Operation, status: number): Documented | undefined {
    const found = responses[status] ?? (status >= 400 ? responses.default : undefined);
    if (found?.$ref === undefined) return found;
    return this.json.components.responses[found.$ref.split('/').at(-1)!] as Documented;
  }
}

const typeOf = (headers: Headers): string => (headers.get('content-type') ?? '').split(';')[0]!.trim();

/** The entry for a content type: its own, or a range such as `audio/*`. */
function mediaOf(content: Record<string, Media>, type: string): Media | undefined {
  return content[type] ?? content[`${type.split('/')[0]}/*`] ?? content['*/*'];
}

interface Received {
  status: number;
  headers: Headers;
  text: string;
  where: string;
}

function problemOfEvents(document: ApiDocument, media: Media, { text, where }: Received): string | undefined {
  const events = text.split(/\n\n/).flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? []);
  // A stream that is resumed after its last event is empty.
  if (events.length === 0) return where.includes('/stream?after=') ? undefined : `${where} has no events`;
  for (const data of events.filter((event) => event !== '[DONE]')) {
    const problem = document.problem(media.schema.contentSchema as Json, JSON.parse(data));
    if (problem) return `${where}\n${data.slice(0, 1_000)}\n${problem}`;
  }
  return undefined;
}

/** What in an answer differs from the document: status, headers, content type or body. */
export function problemOf(document: ApiDocument, operation: Operation, received: Received): string | undefined {
  const { status, headers, text, where } = received;
  const documented = document.documented(operation, status);
  if (!documented) return `${where} is not documented\n${text.slice(0, 1_000)}`;
  if (!headers.get('x-request-id')) return `${where} has no request id`;
  if (!documented.content) return undefined;
  const type = typeOf(headers);
  const media = mediaOf(documented.content, type);
  if (!media) return `${where} documents no ${type}\n${text.slice(0, 1_000)}`;
  if (type === 'text/event-stream') return problemOfEvents(document, media, received);
  if (type !== 'application/json') return undefined;
  const json: unknown = JSON.parse(text);
  // An error that comes after the status was sent has a shape of its own.
  const problem = document.problem(media.schema, json);
  if (!problem) return undefined;
  const late = status < 400 ? document.documented(operation, 502)?.content?.['application/json'] : undefined;
  if (late && !document.problem(late.schema, json)) return undefined;
  return `${where}\n${text.slice(0, 2_000)}\n${problem}`;
}

/** Checks status, headers, content type and body of a real answer; returns its body as JSON, or else as text. */
export async function expectDocumented(document: ApiDocument, response: Response, method: string, path: string): Promise<unknown> {
  const operation = document.find(method, path);
  document.seen.add(operation.operationId);
  const { status, headers } = response;
  const text = await response.text();
  expect(problemOf(document, operation, { status, headers, text, where: `${method.toUpperCase()} ${path} ${status}` })).toBeUndefined();
  return typeOf(headers) === 'application/json' ? JSON.parse(text) : text;
}
