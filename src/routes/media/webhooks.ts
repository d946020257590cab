import { fail } from '../../core/errors';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { renderError } from '../../http/render-error';
import { authorize } from '../../jobs/access';
import { deliveryView, findDelivery, listDeliveries, redeliver } from '../../jobs/webhooks/log';
import { readSecrets, rotateSecret, type WebhookSecrets } from '../../jobs/webhooks/secrets';
import { readerOf } from './request';

const PAGE = 50;
export const DELIVERY_STATES = ['pending', 'delivered', 'gone', 'dead'];

async function withAccount(c: AppContext, verb: (accountId: string) => Promise<Response>): Promise<Response> {
  const reader = await readerOf(c);
  if (!reader.ok) return renderError(c, reader.error);
  const key = await authorize(jobDeps(c.env), reader.value);
  return key.ok ? verb(key.value.accountId) : renderError(c, key.error);
}

const secretView = ({ current, rotatedAt }: WebhookSecrets) => ({
  object: 'webhook_secret',
  secret: current,
  rotatedAt: new Date(rotatedAt).toISOString(),
});

export const getWebhookSecret = (c: AppContext): Promise<Response> =>
  withAccount(c, async (accountId) => c.json(secretView(await readSecrets(c.env.DB, accountId, Date.now()))));

export const postRotateSecret = (c: AppContext): Promise<Response> =>
  withAccount(c, async (accountId) => c.json(secretView(await rotateSecret(c.env.DB, accountId, Date.now()))));

export const getDeliveries = (c: AppContext): Promise<Response> =>
  withAccount(c, async (accountId) => {
    const { jobId, state, before } = c.req.query();
    const refuse = (param: string, why: string) => renderError(c, fail('invalid_request', `\`${param}\` must be ${why}.`, { param }).error);
    if (state !== undefined && !DELIVERY_STATES.includes(state)) return refuse('state', `one of ${DELIVERY_STATES.join(', ')}`);
    const last = before === undefined ? undefined : await findDelivery(c.env.DB, accountId, before);
    if (before !== undefined && !last) return refuse('before', 'the id of a delivery of yours, such as the last of a page');
    const rows = await listDeliveries(c.env.DB, accountId, { jobId, state, before: last, limit: PAGE });
    return c.json({ object: 'list', data: rows.map(deliveryView), next: rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null });
  });

export const postRedeliver = (c: AppContext): Promise<Response> =>
  withAccount(c, async (accountId) => {
    const sent = await redeliver(jobDeps(c.env), accountId, c.req.param('id') ?? '');
    return sent.ok ? c.json(deliveryView(sent.value)) : renderError(c, sent.error);
  });
