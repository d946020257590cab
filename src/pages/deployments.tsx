/** An account's deployments: what each costs while idle, how to stop and delete it, and a form for a new one. */
import type { FC } from 'hono/jsx';
import { commit } from '../console/audit/commit';
import type { VerbContext } from '../console/context';
import { fail, type GatewayError, type Result } from '../core/errors';
import { toCredits } from '../core/money';
import { HOUR_MS } from '../core/time';
import type { AppContext } from '../http/context';
import { jobDeps } from '../http/deps';
import { deploymentProvider, gone } from '../jobs/deployments/host';
import { createDeployment, deleteDeployment, updateDeployment } from '../jobs/deployments/manage';
import { type Deployment, findDeployment, listDeployments } from '../jobs/deployments/store';
import { waitingMicro } from '../jobs/deployments/terms';
import { GPU_POOL_MICRO } from '../providers/catalogue/media-terms';
import type { AccountRoute } from '../routes/account/route';
import { readNewDeployment } from '../routes/media/deployments';
import { ERROR_ID, inLabels, marked } from './form';
import { GPUS } from './gpu-sizes';
import { runsOfWhom } from './own-prices';
import { dollars, Empty, Name, Notice, plural } from './parts';
import { fields, orgQuery, page } from './shell';

export const DEPLOYMENTS = '/infra/deployments/new';

/** What this many idle workers cost an hour. */
const hourlyCredits = (gpuTypes: readonly string[], workers: number): number => toCredits(waitingMicro({ gpuTypes }, HOUR_MS) * workers);

const hourly = (gpuTypes: readonly string[], workers: number): string => dollars(hourlyCredits(gpuTypes, workers));

type Form = Record<string, string>;

const NUMBERS: [name: string, label: string, fallback: string, least: number, most: number][] = [
  ['minWorkers', 'Workers at least', '0', 0, 20],
  ['maxWorkers', 'Workers at most', '2', 1, 20],
  ['idleTimeout', 'Idle seconds before one stops', '30', 1, 3_600],
];

const ALWAYS_ASK = 'These workers run, and cost, all the time until you stop them. Deploy?';

interface Shown {
  form?: Form;
  error?: GatewayError | undefined;
}

const LABELS = {
  slug: 'Slug, for its URL',
  dockerImage: 'Container image',
  gpuTypes: 'GPU',
  webhookUrl: 'Webhook for its runs, if any',
  ...Object.fromEntries(NUMBERS.map(([name, label]) => [name, label])),
};

const Fields: FC<Pick<Shown, 'error'> & { form: Form }> = ({ form, error }) => {
  const text = (name: 'slug' | 'dockerImage' | 'webhookUrl') => ({ name, value: form[name] ?? '', ...marked(error, name) });
  return (
    <>
      <div class="halves">
        <label>
          {LABELS.slug}
          <input
            {...text('slug')}
            required
            pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
            title="Small letters and digits, and dashes between them; at most 63"
            placeholder="my-model"
          />
        </label>
        <label>
          {LABELS.dockerImage}
          <input {...text('dockerImage')} required placeholder="registry.example.com/my-model:1" />
        </label>
        <label>
          {LABELS.gpuTypes}
          <select name="gpuTypes">
            {GPUS.map(({ id, label, gigabytes, credits: price }) => (
              <option value={id} selected={id === form.gpuTypes}>
                {`${label}, ${gigabytes} GB: ${price === 1 ? '1 credit' : `${price} credits`} a second`}
              </option>
            ))}
          </select>
        </label>
        <label>
          {LABELS.webhookUrl}
          <input {...text('webhookUrl')} type="url" placeholder="https://app.example.com/hooks/gpu" />
        </label>
      </div>
      <div class="thirds">
        {NUMBERS.map(([name, label, fallback, least, most]) => (
          <label>
            {label}
            <input
              name={name}
              type="number"
              min={least}
              max={most}
              value={form[name] ?? fallback}
              required
              {...marked(error, name)}
              {...(name === 'minWorkers' && {
                'data-ask': ALWAYS_ASK,
                'aria-describedby': error?.param === name ? `${ERROR_ID} always` : 'always',
              })}
            />
          </label>
        ))}
      </div>
      <div class="tight">
        <p class="small quiet" id="always">
          “Workers at least” are there, and cost, all the time: for an hour of waiting as below, for an hour of work ten times as much.
        </p>
        <ul class="plain chips" aria-label="What a worker costs for an hour of waiting">
          {GPUS.map(({ label, id }) => (
            <li class="tag">
              {label}: {hourly([id], 1)}
            </li>
          ))}
        </ul>
      </div>
    </>
  );
};

