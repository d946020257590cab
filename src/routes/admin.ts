/** The operator's API under /api/admin, with ADMIN_TOKEN as the bearer token. */
import { Hono } from 'hono';
import * as z from 'zod';
import type { AccountView } from '../account/types';
import {
  createAccount,
  createAccountInput,
  findAccount,
  grantCredits,
  grantInput,
  listAccounts,
  type OperatorDeps,
  pricesInput,
  setPrices,
  setStatus,
  setTier,
  showAccount,
  statusInput,
  tierInput,
} from '../console/accounts';
import { createKey, createKeyInput, listKeys, revokeKey } from '../console/api-keys/internal';
import { withModelIds } from '../console/api-keys/models';
import { OPERATOR, OPERATOR_LOG } from '../console/audit/commit';
import { auditFilterInput, queryAudit, verifyAudit } from '../console/audit/query';
import { catalogueInput, checkCatalogue, showCatalogue, storeCatalogue } from '../console/catalogue/manage';
import { readOverview, spanInput } from '../console/operator/span';
import { reconcileAccount, reconcileFrom } from '../console/reconcile';
import { recover, restore, restoreInput } from '../console/restore';
import { createVouchers, createVouchersInput, listVouchers, revokeVoucher, showVoucher } from '../console/vouchers/manage';
import { fail, ok, type Result } from '../core/errors';
import type { AppContext, AppEnv } from '../http/context';
import { consoleDeps, jobDeps, liveCatalogue } from '../http/deps';
import { jsonInput as input, parseInput } from '../http/input';
import { carries } from '../http/operator-token';
import { renderError } from '../http/render-error';
import { requestOrigin } from '../http/request-origin';
import { sweep } from '../jobs/sweep';

const PAGE = 50;
const MAX_PAGE = 500;

const operatorDeps = (c: AppContext): OperatorDeps => ({ ...consoleDeps(c), actor: OPERATOR, from: requestOrigin(c) });

const answer = <Value extends object>(c: AppContext, result: Result<Value>, status: 200 | 201 = 200): Response =>
  result.ok ? c.json(result.value as object, status) : renderError(c, result.error);

function pageSize(c: AppContext): Result<number> {
  const limit = Number(c.req.query('limit') ?? PAGE);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE) return ok(limit);
  return fail('invalid_request', `\`limit\` must be a whole number from 1 to ${MAX_PAGE}.`, { param: 'limit' });
}

/** Runs a verb on an account, after checking that it exists. */
async function withAccount(
  c: AppContext,
  verb: (deps: OperatorDeps, id: string, view: AccountView) => Promise<Response>,
): Promise<Response> {
  const deps = operatorDeps(c);
  const id = c.req.param('id') ?? '';
  const found = await findAccount(deps, id);
  return found.ok ? verb(deps, id, found.value) : renderError(c, found.error);
}

export const admin = new Hono<AppEnv>();

const refused = (c: AppContext): Response =>
  renderError(c, fail('invalid_key', "This needs the operator's token: `Authorization: Bearer $ADMIN_TOKEN`.").error);

// Before all others, since who collects metrics need not have the token that opens those.
admin.get('/metrics', async (c) => {
  const { METRICS_TOKEN, ADMIN_TOKEN } = c.get('gateway').settings;
  return (await carries(c, METRICS_TOKEN, ADMIN_TOKEN)) ? (await import('./metrics')).metrics(c) : refused(c);
});

admin.use(async (c, next) => {
  if (!(await carries(c, c.get('gateway').settings.ADMIN_TOKEN))) return refused(c);
  await next();
});

admin.get('/overview', async (c) => {
  const span = parseInput(spanInput, c.req.query());
  if (!span.ok) return renderError(c, span.error);
  return answer(c, await readOverview(c.env.DB, span.value.days, c.get('gateway').now()));
});

admin.post('/accounts', async (c) => {
  const parsed = await input(c, createAccountInput);
  return parsed.ok ? c.json(await createAccount(operatorDeps(c), parsed.value), 201) : renderError(c, parsed.error);
});

admin.get('/accounts', async (c) => {
  const limit = pageSize(c);
  if (!limit.ok) return renderError(c, limit.error);
  const listed = await listAccounts(consoleDeps(c), limit.value, c.req.query('cursor'));
  return answer(c, listed);
});

admin.get('/accounts/:id', async (c) => {
  const deps = consoleDeps(c);
  const found = await findAccount(deps, c.req.param('id'));
  return found.ok ? c.json(await showAccount(deps, found.value)) : renderError(c, found.error);
});

admin.post('/accounts/:id/grants', (c) =>
  withAccount(c, async (deps, _id, view) => {
    const parsed = await input(c, grantInput);
    if (!parsed.ok) return renderError(c, parsed.error);
    const granted = await grantCredits(deps, view, parsed.value);
    return answer(c, granted);
  }),
);

admin.put('/accounts/:id/tier', (c) =>
  withAccount(c, async (deps, _id, view) => {
    const parsed = await input(c, tierInput);
    return parsed.ok ? c.json(await setTier(deps, view, parsed.value)) : renderError(c, parsed.error);
  }),
);

admin.put('/accounts/:id/prices', (c) =>
  withAccount(c, async (deps, _id, view) => {
    const parsed = await input(c, pricesInput);
    return parsed.ok ? c.json(await setPrices(deps, view, parsed.value)) : renderError(c, parsed.error);
  }),
);

admin.put('/accounts/:id/status', (c) =>
  withAccount(c, async (deps, _id, view) => {
    const parsed = await input(c, statusInput);
    return parsed.ok ? c.json(await setStatus(deps, view, parsed.value)) : renderError(c, parsed.error);
  }),
);

