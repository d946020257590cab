/** The schema of `CUSTOM_MEDIA_PROVIDERS`, which describes a job vendor over HTTP without code. */
import * as z from 'zod';
import { headerNameSchema, headersSchema, nameSchema, providerIdSchema } from '../custom-config';

const field = nameSchema.exactOptional();
const words = z.array(nameSchema).exactOptional();
const path = (placeholder: string) =>
  z
    .string()
    .max(500)
    .regex(/^\/(?!\/)[^\s#\\]*$/, 'must be a path below the base URL, beginning with one slash')
    .refine((text) => !/\{(?!model\}|id\})/.test(text), `knows no other placeholder than ${placeholder}`);
/** A path into an answer: names separated by dots, `[]` for every element of a list. */
const place = z
  .string()
  .max(200)
  .regex(/^[\w-]+(?:\[\])*(?:\.[\w-]+(?:\[\])*)*$/, 'must look like "data.outputs[].url"');

/** The vendor's names for what the gateway knows of a request; anything without a name is not sent. */
const fields = z.strictObject({
  prompt: field,
  count: z.strictObject({ name: nameSchema, max: z.int().min(1).max(10) }).exactOptional(),
  size: z
    .strictObject({ name: nameSchema, form: z.enum(['star', 'x', 'object']), minSide: z.int().min(1).max(8_192).exactOptional() })
    .exactOptional(),
  aspectRatio: field,
  ratios: words,
  resolution: z
    .strictObject({ name: nameSchema, form: z.literal('lower').exactOptional(), half: z.boolean().exactOptional() })
    .exactOptional(),
  duration: z
    .strictObject({
      name: nameSchema,
      form: z.enum(['number', 'text', 'suffixed']),
      offered: z.array(z.number().positive().max(3_600)).default([]),
    })
    .exactOptional(),
  firstFrame: field,
  lastFrame: field,
  references: z.strictObject({ name: nameSchema, form: z.enum(['list', 'single']) }).exactOptional(),
  mask: field,
  negativePrompt: field,
  seed: field,
  quality: field,
  outputFormat: z.strictObject({ name: nameSchema, jpeg: field }).exactOptional(),
  image: field,
  views: z.strictObject({ front: nameSchema, back: nameSchema, left: nameSchema, right: nameSchema }).exactOptional(),
});

const submit = z.strictObject({
  /** For example `/v1/{model}/jobs`. */
  path: path('{model}').refine((text) => !text.includes('{id}'), 'has no {id} yet'),
  /** The fields for the model, our job id and the webhook URL. */
  modelField: field,
  referenceField: field,
  callbackField: field,
  /** The field that holds the whole request, where that is not the body itself. */
  inputField: field,
  fields: fields.default({}),
  /** Sent with every job; neither the caller nor defaults can change it. */
  body: z.record(z.string(), z.json()).default({}),
  /** The header for our job id, with which a repeated submit starts only one job. */
  idempotencyHeader: headerNameSchema.exactOptional(),
});

const answer = z.strictObject({
  id: place.default('id'),
  status: place.exactOptional(),
  /** Files by URL, as data URL or, if `outputForm` says so, as base64. */
  outputs: place,
  outputForm: z.enum(['url', 'base64']).default('url'),
  /** Whether downloading them needs the key. */
  outputsNeedKey: z.boolean().default(false),
  error: place.exactOptional(),
});

/** Words for states, in addition to the usual ones. */
const states = z.strictObject({ running: words, succeeded: words, failed: words, canceled: words });

const model = z.strictObject({
  /** The model's id in the catalogue. */
  id: nameSchema,
  upstreamModel: nameSchema.exactOptional(),
  upstreamModelWithReferences: nameSchema.exactOptional(),
  /** Replaces the provider's field names. */
  fields: fields.exactOptional(),
  defaults: z.record(z.string(), z.json()).exactOptional(),
});

export const customMediaProviders = z.array(
  z.strictObject({
    id: providerIdSchema,
    label: nameSchema.exactOptional(),
    baseUrl: z.string(),
    apiKey: z.string().exactOptional(),
    auth: z.strictObject({ header: headerNameSchema, prefix: z.string().max(50).default('') }).exactOptional(),
    headers: headersSchema.exactOptional(),
    kinds: z.array(z.enum(['image', 'video', '3d'])).min(1),
    /** `url`: the gateway hosts data and sends URLs; `data`: everything is sent as data URLs; `any`: as it came. */
    sources: z.enum(['url', 'data', 'any']).default('url'),
    submit,
    answer,
    states: states.default({}),
    /** Left out where every submit is answered with the result. */
    poll: z.strictObject({ path: path('{id} and {model}'), answer: answer.exactOptional() }).exactOptional(),
    cancel: z
      .strictObject({ path: path('{id} and {model}'), method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST') })
      .exactOptional(),
    submitTimeoutSeconds: z.int().min(1).max(600).exactOptional(),
    models: z.array(model).min(1),
  }),
);

export type CustomMedia = z.infer<typeof customMediaProviders>[number];
export type AnswerPlaces = CustomMedia['answer'];
