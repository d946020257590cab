/** The person's own: profile, sessions, second factor. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf, showMe } from '../console/me/show';
import { createOrganization, createOrganizationInput } from '../console/organizations/create';
import { authOf } from '../http/account-deps';
import { askAuth } from '../http/ask-auth';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import type { AccountRoute } from '../routes/account/route';
import { Code, Day, Notice, Time } from './parts';
import { fields, page, refusalPage } from './shell';

interface Shown {
  error?: string;
  message?: string;
  totp?: { uri: string; codes: string[] };
}

interface PasskeyView {
  id: string;
  name?: string | undefined;
  createdAt?: Date | null | undefined;
}

/** A group of settings: what it is at the side, what there is to do beside it. */
const Section: FC<{ id: string; title: string; about: string; children?: Child }> = ({ id, title, about, children }) => (
  <section class="section" aria-labelledby={id}>
    <header>
      <h2 id={id}>{title}</h2>
      <p>{about}</p>
    </header>
    <div class="stack">{children}</div>
  </section>
);

const Passkeys: FC<{ passkeys: PasskeyView[] }> = ({ passkeys }) => (
  <Section id="passkeys" title="Passkeys" about="Sign in with your device’s lock instead of the password.">
    {passkeys.length > 0 && (
      <ul class="lines">
        {passkeys.map(({ id, name, createdAt }) => (
          <li>
            <span>
              {name || 'A passkey'}{' '}
              {createdAt && (
                <span class="small quiet">
                  since <Day at={new Date(createdAt).toISOString()} />
                </span>
              )}
            </span>
            <form class="inline" method="post" action={`/settings/passkeys/${id}/delete`}>
              <button type="submit" class="link danger" aria-label={`Remove ${name || 'the passkey'}`}>
                Remove
              </button>
            </form>
          </li>
        ))}
      </ul>
    )}
    {passkeys.length === 0 && (
      <noscript>
        <p class="small quiet">Adding one needs JavaScript.</p>
      </noscript>
    )}
    <form class="panel" data-passkey="register" data-next="/settings" hidden>
      <label>
        Name, such as the device’s
        <input name="name" required maxlength={100} />
      </label>
      <div class="row">
        <button type="submit" class="plain">
          Add a passkey
        </button>
        <span class="small quiet" role="status" />
      </div>
    </form>
  </Section>
);

