/** Jobs, and how customers are told of them. */
import { z } from 'zod';
import { FAMILIES } from '../core/family';
import { FINAL_STATES } from '../jobs/types';
import { DELIVERY_STATES } from '../routes/media/webhooks';
import { json, query, type Route } from './describe';
import { FAILURES } from './errors';
import { limit, PREFER } from './parts';
import { credits, records, time } from './schemas';

const JOB_HEADERS = ['x-job-id'] as const;
const STATES = ['queued', 'submitting', 'running', ...FINAL_STATES];

export const job = z
  .object({
    id: z.string(),
    object: z.literal('job'),
    status: z.enum(['processing', 'completed', 'failed', 'canceled', 'expired']),
    outputUrl: z.string().nullable(),
    outputUrls: z.array(z.string()),
    jobId: z.string(),
    type: z.enum(FAMILIES),
    model: z.string(),
    creditsUsed: credits,
    text: z.string().optional(),
    segments: z.array(records).optional(),
    duration: z.number().nullish(),
    output: z.unknown().optional(),
    error: z.string().optional(),
    state: z.enum(STATES as [string, ...string[]]),
    requestId: z.string(),
    cancelRequested: z.boolean().optional(),
    filesRemovedAt: time.optional(),
    createdAt: time,
    startedAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({ description: '`status`, `outputUrl`, `jobId`, `type`, `model`, `creditsUsed` and `error` are also what a webhook is told.' });

/** The end of a job, where it was waited for. */
export const jobAnswer = job.extend({ pollUrl: z.string() });

const list = <T extends z.ZodType>(item: T) => z.object({ object: z.literal('list'), data: z.array(item), next: z.string().nullable() });

const secret = z.object({
  object: z.literal('webhook_secret'),
  secret: z.string().meta({ description: 'Signs by the Standard Webhooks scheme.' }),
  rotatedAt: time,
});

const delivery = z.object({
  id: z.string(),
  object: z.literal('webhook_delivery'),
  webhookId: z.string().meta({ description: 'The `webhook-id` header.' }),
  jobId: z.string(),
  url: z.string(),
  state: z.enum(DELIVERY_STATES),
  tries: z.int(),
  attempts: z.array(z.object({ at: time, status: z.int().nullable(), durationMs: z.number(), error: z.string().optional() })),
  createdAt: time,
  nextAt: time.nullable(),
  endedAt: time.nullable(),
});

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
      query('type', 'Of this family of models alone.', { type: 'string', enum: [...FAMILIES] }),
    ],
    answers: { 200: json('A page.', list(job)) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    id: 'getJob',
    tag: 'Jobs',
    summary: 'One job',
    description: '`resultId` of an image finds its job too.',
    access: 'key',
    parameters: [PREFER],
    answers: { 200: json('The job.', job, JOB_HEADERS) },
    errors: FAILURES.read,
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    id: 'cancelJob',
    tag: 'Jobs',
    summary: 'Cancel a job',
    description: 'What was not begun costs nothing. A provider that cannot cancel makes the job run to its end.',
    access: 'key',
    answers: { 200: json('The job.', job, JOB_HEADERS) },
    errors: FAILURES.write,
  },
  {
    method: 'post',
    path: '/callbacks/{id}/{token}',
    id: 'receiveCallback',
    tag: 'Jobs',
    summary: 'Where providers report; the URL is known to them alone',
    access: 'public',
    answers: { 200: json('It was taken.', z.object({ received: z.literal(true) })) },
    errors: ['not_found', 'body_too_large', 'unsupported_encoding', 'invalid_request', 'internal'],
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
    errors: FAILURES.read,
    reference: 'https://www.standardwebhooks.com/',
  },
  {
    method: 'post',
    path: '/v1/webhooks/secret/rotate',
    id: 'rotateWebhookSecret',
    tag: 'Webhooks',
    summary: 'A new secret',
    description: 'For a time webhooks are signed with both.',
    access: 'key',
    answers: { 200: json('The new secret.', secret) },
    errors: FAILURES.read,
  },
  {
    method: 'get',
    path: '/v1/webhooks/deliveries',
    id: 'listWebhookDeliveries',
    tag: 'Webhooks',
    summary: 'What became of webhooks, newest first',
    access: 'key',
    parameters: [
      query('jobId', 'Of this job alone.', { type: 'string' }),
      query('state', 'In this state alone.', { type: 'string', enum: [...DELIVERY_STATES] }),
      query('before', 'The `next` of the page before.', { type: 'string' }),
    ],
    answers: { 200: json('A page of 50.', list(delivery)) },
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
    errors: FAILURES.write,
  },
];

export const jobRoutes: Route[] = [...jobsOnly, ...webhookRoutes];
