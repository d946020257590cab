import { commit } from '../../console/audit/commit';
import type { AppContext } from '../../http/context';
import { jobDeps } from '../../http/deps';
import { requestOrigin } from '../../http/request-origin';
import { authorize } from '../../jobs/access';
import { readerOf } from './request';

type Handler = (c: AppContext) => Response | Promise<Response>;

/** A handler by which a key changes what an account has: what came of it well stands in the audit log when it answers. */
export const audited =
  (action: string, handler: Handler): Handler =>
  async (c) => {
    const response = await handler(c);
    if (!response.ok) return response;
    const reader = await readerOf(c);
    const key = reader.ok ? await authorize(jobDeps(c.env), reader.value) : reader;
    if (!key.ok) return response;
    const { accountId, keyId } = key.value;
    const target = c.req.param('slug') ?? c.req.param('id') ?? (await targetOf(response));
    const context = { db: c.env.DB, now: Date.now, accountId, from: requestOrigin(c) };
    await commit({ ...context, actor: { kind: 'api_key', id: keyId, name: keyId } }, { action, target });
    return response;
  };

/** What was made, by the name that its answer gives it. */
async function targetOf(response: Response): Promise<string | undefined> {
  const made = (await response.clone().json()) as { slug?: string; id?: string };
  return made.slug ?? made.id;
}
