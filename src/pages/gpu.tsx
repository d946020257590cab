/** GPUs by the second: hosted models, which GPU is large enough for one's own model, and how runs work. */
import type { FC } from 'hono/jsx';
import { accountPlaneDeps } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { mediaTerms } from '../providers/catalogue/media-terms';
import { HANDLER } from '../providers/runpod/handler';
import type { Model } from '../providers/types';
import type { AccountRoute } from '../routes/account/route';
import { DEPLOYMENTS as NEW } from './deployments';
import { within } from './frame';
import { GPUS, gigabytesNeeded, recommend, WEIGHTS } from './gpu-sizes';
import { runsOfWhom } from './own-prices';
import { Code, dollars, FilterForm, Headings, Scroll, whole } from './parts';
import { creditTag, oneOf } from './price';
import { page, viewerOf } from './shell';

/** Models of the catalogue, by the slug in their path. */
const Hosted: FC<{ models: readonly Model[]; org: string | undefined }> = ({ models, org }) => (
  <section class="stack" aria-labelledby="hosted">
    <h2 id="hosted">Models that run already</h2>
    <p class="prose">
      Each is called at <code>/v1/gpu/</code> and its slug, without a deployment. A quick one answers with its output, another with a job.
    </p>
    <Scroll label="Models">
      <table>
        <Headings of={['Slug', 'Model', 'Credits', 'Longest run', 'Answer']} figures={['Longest run']} wide={['Answer']} />
        <tbody>
          {models.map((model) => (
            <tr>
              <th scope="row" class="mono">
                <a href={within(`/models/${model.id}`, org)}>{model.id}</a>
              </th>
              <td>{model.label}</td>
              <td>{model.price && model.price.per !== 'token' ? `${creditTag(model.price.micro)} ${oneOf(model.price)}` : 'no price'}</td>
              <td class="number">{mediaTerms(model)?.maxSeconds ?? '-'} s</td>
              <td class="wide-only">{mediaTerms(model)?.inline ? 'at once' : 'a job'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  </section>
);

async function recommendPage(c: AppContext): Promise<Response> {
  const billions = Math.min(Math.max(Number(c.req.query('billions')) || 8, 0.1), 2_000);
  const weight = WEIGHTS.find(({ id }) => id === c.req.query('weights')) ?? WEIGHTS[0];
  const needed = gigabytesNeeded(billions, weight.bytes);
  const best = recommend(needed);
  const hosted = c.get('gateway').registry.models.all.filter(({ family }) => family === 'gpu');
  const org = c.req.query('org');
  const context = await viewerOf(c);
  return page(
    c,
    { title: 'Which GPU', context },
    <>
      <div class="stack">
        <h1>Which GPU is enough?</h1>
        <p class="lead">A model must fit in memory, with a fifth more for its cache and what it works with.</p>
      </div>
      {await runsOfWhom(c, context)}
      <FilterForm path="/gpu-recommend" label="Your model">
        {org && <input type="hidden" name="org" value={org} />}
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
      </FilterForm>
      <section class="panel stack" aria-labelledby="answer">
        <h2 id="answer">{best ? `${best.label}, ${best.gigabytes} GB` : 'No single GPU is large enough'}</h2>
        <p>
          {billions} billion parameters in {weight.label} need about {Math.ceil(needed)} GB.
          {best
            ? ` That is the cheapest that holds them: ${best.credits} credits a second, ${dollars(best.credits * 3_600)} an hour while it works, and a tenth while it waits.`
            : ' Take fewer bits a weight.'}
        </p>
        {best && (
          <div class="row">
            <a class="button" href={within(`${NEW}?gpu=${best.id}`, org)}>
              Deploy on it
            </a>
          </div>
        )}
      </section>
      <section class="stack" aria-labelledby="all">
        <h2 id="all">All of them</h2>
        <Scroll label="GPUs">
          <table>
            <Headings
              of={['GPU', 'Memory', 'Credits a second', 'USD an hour', 'Holds it']}
              figures={['Memory', 'Credits a second', 'USD an hour']}
              wide={['USD an hour']}
            />
            <tbody>
              {GPUS.map((gpu) => (
                <tr>
                  <th scope="row">
                    {gpu.label}
                    <small class="mono">{gpu.id}</small>
                  </th>
                  <td class="number">{gpu.gigabytes} GB</td>
                  <td class="number">{gpu.credits}</td>
                  <td class="number wide-only">{dollars(gpu.credits * 3_600)}</td>
                  <td>
                    {gpu.gigabytes < needed && <span class="quiet">no</span>}
                    {gpu.gigabytes >= needed && (
                      <span class={gpu.id === best?.id ? 'tag good' : ''}>{gpu.id === best?.id ? 'cheapest' : 'yes'}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </section>
      {hosted.length > 0 && <Hosted models={hosted} org={org} />}
    </>,
  );
}

const Handler: FC = () => (
  <section class="stack" aria-labelledby="handler">
    <h2 id="handler">What the container does</h2>
    <p class="prose">
      It takes a run’s <code>input</code>, has the deployment’s <code>env</code> around it, and returns JSON: the run’s <code>output</code>.
      Files in it, as data URLs or as URLs, get a URL in <code>outputs</code>. An exception, or an <code>error</code> that it returns, makes
      the run fail.
    </p>
    <Code label="A handler in Python">{HANDLER}</Code>
  </section>
);

const Told: FC = () => (
  <section class="stack" aria-labelledby="told">
    <h2 id="told">Being told of the end</h2>
    <p class="prose">
      A run that has ended is sent to the deployment’s <code>webhookUrl</code>, or to the <code>webhook_url</code> of the run itself, signed
      as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> have it: <code>webhook-id</code>, <code>webhook-timestamp</code>{' '}
      and <code>webhook-signature</code>, with the secret of <code>GET /v1/webhooks/secret</code>. Any status of 2xx acknowledges, 410 ends
      all that goes there, and anything else is tried again for some three days, under the same <code>webhook-id</code>.
    </p>
    <Code label="What a webhook says">{PAYLOAD}</Code>
  </section>
);

const PAYLOAD = `{
  "status": "completed",
  "outputUrl": "https://.../0.png",
  "jobId": "job_...",
  "type": "gpu",
  "model": "deployment:my-model",
  "creditsUsed": 28,
  "output": { "image": "https://.../0.png" }
}`;

const Weights: FC<{ origin: string; megabytes: number }> = ({ origin, megabytes }) => (
  <section class="stack" aria-labelledby="weights">
    <h2 id="weights">Weights and other files</h2>
    <p class="prose">
      Files of up to {whole(megabytes)} MB are kept at <code>/v1/storage</code>; the answer has the <code>url</code> that the container can
      read them from, which is handed to it in <code>env</code>. Larger weights belong into the image.
    </p>
    <Code label="An upload with curl">{`curl "${origin}/v1/storage?filename=weights.safetensors&kind=weights" \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/octet-stream" \\
  --data-binary @weights.safetensors`}</Code>
    <Code label="Handing it to the container with curl">{`curl -X PATCH ${origin}/v1/deployments/my-model \\
  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '{"env": {"WEIGHTS_URL": "https://..."}}'`}</Code>
  </section>
);

const MEGABYTE = 1_048_576;

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
          while. A second in which a worker waits costs a tenth of one in which it works, on the dearest GPU that is named.
        </p>
        <div class="row">
          <a class="button" href={within(NEW, c.req.query('org'))}>
            New deployment
          </a>
          <a class="button plain" href={within('/gpu-recommend', c.req.query('org'))}>
            Which GPU is enough?
          </a>
        </div>
      </div>
      <section class="stack" aria-labelledby="make">
        <h2 id="make">Make it</h2>
        <Code label="A deployment with curl">{create}</Code>
      </section>
      <Handler />
      <section class="stack" aria-labelledby="run">
        <h2 id="run">Run it</h2>
        <p class="prose">
          With <code>"sync": true</code> the answer waits up to 240 seconds. Without, it is a job to look at, or to be told of at{' '}
          <code>webhookUrl</code>.
        </p>
        <Code label="A run with curl">{run}</Code>
        <Code label="Looking at a run with curl">{poll}</Code>
      </section>
      <Told />
      <Weights origin={origin} megabytes={Math.floor(c.get('gateway').settings.STORAGE_LIMIT_BYTES / MEGABYTE)} />
      <section class="stack prose" aria-labelledby="price">
        <h2 id="price">What it costs</h2>
        <p>
          The price of the GPU that the deployment names first is held for <code>maxSeconds</code> (600 unless you say otherwise). Charged
          is the GPU time that the run took, rounded up to a whole credit. A run that fails is free, but for the time that its worker waits
          after it.
        </p>
      </section>
    </>,
  );
}

export const gpuPages: AccountRoute[] = [
  { method: 'GET', path: '/gpu-recommend', permission: 'public', handle: recommendPage },
  { method: 'GET', path: '/docs/infra', permission: 'public', handle: infraDocs },
];
