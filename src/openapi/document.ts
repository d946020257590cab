/** The whole document: OpenAPI 3.1 for every path, from the schemas that the routes validate with. Pure. */
import { BASES } from '../http/bases';
import { accountRoutes } from './account';
import { adminRoutes } from './admin';
import { auditAndBillingRoutes } from './billing';
import { conversationRoutes } from './conversations';
import { type Access, type Answer, type Json, type Route, TAGS } from './describe';
import { errorAnswers, errorResponses } from './errors';
import { geminiRoutes } from './gemini';
import { geminiMediaRoutes } from './gemini-media';
import { gpuRoutes } from './gpu';
import { jobRoutes, webhookEvent } from './jobs';
import { languageRoutes } from './language';
import { mediaRoutes } from './media';
import { modelRoutes } from './models';
import { openrouterMediaRoutes } from './openrouter-media';
import { organizationRoutes } from './organizations';
import { BINARY, HEADERS, pathParameter, SECURITY_SCHEMES, WEBHOOK_HEADERS } from './parts';
import { responsesRoutes } from './responses';
import { Schemas } from './schemas';
import { signInRoutes } from './sign-in';
import { storageRoutes } from './storage';
import { filmRoutes } from './videos';

export const ROUTES: readonly Route[] = [
  ...languageRoutes,
  ...responsesRoutes,
  ...conversationRoutes,
  ...geminiRoutes,
  ...modelRoutes,
  ...mediaRoutes,
  ...filmRoutes,
  ...geminiMediaRoutes,
  ...openrouterMediaRoutes,
  ...jobRoutes,
  ...gpuRoutes,
  ...storageRoutes,
  ...accountRoutes,
  ...organizationRoutes,
  ...auditAndBillingRoutes,
  ...signInRoutes,
  ...adminRoutes,
];

const KEY_SCHEMES = [{ bearer: [] }, { apiKey: [] }, { googleApiKey: [] }, { azureApiKey: [] }, { keyQuery: [] }];

const SECURITY: Readonly<Record<Access, Json[]>> = {
  public: [],
  key: KEY_SCHEMES,
  account: [...KEY_SCHEMES, { session: [] }],
  person: [{ session: [] }],
  operator: [{ operator: [] }],
};

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function contentOf(schemas: Schemas, name: string, answer: Answer): Json {
  const { json, events, others = {} } = answer;
  const content: Json = {};
  if (json) content['application/json'] = { schema: schemas.reference(json, name) };
  if (events)
    content['text/event-stream'] = {
      schema: {
        type: 'string',
        description: `${events.words} \`contentSchema\` is of the JSON of each event.`,
        contentMediaType: 'text/event-stream',
        contentSchema: schemas.reference(events.event, `${name}Event`),
      },
      example: events.example,
    };
  for (const [type, schema] of Object.entries(others)) content[type] = { schema };
  return content;
}

const HEADER_NAMES = {
  'x-credits-charged': 'CreditsCharged',
  'x-job-id': 'JobId',
  'idempotent-replayed': 'IdempotentReplayed',
  location: 'Location',
} as const;

function answerOf(schemas: Schemas, name: string, answer: Answer): Json {
  const content = contentOf(schemas, name, answer);
  const named = (answer.headers ?? []).map((header) => [header, { $ref: `#/components/headers/${HEADER_NAMES[header]}` }]);
  return {
    description: answer.description,
    headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' }, ...Object.fromEntries(named) },
    ...(Object.keys(content).length > 0 && { content }),
  };
}

function requestBodyOf(schemas: Schemas, { id, body }: Route): Json | undefined {
  if (!body) return undefined;
  const { schema, types = ['application/json'], required = true, examples } = body;
  const reference = schemas.reference(schema, `${capital(id)}Request`);
  const entries = types.map((type) => [
    type,
    // The file itself has no fields.
    { schema: type === 'application/octet-stream' ? BINARY : reference, ...(type === 'application/json' && { examples }) },
  ]);
  return { required, content: Object.fromEntries(entries) };
}

const pathNames = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

