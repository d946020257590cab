/**
 * What fields of requests and answers mean, for those whose schemas do not say it themselves: schemas that routes validate with, and
 * formats of others, whose words mean the same wherever they stand.
 */
import type { Json } from './describe';

const FIELDS: Readonly<Record<string, string>> = {
  // Language models.
  model: 'A model’s id, as `/v1/models` lists them.',
  messages: 'The conversation so far, oldest first.',
  stream: '`true` sends the answer as server-sent events while it is made.',
  stream_options: 'What a stream says beside the answer.',
  n: 'How many answers; each is paid.',
  best_of: 'How many answers are made, of which the best come back; each is paid.',
  max_tokens: 'The most tokens that the answer may have.',
  max_completion_tokens: 'The most tokens that the answer may have, its reasoning included.',
  max_output_tokens: 'The most tokens that the answer may have, its reasoning included.',
  temperature: 'How freely words are chosen: 0 for the likeliest ones.',
  top_p: 'Only the likeliest words that together have this probability are chosen from.',
  top_k: 'Only as many of the likeliest words are chosen from.',
  stop: 'Texts before which the answer ends.',
  stop_sequences: 'Texts before which the answer ends.',
  tools: 'What the model may call.',
  tool_choice: 'Whether it must call a tool, and which.',
  response_format: 'The form of the answer.',
  system: 'Instructions that stand above the conversation.',
  instructions: 'Instructions that stand above the input.',
  thinking: 'Whether the model thinks before it answers, and how much.',
  metadata: 'Words of your own, by name.',
  reasoning: 'Whether the model thinks before it answers, and how much.',
  text: 'The form of the answer’s text, such as a JSON Schema in `format`.',
  background: '`true` answers at once with `queued`; the answer is made meanwhile and fetched by its id.',
  store: '`false` keeps nothing of the answer; it cannot be fetched or gone on from.',
  previous_response_id: 'A stored answer, which this one goes on from.',
  conversation: 'A conversation, which input and answer are added to.',
  encoding_format: '`float`, or `base64` for little-endian float32.',
  dimensions: 'How many numbers a vector has, for models that can shorten them.',
  items: 'Messages, and other items of answers.',
  // Google's.
  contents: 'The conversation so far, oldest first.',
  content: 'What a vector is made of.',
  requests: 'One for each vector.',
  generationConfig: 'How the answer is made: its length, its form, and how freely words are chosen.',
  generateContentRequest: 'The whole request whose tokens are counted, in place of `contents`.',
  taskType: 'What the vector is for, such as `RETRIEVAL_QUERY`.',
  title: 'A document’s title, for `RETRIEVAL_DOCUMENT`.',
  outputDimensionality: 'How many numbers a vector has, for models that can shorten them.',
  instances: 'What is to be made: one.',
  parameters: 'How it is made.',
  user: 'Who of your users asks, for your own records.',
  // Pictures, films, sound and 3D models.
  prompt: 'What is to be made, in words.',
  intent: 'What it is for: the cheapest model that can do it is chosen.',
  negative_prompt: 'What is not to be seen.',
  seed: 'The same one makes the same again, as far as the model can.',
  mask: 'Where the picture is to be changed.',
  output_format: 'For example `png`, `jpeg` or `webp`, for models with formats.',
  resolution: 'For example `1080p`, for models with resolutions.',
  seconds: 'The same as `duration`.',
  voice: 'A voice’s id.',
  voice_id: 'A voice’s id; the model’s own voice if left out.',
  format: 'Of the file that is made.',
  language: 'Of the recording, such as `en`; found out if left out.',
  image: 'A picture of the thing: an HTTPS URL, a data URL, or an upload in a form.',
  image_url: 'The same as `image`.',
  front_image_url: 'It from the front.',
  back_image_url: 'It from behind.',
  left_image_url: 'It from the left.',
  right_image_url: 'It from the right.',
  webhook_url: 'Receives a signed webhook when the job ends.',
  // Rented GPUs and files.
  slug: 'Its name in paths: lower-case letters, digits and dashes.',
  dockerImage: 'The container’s image, with its tag.',
  gpuTypes: 'GPUs in the order of preference, as `GET /v1/gpu` lists them: a list, or one text with commas.',
  minWorkers: 'Workers that are always on, 0 by default. One that waits costs a tenth of the dearest of `gpuTypes`.',
  maxWorkers: 'The most workers at a time; 3 by default.',
  idleTimeout: 'Seconds after which an idle worker is stopped; 5 by default.',
  env: 'Environment variables of the container. They are never shown again.',
  webhookUrl: 'Receives a signed webhook when a run ends.',
  file: 'The file.',
  audio: 'The same as `file`.',
  filename: 'Its name; that of the upload if left out.',
  contentType: 'Its type; that of the upload, or what its first bytes look like, if left out.',
  kind: 'A short word of your own by which files are listed, such as `dataset`.',
  // Keys.
  spendingLimit: 'Credits that it may spend in a period; `null` for no limit.',
  limitPeriod: 'After how long the limit starts anew, in UTC; a month by default.',
  autoDisable: 'Disables the key when its limit is reached, until someone enables it again.',
  origins: 'The only web origins that may use it, such as `https://app.example.com`; any if empty.',
  ips: 'The only IP addresses or CIDR ranges that may use it; any if empty.',
  expiresAt: 'When it stops being good; never if `null`.',
  models: 'The only models that it may call; all if empty.',
  families: 'The only families of models that it may call; all if empty.',
  scopes: 'What it may do beside calling models.',
  mode: '`test` runs every call on the sandbox, free of charge.',
  graceSeconds: 'How long the old secret stays good: a day by default, 0 ends it at once.',
  endGrace: 'Ends a still older secret that is good until now.',
  // People and organizations.
  name: 'Shown to people.',
  email: 'An e-mail address.',
  password: 'A password.',
  newPassword: 'The password from now on.',
  callbackURL: 'Where the browser goes afterwards.',
  redirectTo: 'The page that the link in the mail leads to.',
  rememberMe: '`false` ends the session with the browser.',
  token: 'From the link in the mail.',
  role: 'What the member may do.',
  userId: 'The id of a person.',
  confirm: 'The organization’s slug, so that no other is deleted by mistake.',
  forfeitCredits: '`true` deletes it although there are credits in its wallet.',
  type: 'The protocol.',
  issuer: 'Where its discovery document lies.',
  clientId: 'Given by the identity provider.',
  clientSecret: 'Given by the identity provider.',
  domain: 'People with addresses of this domain sign in by it.',
  defaultRole: 'The role of who comes by it.',
  SAMLResponse: 'From the identity provider.',
  RelayState: 'As it was sent to the identity provider.',
  amountUsd: 'What is paid in, in USD.',
  code: 'A voucher’s code.',
  // The operator's.
  credits: '100 credits are 1 USD.',
  tier: 'Which models the account may call.',
  reason: 'For the audit log.',
  eventId: 'The same one gives only once.',
  topUp: 'Counts towards the tier, as what was paid in does.',
  belowZero: 'Lets it take more than there is.',
  factor: 'Of the list prices.',
  status: '`suspended` closes the account: its keys open nothing.',
  at: 'The time to go back to.',
  bookmark: 'The point to go back to, instead of a time.',
  count: 'How many, each with a code of its own.',
  codes: 'Codes of your choice, instead of `count`.',
  maxAccounts: 'How many wallets may redeem it, each once.',
  note: 'For yourself.',
  aheadSeconds: 'Acts as if it were this much later.',
  cursor: 'Where the answer before left off.',
  accountId: 'Of this account alone.',
};

