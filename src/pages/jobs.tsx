/** An account's jobs, newest first: what became of each, its results, what it cost, and how it is canceled or emptied. */
import type { FC } from 'hono/jsx';
import * as z from 'zod';
import { commit } from '../console/audit/commit';
import type { VerbContext } from '../console/context';
import type { GatewayError } from '../core/errors';
import { nextAfter } from '../db/after';
import type { AppContext } from '../http/context';
import { jobDeps } from '../http/deps';
import { cancelJob, findJobOf } from '../jobs/access';
import { deleteContent } from '../jobs/retention';
import { listJobs } from '../jobs/store';
import type { Job } from '../jobs/types';
import { creditsUsed, isOver, JOB_STATUSES, outputJsonUrl, outputUrls, stateOf, statusOf } from '../jobs/view';
import { type AccountRoute, queryOf } from '../routes/account/route';
import { readQuery } from './form';
import { within } from './frame';
import {
  alignedCredits,
  Choice,
  duration,
  Empty,
  FilterForm,
  Headings,
  Name,
  Notice,
  OrgField,
  Pages,
  type Pick,
  Scroll,
  Time,
} from './parts';
import { orgQuery, page } from './shell';

const JOBS = '/infra/jobs';
const JOBS_A_PAGE = 50;

const TYPES = ['image', 'video', 'audio', '3d', 'gpu'] as const;
const LABELS = { status: 'Status', type: 'Type' };

const asked = z.looseObject({
  status: z.enum(JOB_STATUSES).optional(),
  type: z.enum(TYPES).optional(),
});
type Filter = z.infer<typeof asked>;

const TONES: Partial<Record<string, string>> = { completed: 'good', failed: 'bad', expired: 'bad' };

const Status: FC<{ of: Job }> = ({ of: job }) => {
  const status = statusOf(job);
  return <span class={`tag ${TONES[status] ?? ''}`}>{status === 'processing' && job.cancelRequested ? 'canceling' : status}</span>;
};

export const Results: FC<{ of: Job }> = ({ of: job }) => {
  const json = outputJsonUrl(job).outputJsonUrl;
  const files = [...outputUrls(job), ...(json !== undefined && isOver(job) ? [json] : [])];
  if (job.filesRemovedAt !== null) return <span class="quiet">no longer kept</span>;
  return (
    <span>
      {files.map((url, index) => (
        <>
          {index > 0 && ', '}
          <a href={url} aria-label={`Result ${index + 1} of job ${job.id}`}>
            {files.length === 1 ? 'Result' : index + 1}
          </a>
        </>
      ))}
      {isOver(job) && files.length === 0 && '–'}
    </span>
  );
};

/** What changes a job: only who may change one has it. */
const Change: FC<{ of: Job; context: VerbContext; verb: 'cancel' | 'delete'; ask: string }> = ({ of: { id }, context, verb, ask }) => {
  const label = verb === 'cancel' ? 'Cancel' : 'Delete';
  if (!context.permissions.has('jobs.write')) return null;
  return (
    <form class="inline" method="post" action={`${JOBS}/${id}/${verb}${orgQuery(context)}`} data-ask={ask}>
      <button type="submit" class="link danger" aria-label={`${label} job ${id}`}>
        {label}
      </button>
    </form>
  );
};

const tookMs = ({ startedAt, endedAt, createdAt }: Job): number | undefined =>
  endedAt === null ? undefined : endedAt - (startedAt ?? createdAt);

const Row: FC<{ of: Job; context: VerbContext }> = ({ of: job, context }) => {
  const org = orgQuery(context);
  const ms = isOver(job) ? tookMs(job) : undefined;
  return (
    <tr>
      <td>
        <a href={`/usage/${job.holdId}${org}`}>
          <Time at={new Date(job.createdAt).toISOString()} />
        </a>
      </td>
      <td class="break">
        <Name of={job.model} /> {job.test && <span class="tag">test</span>}
        <span class="narrow-only">
          <Status of={job} />
        </span>
        <small class="mono">
          <Name of={job.id} />
        </small>
        {isOver(job) && job.error && (
          <small>
            <Name of={job.error.message} />
          </small>
        )}
      </td>
      <td class="wide-only">
        <Status of={job} />
      </td>
      <td class="number wide-only">{ms === undefined ? '–' : duration(ms)}</td>
      <td class="number wide-only">{alignedCredits(creditsUsed(job))}</td>
      <td>
        <div class="row">
          {isOver(job) ? (
            <Results of={job} />
          ) : (
            !job.cancelRequested && <Change of={job} context={context} verb="cancel" ask={`Cancel this job of ${job.model}?`} />
          )}
          {job.webhookUrl !== null && context.permissions.has('webhooks.read') && (
            <a href={within(`/infra/webhooks?jobId=${job.id}`, context.organization?.id)} aria-label={`Webhooks of job ${job.id}`}>
              Webhooks
            </a>
          )}
          {isOver(job) && job.filesRemovedAt === null && (
            <Change of={job} context={context} verb="delete" ask="Delete for good what this job was asked for and made?" />
          )}
        </div>
      </td>
    </tr>
  );
};

