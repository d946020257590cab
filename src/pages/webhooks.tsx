/** What became of an account's webhooks: each delivery with its latest try, sending one again, and the secret that signs them. */
import type { FC } from 'hono/jsx';
import * as z from 'zod';
import { commit } from '../console/audit/commit';
import type { VerbContext } from '../console/context';
import { momentCursor, readMoment } from '../console/cursor';
import type { GatewayError } from '../core/errors';
import { nextAfter } from '../db/after';
import type { AppContext } from '../http/context';
import { jobDeps } from '../http/deps';
import { deliveryView, listDeliveries, redeliver } from '../jobs/webhooks/log';
import { readSecrets, rotateSecret } from '../jobs/webhooks/secrets';
import { type AccountRoute, queryOf } from '../routes/account/route';
import { DELIVERY_STATES } from '../routes/media/webhooks';
import { marked, readQuery } from './form';
import { Choice, Code, Empty, FilterForm, Headings, Name, Notice, OrgField, Pages, type Pick, Scroll, Time, whole } from './parts';
import { orgQuery, page } from './shell';

const WEBHOOKS = '/infra/webhooks';
const DELIVERIES_A_PAGE = 50;
const LABELS = { state: 'State', jobId: 'Job' };

const asked = z.looseObject({ state: z.enum(DELIVERY_STATES).optional(), jobId: z.string().optional() });

type Delivery = ReturnType<typeof deliveryView>;

const TONES: Partial<Record<string, string>> = { delivered: 'good', dead: 'bad', gone: 'bad' };

function answerOf({ attempts, state }: Delivery): string {
  const last = attempts.at(-1);
  if (last !== undefined) return last.error ?? `Answered ${last.status}`;
  return state === 'gone' ? 'Not sent: it had answered 410' : 'Not tried yet';
}

const Row: FC<{ of: Delivery; context: VerbContext }> = ({ of: delivery, context }) => {
  const { id, jobId, url, state, tries, createdAt, nextAt } = delivery;
  const tag = <span class={`tag ${TONES[state] ?? ''}`}>{state}</span>;
  return (
    <tr>
      <td>
        <Time at={createdAt} />
      </td>
      <td class="break">
        <Name of={url} /> <span class="narrow-only">{tag}</span>
        <small class="mono">
          <Name of={jobId} />
        </small>
        <small>
          {answerOf(delivery)}
          {state === 'pending' && nextAt !== null && tries > 0 && (
            <>
              ; next try <Time at={nextAt} />
            </>
          )}
        </small>
      </td>
      <td class="wide-only">{tag}</td>
      <td class="number wide-only">{whole(tries)}</td>
      <td>
        {state !== 'pending' && context.permissions.has('jobs.write') && (
          <form class="inline" method="post" action={`${WEBHOOKS}/${id}/redeliver${orgQuery(context)}`}>
            <button type="submit" class="link" aria-label={`Send the webhook of job ${jobId} again`}>
              Send again
            </button>
          </form>
        )}
      </td>
    </tr>
  );
};

const Secret: FC<{ of: string; context: VerbContext }> = ({ of: secret, context }) => (
  <section class="stack" aria-labelledby="secret">
    <h2 id="secret">Signing secret</h2>
    <p>
      Every webhook is signed by it, as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> says: a receiver that checks the
      signature knows that the webhook is from here.
    </p>
    <details>
      <summary>Show the secret</summary>
      <Code label="Signing secret" wrap>
        {secret}
      </Code>
    </details>
    {context.permissions.has('webhooks.write') && (
      <form
        class="row"
        method="post"
        action={`${WEBHOOKS}/rotate${orgQuery(context)}`}
        data-ask="Make a new secret? For a day webhooks are signed by both, then by the new one alone."
      >
        <button type="submit" class="plain">
          Make a new secret
        </button>
      </form>
    )}
  </section>
);

const STATES: Pick = { name: 'state', label: LABELS.state, any: 'Any', options: DELIVERY_STATES.map((one) => [one, one]) };