/** A browser's long name in few words. */
function browserOf(agent: string | null | undefined): string {
  if (!agent) return 'Unknown browser';
  const browser = [
    ['Firefox', /Firefox\//],
    ['Edge', /Edg\//],
    ['Chrome', /Chrome\//],
    ['Safari', /Safari\//],
  ].find(([, pattern]) => (pattern as RegExp).test(agent))?.[0];
  const system = /\((?:Windows|Macintosh|iPhone|iPad|Linux|X11; Linux|Android|X11; CrOS)/.exec(agent)?.[0].replace(/^\(|X11; /g, '');
  return browser ? [browser, system].filter(Boolean).join(' on ') : agent.slice(0, 60);
}

async function settingsPage(c: AppContext, context: VerbContext, { error, message, totp }: Shown = {}): Promise<Response> {
  const headers = c.req.raw.headers;
  const { api } = await authOf(c);
  const [me, sessions, current, passkeys] = await Promise.all([
    showMe(context),
    api.listSessions({ headers }),
    api.getSession({ headers }),
    api.listPasskeys({ headers }),
  ]);
  return page(
    c,
    { title: 'Settings', context, script: 'passkey', ...(error !== undefined && { status: 400 }) },
    <>
      <h1>Settings</h1>
      <Notice error={error} message={message} />
      <Section id="you" title="You" about="How you are known here.">
        <dl class="facts">
          <dt>Name</dt>
          <dd>{me.name}</dd>
          <dt>E-mail</dt>
          <dd>{me.email}</dd>
          <dt>Wallet</dt>
          <dd class="mono">{me.accountId}</dd>
        </dl>
      </Section>
      <Section id="second" title="Second step" about="A code of an authenticator app, asked for after the password.">
        {totp ? (
          <div class="panel stack">
            <p>
              <strong>1.</strong> Add this to your authenticator app: <a href={totp.uri}>open it there</a>, or paste the secret.
            </p>
            <Code label="Secret" wrap>
              {new URL(totp.uri).searchParams.get('secret') ?? totp.uri}
            </Code>
            <p>
              <strong>2.</strong> Keep these recovery codes where you keep passwords. Each works once, without the app.
            </p>
            <Code label="Recovery codes" wrap>
              {totp.codes.join('\n')}
            </Code>
            <form method="post" action="/settings/two-factor/confirm">
              <label>
                <span>
                  <strong>3.</strong> Confirm with the code that the app shows
                </span>
                <input name="code" inputmode="numeric" autocomplete="one-time-code" required />
              </label>
              <div class="row">
                <button type="submit">Confirm</button>
              </div>
            </form>
          </div>
        ) : (
          <form class="panel" method="post" action={`/settings/two-factor/${me.twoFactorEnabled ? 'disable' : 'enable'}`}>
            <p>
              <span class={me.twoFactorEnabled ? 'tag good' : 'tag'}>{me.twoFactorEnabled ? 'on' : 'off'}</span>
            </p>
            <label>
              Your password
              <input type="password" name="password" autocomplete="current-password" />
            </label>
            <div class="row">
              <button type="submit" class="plain">
                {me.twoFactorEnabled ? 'Turn it off' : 'Set it up'}
              </button>
            </div>
          </form>
        )}
      </Section>
      <Passkeys passkeys={passkeys} />
      <Section id="sessions" title="Sessions" about="Where you are signed in. End what you do not know.">
        <ul class="lines">
          {sessions.map((session) => (
            <li>
              <div>
                <p title={session.userAgent ?? ''}>{browserOf(session.userAgent)}</p>
                <p class="small quiet">
                  {session.ipAddress || 'unknown address'}, since <Time at={new Date(session.createdAt).toISOString()} /> UTC
                </p>
              </div>
              {session.id === current?.session.id ? (
                <span class="tag good">this one</span>
              ) : (
                <form class="inline" method="post" action={`/settings/sessions/${session.id}/revoke`}>
                  <button type="submit" class="link danger" aria-label={`End the session of ${browserOf(session.userAgent)}`}>
                    End
                  </button>
                </form>
              )}
            </li>
          ))}
        </ul>
      </Section>
    </>,
  );
}

async function revokeSession(c: AppContext, context: VerbContext): Promise<Response> {
  const { api } = await authOf(c);
  const headers = c.req.raw.headers;
  const found = (await api.listSessions({ headers })).find(({ id }) => id === c.req.param('id'));
  if (found) await api.revokeSession({ body: { token: found.token }, headers });
  return settingsPage(c, context, { message: 'That session is over.' });
}

async function removePasskey(c: AppContext, context: VerbContext): Promise<Response> {
  const { api } = await authOf(c);
  const headers = c.req.raw.headers;
  const found = (await api.listPasskeys({ headers })).find(({ id }) => id === c.req.param('id'));
  if (found) await api.deletePasskey({ body: { id: found.id }, headers });
  return settingsPage(c, context, { message: 'That passkey signs nobody in any more.' });
}

const WRONG = 'That did not work: is the password, or the code, right?';

async function enableTwoFactor(c: AppContext, context: VerbContext): Promise<Response> {
  const { password } = await fields(c);
  const answer = await askAuth(c, '/two-factor/enable', { ...(password && { password }) });
  if (!answer.ok) return settingsPage(c, context, { error: WRONG });
  const { totpURI, backupCodes } = (await answer.json()) as { totpURI: string; backupCodes: string[] };
  return settingsPage(c, context, { totp: { uri: totpURI, codes: backupCodes } });
}

async function forwardTwoFactor(c: AppContext, context: VerbContext, ask: () => Promise<Response>): Promise<Response> {
  const answer = await ask();
  if (!answer.ok) return settingsPage(c, context, { error: WRONG });
  for (const cookie of answer.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  return c.redirect('/settings', 303);
}

async function confirmTwoFactor(c: AppContext, context: VerbContext): Promise<Response> {
  const { code = '' } = await fields(c);
  return forwardTwoFactor(c, context, () => askAuth(c, '/two-factor/verify-totp', { code }));
}

async function disableTwoFactor(c: AppContext, context: VerbContext): Promise<Response> {
  const { password } = await fields(c);
  const body = { ...(password && { password }) };
  return forwardTwoFactor(c, context, () => askAuth(c, '/two-factor/disable', body));
}

/** The page of no organization yet: those there are, and a new one. */
export async function organizationsPage(c: AppContext, context: VerbContext, error?: string): Promise<Response> {
  const organizations = await organizationsOf(context.db, context.actor.id);
  return page(
    c,
    { title: 'Organizations', context, ...(error !== undefined && { status: 400 }) },
    <>
      <div class="stack">
        <h1>Organizations</h1>
        <p class="lead">Teammates share one wallet, its keys, and one record of who did what.</p>
      </div>
      <Notice error={error} />
      {organizations.length > 0 && (
        <ul class="lines">
          {organizations.map(({ id, name, role }) => (
            <li>
              <a class="name" href={`/settings/organization?org=${id}`}>
                {name}
              </a>
              <span class="small quiet">you are {role}</span>
            </li>
          ))}
        </ul>
      )}
      <form class="panel" method="post" action="/settings/organizations">
        <h2>New organization</h2>
        <label>
          Name
          <input name="name" required maxlength={100} placeholder="Acme" />
        </label>
        <div class="row">
          <button type="submit">Create it</button>
        </div>
      </form>
    </>,
  );
}

async function makeOrganization(c: AppContext, context: VerbContext): Promise<Response> {
  const input = parseInput(createOrganizationInput, await fields(c));
  if (!input.ok) return refusalPage(c, input.error);
  const made = await createOrganization(context, input.value);
  return made.ok ? c.redirect(`/settings/organization?org=${made.value.id}`, 303) : refusalPage(c, made.error);
}

export const settingsPages: AccountRoute[] = [
  { method: 'GET', path: '/settings', permission: 'self', handle: (c, context) => settingsPage(c, context) },
  { method: 'POST', path: '/settings/organizations', permission: 'self', handle: makeOrganization },
  { method: 'POST', path: '/settings/sessions/:id/revoke', permission: 'self', handle: revokeSession },
  { method: 'POST', path: '/settings/passkeys/:id/delete', permission: 'self', handle: removePasskey },
  { method: 'POST', path: '/settings/two-factor/enable', permission: 'self', handle: enableTwoFactor },
  { method: 'POST', path: '/settings/two-factor/confirm', permission: 'self', handle: confirmTwoFactor },
  { method: 'POST', path: '/settings/two-factor/disable', permission: 'self', handle: disableTwoFactor },
];