const pick = (name: keyof typeof LABELS, options: readonly string[]): Pick => ({
  name,
  label: LABELS[name],
  any: 'Any',
  options: options.map((one) => [one, one]),
});

async function jobsPage(c: AppContext, context: VerbContext, said?: GatewayError): Promise<Response> {
  const { filter, query, error: wrong } = readQuery<Filter>(asked, queryOf(c), LABELS);
  const { status, type } = filter;
  const { cursor, ...chosen } = query;
  const last = cursor === undefined ? undefined : await findJobOf({ db: context.db }, context, cursor);
  const jobs = await listJobs(context.db, context.accountId, {
    limit: JOBS_A_PAGE,
    before: last?.ok ? last.value : undefined,
    overAs: status && (stateOf(status) ?? null),
    family: type,
  });
  const error = said ?? wrong;
  const isFiltered = status !== undefined || type !== undefined;
  return page(
    c,
    { title: 'Jobs', context, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <div class="tight">
          <h1>Jobs</h1>
          <p class="small quiet">
            Pictures, films, sound, 3D and GPU runs{context.organization && ` of ${context.organization.name}`}, with their results
          </p>
        </div>
        {context.permissions.has('webhooks.read') && (
          <a class="button plain" href={`/infra/webhooks${orgQuery(context)}`}>
            Webhooks
          </a>
        )}
      </div>
      <Notice error={error} />
      <FilterForm path={JOBS}>
        <OrgField context={context} />
        <Choice of={pick('status', JOB_STATUSES)} value={status} error={wrong} />
        <Choice of={pick('type', TYPES)} value={type} error={wrong} />
        <button type="submit">Filter</button>
        {isFiltered && (
          <a class="button plain" href={`${JOBS}${orgQuery(context)}`}>
            All jobs
          </a>
        )}
      </FilterForm>
      {jobs.length > 0 ? (
        <Scroll label="Jobs" long>
          <table>
            <Headings
              of={['Time (UTC)', 'Model', 'Status', 'Took', 'Credits', 'Result']}
              figures={['Took', 'Credits']}
              wide={['Status', 'Took', 'Credits']}
            />
            <tbody>
              {jobs.map((job) => (
                <Row of={job} context={context} />
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        <Empty title={isFiltered || cursor !== undefined ? 'No job fits' : 'No job yet'}>
          {!isFiltered && cursor === undefined && (
            <p>
              Make a picture or a film in the <a href={within('/playground?mode=image', context.organization?.id)}>playground</a>, or{' '}
              <a href={`/docs/api/images${orgQuery(context)}`}>by the API</a>.
            </p>
          )}
        </Empty>
      )}
      <Pages
        of="jobs"
        path={JOBS}
        query={{ ...chosen, ...(cursor !== undefined && { cursor }) }}
        nextCursor={nextAfter(jobs, JOBS_A_PAGE)}
      />
    </>,
  );
}

async function cancel(c: AppContext, context: VerbContext): Promise<Response> {
  const deps = jobDeps(c.env);
  const found = await findJobOf(deps, context, c.req.param('id') ?? '');
  const canceled = found.ok ? await cancelJob(deps, found.value) : found;
  return canceled.ok ? c.redirect(JOBS + orgQuery(context), 303) : jobsPage(c, context, canceled.error);
}

async function empty(c: AppContext, context: VerbContext): Promise<Response> {
  const deps = jobDeps(c.env);
  const found = await findJobOf(deps, context, c.req.param('id') ?? '');
  if (!found.ok) return jobsPage(c, context, found.error);
  const deleted = await deleteContent(deps, found.value);
  if (!deleted.ok) return jobsPage(c, context, deleted.error);
  await commit(context, { action: 'job.delete', target: found.value.id });
  return c.redirect(JOBS + orgQuery(context), 303);
}

export const jobPages: AccountRoute[] = [
  { method: 'GET', path: JOBS, permission: 'jobs.read', handle: (c, context) => jobsPage(c, context) },
  { method: 'POST', path: `${JOBS}/:id/cancel`, permission: 'jobs.write', handle: cancel },
  { method: 'POST', path: `${JOBS}/:id/delete`, permission: 'jobs.write', handle: empty },
];