/** Where a field's name means something else than elsewhere. */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  CreateCompletionRequest: { prompt: 'What is gone on from.' },
  EmbeddingParams: { input: 'Texts, or tokens; a vector is made of each.' },
  ResponseParams: { input: 'A text, or messages and other items.' },
  CreateSpeechRequest: { input: 'The text to speak.', response_format: 'Of the file that is made.' },
  CreateTranscriptionRequest: { response_format: '`verbose_json` has times as well; `text`, `srt` and `vtt` are no JSON.' },
  ImageCreateFields: { response_format: '`b64_json` has the pictures themselves in the answer.' },
  ImageEditFields: { response_format: '`b64_json` has the pictures themselves in the answer.' },
  VideoFields: { prompt: 'What is to be seen; with a first frame it may be left out.' },
  Model3dFields: { prompt: 'The thing in words.' },
  CreateIdentityProviderRequest: { metadata: 'The identity provider’s SAML metadata, as XML.' },
  DeploymentParams: { name: 'Shown to people; the slug if left out.' },
  DeploymentFields: {
    minWorkers: 'Workers that are always on. One that waits costs a tenth of the dearest of `gpuTypes`.',
    maxWorkers: 'The most workers at a time.',
    idleTimeout: 'Seconds after which an idle worker is stopped.',
  },
  ApiKeyFields: { status: '`active` enables a key again that was disabled.' },
  AdminCreateKeyRequest: { userId: 'The user whose hourly limits its calls count against; the account’s own if left out.' },
  AdminCheckCatalogueRequest: { text: 'The catalogue’s JSON.' },
};

