/** A customer's own GPUs: which one is enough, how runs work, and a new deployment. */
import { commit } from '../console/audit/commit';
import type { VerbContext } from '../console/context';
import { fail, type GatewayError } from '../core/errors';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { jobDeps } from '../http/deps';
import { deploymentProvider } from '../jobs/deployments/host';
import { createDeployment } from '../jobs/deployments/manage';
import { listDeployments } from '../jobs/deployments/store';
import type { AccountRoute } from '../routes/account/route';
import { readNewDeployment } from '../routes/media/deployments';
import { GPUS, gigabytesNeeded, recommend, WEIGHTS } from './gpu-sizes';
import { Code, credits, fields, Headings, Notice, orgQuery, page, viewerOf } from './shell';

const NEW = '/infra/deployments/new';

async function recommendPage(c: AppContext): Promise<Response> {
  const billions = Math.min(Math.max(Number(c.req.query('billions')) || 8, 0.1), 2_000);
  const weight = WEIGHTS.find(({ id }) => id === c.req.query('weights')) ?? WEIGHTS[0];
  const needed = gigabytesNeeded(billions, weight.bytes);
  const best = recommend(needed);
  return page(
    c,
    { title: 'Which GPU', context: await viewerOf(c) },
    <>
      <div class="stack">
        <h1>Which GPU is enough?</h1>
        <p class="lead">A model must fit in memory, with a fifth more for its cache and what it works with.</p>
      </div>
      <form class="filter" method="get" action="/gpu-recommend" aria-label="Your model">
        <label>
          Parameters, in billions
          <input name="billions" type="number" min="0.1" max="2000" step="any" value={String(billions)} required />
        </label>
        <label>
          Weights
          <select name="weights">
            {WEIGHTS.map(({ id, label }) => (
              <option value={id} selected={id === weight.id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <button type="submit">Work it out</button>
      </form>
      <section class="panel stack" aria-labelledby="answer">
        <h2 id="answer">{best ? `${best.label}, ${best.gigabytes} GB` : 'No single GPU is large enough'}</h2>
        <p>
          {billions} billion parameters in {weight.label} need about {Math.ceil(needed)} GB.
          {best ? ` That is the cheapest that holds them: ${credits(best.credits)} credits a second.` : ' Take fewer bits a weight.'}
        </p>
        {best && (
          <div class="row">
            <a class="button" href={`${NEW}?gpu=${best.id}`}>
              Deploy on it
            </a>
          </div>
        )}
      </section>
      <section class="stack" aria-labelledby="all">
        <h2 id="all">All of them</h2>
        <section class="scroll" tabindex={0} aria-label="GPUs">
          <table>
            <Headings of={['Pool', 'Such as', 'Memory', 'Credits a second', 'Holds it']} figures={['Memory', 'Credits a second']} />
            <tbody>
              {GPUS.map((gpu) => (
                <tr>
                  <th scope="row" class="mono">
                    {gpu.id}
                  </th>
                  <td>{gpu.label}</td>
                  <td class="number">{gpu.gigabytes} GB</td>
                  <td class="number">{credits(gpu.credits)}</td>
                  <td>{gpu.gigabytes >= needed ? 'yes' : 'no'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
    </>,
  );
}

async function infraDocs(c: AppContext): Promise<Response> {
  const { origin } = accountPlaneDeps(c);
  const create = `curl ${origin}/v1/deployments \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"slug": "my-model", "dockerImage": "registry.example.com/my-model:1", "gpuTypes": "ADA_24", "minWorkers": 0, "maxWorkers": 2, "idleTimeout": 30}'`;
  const run = `curl ${origin}/v1/gpu/run/my-model \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"input": {"prompt": "A lighthouse"}, "sync": true}'`;
  const poll = `curl ${origin}/v1/gpu/jobs/JOB_ID -H "Authorization: Bearer $KEY"`;
  return page(
    c,
    { title: 'Your own GPUs', context: await viewerOf(c) },
    <>
      <div class="stack">
        <h1>Your container on a GPU, by the second</h1>
        <p class="lead">
          A deployment is a container image and the GPUs that it may run on. It starts when a run comes and stops when none has come for a
          while. A second in which a worker waits costs a tenth of one in which it works.
        </p>
        <div class="row">
          <a class="button" href={NEW}>
            New deployment
          </a>
          <a class="button plain" href="/gpu-recommend">
            Which GPU is enough?
          </a>
        </div>
      </div>
      <section class="stack" aria-labelledby="make">
        <h2 id="make">Make it</h2>
        <Code label="A deployment with curl">{create}</Code>
      </section>
      <section class="stack" aria-labelledby="run">
        <h2 id="run">Run it</h2>
        <p class="prose">
          With <code>"sync": true</code> the answer waits up to 240 seconds. Without, it is a job to look at, or to be told of at{' '}
          <code>webhookUrl</code>.
        </p>
        <Code label="A run with curl">{run}</Code>
        <Code label="Looking at a run with curl">{poll}</Code>
      </section>
      <section class="stack prose" aria-labelledby="price">
        <h2 id="price">What it costs</h2>
        <p>
          The price of the dearest GPU that a run may land on is held for <code>maxSeconds</code> (600 unless you say otherwise). Charged is
          the GPU time that the run took, rounded up to a whole credit. A run that fails is free.
        </p>
      </section>
    </>,
  );
}

type Form = Record<string, string>;

const NUMBERS: [name: string, label: string, fallback: string, least: number, most: number][] = [
  ['minWorkers', 'Workers at least', '0', 0, 20],
  ['maxWorkers', 'Workers at most', '2', 1, 20],
  ['idleTimeout', 'Idle seconds before one stops', '30', 1, 3_600],
];

const Fields = ({ form }: { form: Form }) => (
  <>
    <div class="columns">
      <label>
        Slug, for its URL
        <input name="slug" required pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?" value={form.slug ?? ''} placeholder="my-model" />
      </label>
      <label>
        Container image
        <input name="dockerImage" required value={form.dockerImage ?? ''} placeholder="registry.example.com/my-model:1" />
      </label>
      <label>
        GPU
        <select name="gpuTypes">
          {GPUS.map(({ id, label, gigabytes, credits: price }) => (
            <option value={id} selected={id === form.gpuTypes}>
              {`${label}, ${gigabytes} GB: ${price} credits a second`}
            </option>
          ))}
        </select>
      </label>
      {NUMBERS.map(([name, label, fallback, least, most]) => (
        <label>
          {label}
          <input name={name} type="number" min={least} max={most} value={form[name] ?? fallback} required />
        </label>
      ))}
    </div>
    <label>
      Webhook for its runs
      <input name="webhookUrl" type="url" value={form.webhookUrl ?? ''} placeholder="https://app.example.com/hooks/gpu" />
    </label>
  </>
);

interface Shown {
  form?: Form;
  error?: GatewayError;
  made?: string;
}

async function newPage(c: AppContext, context: VerbContext, { form = {}, error, made }: Shown = {}): Promise<Response> {
  const existing = await listDeployments(context.db, context.accountId);
  const gpuTypes = form.gpuTypes ?? c.req.query('gpu') ?? 'ADA_24';
  const offered = deploymentProvider(jobDeps(c.env), false) !== undefined;
  return page(
    c,
    { title: 'New deployment', context, ...(error && { status: 400 }) },
    <>
      <h1>New deployment</h1>
      <Notice error={error} message={made === undefined ? undefined : `${made} is there: POST /v1/gpu/run/${made} runs it.`} />
      {offered ? (
        <form class="panel" method="post" action={`${NEW}${orgQuery(context)}`}>
          <Fields form={{ ...form, gpuTypes }} />
          <div class="row">
            <button type="submit">Deploy</button>
            <a href="/docs/infra">How runs work</a>
          </div>
        </form>
      ) : (
        <p class="notice">GPUs are not set up here: the operator adds a provider for them.</p>
      )}
      {existing.length > 0 && (
        <section class="stack" aria-labelledby="existing">
          <h2 id="existing">Those you have</h2>
          <ul class="tight">
            {existing.map(({ slug, gpuTypes: pools, state }) => (
              <li>
                <span class="mono">{slug}</span> <span class="quiet">{pools.join(', ')}</span>{' '}
                <span class={`tag ${state === 'active' ? 'good' : ''}`}>{state}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>,
  );
}

/** What a form says in text is said in numbers to the API; what is left empty is not said. */
function inputOf(form: Form): Record<string, unknown> {
  const numbers = NUMBERS.map(([name]) => [name, Number(form[name])]);
  return { ...Object.fromEntries(Object.entries(form).filter(([, value]) => value !== '')), ...Object.fromEntries(numbers) };
}

async function create(c: AppContext, context: VerbContext): Promise<Response> {
  const form = await fields(c);
  const input = readNewDeployment(c, inputOf(form));
  if (!input.ok) return newPage(c, context, { form, error: input.error });
  const deps = jobDeps(c.env);
  if (deploymentProvider(deps, false) === undefined) {
    const { error } = fail('no_provider', 'No GPU provider is configured.');
    return newPage(c, context, { form, error });
  }
  // Noted before the provider is asked: GPUs cost money, and none may run that nobody is known to have wanted.
  const { slug, dockerImage, gpuTypes } = input.value;
  await commit(context, { action: 'deployment.create', target: slug, detail: { dockerImage, gpuTypes } });
  const made = await createDeployment(deps, { accountId: context.accountId, test: false }, input.value);
  return made.ok ? newPage(c, context, { made: slug }) : newPage(c, context, { form, error: made.error });
}

export const gpuPages: AccountRoute[] = [
  { method: 'GET', path: '/gpu-recommend', permission: 'public', handle: recommendPage },
  { method: 'GET', path: '/docs/infra', permission: 'public', handle: infraDocs },
  { method: 'GET', path: NEW, permission: 'deployments.write', handle: (c, context) => newPage(c, context) },
  { method: 'POST', path: NEW, permission: 'deployments.write', handle: create },
];
