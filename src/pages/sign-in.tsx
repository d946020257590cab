/** The way in: password, mailed link, another provider, or the organization's own. */
import type { FC } from 'hono/jsx';
import { acceptInvitation } from '../console/organizations/invitations';
import { NO_MAIL } from '../console/sign-in/guards';
import { safePath } from '../console/sso/sign-in';
import { fail } from '../core/errors';
import { accountPlaneDeps, authOf } from '../http/account-deps';
import { askAuth } from '../http/ask-auth';
import { isSameSite } from '../http/caller';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { startSso } from '../routes/account/sso';
import { Notice } from './parts';
import { fields, page, refusalPage } from './shell';

const TOO_OFTEN = 'Too many tries; wait a minute.';

const CROSS_SITE = fail('cross_site_request', 'This form was sent from another site.').error;

type Form = Record<string, string>;

const Hidden: FC<{ next: string }> = ({ next }) => <input type="hidden" name="next" value={next} />;

const Email: FC<{ value?: string | undefined }> = ({ value }) => (
  <label>
    E-mail
    <input type="email" name="email" autocomplete="username webauthn" required value={value ?? ''} />
  </label>
);

const Password: FC<{ fresh?: boolean }> = ({ fresh }) => (
  <label>
    {fresh ? 'Password, at least 10 characters' : 'Password'}
    <input
      type="password"
      name="password"
      required
      {...(fresh ? { minlength: 10, autocomplete: 'new-password' } : { autocomplete: 'current-password' })}
    />
  </label>
);

/** What is said of mail before anybody waits for one. */
const mailNotice = (c: AppContext): string | undefined => (accountPlaneDeps(c).mail ? undefined : NO_MAIL);

function signInPage(c: AppContext, form: Form, error?: string, message?: string): Promise<Response> {
  const next = safePath(form.next);
  const { settings } = accountPlaneDeps(c);
  const others = [
    ['github', 'GitHub', settings.GITHUB_CLIENT_ID],
    ['google', 'Google', settings.GOOGLE_CLIENT_ID],
  ].filter(([, , id]) => id);
  return page(
    c,
    { title: 'Sign in', narrow: true, status: error ? 400 : 200, script: 'passkey' },
    <>
      <h1>Sign in</h1>
      <Notice error={error} message={message} />
      <form method="post" action="/sign-in">
        <Hidden next={next} />
        <Email value={form.email} />
        <label>
          Password
          <input type="password" name="password" autocomplete="current-password" />
        </label>
        <button type="submit" name="how" value="password">
          Sign in
        </button>
        <p class="or">or by your e-mail address</p>
        <button type="submit" class="plain" name="how" value="link">
          Mail me a link instead
        </button>
        <button type="submit" class="plain" name="how" value="sso">
          Use my organization’s sign-in
        </button>
      </form>
      <form data-passkey="sign-in" data-next={next} hidden>
        <button type="submit" class="plain">
          Use a passkey
        </button>
        <p class="small quiet" role="status" />
      </form>
      {others.map(([id, label]) => (
        <form method="post" action="/sign-in">
          <Hidden next={next} />
          <input type="hidden" name="provider" value={id} />
          <button type="submit" class="plain" name="how" value="social">
            Continue with {label}
          </button>
        </form>
      ))}
      <p class="head small">
        <a href={`/sign-up?next=${encodeURIComponent(next)}`}>Create an account</a>
        <a href="/forgot-password">Forgot the password?</a>
      </p>
    </>,
  );
}

/** What another provider, or a link that is over, sent somebody back with. */
function returnedWith(c: AppContext): string | undefined {
  const { error } = c.req.query();
  if (error === undefined) return undefined;
  if (error === 'unable_to_create_session') return 'Your e-mail address is not confirmed there: confirm it, then try again.';
  return `That did not work (${error.slice(0, 60)}); try again.`;
}

