/** A person's own settings: profile, sessions, second factor. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { showMe } from '../console/me/show';
import { sessionsOf } from '../console/sign-in/sessions';
import { authOf } from '../http/account-deps';
import { askAuth, passCookies } from '../http/ask-auth';
import type { AppContext } from '../http/context';
import type { AccountRoute } from '../routes/account/route';
import { Passkeys, removePasskey, revokeSession, Sessions } from './devices';
import { makeOrganization } from './organizations';
import { Notice, Section } from './parts';
import { type Codes, SecondStep } from './second-step';
import { fields, page, TOO_OFTEN } from './shell';
import { shown, shownTo, thenShown } from './shown-once';
import { about, markedBy, Password, type Wrong } from './sign-in-parts';

interface Shown {
  error?: Wrong;
  message?: string | undefined;
  /** Whether the password form was sent. */
  changesPassword?: boolean;
}

const PATH = '/settings';
/** How long setting up a second factor may take; meanwhile secret and codes stay those that were shown. */
const SET_UP_SECONDS = 900;

/** What a form has done, shown after a redirect. */
const DONE: Record<string, string> = {
  session: 'That session is over.',
  sessions: 'Every session but this one is over.',
  passkey: 'That passkey signs nobody in any more.',
  'two-factor-on': 'The second step is on: a code is asked for after the password.',
  'two-factor-off': 'The second step is off.',
  password: 'The password is changed, and every other session is over.',
  name: 'The name is changed.',
};

const done = (c: AppContext, what: keyof typeof DONE): Response => c.redirect(`${PATH}?done=${what}`, 303);

type Me = Awaited<ReturnType<typeof showMe>>;

const You: FC<{ me: Me; changesPassword: boolean; wrong: Wrong }> = ({ me, changesPassword, wrong }) => (
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
        <input name="name" value={me.name} required maxlength={100} autocomplete="name" {...markedBy(wrong, 'name')} />
      </label>
      <button type="submit" class="plain">
        Save
      </button>
    </form>
    <details open={changesPassword}>
      <summary>Change the password</summary>
      <form class="panel" method="post" action="/settings/password">
        <Password label="Your password" wrong={changesPassword ? wrong : undefined} />
        <Password name="fresh" label="The new one, at least 10 characters" fresh wrong={wrong} />
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

/** How many recovery codes are left. The codes themselves are shown only when they are made. */
async function recoveryCodesLeft(c: AppContext, userId: string): Promise<number | undefined> {
  const { api } = await authOf(c);
  // The page works without it.
  const view = await api.viewBackupCodes({ body: { userId } }).catch(() => undefined);
  return view?.backupCodes.length;
}

async function settingsPage(
  c: AppContext,
  context: VerbContext,
  { error, message, changesPassword = false }: Shown = {},
): Promise<Response> {
  const headers = c.req.raw.headers;
  const { api } = await authOf(c);
  const [me, sessions, current, passkeys, codes] = await Promise.all([
    showMe(context),
    sessionsOf(context.db, context.actor.id, context.now()),
    api.getSession({ headers }),
    api.listPasskeys({ headers }),
    shownTo<Codes>(c, context),
  ]);
  const codesLeft = me.twoFactorEnabled ? await recoveryCodesLeft(c, me.id) : undefined;
  const isOver = codes !== undefined && (codes.uri === undefined || me.twoFactorEnabled);
  return page(
    c,
    {
      title: 'Settings',
      context,
      script: 'passkey',
      ...(error !== undefined && { status: 400 }),
      // A secret that must be confirmed is shown until it is; codes alone are shown once.
      cookie: isOver ? shown(context, PATH) : undefined,
    },
    <>
      <h1>Settings</h1>
      <Notice error={error} message={message} />
      <You me={me} changesPassword={changesPassword} wrong={error} />
      <SecondStep
        isOn={me.twoFactorEnabled}
        codesLeft={codesLeft}
        shown={isOver && codes.uri !== undefined ? undefined : codes}
        error={changesPassword ? undefined : error}
      />
      <Passkeys passkeys={passkeys} />
      <Sessions sessions={sessions} current={current?.session.id} />
    </>,
  );
}

const WRONG_PASSWORD = about('password', 'That did not work: is the password right?');
const WRONG_CODE = about(
  'code',
  'That is not the code that the app shows now. The secret and the recovery codes below are still good: try the next code.',
);

interface Asked {
  path: string;
  body: Record<string, unknown>;
  done: keyof typeof DONE;
  wrong: Wrong;
}

/** Changes how the person signs in, and shows the page that says so. */
async function change(c: AppContext, context: VerbContext, asked: Asked): Promise<Response> {
  const answer = await askAuth(c, asked.path, asked.body);
  if (!answer.ok)
    return settingsPage(c, context, { error: answer.status === 429 ? TOO_OFTEN : asked.wrong, changesPassword: asked.done === 'password' });
  passCookies(c, answer.headers);
  return done(c, asked.done);
}

/** Shows codes once, with the secret of a factor that is to be confirmed. */
async function showCodes(c: AppContext, context: VerbContext, path: string): Promise<Response> {
  const { password } = await fields(c);
  const answer = await askAuth(c, path, { ...(password && { password }) });
  if (!answer.ok) return settingsPage(c, context, { error: answer.status === 429 ? TOO_OFTEN : WRONG_PASSWORD });
  const { totpURI, backupCodes } = (await answer.json()) as { totpURI?: string; backupCodes: string[] };
  passCookies(c, answer.headers);
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

function unfit(fresh: string): Wrong {
  if (fresh.length < 10) return about('fresh', 'The new password must have at least 10 characters.');
  return fresh.length > 200 ? about('fresh', 'The new password must have at most 200 characters.') : undefined;
}

async function changePassword(c: AppContext, context: VerbContext): Promise<Response> {
  const { password = '', fresh = '' } = await fields(c);
  const body = { currentPassword: password, newPassword: fresh, revokeOtherSessions: true };
  const wrong = unfit(fresh) ?? WRONG_PASSWORD;
  return change(c, context, { path: '/change-password', body, done: 'password', wrong });
}

const revokeOthers = (c: AppContext, context: VerbContext): Promise<Response> =>
  change(c, context, { path: '/revoke-other-sessions', body: {}, done: 'sessions', wrong: 'That did not work; try again.' });

async function changeName(c: AppContext, context: VerbContext): Promise<Response> {
  const { name = '' } = await fields(c);
  if (name === '') return settingsPage(c, context, { error: about('name', 'Your name: must not be empty.') });
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
  { method: 'POST', path: '/settings/sessions/revoke-others', permission: 'self', handle: revokeOthers },
  {
    method: 'POST',
    path: '/settings/sessions/:id/revoke',
    permission: 'self',
    handle: async (c, context) => done(c, await revokeSession(c, context)),
  },
  { method: 'POST', path: '/settings/passkeys/:id/delete', permission: 'self', handle: async (c) => done(c, await removePasskey(c)) },
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
