/** Signing in: by password, mailed link, another provider, or the organization's own. */
import type { FC } from 'hono/jsx';
import { isTwoFactorAsked, twoFactorUrl } from '../console/sign-in/guards';
import { safePath } from '../console/sign-in/safe-path';
import { NOT_WELCOME, WELCOMES } from '../console/sign-in/welcome';
import { accountPlaneDeps, authOf } from '../http/account-deps';
import { askAuth, passCookies } from '../http/ask-auth';
import { isSameSite } from '../http/caller';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { startSso } from '../routes/account/sso';
import { marked } from './form';
import { Invited, invitationAt, invitationPages } from './invitation';
import { Notice } from './parts';
import { fields, page, refusalPage, viewerOf } from './shell';
import {
  type Answer,
  about,
  backTo,
  CROSS_SITE,
  Email,
  FRESH,
  Hidden,
  mailNotice,
  notMailed,
  OVER,
  onwardsFrom,
  Password,
  PersonName,
  saidBy,
  simpleForm,
  USED,
  type Wrong,
} from './sign-in-parts';

type Form = Record<string, string>;

/** For somebody who is signed in already: go on, or sign out to be somebody else. */
const SignedInAs: FC<{ name: string; next: string }> = ({ name, next }) => (
  <>
    <p>
      You are signed in as <strong class="break">{name}</strong>.
    </p>
    <div class="row">
      <a class="button" href={next}>
        Go on
      </a>
      <form class="inline" method="post" action="/sign-out">
        <Hidden next={backTo(next)} />
        <button type="submit" class="plain">
          Use another account
        </button>
      </form>
    </div>
  </>
);

export async function signInPage(c: AppContext, form: Form, error?: Wrong, message?: string): Promise<Response> {
  const { next } = onwardsFrom(form.next);
  const [invitation, context] = await Promise.all([invitationAt(c, next), c.req.method === 'GET' ? viewerOf(c) : undefined]);
  const { settings } = accountPlaneDeps(c);
  const others = [
    ['github', 'GitHub', settings.GITHUB_CLIENT_ID],
    ['google', 'Google', settings.GOOGLE_CLIENT_ID],
  ].filter(([, , id]) => id);
  const further = new URLSearchParams({ next });
  return page(
    c,
    { title: 'Sign in', narrow: true, context, status: error && c.req.method !== 'GET' ? 400 : 200, script: 'passkey' },
    <>
      <h1>Sign in</h1>
      <Notice error={error} message={message} />
      {invitation && <Invited of={invitation} />}
      {context ? (
        <SignedInAs name={context.actor.name} next={next} />
      ) : (
        <div class="stack">
          <form method="post" action="/sign-in">
            <Hidden next={next} />
            <Email value={form.email ?? invitation?.email} wrong={error} />
            <Password label="Password" wrong={error} />
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
            {settings.SIGN_UP !== 'closed' && <a href={`/sign-up?${further}`}>Create an account</a>}
            <a href={`/forgot-password?${further}`}>Forgot the password?</a>
          </p>
        </div>
      )}
    </>,
  );
}

/** Why another provider, an expired link or an ended session sent somebody here. */
function returnedWith(c: AppContext): string | undefined {
  const { next, error = onwardsFrom(next).error, lost } = c.req.query();
  if (error === undefined)
    return lost === undefined ? undefined : 'You were signed out; what you sent was not done, and nothing was changed.';
  if (error === NOT_WELCOME) return WELCOMES[accountPlaneDeps(c).settings.SIGN_UP];
  if (USED.test(error)) return `${OVER} Sign in by your password, or have another link mailed: it confirms the address too.`;
  if (error === 'unable_to_create_session') return 'Your e-mail address is not confirmed there: confirm it, then try again.';
  return `That did not work (${error.slice(0, 60)}); try again.`;
}

/** Handles better-auth's answer to a form: passes on its cookies and goes on, or shows the page again with the error. */
async function forward(c: AppContext, answer: Response, next: string, again: (error: Wrong) => Promise<Response>): Promise<Response> {
  const body = (await answer.json().catch(() => ({}))) as Answer;
  if (!answer.ok) return again(saidBy(body));
  passCookies(c, answer.headers);
  if (isTwoFactorAsked(body)) return c.redirect(twoFactorUrl(next), 303);
  return body.url && body.url !== next ? onward(c, body.url) : c.redirect(next, 303);
}

/** Leads to another site by a page with a link: the content policy does not allow forms to lead there, not even by a redirect. */
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

