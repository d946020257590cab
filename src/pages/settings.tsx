/** The person's own: profile, sessions, second factor. */
import type { Child, FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { showMe } from '../console/me/show';
import { authOf } from '../http/account-deps';
import { askAuth } from '../http/ask-auth';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { ERROR_ID } from './form';
import { makeOrganization } from './organizations';
import { Code, Day, Notice, Time } from './parts';
import { fields, page, TOO_OFTEN } from './shell';
import { shown, shownTo, thenShown } from './shown-once';

interface Shown {
  error?: string;
  message?: string | undefined;
}

const PATH = '/settings';
/** For so long a second factor may be under way: the secret and the codes that were saved stay those that will be asked for. */
const SET_UP_SECONDS = 900;

/** What a form came to, which its page says from an address of its own. */
const DONE: Record<string, string> = {
  session: 'That session is over.',
  passkey: 'That passkey signs nobody in any more.',
  'two-factor-on': 'The second step is on: a code is asked for after the password.',
  'two-factor-off': 'The second step is off.',
  password: 'The password is changed, and every other session is over.',
  name: 'The name is changed.',
};

const done = (c: AppContext, what: keyof typeof DONE): Response => c.redirect(`${PATH}?done=${what}`, 303);

/** Of a second factor: to be confirmed while there is a secret, else codes alone. */
interface Codes {
  uri?: string;
  codes: string[];
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
            <form
              class="inline"
              method="post"
              action={`/settings/passkeys/${id}/delete`}
              data-ask={`Remove ${name || 'the passkey'}? It signs nobody in any more.`}
            >
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

const Password: FC<{ name?: string; label: string; fresh?: boolean }> = ({ name = 'password', label, fresh }) => (
  <label>
    {label}
    <input
      type="password"
      name={name}
      {...(fresh ? { required: true, minlength: 10, autocomplete: 'new-password' } : { autocomplete: 'current-password' })}
    />
  </label>
);

const Recovery: FC<{ codes: string[] }> = ({ codes }) => (
  <Code label="Recovery codes" wrap>
    {codes.join('\n')}
  </Code>
);

/** Read off a screen and typed by hand, where no camera does it. */
const inFours = (secret: string): string => secret.match(/.{1,4}/g)?.join(' ') ?? secret;

const SetUp: FC<{ uri: string; codes: string[]; error: string | undefined }> = ({ uri, codes, error }) => (
  <div class="panel stack">
    <p>
      <strong>1.</strong> Add this to your authenticator app: <a href={uri}>open it there</a>, or type the secret.
    </p>
    <Code label="Secret" wrap>
      {inFours(new URL(uri).searchParams.get('secret') ?? uri)}
    </Code>
    <p>
      <strong>2.</strong> Keep these recovery codes where you keep passwords. Each works once, without the app.
    </p>
    <Recovery codes={codes} />
    <form method="post" action="/settings/two-factor/confirm">
      <label>
        <span>
          <strong>3.</strong> Confirm with the code that the app shows
        </span>
        <input
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          required
          {...(error !== undefined && { 'aria-invalid': 'true', 'aria-describedby': ERROR_ID, autofocus: true })}
        />
      </label>
      <div class="row">
        <button type="submit">Confirm</button>
      </div>
    </form>
  </div>
);

const SecondStep: FC<{ isOn: boolean; shown: Codes | undefined; error: string | undefined }> = ({ isOn, shown, error }) => (
  <Section id="second" title="Second step" about="A code of an authenticator app, asked for after the password.">
    {!isOn && shown?.uri !== undefined ? (
      <SetUp uri={shown.uri} codes={shown.codes} error={error} />
    ) : (
      <>
        {isOn && shown && (
          <div class="panel stack">
            <p>Keep these new recovery codes where you keep passwords. Each works once; those of before work no more.</p>
            <Recovery codes={shown.codes} />
          </div>
        )}
        <form class="panel" method="post" action={`/settings/two-factor/${isOn ? 'codes' : 'enable'}`}>
          <p>
            <span class={isOn ? 'tag good' : 'tag'}>{isOn ? 'on' : 'off'}</span>
          </p>
          <Password label="Your password" />
          <div class="row">
            <button type="submit" class="plain">
              {isOn ? 'New recovery codes' : 'Set it up'}
            </button>
            {isOn && (
              <button
                type="submit"
                class="link danger"
                formaction="/settings/two-factor/disable"
                data-ask="Turn the second step off? The password alone signs you in then."
              >
                Turn it off
              </button>
            )}
          </div>
        </form>
      </>
    )}
  </Section>
);

type Me = Awaited<ReturnType<typeof showMe>>;

const You: FC<{ me: Me }> = ({ me }) => (
  <Section id="you" title="You" about="How you are known here.">
    <dl class="facts">
      <dt>E-mail</dt>
      <dd>{me.email}</dd>
      <dt>Wallet</dt>
      <dd class="mono">{me.accountId}</dd>
    </dl>
    <form class="row ends" method="post" action="/settings/name">
      <label>
        Your name
        <input name="name" value={me.name} required maxlength={100} autocomplete="name" />
      </label>
      <button type="submit" class="plain">
        Save
      </button>
    </form>
    <details>
      <summary>Change the password</summary>
      <form class="panel" method="post" action="/settings/password">
        <Password label="Your password" />
        <Password name="fresh" label="The new one, at least 10 characters" fresh />
        <div class="row">
          <button type="submit" class="plain">
            Change it
          </button>
          <a class="small" href="/forgot-password">
            You have none, or forgot it?
          </a>
        </div>
      </form>
    </details>
  </Section>
);

interface SessionView {
  id: string;
  userAgent?: string | null | undefined;
  ipAddress?: string | null | undefined;
  createdAt: Date;
}

const Sessions: FC<{ sessions: SessionView[]; current: string | undefined }> = ({ sessions, current }) => (
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
          {session.id === current ? (
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
);

async function settingsPage(c: AppContext, context: VerbContext, { error, message }: Shown = {}): Promise<Response> {
  const headers = c.req.raw.headers;
  const { api } = await authOf(c);
  const [me, sessions, current, passkeys, codes] = await Promise.all([
    showMe(context),
    api.listSessions({ headers }),
    api.getSession({ headers }),
    api.listPasskeys({ headers }),
    shownTo<Codes>(c, context),
  ]);
  const isOver = codes !== undefined && (codes.uri === undefined || me.twoFactorEnabled);
  return page(
    c,
    {
      title: 'Settings',
      context,
      script: 'passkey',
      ...(error !== undefined && { status: 400 }),
      // A secret that is to be confirmed is shown until it is; codes alone are shown once.
      cookie: isOver ? shown(context, PATH) : undefined,
    },
    <>
      <h1>Settings</h1>
      <Notice error={error} message={message} />
      <You me={me} />
      <SecondStep isOn={me.twoFactorEnabled} shown={isOver && codes.uri !== undefined ? undefined : codes} error={error} />
      <Passkeys passkeys={passkeys} />
      <Sessions sessions={sessions} current={current?.session.id} />
    </>,
  );
}

async function revokeSession(c: AppContext): Promise<Response> {
  const { api } = await authOf(c);
  const headers = c.req.raw.headers;
  const found = (await api.listSessions({ headers })).find(({ id }) => id === c.req.param('id'));
  if (found) await api.revokeSession({ body: { token: found.token }, headers });
  return done(c, 'session');
}

async function removePasskey(c: AppContext): Promise<Response> {
  const { api } = await authOf(c);
  const headers = c.req.raw.headers;
  const found = (await api.listPasskeys({ headers })).find(({ id }) => id === c.req.param('id'));
  if (found) await api.deletePasskey({ body: { id: found.id }, headers });
  return done(c, 'passkey');
}

const WRONG_PASSWORD = 'That did not work: is the password right?';
const WRONG_CODE =
  'That is not the code that the app shows now. The secret and the recovery codes below are still good: try the next code.';

interface Asked {
  path: string;
  body: Record<string, unknown>;
  done: keyof typeof DONE;
  wrong: string;
}

/** What the person changes about how they sign in, and the page that says so. */
async function change(c: AppContext, context: VerbContext, asked: Asked): Promise<Response> {
  const answer = await askAuth(c, asked.path, asked.body);
  if (!answer.ok) return settingsPage(c, context, { error: answer.status === 429 ? TOO_OFTEN : asked.wrong });
  for (const cookie of answer.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  return done(c, asked.done);
}

/** Codes that are shown once, and with them the secret of a factor that is to be confirmed. */
async function showCodes(c: AppContext, context: VerbContext, path: string): Promise<Response> {
  const { password } = await fields(c);
  const answer = await askAuth(c, path, { ...(password && { password }) });
  if (!answer.ok) return settingsPage(c, context, { error: WRONG_PASSWORD });
  const { totpURI, backupCodes } = (await answer.json()) as { totpURI?: string; backupCodes: string[] };
  for (const cookie of answer.headers.getSetCookie()) c.header('set-cookie', cookie, { append: true });
  const codes: Codes = { codes: backupCodes, ...(totpURI !== undefined && { uri: totpURI }) };
  return thenShown(c, context, PATH, codes, SET_UP_SECONDS);
}

async function confirmTwoFactor(c: AppContext, context: VerbContext): Promise<Response> {
  const { code = '' } = await fields(c);
  const body = { code: code.replaceAll(/\s/g, '') };
  return change(c, context, { path: '/two-factor/verify-totp', body, done: 'two-factor-on', wrong: WRONG_CODE });
}

async function disableTwoFactor(c: AppContext, context: VerbContext): Promise<Response> {
  const { password } = await fields(c);
  const body = { ...(password && { password }) };
  return change(c, context, { path: '/two-factor/disable', body, done: 'two-factor-off', wrong: WRONG_PASSWORD });
}

async function changePassword(c: AppContext, context: VerbContext): Promise<Response> {
  const { password = '', fresh = '' } = await fields(c);
  const body = { currentPassword: password, newPassword: fresh, revokeOtherSessions: true };
  const wrong = fresh.length < 10 ? 'The new password must have at least 10 characters.' : WRONG_PASSWORD;
  return change(c, context, { path: '/change-password', body, done: 'password', wrong });
}

async function changeName(c: AppContext, context: VerbContext): Promise<Response> {
  const { name = '' } = await fields(c);
  if (name === '') return settingsPage(c, context, { error: 'Your name: must not be empty.' });
  const body = { name: name.slice(0, 100) };
  return change(c, context, { path: '/update-user', body, done: 'name', wrong: 'That did not work; try again.' });
}

export const settingsPages: AccountRoute[] = [
  {
    method: 'GET',
    path: PATH,
    permission: 'self',
    handle: (c, context) => settingsPage(c, context, { message: DONE[c.req.query('done') ?? ''] }),
  },
  { method: 'POST', path: '/settings/organizations', permission: 'self', handle: makeOrganization },
  { method: 'POST', path: '/settings/sessions/:id/revoke', permission: 'self', handle: revokeSession },
  { method: 'POST', path: '/settings/passkeys/:id/delete', permission: 'self', handle: removePasskey },
  { method: 'POST', path: '/settings/name', permission: 'self', handle: changeName },
  { method: 'POST', path: '/settings/password', permission: 'self', handle: changePassword },
  {
    method: 'POST',
    path: '/settings/two-factor/enable',
    permission: 'self',
    handle: (c, context) => showCodes(c, context, '/two-factor/enable'),
  },
  {
    method: 'POST',
    path: '/settings/two-factor/codes',
    permission: 'self',
    handle: (c, context) => showCodes(c, context, '/two-factor/generate-backup-codes'),
  },
  { method: 'POST', path: '/settings/two-factor/confirm', permission: 'self', handle: confirmTwoFactor },
  { method: 'POST', path: '/settings/two-factor/disable', permission: 'self', handle: disableTwoFactor },
];