const labelOf = (pool: string): string => GPUS.find(({ id }) => id === pool)?.label ?? pool;

const Cost: FC<{ of: Deployment }> = ({ of: { minWorkers, maxWorkers, gpuTypes, idleTimeoutSeconds } }) => {
  const runCredits = toCredits(GPU_POOL_MICRO[gpuTypes[0] ?? ''] ?? 0);
  return (
    <div>
      {minWorkers > 0 && (
        <p>
          <strong>{hourly(gpuTypes, minWorkers)} an hour</strong> for {plural(minWorkers, 'worker')} that always{' '}
          {minWorkers === 1 ? 'runs, while it waits' : 'run, while they wait'}
        </p>
      )}
      {minWorkers === 0 && <p>Nothing while no run comes</p>}
      <p class="small quiet">
        {minWorkers < maxWorkers ? `${minWorkers} to ` : ''}
        {plural(maxWorkers, 'worker')}. One that has run waits {plural(idleTimeoutSeconds, 'second')} for the next run, at{' '}
        {hourly(gpuTypes, 1)} an hour. A run costs {runCredits} credits a second, {dollars(runCredits * 3_600)} an hour.
      </p>
    </div>
  );
};

const Actions: FC<{ of: Deployment; context: VerbContext }> = ({ of: { slug, minWorkers }, context }) => {
  const action = (verb: string) => `${DEPLOYMENTS}/${slug}/${verb}${orgQuery(context)}`;
  return (
    <div class="row">
      {minWorkers > 0 && (
        <form
          class="inline"
          method="post"
          action={action('stop')}
          data-ask={`Stop the workers of “${slug}” that always run? A run then waits until one has started.`}
        >
          <button type="submit" class="link" aria-label={`Stop always-on workers of ${slug}`}>
            Stop always-on workers
          </button>
        </form>
      )}
      <form
        class="inline"
        method="post"
        action={action('delete')}
        data-ask={`Delete “${slug}”? Its runs end, and its URL answers no more.`}
      >
        <button type="submit" class="link danger" aria-label={`Delete ${slug}`}>
          Delete
        </button>
      </form>
    </div>
  );
};

const One: FC<{ of: Deployment; context: VerbContext }> = ({ of: row, context }) => (
  <li class="key deployment">
    <div class="tight">
      <p class="row">
        <span class="mono strong break">
          <Name of={row.slug} />
        </span>
        <span class={`tag ${row.state === 'active' ? 'good' : ''}`}>{row.state}</span>
        {row.test && <span class="tag">test</span>}
      </p>
      <p class="tiny quiet break">
        {row.gpuTypes.map(labelOf).join(', ')}
        <br />
        <span class="mono">
          <Name of={row.dockerImage} />
        </span>
      </p>
    </div>
    {row.test ? <p>Free: it was made with a test key</p> : <Cost of={row} />}
    {context.permissions.has('deployments.write') && <Actions of={row} context={context} />}
    {row.notice !== null && <p class="small all">{row.notice}</p>}
  </li>
);

async function deploymentsPage(c: AppContext, context: VerbContext, { form = {}, error: said }: Shown = {}): Promise<Response> {
  const error = said && inLabels(said, LABELS);
  const existing = await listDeployments(context.db, context.accountId);
  const gpuTypes = form.gpuTypes ?? c.req.query('gpu') ?? 'ADA_24';
  const made = existing.find(({ slug }) => slug === c.req.query('made'))?.slug;
  const running = existing.filter(({ test, minWorkers }) => !test && minWorkers > 0);
  const sum = running.reduce((credited, row) => credited + hourlyCredits(row.gpuTypes, row.minWorkers), 0);
  return page(
    c,
    { title: 'Deployments', context, ...(error && { status: 400 }) },
    <>
      <div class="stack">
        <h1>Deployments</h1>
        <p class="lead">
          A container image and the GPUs that it may run on. A worker starts when a run comes, and stops when none has come for a while.
        </p>
      </div>
      <Notice
        error={error}
        next={error?.kind === 'insufficient_credits' ? <a href={`/settings/billing${orgQuery(context)}`}>Billing</a> : undefined}
        message={made === undefined ? undefined : `${made} is there: POST /v1/gpu/run/${made} runs it.`}
      />
      {existing.length === 0 && (
        <Empty title="No deployment yet">
          <p>One costs nothing until a run comes, unless it has workers that always run.</p>
        </Empty>
      )}
      {existing.length > 0 && (
        <section class="stack" aria-labelledby="existing">
          <h2 id="existing">Existing</h2>
          {sum > 0 && <p>Workers that always run cost {dollars(sum)} an hour in all, while they wait.</p>}
          <ul class="keys">
            {existing.map((row) => (
              <One of={row} context={context} />
            ))}
          </ul>
        </section>
      )}
      {await runsOfWhom(c, context)}
      {context.permissions.has('deployments.write') && <NewForm c={c} context={context} form={{ ...form, gpuTypes }} error={error} />}
    </>,
  );
}

