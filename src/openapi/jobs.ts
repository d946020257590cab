/** Jobs, and how customers are told of them. */
import * as z from 'zod';
import type { Family } from '../core/family';
import { FINAL_STATES } from '../jobs/types';
import { JOB_STATUSES } from '../jobs/view';
import { DELIVERY_STATES } from '../routes/media/webhooks';
import { json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { limit, PREFER } from './parts';
import { credits, named, pageOf, time } from './schemas';

const JOB_HEADERS = ['x-job-id'] as const;
const JOB_TYPES = ['image', 'video', 'audio', '3d', 'gpu'] as const satisfies readonly Family[];
const STATES = ['queued', 'submitting', 'running', ...FINAL_STATES];

const type = named('JobType', z.enum(JOB_TYPES).meta({ description: 'Model families whose calls are jobs.' }));

const base = {
  id: z.string(),
  object: z.literal('job'),
  jobId: z.string(),
  type,
  model: z.string(),
  creditsUsed: credits.meta({
    description: 'Held while the job runs, charged when it is completed, and 0 otherwise. 100 credits are 1 USD.',
  }),
  requestId: z.string().meta({ description: 'The id with which `/v1/generations/{id}` shows the receipt.' }),
  createdAt: time,
  startedAt: time.nullable(),
};

export const outputJsonUrl = z
  .string()
  .optional()
  .meta({ description: 'The URL of a GPU run’s `output` as JSON, if that is too large to be shown here.' });

export const segment = named(
  'TranscriptSegment',
  z.looseObject({ text: z.string(), start: z.number(), end: z.number() }).meta({ description: 'A part of a transcript, in seconds.' }),
);

const processing = z
  .object({
    ...base,
    status: z.literal('processing'),
    state: z.enum(['queued', 'submitting', 'running']),
    outputUrl: z.null(),
    outputUrls: z.array(z.string()).max(0),
    cancelRequested: z.literal(true).optional(),
    endedAt: z.null(),
  })
  .meta({ description: 'A job under way.' });

const completed = z
  .object({
    ...base,
    status: z.literal('completed'),
    state: z.literal('succeeded'),
    outputUrl: z
      .string()
      .nullable()
      .meta({ description: 'The first of `outputUrls`; null where the result is not a file or is no longer kept.' }),
    outputUrls: z.array(z.string()),
    filesRemovedAt: time.optional().meta({ description: 'When its files were removed; they are kept for a limited time.' }),
    text: z.string().optional().meta({ description: 'The text of a transcription.' }),
    segments: z.array(segment).optional(),
    duration: z.number().nullish().meta({ description: 'For a transcription: the length of the recording in seconds.' }),
    output: z.unknown().optional().meta({ description: 'For a GPU run: what the worker returned, with URLs in place of files as base64.' }),
    outputJsonUrl,
    endedAt: time,
  })
  .meta({ description: 'A completed job, which is charged.' });

const nothing = <T extends 'failed' | 'canceled' | 'expired'>(status: T, description: string) =>
  z
    .object({
      ...base,
      status: z.literal(status),
      state: z.literal(status),
      outputUrl: z.null(),
      outputUrls: z.array(z.string()),
      filesRemovedAt: time.optional(),
      error: z.string(),
      output: z.unknown().optional(),
      endedAt: time,
    })
    .meta({ description });

const failed = nothing('failed', 'Came to nothing, and is free.');
const canceled = nothing('canceled', 'Canceled before it was done: free, but for the GPU time of a deployment’s run.');
const expired = nothing('expired', 'Was not done in the time that it had: free, but for the GPU time of a deployment’s run.');

export const job = named(
  'Job',
  z
    .discriminatedUnion('status', [
      named('ProcessingJob', processing),
      named('CompletedJob', completed),
      named('FailedJob', failed),
      named('CanceledJob', canceled),
      named('ExpiredJob', expired),
    ])
    .meta({ description: 'A job; `status` decides which of these it is.' }),
);

const polled = { pollUrl: z.string() };

/** A job's result, for calls that waited for it. */
export const jobAnswer = z.discriminatedUnion('status', [
  processing.extend(polled),
  completed.extend(polled),
  failed.extend(polled),
  canceled.extend(polled),
  expired.extend(polled),
]);

const told = { jobId: z.string(), type, model: z.string(), creditsUsed: credits };

/** The payload of a webhook. */
export const webhookEvent = named(
  'WebhookEvent',
  z
    .discriminatedUnion('status', [
      z.object({
        ...told,
        status: z.literal('completed'),
        outputUrl: z.string().nullable(),
        outputUrls: z.array(z.string()).optional().meta({ description: 'All files, if there are several.' }),
        text: z.string().optional(),
        output: z.unknown().optional(),
        outputJsonUrl,
      }),
      z.object({
        ...told,
        status: z.enum(['failed', 'canceled']),
        state: z
          .enum(['failed', 'canceled', 'expired'])
          .meta({ description: '`expired` means that it was not done in time; its `status` is `failed`.' }),
        outputUrl: z.null(),
        error: z.string(),
      }),
    ])
    .meta({ description: 'The payload of a webhook; `status` decides which of these it is.' }),
);

const secret = named(
  'WebhookSecret',
  z.object({
    object: z.literal('webhook_secret'),
    secret: z.string().meta({ description: 'The secret for signatures by the Standard Webhooks scheme.' }),
    rotatedAt: time,
  }),
);

const delivery = named(
  'WebhookDelivery',
  z
    .object({
      id: z.string(),
      object: z.literal('webhook_delivery'),
      webhookId: z.string().meta({ description: 'The `webhook-id` header, which all tries share.' }),
      jobId: z.string(),
      url: z.string(),
      state: z.enum(DELIVERY_STATES).meta({ description: '`gone`: the receiver wants no more. `dead`: no try was accepted.' }),
      tries: z.int(),
      attempts: z.array(z.object({ at: time, status: z.int().nullable(), durationMs: z.number(), error: z.string().optional() })),
      createdAt: time,
      nextAt: time.nullable(),
      endedAt: time.nullable(),
    })
    .meta({ description: 'A message and its tries.' }),
);
const deliveryPage = named('WebhookDeliveryList', pageOf(delivery));

const deleted = named('JobDeleted', z.object({ id: z.string(), object: z.literal('job'), deleted: z.literal(true) }));

const jobsOnly: Route[] = [
  {
    method: 'get',
    path: '/v1/jobs',
    id: 'listJobs',
    tag: 'Jobs',
    summary: 'Jobs, newest first',
    access: 'key',
    parameters: [
      limit(100, 20),
      query('before', 'The `next` of the page before.', { type: 'string' }),
      query('state', 'In this state alone.', { type: 'string', enum: STATES }),
      query('status', 'With this `status` alone.', { type: 'string', enum: [...JOB_STATUSES] }),
      query('type', 'Of this family of models alone.', { type: 'string', enum: [...JOB_TYPES] }),
    ],
    answers: { 200: json('A page.', named('JobPage', pageOf(job))) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    id: 'getJob',
    tag: 'Jobs',
    summary: 'One job',
    description: 'An image’s `resultId` works as well.',
    access: 'key',
    parameters: [PREFER],
    answers: { 200: json('The job.', job, JOB_HEADERS) },
    errors: FAILURES.read,
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    id: 'deleteJob',
    tag: 'Jobs',
    summary: 'Delete what a job was asked for and made',
    description:
      'At once, in place of after its time; its files answer 410 then. The job itself stays listed, as what was charged. One that is not over is a 409.',
    access: 'key',
    answers: { 200: json('Its content is gone.', deleted) },
    errors: [...FAILURES.write, 'permission_denied'],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    id: 'cancelJob',
    tag: 'Jobs',
    summary: 'Cancel a job',
    description: 'A job that has not begun ends at once and is free. If its provider cannot cancel, a running job runs to its end.',
    access: 'key',
    answers: { 200: json('The job.', job, JOB_HEADERS) },
    errors: [...FAILURES.write, 'permission_denied'],
  },
  {
    method: 'post',
    path: '/callbacks/{id}/{token}',
    id: 'receiveCallback',
    tag: 'Jobs',
    summary: 'For providers’ callbacks, under URLs that only they are told',
    access: 'public',
    answers: { 200: json('The webhook was accepted.', z.object({ received: z.literal(true) })) },
    errors: ['not_found', 'body_too_large', 'unsupported_encoding', 'invalid_request', 'unavailable', 'internal'],
  },
];

const webhookRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/webhooks/secret',
    id: 'getWebhookSecret',
    tag: 'Webhooks',
    summary: 'The secret that webhooks are signed with',
    access: 'key',
    answers: { 200: json('The secret.', secret) },
    errors: [...FAILURES.read, 'permission_denied'],
    reference: 'https://www.standardwebhooks.com/',
  },
  {
    method: 'post',
    path: '/v1/webhooks/secret/rotate',
    id: 'rotateWebhookSecret',
    tag: 'Webhooks',
    summary: 'Rotate the webhook secret',
    description: 'For a day, webhooks are signed with both secrets.',
    access: 'key',
    answers: { 200: json('The new secret.', secret) },
    errors: [...FAILURES.read, 'permission_denied'],
  },
  {
    method: 'get',
    path: '/v1/webhooks/deliveries',
    id: 'listWebhookDeliveries',
    tag: 'Webhooks',
    summary: 'The log of webhooks, newest first',
    access: 'key',
    parameters: [
      limit(200, 50),
      query('jobId', 'Of this job alone.', { type: 'string' }),
      query('state', 'In this state alone.', { type: 'string', enum: [...DELIVERY_STATES] }),
      query('before', 'The `next` of the page before.', { type: 'string' }),
    ],
    answers: { 200: json('A page.', deliveryPage) },
    errors: FAILURES.read,
  },
  {
    method: 'post',
    path: '/v1/webhooks/deliveries/{id}/redeliver',
    id: 'redeliverWebhook',
    tag: 'Webhooks',
    summary: 'Send a webhook again',
    access: 'key',
    answers: { 200: json('The delivery.', delivery) },
    errors: [...FAILURES.write, 'permission_denied'],
  },
];

export const jobRoutes: Route[] = [...jobsOnly, ...webhookRoutes];