async function signIn(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const form = await fields(c);
  const { email = '', password = '', how = 'password' } = form;
  const { next } = onwardsFrom(form.next);
  const again = (error: Wrong) => signInPage(c, form, error);
  if (how === 'sso') {
    const begun = await startSso(c, email, next);
    return begun.ok ? onward(c, begun.value.url) : again(about('email', begun.error.message));
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

async function signUpPage(c: AppContext, form: Form, error?: Wrong): Promise<Response> {
  const { SIGN_UP: openTo } = accountPlaneDeps(c).settings;
  const { next } = onwardsFrom(form.next);
  const [invitation, context] = await Promise.all([invitationAt(c, next), c.req.method === 'GET' ? viewerOf(c) : undefined]);
  if (context)
    return page(
      c,
      { title: 'Create an account', narrow: true, context },
      <>
        <h1>Create an account</h1>
        <SignedInAs name={context.actor.name} next={next} />
      </>,
    );
  return page(
    c,
    { title: 'Create an account', narrow: true, status: error ? 400 : 200 },
    <>
      <div class="tight">
        <h1>Create an account</h1>
        <p class="quiet">One key for every model, charged by the call from credits that you top up.</p>
      </div>
      <Notice
        error={error ?? (openTo === 'closed' ? WELCOMES.closed : undefined)}
        message={error !== undefined ? undefined : openTo === 'invited' && !invitation ? WELCOMES.invited : mailNotice(c)}
      />
      {invitation && <Invited of={invitation} />}
      {openTo !== 'closed' && (
        <form method="post" action="/sign-up">
          <Hidden next={next} />
          <PersonName value={form.name} wrong={error} />
          <Email value={form.email ?? invitation?.email} wrong={error} />
          <Password label={FRESH} fresh wrong={error} />
          <button type="submit">Create the account</button>
        </form>
      )}
      <p class="small">
        You have one? <a href={backTo(next)}>Sign in</a>
      </p>
    </>,
  );
}

async function signUp(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const form = await fields(c);
  const { name = '', email = '', password = '' } = form;
  if (name === '') return signUpPage(c, form, about('name', 'Name: must not be empty.'));
  const body = { name, email, password, callbackURL: onwardsFrom(form.next).next };
  const answer = await askAuth(c, '/sign-up/email', body);
  if (!answer.ok) {
    return signUpPage(c, form, saidBy((await answer.json().catch(() => ({}))) as Answer));
  }
  return page(
    c,
    { title: 'Look in your mail', narrow: true },
    <>
      <h1>Look in your mail</h1>
      <p>
        A link is on its way to <strong class="break">{email}</strong>. It confirms the address and signs you in.
      </p>
      <p class="small quiet">
        Nothing there after a minute? Look among the unwanted mail. To have another sent, <a href="/sign-in">sign in</a>.
      </p>
    </>,
  );
}

const twoFactorPage = (c: AppContext, next: string, error?: Wrong) =>
  simpleForm(
    c,
    'Second step',
    '/two-factor',
    <>
      <Hidden next={next} />
      <label>
        The code of your authenticator app, or a recovery code
        <input name="code" autocomplete="one-time-code" required {...marked(error ? about('code', '') : undefined, 'code')} />
      </label>
      <p class="small quiet">
        Neither at hand? With a passkey you <a href={backTo(next)}>sign in</a> without a code.
      </p>
    </>,
    'Go on',
    error,
  );

async function twoFactor(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const { code: typed = '', next } = await fields(c);
  // Apps show codes in two halves, which are copied with the space.
  const code = typed.replaceAll(/\s/g, '');
  const answer = await askAuth(c, /^\d{6}$/.test(code) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code', { code });
  return forward(c, answer, safePath(next), (error) => twoFactorPage(c, safePath(next), error));
}

async function signOut(c: AppContext): Promise<Response> {
  if (!isSameSite(c)) return refusalPage(c, CROSS_SITE);
  const answer = await (await authOf(c)).api.signOut({ headers: c.req.raw.headers, asResponse: true });
  const { next } = await fields(c);
  passCookies(c, answer.headers);
  return c.redirect(next === undefined ? '/' : safePath(next), 303);
}

export const signInPages: AccountRoute[] = [
  { method: 'GET', path: '/sign-in', permission: 'public', handle: (c) => signInPage(c, c.req.query(), returnedWith(c)) },
  { method: 'POST', path: '/sign-in', permission: 'public', handle: signIn },
  { method: 'GET', path: '/sign-up', permission: 'public', handle: (c) => signUpPage(c, c.req.query()) },
  { method: 'POST', path: '/sign-up', permission: 'public', handle: signUp },
  { method: 'POST', path: '/sign-out', permission: 'public', handle: signOut },
  { method: 'GET', path: '/two-factor', permission: 'public', handle: (c) => twoFactorPage(c, safePath(c.req.query('next'))) },
  { method: 'POST', path: '/two-factor', permission: 'public', handle: twoFactor },
  ...invitationPages,
];