/** better-auth's answer to a form: its cookies, then on; what went wrong goes back on the page. */
async function forward(c: AppContext, answer: Response, next: string, again: (error: string) => Promise<Response>): Promise<Response> {
  const body = (await answer.json().catch(() => ({}))) as { message?: string; twoFactorRedirect?: boolean; url?: string };
  if (!answer.ok) return again(body.message ?? 'That did not work; try again.');
  for (const cookie of answer.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  if (body.twoFactorRedirect) return c.redirect(`/two-factor?next=${encodeURIComponent(next)}`, 303);
  return body.url && body.url !== next ? onward(c, body.url) : c.redirect(next, 303);
}

/** To another site by a page of its own: the policy lets forms lead nowhere else, not even by a redirect. */
export async function onward(c: AppContext, url: string): Promise<Response> {
  const shown = await page(
    c,
    { title: 'Continue', narrow: true },
    <>
      <h1>One moment</h1>
      <p>
        You are being sent on. <a href={url}>Continue to {new URL(url).host}</a>
      </p>
    </>,
  );
  shown.headers.set('refresh', `0; url=${url}`);
  for (const [name, value] of c.res.headers) if (name === 'set-cookie') shown.headers.append(name, value);
  return shown;
}

function notMailed(status: number): string {
  if (status === 429) return TOO_OFTEN;
  if (status === 400) return 'That is no e-mail address.';
  return status === 503 ? NO_MAIL : 'The mail could not be sent; try again.';
}

const backTo = (next: string): string => `/sign-in?next=${encodeURIComponent(next)}`;

async function signIn(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const form = await fields(c);
  const { email = '', password = '', how = 'password' } = form;
  const next = safePath(form.next);
  const again = (error: string) => signInPage(c, form, error);
  if (how === 'sso') {
    const begun = await startSso(c, email, next);
    return begun.ok ? onward(c, begun.value.url) : again(begun.error.message);
  }
  if (how === 'social') {
    const provider = form.provider === 'google' ? 'google' : 'github';
    return forward(c, await askAuth(c, '/sign-in/social', { provider, callbackURL: next, errorCallbackURL: backTo(next) }), next, again);
  }
  if (how === 'link') {
    const sent = await askAuth(c, '/sign-in/magic-link', { email, callbackURL: next });
    return sent.ok ? signInPage(c, form, undefined, 'Look in your mail: the link signs you in.') : again(notMailed(sent.status));
  }
  return forward(c, await askAuth(c, '/sign-in/email', { email, password, callbackURL: next }), next, again);
}

function signUpPage(c: AppContext, form: Form, error?: string): Promise<Response> {
  return page(
    c,
    { title: 'Create an account', narrow: true, status: error ? 400 : 200 },
    <>
      <div class="tight">
        <h1>Create an account</h1>
        <p class="quiet">One key for every model, charged by the call from credits that you top up.</p>
      </div>
      <Notice error={error} message={error === undefined ? mailNotice(c) : undefined} />
      <form method="post" action="/sign-up">
        <Hidden next={safePath(form.next)} />
        <label>
          Name
          <input name="name" autocomplete="name" required value={form.name ?? ''} />
        </label>
        <Email value={form.email} />
        <Password fresh />
        <button type="submit">Create the account</button>
      </form>
      <p class="small">
        You have one? <a href="/sign-in">Sign in</a>
      </p>
    </>,
  );
}

async function signUp(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const form = await fields(c);
  const { name = '', email = '', password = '' } = form;
  const body = { name, email, password, callbackURL: safePath(form.next) };
  const answer = await askAuth(c, '/sign-up/email', body);
  if (!answer.ok) {
    const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
    return signUpPage(c, form, message ?? 'That did not work; try again.');
  }
  return page(
    c,
    { title: 'Look in your mail', narrow: true },
    <>
      <h1>Look in your mail</h1>
      <p>
        A link is on its way to <strong class="break">{email}</strong>. It confirms the address and signs you in.
      </p>
      <p class="small quiet">Nothing there after a minute? Look among the unwanted mail.</p>
    </>,
  );
}

function simpleForm(
  c: AppContext,
  title: string,
  action: string,
  children: ReturnType<FC>,
  button: string,
  error?: string,
  message?: string,
) {
  return page(
    c,
    { title, narrow: true, status: error ? 400 : 200 },
    <>
      <h1>{title}</h1>
      <Notice error={error} message={message} />
      <form method="post" action={action}>
        {children}
        <button type="submit">{button}</button>
      </form>
    </>,
  );
}

const forgotPage = (c: AppContext, message?: string, error?: string) =>
  simpleForm(c, 'Set a new password', '/forgot-password', <Email />, 'Mail me a link', error, message);

async function forgot(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const { email = '' } = await fields(c);
  const asked = await askAuth(c, '/request-password-reset', { email, redirectTo: '/reset-password' });
  if (asked.status === 429 || asked.status === 503) return forgotPage(c, undefined, notMailed(asked.status));
  return forgotPage(c, 'If the address has an account, a link is on its way to it.');
}

const resetPage = (c: AppContext, token: string, error?: string) =>
  simpleForm(
    c,
    'Set a new password',
    '/reset-password',
    <>
      <input type="hidden" name="token" value={token} />
      <Password fresh />
    </>,
    'Set the password',
    error,
  );

async function reset(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const { token = '', password = '' } = await fields(c);
  const answer = await askAuth(c, '/reset-password', { token, newPassword: password });
  if (answer.ok) return signInPage(c, {}, undefined, 'The password is set: sign in with it.');
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  return resetPage(c, token, message ?? 'That did not work.');
}

const twoFactorPage = (c: AppContext, next: string, error?: string) =>
  simpleForm(
    c,
    'Second step',
    '/two-factor',
    <>
      <Hidden next={next} />
      <label>
        The code of your authenticator app, or one of your backup codes
        <input name="code" autocomplete="one-time-code" required />
      </label>
    </>,
    'Go on',
    error,
  );

async function twoFactor(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const { code = '', next } = await fields(c);
  const answer = await askAuth(c, /^\s*\d{6}\s*$/.test(code) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code', {
    code: code.trim(),
  });
  return forward(c, answer, safePath(next), (error) => twoFactorPage(c, safePath(next), error));
}

