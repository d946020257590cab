import { answerHeaders } from '../../core/answer-headers';
import { fail, type Result } from '../../core/errors';
import { FAMILIES } from '../../core/family';
import { parseJson } from '../../core/record';
import { refuseTestKey } from '../../core/test-key';
import { nextAfter } from '../../db/after';
import { readBody } from '../../http/body';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { authorize, cancelJob, findJob, findJobOf, takeCallback } from '../../jobs/access';
import type { JobDeps } from '../../jobs/deps';
import { withOutput } from '../../jobs/output';
import { deleteContent } from '../../jobs/retention';
import { listJobs } from '../../jobs/store';
import { FINAL_STATES, type Job } from '../../jobs/types';
import { JOB_STATUSES, jobView, stateOf } from '../../jobs/view';
import { pageSize, preferredWaitMs, readerOf, refuseQuery, seenFrom, watchedAnswer, withKey } from './request';

const PAGE = { usual: 20, most: 100 };
const CALLBACK_LIMIT_BYTES = 4 * 1024 * 1024;

async function show(c: AppContext, job: Job): Promise<Response> {
  const view = jobView(await withOutput(jobDeps(c.env), seenFrom(c, job)));
  return c.json(view, { headers: { ...answerHeaders(job.holdId), 'x-job-id': job.id } });
}

/** The documents' `?model=&type=` are ignored: the id says it all. */
export async function getJob(c: AppContext): Promise<Response> {
  const reader = await readerOf(c);
  if (!reader.ok) return renderError(c, reader.error);
  const deps = jobDeps(c.env);
  const found = await findJob(deps, reader.value, c.req.param('id') ?? '');
  if (!found.ok) return renderError(c, found.error);
  const waitMs = preferredWaitMs(c);
  return waitMs === undefined
    ? show(c, found.value)
    : watchedAnswer(c, found.value, waitMs, async (job) => jobView(await withOutput(deps, job)));
}

export async function getJobs(c: AppContext): Promise<Response> {
  const reader = await readerOf(c);
  if (!reader.ok) return renderError(c, reader.error);
  const deps = jobDeps(c.env);
  const key = await authorize(deps, reader.value);
  if (!key.ok) return renderError(c, key.error);
  const { before, state, status, type } = c.req.query();
  const count = pageSize(c, PAGE);
  if (typeof count !== 'number') return count;
  const states: readonly string[] = ['queued', 'submitting', 'running', ...FINAL_STATES];
  if (state !== undefined && !states.includes(state)) return refuseQuery(c, 'state', `one of ${states.join(', ')}`);
  const known = JOB_STATUSES.find((one) => one === status);
  if (status !== undefined && !known) return refuseQuery(c, 'status', `one of ${JOB_STATUSES.join(', ')}`);
  if (type !== undefined && !(FAMILIES as readonly string[]).includes(type)) return refuseQuery(c, 'type', 'a family of models');
  const last = before === undefined ? undefined : await findJobOf(deps, key.value, before);
  if (last && !last.ok) return refuseQuery(c, 'before', 'the id of a job of yours, such as the last of a page');
  const overAs = known && (stateOf(known) ?? null);
  const jobs = await listJobs(deps.db, key.value.accountId, { limit: count, before: last?.value, state, overAs, family: type });
  const data = jobs.map((job) => jobView(seenFrom(c, job)));
  return c.json({ object: 'list', data, next: nextAfter(jobs, count) });
}

type Only = (found: Result<Job>) => Result<Job>;

/** A verb that changes a job: one that the key may change, of those that are looked among. */
const withJob = (c: AppContext, change: (deps: JobDeps, job: Job) => Promise<Response>, only: Only = (found) => found): Promise<Response> =>
  withKey(c, async (key) => {
    const deps = jobDeps(c.env);
    const found = only(await findJobOf(deps, key, c.req.param('id') ?? ''));
    if (!found.ok) return renderError(c, found.error);
    const refused = refuseTestKey(key, found.value);
    return refused ? renderError(c, refused) : change(deps, found.value);
  });

export const postCancel = (c: AppContext): Promise<Response> =>
  withJob(c, async (deps, job) => {
    const canceled = await cancelJob(deps, job);
    return canceled.ok ? show(c, canceled.value) : renderError(c, canceled.error);
  });

/** Deletes what a job was asked for and made. The job itself stays, as what its account was charged for. */
export const deleteJob = (c: AppContext, object = 'job', only?: Only): Promise<Response> =>
  withJob(
    c,
    async (deps, job) => {
      const deleted = await deleteContent(deps, job);
      return deleted.ok ? c.json({ id: job.id, object, deleted: true }) : renderError(c, deleted.error);
    },
    only,
  );

/** A provider's callback, under a URL that only the provider was told. */
export async function postCallback(c: AppContext): Promise<Response> {
  const body = await readBody(c.req.raw, CALLBACK_LIMIT_BYTES);
  if (!body.ok) return renderError(c, body.error);
  const { id: jobId = '', token = '' } = c.req.param();
  const taken = await takeCallback(jobDeps(c.env), {
    jobId,
    token,
    headers: c.req.raw.headers,
    body: body.value,
    json: parseJson(body.value),
  });
  return taken ? c.json({ received: true }) : renderError(c, fail('not_found', 'There is no such job.').error);
}
