/** What several routes share: parameters, headers and security schemes. */
import { LONGEST_END_USER } from '../core/labels';
import { header, type Json, type Parameter, query } from './describe';

export const HEADERS: Readonly<Record<string, Json>> = {
  RequestId: {
    description: 'The request’s id; quote it in questions. Also sent as `request-id`.',
    required: true,
    schema: { type: 'string' },
  },
  CreditsCharged: { description: 'The call’s cost, if it is known when the answer begins.', schema: { type: 'string' } },
  JobId: { description: 'The job that makes the answer.', schema: { type: 'string' } },
  IdempotentReplayed: { description: '`true` when an earlier answer is repeated.', schema: { type: 'string' } },
  RetryAfter: { description: 'In seconds; sent only if 30 or less.', schema: { type: 'string' } },
  ShouldRetry: { description: '`false` when a retry cannot succeed.', schema: { type: 'string' } },
  Location: { description: 'Where the browser goes next.', schema: { type: 'string' } },
};

export const SECURITY_SCHEMES: Readonly<Record<string, Json>> = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer ck_...`.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'An API key, as Anthropic’s clients send it.' },
  googleApiKey: { type: 'apiKey', in: 'header', name: 'x-goog-api-key', description: 'An API key, as Google’s clients send it.' },
  azureApiKey: { type: 'apiKey', in: 'header', name: 'api-key', description: 'An API key, as Azure’s clients send it.' },
  keyQuery: { type: 'apiKey', in: 'query', name: 'key', description: 'An API key in the URL, as some of Google’s clients send it.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'gateway.session_token',
    description: 'The session of a person who is signed in (over HTTPS its name begins with `__Secure-`); other sites cannot use it.',
  },
  operator: { type: 'http', scheme: 'bearer', description: 'The operator’s token.' },
};

/** Descriptions of path parameters by name. */
const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  id: 'The id.',
  model: 'The id of the model.',
  item: 'The id of the item.',
  slug: 'The slug.',
  job: 'The id of the job.',
  token: 'Of the URL: nobody can guess it.',
  name: 'The number of the file, with any extension.',
  email: 'The person’s address.',
  keyId: 'The id of the API key.',
  organization: 'The id of the organization, or its slug.',
  user: 'The id of the person.',
  invitation: 'The id of the invitation.',
  provider: 'The id of the identity provider.',
  file: 'Of the film’s `uri`.',
};

export function pathParameter(name: string): Parameter {
  const description = PATH_PARAMETERS[name];
  if (description === undefined) throw new Error(`nothing is said of the path parameter ${name}`);
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

/** Said of every language-model endpoint's request. */
export const PASSED_ON =
  'What is named here is priced or routed on; all other fields go to the provider as they came. What would multiply the price, or lead to another model, is refused by its name, such as `service_tier: priority`; tools that run at the provider are charged beside the tokens.';

export const IDEMPOTENCY = header(
  'Idempotency-Key',
  'The same key and body bring the first answer again without a second charge; another body is refused with 422.',
  { type: 'string', minLength: 1, maxLength: 255 },
);

/** The parameters of every paid call. */
export const OF_CALLS: readonly Parameter[] = [
  IDEMPOTENCY,
  header('x-end-user', 'Whom the call is for, where its format has no field for that: usage can be had by it.', {
    type: 'string',
    maxLength: LONGEST_END_USER,
  }),
  header('x-tags', 'What the call is for, up to ten tags with commas between them: usage can be had by each.', { type: 'string' }),
];

export const RESUMABLE = header('x-resumable', '`true`: the stream can be gone on with at `/v1/generations/{id}/stream`.', {
  type: 'string',
  enum: ['true'],
});

export const PREFER = header(
  'Prefer',
  '`wait=60`: so many seconds are waited for the result, 600 at most. The status comes within 30 s, then white space until the JSON.',
  {
    type: 'string',
    pattern: 'wait=\\d+',
  },
);

export const ORGANIZATION_QUERY = query('org', 'The organization whose it is, by id or slug; your own wallet without.', { type: 'string' });

export const limit = (most: number, usual: number): Parameter =>
  query('limit', 'How many at most.', { type: 'integer', minimum: 1, maximum: most, default: usual });

export const CURSOR = query('cursor', 'The `nextCursor` of the page before.', { type: 'string' });

export const BINARY: Json = { type: 'string', contentMediaType: 'application/octet-stream' };

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export const WEBHOOK_HEADERS: readonly Parameter[] = [
  header('webhook-id', 'The same for all tries of one message.'),
  header('webhook-timestamp', 'When this try was signed, in seconds.'),
  header('webhook-signature', '`v1,` and the base64 of an HMAC-SHA256; several with spaces between them while a secret is changed.'),
];
