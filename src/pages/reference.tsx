/** The API reference, made from `/openapi.json`'s document: a page for each group of paths. */
import type { FC } from 'hono/jsx';
import { textOrEmpty } from '../core/record';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { openapiDocument } from '../openapi-document';
import { type AccountRoute, parameter } from '../routes/account/route';
import { Code, Headings, Name, Scroll } from './parts';
import { Document, type Group, type Json, type Operation } from './reference-document';
import { lostPage, page, viewerOf } from './shell';

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

/** The call as a shell takes it. */
function curlOf({ method, path, asks, isFile }: Operation, origin: string, example: unknown): string {
  const headers = [
    ...(asks === undefined ? [] : [`-H "Authorization: Bearer ${asks === 'key' ? '$KEY' : '$ADMIN_TOKEN'}"`]),
    '-H "Content-Type: application/json"',
  ].join(' ');
  const body = JSON.stringify(example, null, 2).replaceAll("'", "'\\''");
  return `curl ${method === 'post' ? '' : `-X ${method.toUpperCase()} `}${origin}${path} \\\n  ${headers} \\\n  -d '${body}'${isFile ? ' -o answer' : ''}`;
}

const OperationPart: FC<{ operation: Operation; document: Document; origin: string }> = ({ operation, document, origin }) => {
  const { method, path, id, summary, description, body, answers, answer } = operation;
  const example = body && document.exampleOf(body);
  const paragraphs = description.split('\n\n').filter((paragraph) => paragraph !== '');
  return (
    <section class="operation stack" id={id} aria-labelledby={`${id}-name`}>
      <div class="tight">
        <h2 id={`${id}-name`}>{summary}</h2>
        <p>
          <span class={`verb ${method}`}>{method.toUpperCase()}</span>
          <span class="path">{path}</span>
        </p>
      </div>
      {paragraphs.map((paragraph) => (
        <p class="prose">
          <Words of={paragraph} />
        </p>
      ))}
      <Asked operation={operation} document={document} />
      {example !== undefined && <Code label={`${summary}, with curl`}>{curlOf(operation, origin, example)}</Code>}
      {answer !== undefined && (
        <details>
          <summary class="small">What it answers</summary>
          <Code label={`Answer: ${summary}`}>{document.skeletonOf(answer)}</Code>
        </details>
      )}
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