const NewForm: FC<Pick<Shown, 'error'> & { c: AppContext; context: VerbContext; form: Form }> = ({ c, context, form, error }) => {
  if (deploymentProvider(jobDeps(c.env), false) === undefined)
    return <p class="notice">GPUs are not set up here: the operator adds a provider for them.</p>;
  return (
    <form class="panel" method="post" action={`${DEPLOYMENTS}${orgQuery(context)}`}>
      <h2>New deployment</h2>
      <Fields form={form} error={error} />
      <div class="row">
        <button type="submit">Deploy</button>
        <a href={`/docs/infra${orgQuery(context)}`}>How runs work</a>
      </div>
    </form>
  );
};

/** The form's texts as the API's numbers; empty fields are left out. */
function inputOf(form: Form): Record<string, unknown> {
  const numbers = NUMBERS.map(([name]) => [name, Number(form[name])]);
  return { ...Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')), ...Object.fromEntries(numbers) };
}

const listed = (c: AppContext, context: VerbContext, made?: string): Response => {
  const query = orgQuery(context);
  return c.redirect(`${DEPLOYMENTS}${query}${made === undefined ? '' : `${query ? '&' : '?'}made=${made}`}`, 303);
};

async function create(c: AppContext, context: VerbContext): Promise<Response> {
  const form = await fields(c);
  const input = readNewDeployment(c, inputOf(form));
  if (!input.ok) return deploymentsPage(c, context, { form, error: input.error });
  const deps = jobDeps(c.env);
  if (deploymentProvider(deps, false) === undefined) {
    const { error } = fail('no_provider', 'No GPU provider is configured.');
    return deploymentsPage(c, context, { form, error });
  }
  // Recorded before the provider is asked: GPUs cost money, and none may run without a trace of who asked for it.
  const { slug, dockerImage, gpuTypes } = input.value;
  await commit(context, { action: 'deployment.create', target: slug, detail: { dockerImage, gpuTypes } });
  const made = await createDeployment(deps, { accountId: context.accountId, test: false }, input.value);
  return made.ok ? listed(c, context, slug) : deploymentsPage(c, context, { form, error: made.error });
}

/** A verb on one deployment, then the list again. */
const onOne =
  (action: string, verb: (c: AppContext, row: Deployment) => Promise<Result<unknown>>) =>
  async (c: AppContext, context: VerbContext): Promise<Response> => {
    const row = await findDeployment(context.db, context.accountId, c.req.param('slug') ?? '');
    if (!row) return deploymentsPage(c, context, { error: gone().error });
    await commit(context, { action, target: row.slug });
    const done = await verb(c, row);
    return done.ok ? listed(c, context) : deploymentsPage(c, context, { error: done.error });
  };

export const deploymentPages: AccountRoute[] = [
  { method: 'GET', path: DEPLOYMENTS, permission: 'deployments.read', handle: (c, context) => deploymentsPage(c, context) },
  { method: 'POST', path: DEPLOYMENTS, permission: 'deployments.write', handle: create },
  {
    method: 'POST',
    path: `${DEPLOYMENTS}/:slug/stop`,
    permission: 'deployments.write',
    handle: onOne('deployment.update', (c, row) => updateDeployment(jobDeps(c.env), row, { minWorkers: 0 })),
  },
  {
    method: 'POST',
    path: `${DEPLOYMENTS}/:slug/delete`,
    permission: 'deployments.write',
    handle: onOne('deployment.delete', (c, row) => deleteDeployment(jobDeps(c.env), row)),
  },
];
