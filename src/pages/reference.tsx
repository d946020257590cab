/** The API reference, made from `/openapi.json`'s document: a page for each group of paths. */
import type { FC } from 'hono/jsx';
import { listOf, recordOf, textOrEmpty } from '../core/record';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { openapiDocument } from '../openapi-document';
import { type AccountRoute, parameter } from '../routes/account/route';
import { Code, Headings, Name, Scroll } from './parts';
import { lostPage, page, viewerOf } from './shell';

type Json = Record<string, unknown>;

interface Operation {
  method: string;
  path: string;
  id: string;
  summary: string;
  description: string;
  parameters: Json[];
  body: Json | undefined;
  answers: [status: string, description: string][];
}

interface Group {
  slug: string;
  name: string;
  description: string;
  operations: Operation[];
}

const slugOf = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

class Document {
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
        const { tags, operationId, summary, description, parameters, requestBody, responses } = recordOf(value);
        if (!Array.isArray(tags)) return [];
        const operation: Operation = {
          ...{ method, path, id: textOrEmpty(operationId), summary: textOrEmpty(summary), description: textOrEmpty(description) },
          parameters: Array.isArray(parameters) ? parameters.map((one) => this.resolve(one)) : [],
          body: requestBody === undefined ? undefined : this.resolve(requestBody),
          answers: Object.entries(recordOf(responses)).map(([status, answer]) => [status, textOrEmpty(this.resolve(answer).description)]),
        };
        return [{ tag: tags[0], operation }];
      }),
    );
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
}

let read: Promise<Document> | undefined;

function documentOf(c: AppContext): Promise<Document> {
  read ??= openapiDocument(new Request(new URL('/openapi.json', c.req.url)))
    .then((response) => response.json<Json>())
    .then((json) => new Document(json))
    .catch((error: unknown) => {
      read = undefined;
      throw error;
    });
  return read;
}

/** Renders text in backquotes as code. */
const Words: FC<{ of: string }> = ({ of }) => <>{of.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>;

type Field = { name: string; type: string; required: boolean; description: string };

const Fields: FC<{ label: string; fields: Field[] }> = ({ label, fields }) => (
  <Scroll label={label}>
    <table>
      <Headings of={[label, 'What']} />
      <tbody>
        {fields.map(({ name, type, required, description }) => (
          <tr>
            <th scope="row" class="what">
              <span class="mono">
                <Name of={name} />
              </span>
              <small>
                {type}
                {required && ', required'}
              </small>
            </th>
            <td class="break">
              <Words of={description} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
);

const Asked: FC<{ operation: Operation; document: Document }> = ({ operation: { parameters, body }, document }) => {
  const named = parameters.map(({ name, schema, required, description }) => ({
    ...{ name: textOrEmpty(name), type: document.typeOf(schema), required: required === true, description: textOrEmpty(description) },
  }));
  const fields = body ? document.fieldsOf(body) : [];
  return (
    <>
      {named.length > 0 && <Fields label="Parameter" fields={named} />}
      {fields.length > 0 && <Fields label="Field" fields={fields} />}
    </>
  );
};

const OperationPart: FC<{ operation: Operation; document: Document; origin: string }> = ({ operation, document, origin }) => {
  const { method, path, id, summary, description, body, answers } = operation;
  const example = body && document.exampleOf(body);
  return (
    <section class="operation stack" id={id} aria-labelledby={`${id}-name`}>
      <div class="tight">
        <h2 id={`${id}-name`}>{summary}</h2>
        <p>
          <span class={`verb ${method}`}>{method.toUpperCase()}</span>
          <span class="path">{path}</span>
        </p>
      </div>
      {description.split('\n\n').map((paragraph) => (
        <p class="prose">
          <Words of={paragraph} />
        </p>
      ))}
      <Asked operation={operation} document={document} />
      {example !== undefined && <Code label={`${method.toUpperCase()} ${origin}${path}`}>{JSON.stringify(example, null, 2)}</Code>}
      <p class="small quiet">
        Answers{' '}
        {answers.map(([status, said], index) => (
          <>
            {index > 0 && ', '}
            <span class="mono" title={said}>
              {status}
            </span>
          </>
        ))}
      </p>
    </section>
  );
};

const Groups: FC<{ groups: Group[]; at?: string }> = ({ groups, at }) => (
  <nav aria-label="Groups">
    <a href="/docs/api" {...(at === undefined && { 'aria-current': 'page' })}>
      All
    </a>
    {groups.map(({ slug, name }) => (
      <a href={`/docs/api/${slug}`} {...(slug === at && { 'aria-current': 'page' })}>
        {name}
      </a>
    ))}
  </nav>
);

async function contents(c: AppContext): Promise<Response> {
  const groups = (await documentOf(c)).groups();
  return page(
    c,
    { title: 'API reference', context: await viewerOf(c) },
    <>
      <div class="stack">
        <h1>API reference</h1>
        <p class="lead">
          Every path with what it takes and answers. Also as <a href="/openapi.json">one OpenAPI document</a>, for generators and tools.
        </p>
      </div>
      <div class="sides">
        <Groups groups={groups} />
        <div class="loose">
          {groups.map(({ slug, name, description, operations }) => (
            <section class="stack" aria-labelledby={slug}>
              <div class="tight">
                <h2 id={slug}>{name}</h2>
                <p class="quiet">{description}</p>
              </div>
              <ul class="lines">
                {operations.map(({ method, path, id, summary }) => (
                  <li>
                    <a class="name" href={`/docs/api/${slug}#${id}`}>
                      <span class={`verb ${method}`}>{method.toUpperCase()}</span>
                      <span class="path">{path}</span>
                    </a>
                    <span class="small quiet">
                      <Words of={summary} />
                    </span>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </div>
      </div>
    </>,
  );
}

async function group(c: AppContext): Promise<Response> {
  const document = await documentOf(c);
  const groups = document.groups();
  const found = groups.find(({ slug }) => slug === parameter(c, 'group'));
  if (!found) return lostPage(c);
  const { origin } = accountPlaneDeps(c);
  return page(
    c,
    { title: `${found.name}, API reference`, description: found.description, context: await viewerOf(c) },
    <>
      <div class="stack">
        <p class="small">
          <a href="/docs">Docs</a> <span class="quiet">/</span> <a href="/docs/api">API reference</a>
        </p>
        <h1>{found.name}</h1>
        <p class="lead">{found.description}</p>
      </div>
      <div class="sides">
        <Groups groups={groups} at={found.slug} />
        <div class="loose">
          {found.operations.map((operation) => (
            <OperationPart operation={operation} document={document} origin={origin} />
          ))}
        </div>
      </div>
    </>,
  );
}

export const referencePages: AccountRoute[] = [
  { method: 'GET', path: '/docs/api', permission: 'public', handle: contents },
  { method: 'GET', path: '/docs/api/:group', permission: 'public', handle: group },
];