function operationOf(schemas: Schemas, route: Route): Json {
  const { id, tag, summary, access, permission, shape = 'openai', errors, reference } = route;
  const needs =
    permission === undefined || access === 'public' || access === 'person' ? undefined : `Needs the permission \`${permission}\`.`;
  const description = [route.description, needs].filter((part) => part !== undefined).join('\n\n');
  const parameters = [...pathNames(route.path).map(pathParameter), ...(route.parameters ?? [])];
  const requestBody = requestBodyOf(schemas, route);
  const answers = Object.entries(route.answers).map(([status, answer], index) => [
    status,
    answerOf(schemas, `${capital(id)}Answer${index === 0 ? '' : status}`, answer),
  ]);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== '' && { description }),
    ...(reference !== undefined && { externalDocs: { description: 'The format', url: reference } }),
    ...(permission !== undefined && { 'x-permission': permission }),
    security: SECURITY[access],
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...errorAnswers(shape, errors), ...Object.fromEntries(answers) },
  };
}

function pathsOf(schemas: Schemas): Record<string, Json> {
  const paths: Record<string, Json> = {};
  for (const route of ROUTES) {
    const known = paths[route.path] ?? (route.path.startsWith('/v1') ? {} : { servers: [{ url: '/', description: 'This gateway.' }] });
    if (known[route.method]) throw new Error(`${route.method} ${route.path} is described twice`);
    paths[route.path] = { ...known, [route.method]: operationOf(schemas, route) };
  }
  return paths;
}

/** The requests that the gateway sends to customers' servers. */
const webhooksOf = (schemas: Schemas): Json => ({
  jobEnded: {
    post: {
      operationId: 'jobEnded',
      tags: ['Webhooks'],
      summary: 'A job has ended',
      description:
        'Sent to the `webhook_url` of a request, or the `webhookUrl` of a deployment; signed by the Standard Webhooks scheme, and sent again until it is taken.',
      security: [],
      parameters: WEBHOOK_HEADERS,
      requestBody: { required: true, content: { 'application/json': { schema: schemas.reference(webhookEvent, 'WebhookEvent') } } },
      responses: {
        '2XX': { description: 'The webhook was accepted.' },
        410: { description: 'The receiver wants no more; it is not sent again.' },
        default: { description: 'It is sent again later.' },
      },
    },
  },
});

/** The bases in front of paths with `/v1`. */
const SERVERS = BASES.filter((base) => base.endsWith('/v1'))
  .map((base) => base.slice(0, -'/v1'.length) || '/')
  .map((url) => ({ url, description: url === '/' ? 'This gateway.' : `The same under \`${url}/v1\`, for base URLs that clients extend.` }));

const DESCRIPTION = `One key in front of every model, paid from one prepaid wallet: 100 credits are 1 USD.

- Paths under \`/v1\` exist under ${BASES.filter((base) => base !== '/v1')
  .map((base) => `\`${base}\``)
  .join(', ')} too, and Google's own paths below each of them with \`/v1beta\` or \`/gemini\`.
- So do they under \`/openai/v1\` and \`/openai\`, where some clients look for OpenAI's paths; under \`/openai/deployments/{model}\` are completions, embeddings, pictures and sound with that model, whatever the body says.
- They exist without any of these as well, for clients that are given the host alone; \`GET /models\` is a page there unless a key is sent.
- A key that begins with \`ck_test_\` runs every call on the sandbox, free of charge.
- Fields that are not named here go to the provider as they came.
- Any origin may call the API with a key; \`OPTIONS\` answers every path.
- A status under 400 may be followed by an error in the body where an answer took long: its shape is that of the error.`;

export function buildDocument(): Json {
  const schemas = new Schemas();
  const responses = errorResponses(ROUTES, schemas);
  const paths = pathsOf(schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'AI gateway',
      version: '1.0.0',
      description: DESCRIPTION,
    },
    servers: SERVERS,
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhooksOf(schemas),
    components: { schemas: schemas.all(), responses, headers: HEADERS, securitySchemes: SECURITY_SCHEMES },
  };
}
