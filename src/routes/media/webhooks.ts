import { momentCursor } from '../../console/cursor';
import type { ApiKey } from '../../core/api-key';
import type { GatewayError } from '../../core/errors';
import { refuseTestKey } from '../../core/test-key';
import { nextAfter } from '../../db/after';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { findJobOf } from '../../jobs/access';
import { deliveryView, findDelivery, listDeliveries, redeliver } from '../../jobs/webhooks/log';
import { readSecrets, rotateSecret, type WebhookSecrets } from '../../jobs/webhooks/secrets';
import { pageSize, placeBefore, refuseQuery, withKey } from './request';

const PAGE = { usual: 50, most: 200 };
export const DELIVERY_STATES = ['pending', 'delivered', 'gone', 'dead'] as const;

/** The secret signs webhooks of live jobs, so test keys may not see it. */
const withLiveKey = (c: AppContext, verb: (key: ApiKey) => Promise<Response>): Promise<Response> =>
  withKey(c, async (key) => {
    const refused = refuseTestKey(key);
    return refused ? renderError(c, refused) : verb(key);
  });

const secretView = ({ current, rotatedAt }: WebhookSecrets) => ({
  object: 'webhook_secret',
  secret: current,
  rotatedAt: new Date(rotatedAt).toISOString(),
});

export const getWebhookSecret = (c: AppContext): Promise<Response> =>
  withLiveKey(c, async ({ accountId }) => c.json(secretView(await readSecrets(c.env.DB, accountId, Date.now()))));

export const postRotateSecret = (c: AppContext): Promise<Response> =>
  withLiveKey(c, async ({ accountId }) => c.json(secretView(await rotateSecret(c.env.DB, accountId, Date.now()))));

export const getDeliveries = (c: AppContext): Promise<Response> =>
  withKey(c, async ({ accountId }) => {
    const { jobId, state, before } = c.req.query();
    const count = pageSize(c, PAGE);
    if (typeof count !== 'number') return count;
    if (state !== undefined && !(DELIVERY_STATES as readonly string[]).includes(state))
      return refuseQuery(c, 'state', `one of ${DELIVERY_STATES.join(', ')}`);
    const last = before === undefined ? undefined : await placeBefore(before, (id) => findDelivery(c.env.DB, accountId, id));
    if (before !== undefined && !last) return refuseQuery(c, 'before', 'the `next` of a page, or the id of a delivery of yours');
    const rows = await listDeliveries(c.env.DB, accountId, { jobId, state, before: last, limit: count });
    return c.json({ object: 'list', data: rows.map(deliveryView), next: nextAfter(rows, count, momentCursor) });
  });

/** A test key may have only a test job's webhook sent again. */
async function refuseTestDelivery(c: AppContext, key: ApiKey, id: string): Promise<GatewayError | undefined> {
  const delivery = await findDelivery(c.env.DB, key.accountId, id);
  if (!delivery) return undefined;
  const job = await findJobOf(jobDeps(c.env), key, delivery.jobId);
  return refuseTestKey(key, job.ok ? job.value : { test: false });
}

export const postRedeliver = (c: AppContext): Promise<Response> =>
  withKey(c, async (key) => {
    const { id = '' } = c.req.param();
    const refused = key.mode === 'test' ? await refuseTestDelivery(c, key, id) : undefined;
    if (refused) return renderError(c, refused);
    const sent = await redeliver(jobDeps(c.env), key.accountId, id);
    return sent.ok ? c.json(deliveryView(sent.value)) : renderError(c, sent.error);
  });
