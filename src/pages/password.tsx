/** A forgotten password, or a first one: a link by mail, and the form for the new password. */
import { safePath } from '../console/sign-in/safe-path';
import { askAuth } from '../http/ask-auth';
import { isSameSite } from '../http/caller';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { fields, refusalPage } from './shell';
import { signInPage } from './sign-in';
import {
  type Answer,
  CROSS_SITE,
  Email,
  FRESH,
  Hidden,
  mailNotice,
  notMailed,
  OVER,
  Password,
  saidBy,
  simpleForm,
  USED,
  type Wrong,
} from './sign-in-parts';

const forgotPage = (c: AppContext, next: string, message?: string, error?: Wrong) =>
  simpleForm(
    c,
    'Set a new password',
    '/forgot-password',
    <>
      <Hidden next={next} />
      <Email wrong={error} />
    </>,
    'Mail me a link',
    error,
    message,
  );

async function forgot(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const { email = '', next: asked } = await fields(c);
  const next = safePath(asked);
  const redirectTo = `/reset-password?${new URLSearchParams({ next })}`;
  const answer = await askAuth(c, '/request-password-reset', { email, redirectTo });
  if (answer.status === 429 || answer.status === 503) return forgotPage(c, next, undefined, notMailed(answer.status));
  return forgotPage(c, next, 'If the address has an account, a link is on its way to it.');
}

/** Without a valid link the page offers a new link instead of a password form. */
function resetPage(c: AppContext, { token, next: asked, error }: Record<string, string>, wrong?: Wrong): Promise<Response> {
  const next = safePath(asked);
  if (!token || error !== undefined) return forgotPage(c, next, undefined, `${OVER} Have another mailed.`);
  return simpleForm(
    c,
    'Set a new password',
    '/reset-password',
    <>
      <Hidden next={next} />
      <input type="hidden" name="token" value={token} />
      <Password label={FRESH} fresh wrong={wrong} />
    </>,
    'Set the password',
    wrong,
  );
}

async function reset(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const form = await fields(c);
  const { token = '', password = '', next = '' } = form;
  const answer = await askAuth(c, '/reset-password', { token, newPassword: password });
  if (answer.ok) return signInPage(c, { next }, undefined, 'The password is set: sign in with it.');
  const said = (await answer.json().catch(() => ({}))) as Answer;
  return USED.test(said.code ?? '') ? resetPage(c, { next }) : resetPage(c, form, saidBy(said));
}

export const passwordPages: AccountRoute[] = [
  {
    method: 'GET',
    path: '/forgot-password',
    permission: 'public',
    handle: (c) => forgotPage(c, safePath(c.req.query('next')), mailNotice(c)),
  },
  { method: 'POST', path: '/forgot-password', permission: 'public', handle: forgot },
  { method: 'GET', path: '/reset-password', permission: 'public', handle: (c) => resetPage(c, c.req.query()) },
  { method: 'POST', path: '/reset-password', permission: 'public', handle: reset },
];