interface FilterProps {
  state: string | undefined;
  jobId: string | undefined;
  error: GatewayError | undefined;
  context: VerbContext;
}

const Filter: FC<FilterProps> = ({ state, jobId, error, context }) => (
  <FilterForm path={WEBHOOKS}>
    <OrgField context={context} />
    <Choice of={STATES} value={state} error={error} />
    <label>
      {LABELS.jobId}
      <input name="jobId" value={jobId ?? ''} placeholder="job_…" {...marked(error, 'jobId')} />
    </label>
    <button type="submit">Filter</button>
    {(state !== undefined || jobId !== undefined) && (
      <a class="button plain" href={`${WEBHOOKS}${orgQuery(context)}`}>
        All webhooks
      </a>
    )}
  </FilterForm>
);

async function webhooksPage(c: AppContext, context: VerbContext, said?: GatewayError): Promise<Response> {
  const { filter, query, error: wrong } = readQuery(asked, queryOf(c), LABELS);
  const { state, jobId } = filter;
  const { cursor } = query;
  const { db, accountId, now } = context;
  const place = readMoment(cursor);
  const [rows, secrets] = await Promise.all([
    listDeliveries(db, accountId, { jobId, state, before: place.ok ? place.value : undefined, limit: DELIVERIES_A_PAGE }),
    readSecrets(db, accountId, now()),
  ]);
  const error = said ?? wrong;
  return page(
    c,
    { title: 'Webhooks', context, ...(error && { status: 400 }) },
    <>
      <div class="head">
        <div class="tight">
          <h1>Webhooks</h1>
          <p class="small quiet">
            What receivers answered when jobs had ended; a failed delivery is tried again for three days
            {context.organization && `, of ${context.organization.name}`}
          </p>
        </div>
        <a class="button plain" href={`/infra/jobs${orgQuery(context)}`}>
          Jobs
        </a>
      </div>
      <Notice error={error} />
      <Filter state={state} jobId={jobId} error={wrong} context={context} />
      {rows.length > 0 ? (
        <Scroll label="Webhooks" long>
          <table>
            <Headings of={['Time (UTC)', 'Receiver and job', 'State', 'Tries', 'Again']} figures={['Tries']} wide={['State', 'Tries']} />
            <tbody>
              {rows.map((row) => (
                <Row of={deliveryView(row)} context={context} />
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : (
        <Empty title={state === undefined && jobId === undefined ? 'No webhook yet' : 'No webhook fits'}>
          <p>
            Put <code>webhook_url</code> into the request of a job, and its end is sent there.
          </p>
        </Empty>
      )}
      <Pages of="webhooks" path={WEBHOOKS} query={query} nextCursor={nextAfter(rows, DELIVERIES_A_PAGE, momentCursor)} />
      <Secret of={secrets.current} context={context} />
    </>,
  );
}

const listed = (c: AppContext, context: VerbContext): Response => c.redirect(WEBHOOKS + orgQuery(context), 303);

async function again(c: AppContext, context: VerbContext): Promise<Response> {
  const sent = await redeliver(jobDeps(c.env), context.accountId, c.req.param('id') ?? '');
  return sent.ok ? listed(c, context) : webhooksPage(c, context, sent.error);
}

async function rotate(c: AppContext, context: VerbContext): Promise<Response> {
  await rotateSecret(context.db, context.accountId, context.now());
  await commit(context, { action: 'webhook_secret.rotate', target: undefined });
  return listed(c, context);
}

export const webhookPages: AccountRoute[] = [
  { method: 'GET', path: WEBHOOKS, permission: 'webhooks.read', handle: (c, context) => webhooksPage(c, context) },
  { method: 'POST', path: `${WEBHOOKS}/rotate`, permission: 'webhooks.write', handle: rotate },
  { method: 'POST', path: `${WEBHOOKS}/:id/redeliver`, permission: 'jobs.write', handle: again },
];
