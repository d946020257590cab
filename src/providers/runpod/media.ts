/** RunPod Serverless: runs of workers on rented GPUs. https://docs.runpod.io/serverless/endpoints/operation-reference */
import { type Fields, filledText, recordOf } from '../../core/record';
import { HOUR_MS } from '../../core/time';
import { runFailure, submitFailure } from '../media/failures';
import { passedOn } from '../media/model-fields';
import { numberOf } from '../media/read';
import { stateOf } from '../media/states';
import type { MediaAdapter, PollStep, UpstreamJob } from '../media/types';
import { bearer } from '../wires/authorize';
import { runpodDeployments } from './deployments';
import { takeFiles } from './outputs';

/** A run may wait this long in the queue before its own time begins. */
const QUEUE_MS = 2 * HOUR_MS;
const MIN_EXECUTION_MS = 5_000;
/** How long `/runsync` waits before it answers like `/run`. */
const SYNC_WAIT_MS = 60_000;

function readJob(body: Fields, job: UpstreamJob): PollStep {
  const { status, output, error, executionTime } = body;
  const gpuMs = numberOf(executionTime);
  const usage = gpuMs !== undefined && { usage: { gpuMs } };
  switch (stateOf(status)) {
    case 'succeeded':
      return { state: 'done', result: { ...takeFiles(output ?? null), ...usage } };
    case 'running':
      return { state: 'running', job };
    case 'failed': {
      const timedOut = status === 'TIMED_OUT';
      const { failure } = runFailure(errorText(error ?? recordOf(output).error) ?? (timedOut ? 'The run took too long.' : undefined));
      return { state: 'failed', failure: { ...failure, ...(timedOut && { timedOut: { ...(gpuMs !== undefined && { gpuMs }) } }) } };
    }
    case 'canceled':
      return { state: 'canceled', ...usage };
    default:
      return { state: 'unknown', message: 'no state that is known' };
  }
}

/** Python errors come as JSON in a text, with a stack trace that is not passed on. */
function errorText(error: unknown): string | undefined {
  const text = filledText(error);
  if (text === undefined || !text.startsWith('{')) return text;
  return /"error_message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1]?.replace(/\\n/g, ' ') ?? text;
}

const jobPath = ({ id, model }: UpstreamJob, operation: string): string =>
  `/${encodeURIComponent(model)}/${operation}/${encodeURIComponent(id)}`;

export const runpodMedia: MediaAdapter = {
  kinds: ['gpu'],
  authorize: bearer,
  sources: 'any',
  lostSubmit: 'may_have_started',
  submit({ model, defaults, input, callbackUrl }) {
    if (input.kind !== 'gpu') throw new Error('RunPod is asked for runs only');
    const { runsync, ...fields } = defaults;
    const executionTimeout = Math.max(MIN_EXECUTION_MS, input.maxSeconds * 1_000);
    const body = {
      ...fields,
      ...passedOn(input.extra),
      input: input.input,
      // https://docs.runpod.io/serverless/endpoints/send-requests#execution-policies
      policy: { executionTimeout, ttl: QUEUE_MS + executionTimeout },
      ...(callbackUrl !== undefined && { webhook: callbackUrl }),
    };
    const operation = runsync === true ? `runsync?wait=${SYNC_WAIT_MS}` : 'run';
    return { url: `/${encodeURIComponent(model)}/${operation}`, body: JSON.stringify(body) };
  },
  readSubmit(answer, { model }) {
    const body = recordOf(answer.json);
    const id = filledText(body.id);
    if (answer.status >= 300 || id === undefined) return submitFailure(answer);
    const job: UpstreamJob = { id, model };
    const step = readJob(body, job);
    return step.state === 'unknown' ? { state: 'running', job } : step;
  },
  poll: (job) => ({ method: 'GET', url: jobPath(job, 'status') }),
  readPoll(answer, job) {
    if (answer.status !== 200) return { state: 'unknown', message: `status ${answer.status}` };
    return readJob(recordOf(answer.json), job);
  },
  cancel: (job) => ({ url: jobPath(job, 'cancel') }),
  // Callbacks are unsigned, so they only trigger a poll.
  callback: {},
  deployments: runpodDeployments,
};
