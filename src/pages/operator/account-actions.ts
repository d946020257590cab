/** What an operator's forms about one account do. */
import type { AccountView } from '../../account/types';
import {
  findAccount,
  grantCredits,
  grantInput,
  pricesInput,
  setPrices,
  setStatus,
  setTier,
  statusInput,
  tierInput,
} from '../../console/accounts';
import { createKey, createKeyInput, revokeKey } from '../../console/api-keys/internal';
import type { OperatorContext } from '../../console/context';
import { reconcileAccount } from '../../console/reconcile';
import { fail, ok, type Result } from '../../core/errors';
import type { AppContext } from '../../http/context';
import type { AccountRoute } from '../../routes/account/route';
import { inLabels, readForm } from '../form';
import { fields, refusalPage } from '../shell';
import { thenShown } from '../shown-once';
import { accountPage } from './account';
import { LABELS } from './account-forms';
import { ACCOUNTS, accountPath } from './accounts';

type Texts = Record<string, string>;

/** Runs a verb on the account and goes back to its page, which says what was done. */
const doing =
  (form: string, verb: (context: OperatorContext, view: AccountView, texts: Texts, c: AppContext) => Promise<Result<string | Response>>) =>
  async (c: AppContext, context: OperatorContext): Promise<Response> => {
    const found = await findAccount(context, c.req.param('id') ?? '');
    if (!found.ok) return refusalPage(c, found.error);
    const texts = await fields(c);
    const done = await verb(context, found.value, texts, c);
    if (!done.ok) return accountPage(c, context, { form, texts, error: inLabels(done.error, LABELS) });
    if (done.value instanceof Response) return done.value;
    return c.redirect(`${accountPath(found.value.profile.id)}?done=${done.value}`, 303);
  };

const grant = doing('grant', async (context, view, { credits, reason, eventId, topUp, belowZero }) => {
  const given = {
    ...(credits && { credits: Number(credits) }),
    ...(reason && { reason }),
    ...(eventId && { eventId }),
    topUp: topUp === 'on',
    belowZero: belowZero === 'on',
  };
  const input = readForm(grantInput, given, LABELS);
  const granted = input.ok ? await grantCredits(context, view, input.value) : input;
  return granted.ok ? ok(granted.value.repeated ? 'repeated' : 'grant') : granted;
});

const tier = doing('tier', async (context, view, texts) => {
  const input = readForm(tierInput, { tier: texts.tier }, LABELS);
  if (!input.ok) return input;
  await setTier(context, view, input.value);
  return ok('tier');
});

const prices = doing('prices', async (context, view, { percent }) => {
  // A tenth of a per cent is the smallest step, and none of them is a whole binary fraction.
  const factor = Number((Number(percent) / 100).toFixed(6));
  const input = readForm(pricesInput, { factor }, LABELS);
  if (!input.ok) return input;
  await setPrices(context, view, input.value);
  return ok('prices');
});

const status = (to: 'suspended' | 'active') =>
  doing('status', async (context, view, { reason }) => {
    const input = readForm(statusInput, { status: to, ...(reason && { reason }) }, LABELS);
    if (!input.ok) return input;
    await setStatus(context, view, input.value);
    return ok(to === 'suspended' ? 'suspended' : 'resumed');
  });

const makeKey = doing('keys', async (context, view, { name, mode, spendingLimit }, c) => {
  const input = readForm(createKeyInput, { name, mode, ...(spendingLimit && { spendingLimit: Number(spendingLimit) }) }, LABELS);
  if (!input.ok) return input;
  const made = await createKey(context, view.profile.id, input.value);
  if (!made.ok) return made;
  const { name: named, key } = made.value;
  return ok(await thenShown(c, context, accountPath(view.profile.id), { name: named, key }));
});

const revoke = doing('keys', async (context, view, _texts, c) => {
  const revoked = await revokeKey(context, view.profile.id, c.req.param('key') ?? '');
  return revoked.ok ? ok('revoked') : revoked;
});

const check = doing('check', async (context, view) => {
  const { problems } = await reconcileAccount(context, view.profile.id);
  const words = problems.map(({ problem }) => problem).join('; ');
  return problems.length === 0 ? ok('checked') : fail('conflict', `Its books are not right: ${words}`);
});

const ONE = `${ACCOUNTS}/:id`;

export const oneAccountPages: AccountRoute[] = [
  { method: 'GET', path: ONE, permission: 'operator', handle: (c, context) => accountPage(c, context) },
  { method: 'POST', path: `${ONE}/grant`, permission: 'operator', handle: grant },
  { method: 'POST', path: `${ONE}/tier`, permission: 'operator', handle: tier },
  { method: 'POST', path: `${ONE}/prices`, permission: 'operator', handle: prices },
  { method: 'POST', path: `${ONE}/suspend`, permission: 'operator', handle: status('suspended') },
  { method: 'POST', path: `${ONE}/resume`, permission: 'operator', handle: status('active') },
  { method: 'POST', path: `${ONE}/keys`, permission: 'operator', handle: makeKey },
  { method: 'POST', path: `${ONE}/keys/:key/revoke`, permission: 'operator', handle: revoke },
  { method: 'POST', path: `${ONE}/check`, permission: 'operator', handle: check },
];
