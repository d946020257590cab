/** Rented GPUs. */
import * as z from 'zod';
import type { Deployment as KeptDeployment } from '../jobs/deployments/store';
import { createDeploymentInput, patchDeploymentInput } from '../routes/media/deployments';
import { example, json, type Route } from './describe';
import { FAILURES, ONCE } from './errors';
import { outputJsonUrl } from './jobs';
import { gpuRequest, gpuRunRequest } from './media-input';
import { OF_CALLS, PREFER } from './parts';
import { credits, named, time } from './schemas';

const JOB_HEADERS = ['x-job-id', 'x-credits-charged', 'idempotent-replayed'] as const;

const DEPLOYMENT_STATES = ['creating', 'active', 'updating', 'deleting'] as const satisfies readonly KeptDeployment['state'][];

const base = { id: z.string(), job_id: z.string(), provider_job_id: z.string().nullable() };

const succeeded = named(
  'SucceededGpuJob',
  z
    .object({
      ...base,
      status: z.literal('succeeded'),
      outputs: z.array(z.string()).meta({ description: 'The URLs of its files.' }),
      output: z
        .unknown()
        .meta({ description: 'What the worker returned, with URLs in place of files as base64; null once it is no longer kept.' }),
      filesRemovedAt: time.optional().meta({ description: 'When its files were removed; they are kept for a limited time.' }),
      outputJsonUrl,
      costCredits: credits,
      creditsCharged: credits,
      durationMs: z.number().nullable().meta({ description: 'The GPU time if the provider reports it, else the time from start to end.' }),
      executionMs: z.number().nullable(),
    })
    .meta({ description: 'A finished GPU run.' }),
);

const run = named(
  'GpuJob',
  z
    .discriminatedUnion('status', [
      z.object({ ...base, status: z.enum(['queued', 'running']), pollUrl: z.string() }),
      succeeded,
      z.object({
        ...base,
        status: z.literal('failed'),
        filesRemovedAt: time.optional(),
        error: z.string(),
        costCredits: z.literal(0),
        creditsCharged: z.literal(0),
      }),
      z.object({
        ...base,
        status: z.enum(['canceled', 'expired']),
        filesRemovedAt: time.optional(),
        error: z.string(),
        costCredits: credits.meta({ description: 'For a deployment’s run that was stopped, the GPU time until then; otherwise 0.' }),
        creditsCharged: credits,
      }),
    ])
    .meta({ description: 'A GPU run; `status` decides which of these it is.' }),
);

const gpuModel = named(
  'GpuModel',
  z
    .object({
      slug: z.string(),
      name: z.string(),
      vendor: z.string(),
      price: z.object({ per: z.string(), credits }).nullable(),
      maxSeconds: z.number().nullable(),
      mode: z.enum(['inline', 'async']).meta({ description: 'With `inline` the answer has the result, with `async` the job.' }),
    })
    .meta({ description: 'A hosted model.' }),
);

const catalogue = named(
  'GpuCatalogue',
  z
    .object({
      object: z.literal('list'),
      data: z.array(gpuModel),
      gpuTypes: z.array(z.object({ id: z.string(), creditsPerSecond: credits })),
    })
    .meta({ description: 'Hosted models, and the GPUs for deployments.' }),
);

const deployment = named(
  'Deployment',
  z
    .object({
      slug: z.string(),
      object: z.literal('deployment'),
      name: z.string(),
      dockerImage: z.string(),
      gpuTypes: z.string(),
      minWorkers: z.int(),
      maxWorkers: z.int(),
      idleTimeout: z.int().meta({ description: 'Seconds after which an idle worker is stopped.' }),
      env: z.array(z.string()).meta({ description: 'Names only: the values are never shown again.' }),
      webhookUrl: z.string().nullable(),
      status: z.enum(DEPLOYMENT_STATES),
      notice: z.string().nullable().meta({ description: 'A notice for its owner, such as why its workers were stopped.' }),
      endpointId: z.string().nullable(),
      runUrl: z.string(),
      createdAt: time,
      updatedAt: time,
    })
    .meta({ description: 'A container on rented GPUs.' }),
);

const gpuModelParams = named('GpuModelParams', gpuRequest);
const gpuParams = named('GpuParams', gpuRunRequest);
const deploymentParams = named('DeploymentParams', createDeploymentInput);
const deploymentFields = named('DeploymentFields', patchDeploymentInput);
const deploymentList = named('DeploymentList', z.object({ object: z.literal('list'), data: z.array(deployment) }));
const deploymentDeleted = named(
  'DeploymentDeleted',
  z.object({ slug: z.string(), object: z.literal('deployment'), deleted: z.literal(true) }),
);

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
    parameters: [...OF_CALLS, PREFER],
    body: { schema: gpuModelParams, examples: example('A picture', { input: { prompt: 'A tabby cat' } }) },
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
    description: 'The longest duration is held for, and the seconds used are charged.',
    access: 'key',
    parameters: [...OF_CALLS, PREFER],
    body: { schema: gpuParams, examples: example('A run', { input: { prompt: 'A tabby cat' }, sync: true }) },
    answers: { 200: json('The run.', run, JOB_HEADERS) },
    errors: FAILURES.media,
  },
  {
    method: 'get',
    path: '/v1/gpu/jobs/{id}',
    id: 'getGpuRun',
    tag: 'GPU',
    summary: 'The current state of a run',
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
    answers: { 200: json('All of them.', deploymentList) },
    errors: FAILURES.read,
  },
  {
    method: 'post',
    path: '/v1/deployments',
    id: 'createDeployment',
    tag: 'GPU',
    summary: 'Deploy an image',
    description:
      'Workers that always run (`minWorkers`), and those that wait for the next run, are charged while they do. The first hour of the former, and one wait of each of the others, must be in the balance.',
    access: 'key',
    parameters: [...OF_CALLS],
    body: { schema: deploymentParams, examples: example('A deployment', DEPLOYMENT) },
    answers: { 201: json('The deployment.', deployment, ['idempotent-replayed']) },
    errors: [...FAILURES.write, ...ONCE, 'insufficient_credits', 'spending_limit', 'no_provider', 'upstream_failed', 'permission_denied'],
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
    body: { schema: deploymentFields, examples: example('More workers', { maxWorkers: 5 }) },
    answers: { 200: json('The deployment.', deployment) },
    errors: [...FAILURES.write, 'insufficient_credits', 'spending_limit', 'no_provider', 'upstream_failed', 'permission_denied'],
  },
  {
    method: 'delete',
    path: '/v1/deployments/{slug}',
    id: 'deleteDeployment',
    tag: 'GPU',
    summary: 'Delete a deployment',
    access: 'key',
    answers: {
      200: json('It is gone.', deploymentDeleted),
    },
    errors: [...FAILURES.write, 'no_provider', 'upstream_failed', 'permission_denied'],
  },
];

export const gpuRoutes: Route[] = [...runRoutes, ...deploymentRoutes];
