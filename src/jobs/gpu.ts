/** Runs of a customer's own deployment, priced by the second of the GPU type that it lists first. */

import type { ApiKey } from '../core/api-key';
import { fail, ok, type Result } from '../core/errors';
import { poolMicro } from '../providers/catalogue/media-terms';
import { createJob, type JobRequest, type JobResult, urlRules } from './create';
import { commitToRun } from './deployments/funds';
import { NOT_READY } from './deployments/host';
import { runModelOf } from './deployments/runs';
import { type Deployment, findDeployment } from './deployments/store';
import type { JobDeps } from './deps';
import type { PlannedJob } from './plan';
import { estimateMicro } from './price';
import { Fields } from './read-fields';
import { MIN_RUN_SECONDS, readInput } from './read-input';

const TERMS = { kind: 'gpu', maxSeconds: 600 } as const;
/** A run may wait this long for a worker before its own time begins. */
const QUEUE_SECONDS = 7_200;
const MAX_SECONDS = 3_600;

function planRun(deps: JobDeps, deployment: Deployment, sandbox: boolean, body: Readonly<Record<string, unknown>>): Result<PlannedJob> {
  const fields = new Fields(body, {}, urlRules(deps));
  fields.ignore('webhook_url', 'webhookUrl');
  const maxSeconds = fields.number(['maxSeconds', 'max_seconds'], { min: 1, max: MAX_SECONDS });
  if (!maxSeconds.ok) return maxSeconds;
  const seconds = Math.max(MIN_RUN_SECONDS, maxSeconds.value ?? TERMS.maxSeconds);
  const terms = { ...TERMS, maxSeconds: seconds, deadlineSeconds: QUEUE_SECONDS + seconds };
  const input = readInput('gpu', fields, terms);
  if (!input.ok) return input;
  const { slug, provider, upstream, gpuTypes, state } = deployment;
  if (upstream.endpointId === undefined || (state !== 'active' && state !== 'updating')) return NOT_READY;
  const unitMicro = poolMicro(gpuTypes);
  const price = { per: 'gpu_second', unitMicro, units: terms.maxSeconds } as const;
  return ok({
    model: { id: runModelOf(deployment), label: deployment.name, vendor: '', family: 'gpu', chain: [] },
    terms,
    input: input.value,
    plan: { ...price, mode: 'auto', sandbox, deployment: { slug, provider, endpointId: upstream.endpointId } },
    rateFamily: 'gpu',
    minimumTier: 'free',
    estimateMicro: estimateMicro(price),
    webhookUrl: deployment.webhookUrl,
  });
}

export function createRun(deps: JobDeps, request: JobRequest, slug: string, body: Readonly<Record<string, unknown>>): Promise<JobResult> {
  return createJob(deps, request, async (key: ApiKey, sandbox) => {
    const deployment = await findDeployment(deps.db, key.accountId, slug);
    if (!deployment) return fail('not_found', `There is no deployment \`${slug.slice(0, 64)}\`.`);
    // A test deployment has no real workers, and costs nothing.
    if (deployment.test && key.mode !== 'test')
      return fail('conflict', 'This deployment was made with a test key, and runs with test keys only.', { code: 'test_deployment' });
    const planned = planRun(deps, deployment, sandbox || deployment.provider === 'sandbox', body);
    const isFree = key.mode === 'test';
    return planned.ok && !isFree ? ok({ ...planned.value, secure: () => commitToRun(deps, deployment) }) : planned;
  });
}