async function signOut(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const answer = await (await authOf(c)).api.signOut({ headers: c.req.raw.headers, asResponse: true });
  for (const cookie of answer.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  return c.redirect('/', 303);
}

export const signInPages: AccountRoute[] = [
  { method: 'GET', path: '/sign-in', permission: 'public', handle: (c) => signInPage(c, c.req.query(), returnedWith(c)) },
  { method: 'POST', path: '/sign-in', permission: 'public', handle: signIn },
  { method: 'GET', path: '/sign-up', permission: 'public', handle: (c) => signUpPage(c, c.req.query()) },
  { method: 'POST', path: '/sign-up', permission: 'public', handle: signUp },
  { method: 'POST', path: '/sign-out', permission: 'public', handle: signOut },
  { method: 'GET', path: '/forgot-password', permission: 'public', handle: (c) => forgotPage(c, mailNotice(c)) },
  { method: 'POST', path: '/forgot-password', permission: 'public', handle: forgot },
  { method: 'GET', path: '/reset-password', permission: 'public', handle: (c) => resetPage(c, c.req.query('token') ?? '') },
  { method: 'POST', path: '/reset-password', permission: 'public', handle: reset },
  { method: 'GET', path: '/two-factor', permission: 'public', handle: (c) => twoFactorPage(c, safePath(c.req.query('next'))) },
  { method: 'POST', path: '/two-factor', permission: 'public', handle: twoFactor },
  {
    method: 'GET',
    path: '/invitations/accept',
    permission: 'self',
    handle: (c, context) =>
      page(
        c,
        { title: 'Invitation', context, narrow: true },
        <>
          <h1>You are invited</h1>
          <p>
            You are signed in as <strong>{context.actor.name}</strong>.
          </p>
          <form method="post" action="/invitations/accept">
            <input type="hidden" name="token" value={c.req.query('token') ?? ''} />
            <button type="submit">Join</button>
          </form>
        </>,
      ),
  },
  {
    method: 'POST',
    path: '/invitations/accept',
    permission: 'self',
    handle: async (c, context) => {
      const { token = '' } = await fields(c);
      const joined = await acceptInvitation(context, { token });
      return joined.ok ? c.redirect(`/settings/organization?org=${joined.value.id}`, 303) : refusalPage(c, joined.error);
    },
  },
];