admin.post('/accounts/:id/keys', (c) =>
  withAccount(c, async (deps, id) => {
    const parsed = await input(c, createKeyInput);
    const named = parsed.ok ? withModelIds(c.get('gateway').registry.models, parsed.value) : parsed;
    return named.ok ? answer(c, await createKey(deps, id, named.value), 201) : renderError(c, named.error);
  }),
);

admin.get('/accounts/:id/keys', (c) => withAccount(c, async (deps, id) => c.json(await listKeys(deps, id))));

admin.delete('/accounts/:id/keys/:keyId', (c) =>
  withAccount(c, async (deps, id) => {
    const revoked = await revokeKey(deps, id, c.req.param('keyId'));
    return answer(c, revoked);
  }),
);

admin.post('/accounts/:id/restore', (c) =>
  withAccount(c, async (deps, _id, view) => {
    const parsed = await input(c, restoreInput);
    if (!parsed.ok) return renderError(c, parsed.error);
    const restored = await restore(deps, view, parsed.value);
    return answer(c, restored);
  }),
);

admin.post('/accounts/:id/recover', (c) =>
  withAccount(c, async (deps, id) => {
    const recovered = await recover(deps, id, (await deps.account(id).books())!);
    return answer(c, recovered);
  }),
);

admin.post('/vouchers', async (c) => {
  const parsed = await input(c, createVouchersInput);
  return parsed.ok ? answer(c, await createVouchers(operatorDeps(c), parsed.value), 201) : renderError(c, parsed.error);
});

admin.get('/vouchers', async (c) => {
  const limit = pageSize(c);
  if (!limit.ok) return renderError(c, limit.error);
  return answer(c, await listVouchers(consoleDeps(c), limit.value, c.req.query('cursor')));
});

admin.get('/vouchers/:id', async (c) => answer(c, await showVoucher(consoleDeps(c), c.req.param('id'))));
admin.delete('/vouchers/:id', async (c) => answer(c, await revokeVoucher(operatorDeps(c), c.req.param('id'))));

/** The audit log of an account, or of the gateway itself. */
async function audit(c: AppContext, accountId: string): Promise<Response> {
  const filter = parseInput(auditFilterInput, c.req.query());
  if (!filter.ok) return renderError(c, filter.error);
  const listed = await queryAudit({ db: c.env.DB, accountId }, filter.value, PAGE, c.req.query('cursor') || undefined);
  return answer(c, listed);
}

const verified = async (c: AppContext, accountId: string): Promise<Response> => c.json(await verifyAudit({ db: c.env.DB, accountId }));

admin.get('/audit', (c) => audit(c, OPERATOR_LOG));
admin.get('/audit/verify', (c) => verified(c, OPERATOR_LOG));
admin.get('/accounts/:id/audit', (c) => withAccount(c, (_deps, id) => audit(c, id)));
admin.get('/accounts/:id/audit/verify', (c) => withAccount(c, (_deps, id) => verified(c, id)));

admin.get('/catalogue', async (c) => c.json(await showCatalogue(liveCatalogue(c.env))));

admin.post('/catalogue/check', async (c) => {
  const parsed = await input(c, catalogueInput);
  return parsed.ok ? c.json(checkCatalogue(liveCatalogue(c.env), parsed.value.text)) : renderError(c, parsed.error);
});

admin.put('/catalogue', async (c) => {
  const parsed = await input(c, catalogueInput);
  if (!parsed.ok) return renderError(c, parsed.error);
  const stored = await storeCatalogue(operatorDeps(c), liveCatalogue(c.env), parsed.value.text);
  return answer(c, stored);
});

export const sweepInput = z.strictObject({ aheadSeconds: z.number().min(0).max(86_400).nullish() });

/** Runs the sweeper for jobs and webhooks now, as if it were this much later. */
admin.post('/sweep', async (c) => {
  const parsed = await input(c, sweepInput);
  return parsed.ok ? c.json(await sweep(jobDeps(c.env), (parsed.value.aheadSeconds ?? 0) * 1_000)) : renderError(c, parsed.error);
});

export const reconcileInput = z.strictObject({ accountId: z.string().nullish(), cursor: z.string().nullish() });

/** What is encrypted is read kind by kind, each in the order of its ids. */
export const resealInput = z.strictObject({
  cursor: z
    .string()
    .regex(/^[0-4]:/)
    .max(200)
    .nullish(),
});

/** Encrypts anew what a secret before the present one encrypted, as much as an invocation can. */
admin.post('/reseal', async (c) => {
  const parsed = await input(c, resealInput);
  if (!parsed.ok) return renderError(c, parsed.error);
  const [{ reseal }, { authSecrets, readAccountSettings }] = await Promise.all([
    import('../console/sign-in/reseal'),
    import('../env-account'),
  ]);
  return c.json(await reseal(c.env.DB, authSecrets(readAccountSettings(c.env)), parsed.value.cursor ?? undefined));
});

/** For somebody who has no code any more. */
admin.delete('/people/:email/second-factor', async (c) => {
  const { removeSecondFactor } = await import('../console/sign-in/second-factor');
  return answer(c, await removeSecondFactor(operatorDeps(c), c.req.param('email')));
});

admin.post('/reconcile', async (c) => {
  const parsed = await input(c, reconcileInput);
  if (!parsed.ok) return renderError(c, parsed.error);
  const deps = consoleDeps(c);
  const { accountId, cursor } = parsed.value;
  if (accountId == null) return c.json(await reconcileFrom(deps, cursor ?? undefined));
  const found = await findAccount(deps, accountId);
  return found.ok ? c.json(await reconcileAccount(deps, accountId)) : renderError(c, found.error);
});