const JOB = {
  jobId: 'The same as `id`.',
  state: 'How far it is, in finer words than `status`.',
  outputUrls: 'All files that were made.',
};
const KEY = {
  ...Object.fromEntries(
    ['spendingLimit', 'autoDisable', 'origins', 'ips', 'models', 'families', 'expiresAt', 'scopes', 'mode'].map((field) => [
      field,
      FIELDS[field]!,
    ]),
  ),
  userId: 'Whose hourly limits its calls count against.',
  status: '`active`, `disabled` at its limit or by someone, or `revoked` for good.',
  graceUntil: 'Until when the secret before the last rotation is good.',
};
const CHOICES = 'One, unless `n` asks for several.';

/** What fields of answers mean. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ChatCompletion: { choices: CHOICES, model: 'The one that answered.' },
  ChatChunk: { choices: CHOICES, model: 'The one that answers.' },
  Message: { content: 'What the model says, block by block.', model: 'The one that answered.', stop_reason: 'Why the answer ends.' },
  ...Object.fromEntries(['Processing', 'Completed', 'Failed', 'Canceled', 'Expired'].map((state) => [`${state}Job`, JOB])),
  Model: {
    display_name: 'Its name for people.',
    owned_by: 'Its maker.',
    available: 'Whether it can be called now; `unavailable_reason` says why not.',
    capabilities: 'What it can do beside text, such as `vision` or `tools`.',
    context_length: 'The most tokens that a request and its answer may have.',
    max_output_tokens: 'The most tokens that an answer may have.',
    minimum_tier: 'The tier that an account needs for it.',
    aliases: 'Other ids that lead to it.',
  },
  Generation: {
    endpoint: 'The path that was called.',
    outcome:
      'What it was charged by: `actual` figures of the provider, `estimated` ones, or `ceiling`, all that was held; `released` if nothing was.',
    provider: 'The one that answered.',
    usage: 'What was counted.',
    price: 'What it was charged by.',
    attempts: 'Whom it was asked of, in order.',
  },
  ApiKey: KEY,
  NewApiKey: KEY,
  UsageLog: {
    id: 'The request’s id.',
    endpoint: 'The path that was called.',
    keyId: 'The API key that called.',
    endUser: 'Whom the call was for.',
    tags: 'What the call was for.',
    test: 'Whether it was a free call to the sandbox.',
  },
};

const isRequest = (name: string): boolean => /(Params|Fields|Request)$/.test(name) || name === 'ModelOrIntent';

interface Shape extends Json {
  properties?: Record<string, Json>;
}

const partsOf = (schema: Shape): Shape[] => [
  schema,
  ...[schema.anyOf, schema.oneOf, schema.allOf].flatMap((parts) => (parts ?? []) as Shape[]),
];

/** Adds what is known of fields without words of their own. A schema by reference has its own. */
export function describeFields(name: string, schema: Shape): void {
  const known = isRequest(name) ? { ...FIELDS, ...ELSEWHERE[name] } : ANSWERS[name];
  if (!known) return;
  for (const { properties = {} } of partsOf(schema))
    for (const [field, property] of Object.entries(properties)) {
      const words = known[field];
      if (words !== undefined && property.description === undefined && property.not === undefined) property.description = words;
    }
}
