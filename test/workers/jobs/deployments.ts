/** A deployment at the fake provider, and its runs. */
import { env } from 'cloudflare:test';
import { createDeployment } from '../../../src/jobs/deployments/manage';
import { type Deployment, findDeployment } from '../../../src/jobs/deployments/store';
import { createRun } from '../../../src/jobs/gpu';
import { changeJob } from '../../../src/jobs/store';
import type { Job } from '../../../src/jobs/types';
import { JobBench, KEY, requestOf } from './support';

export const FIELDS = {
  slug: 'comfy',
  name: 'Comfy',
  dockerImage: 'runpod/worker-comfyui:5.1.0',
  gpuTypes: ['ADA_48_PRO', 'AMPERE_80'],
  minWorkers: 0,
  maxWorkers: 3,
  idleTimeoutSeconds: 5,
  env: {},
  webhookUrl: null,
};

export async function deployed(fields: Partial<typeof FIELDS> = {}, credits = 100_000): Promise<{ bench: JobBench; row: Deployment }> {
  const bench = await JobBench.create(credits);
  const maker = { accountId: bench.account.id, keyId: KEY.keyId, test: false };
  const made = await createDeployment(bench.deps(), maker, { ...FIELDS, ...fields });
  if (!made.ok) throw new Error(made.error.message);
  return { bench, row: made.value.row };
}

export const present = async ({ accountId, slug }: Deployment): Promise<Deployment> => (await findDeployment(env.DB, accountId, slug))!;

export async function begun(bench: JobBench): Promise<Job> {
  const created = await createRun(bench.deps(), requestOf('/v1/gpu/run/comfy', bench.account.id), 'comfy', { input: { prompt: 'a fox' } });
  if (!created.ok) throw new Error(created.error.message);
  return (await changeJob(env.DB, created.value.job, () => ({ state: 'running', startedAt: bench.nowMs })))!;
}
