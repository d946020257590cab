/** Rented GPUs. */
import { z } from 'zod';
import { createDeploymentInput, patchDeploymentInput } from '../routes/media/deployments';
import { example, json, type Route } from './describe';
import { FAILURES, ONCE } from './errors';
import { gpuRequest, gpuRunRequest } from './media-input';
import { IDEMPOTENCY, PREFER } from './parts';
import { credits, time } from './schemas';

const JOB_HEADERS = ['x-job-id', 'x-credits-charged', 'idempotent-replayed'] as const;

const run = z.object({
  id: z.string(),
  job_id: z.string(),
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'canceled', 'expired']),
  outputs: z.array(z.string()).optional(),
  output: z.unknown().optional(),
  costCredits: credits.optional(),
  creditsCharged: credits.optional(),
  durationMs: z.number().nullish(),
  executionMs: z.number().nullish(),
  error: z.string().optional(),
  pollUrl: z.string().optional(),
  provider_job_id: z.string().nullable(),
});

const catalogue = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      slug: z.string(),
      name: z.string(),
      vendor: z.string(),
      price: z.object({ per: z.string(), credits }).nullable(),
      maxSeconds: z.number().nullable(),
      mode: z.enum(['inline', 'async']),
    }),
  ),
  gpuTypes: z.array(z.object({ id: z.string(), creditsPerSecond: credits })),
});

const deployment = z.object({
  slug: z.string(),
  object: z.literal('deployment'),
  name: z.string(),
  dockerImage: z.string(),
  gpuTypes: z.string(),
  minWorkers: z.int(),
  maxWorkers: z.int(),
  idleTimeout: z.int().meta({ description: 'Seconds.' }),
  env: z.array(z.string()).meta({ description: 'The names alone.' }),
  webhookUrl: z.string().nullable(),
  status: z.string(),
  notice: z.string().nullable().meta({ description: 'What its owner has to know, such as why its workers were stopped.' }),
  endpointId: z.string().nullable(),
  runUrl: z.string(),
  createdAt: time,
  updatedAt: time,
});

const DEPLOYMENT = { slug: 'my-workflow', dockerImage: 'runpod/worker-comfyui:dev-cuda12.1.1', gpuTypes: 'ADA_48_PRO,AMPERE_80' };

const runRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/gpu',
    id: 'listGpuModels',
    tag: 'GPU',
    summary: 'GPU models and GPUs, with prices',
    access: 'public',
    answers: { 200: json('What there is.', catalogue) },
    errors: FAILURES.none,
  },
  {
    method: 'post',
    path: '/v1/gpu/{slug}',
    id: 'runGpuModel',
    tag: 'GPU',
    summary: 'Run a model of the catalogue',
    access: 'key',
    parameters: [IDEMPOTENCY, PREFER],
    body: { schema: gpuRequest, examples: example('A picture', { input: { prompt: 'A tabby cat' } }) },
    answers: {
      200: json('What it made, of models that are quick or that were waited for.', run, JOB_HEADERS),
      202: json('The run has been queued: poll it.', run, JOB_HEADERS),
    },
    errors: FAILURES.media,
  },
  {
    method: 'post',
    path: '/v1/gpu/run/{slug}',
    id: 'runDeployment',
    tag: 'GPU',
    summary: 'Run a deployment',
    description: 'Held for its longest duration, charged by the seconds that it took.',
    access: 'key',
    parameters: [IDEMPOTENCY, PREFER],
    body: { schema: gpuRunRequest, examples: example('A run', { input: { prompt: 'A tabby cat' }, sync: true }) },
    answers: { 200: json('The run.', run, JOB_HEADERS) },
    errors: FAILURES.media,
  },
  {
    method: 'get',
    path: '/v1/gpu/jobs/{id}',
    id: 'getGpuRun',
    tag: 'GPU',
    summary: 'One run, as it is now',
    access: 'key',
    answers: { 200: json('The run.', run, ['x-job-id']) },
    errors: FAILURES.read,
  },
];

const deploymentRoutes: Route[] = [
  {
    method: 'get',
    path: '/v1/deployments',
    id: 'listDeployments',
    tag: 'GPU',
    summary: 'Your deployments',
    access: 'key',
    answers: { 200: json('All of them.', z.object({ object: z.literal('list'), data: z.array(deployment) })) },
    errors: FAILURES.read,
  },
  {
    method: 'post',
    path: '/v1/deployments',
    id: 'createDeployment',
    tag: 'GPU',
    summary: 'Deploy an image',
    description: 'Workers that always run (`minWorkers`), and those that wait for the next run, are charged while they do.',
    access: 'key',
    parameters: [IDEMPOTENCY],
    body: { schema: createDeploymentInput, examples: example('A deployment', DEPLOYMENT) },
    answers: { 201: json('The deployment.', deployment, ['idempotent-replayed']) },
    errors: [...FAILURES.write, ...ONCE, 'insufficient_credits', 'no_provider', 'upstream_failed'],
  },
  {
    method: 'get',
    path: '/v1/deployments/{slug}',
    id: 'getDeployment',
    tag: 'GPU',
    summary: 'One deployment',
    access: 'key',
    answers: { 200: json('The deployment.', deployment) },
    errors: FAILURES.read,
  },
  {
    method: 'patch',
    path: '/v1/deployments/{slug}',
    id: 'updateDeployment',
    tag: 'GPU',
    summary: 'Change a deployment',
    access: 'key',
    body: { schema: patchDeploymentInput, examples: example('More workers', { maxWorkers: 5 }) },
    answers: { 200: json('The deployment.', deployment) },
    errors: [...FAILURES.write, 'insufficient_credits', 'no_provider', 'upstream_failed'],
  },
  {
    method: 'delete',
    path: '/v1/deployments/{slug}',
    id: 'deleteDeployment',
    tag: 'GPU',
    summary: 'End a deployment',
    access: 'key',
    answers: {
      200: json('It is gone.', z.object({ slug: z.string(), object: z.literal('deployment'), deleted: z.literal(true) })),
    },
    errors: [...FAILURES.write, 'no_provider', 'upstream_failed'],
  },
];

export const gpuRoutes: Route[] = [...runRoutes, ...deploymentRoutes];
