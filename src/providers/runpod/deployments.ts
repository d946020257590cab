/**
 * Endpoints for customers' own containers, by RunPod's REST API v2: one request creates an endpoint with image,
 * environment and GPU pools, another removes it with its template. https://docs.runpod.io/api-reference-v2
 */
import { filledText, recordOf } from '../../core/record';
import { HOUR_MS } from '../../core/time';
import { submitFailure } from '../media/failures';
import type { DeploymentAdapter, DeploymentSpec } from '../media/types';
import { classifyFailure } from '../wires/failures';

const ENDPOINTS = '/serverless';
/** Another worker starts when a run has waited this long. */
const QUEUE_DELAY_SECONDS = 4;
/** The longest run; each run sets its own limit within it. */
const TIMEOUT_MS = HOUR_MS;

const endpointUrl = (id: string): string => `${ENDPOINTS}/${encodeURIComponent(id)}`;

const fieldsOf = ({ name, dockerImage, gpuTypes, minWorkers, maxWorkers, idleTimeoutSeconds, env }: DeploymentSpec) => ({
  name,
  image: dockerImage,
  env,
  gpu: { pools: gpuTypes },
  workers: { min: minWorkers, max: maxWorkers, idleTimeout: idleTimeoutSeconds },
});

export const runpodDeployments: DeploymentAdapter = {
  baseUrl: 'https://api.runpod.io/v2',
  /** Created without workers, so that an endpoint whose creation went unheard costs nothing. */
  create(spec, { endpointId }) {
    if (endpointId !== undefined) return undefined;
    const scaling = { type: 'QUEUE_DELAY', queueDelay: QUEUE_DELAY_SECONDS };
    return {
      url: ENDPOINTS,
      body: JSON.stringify({ ...fieldsOf({ ...spec, minWorkers: 0 }), type: 'QUEUE', scaling, timeout: TIMEOUT_MS }),
    };
  },
  readCreate(answer) {
    const endpointId = filledText(recordOf(answer.json).id);
    if (answer.status >= 300 || endpointId === undefined) return { ok: false, failure: submitFailure(answer).failure };
    return { ok: true, deployment: { endpointId } };
  },
  update: (spec, { endpointId }) => ({ method: 'PATCH', url: endpointUrl(endpointId), body: JSON.stringify(fieldsOf(spec)) }),
  remove: ({ endpointId }) => (endpointId === undefined ? [] : [{ method: 'DELETE', url: endpointUrl(endpointId) }]),
  readFailure: ({ status, text }) => (status < 300 ? undefined : classifyFailure(status, text)),
};
