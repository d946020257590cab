/** The person's own: profile, sessions, second factor. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { organizationsOf, showMe } from '../console/me/show';
import { createOrganization, createOrganizationInput } from '../console/organizations/create';
import { authOf } from '../http/account-deps';
import { askAuth } from '../http/ask-auth';
import type { AppContext } from '../http/context';
import { parseInput } from '../http/input';
import type { AccountRoute } from '../routes/account/route';
import { fields, Notice, page, refusalPage, Time } from './shell';

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

const Passkeys: FC<{ passkeys: PasskeyView[] }> = ({ passkeys }) => (
  <section class="stack" aria-labelledby="passkeys">
    <h2 id="passkeys">Passkeys</h2>
    <p class="quiet">Sign in with your device’s lock instead of the password.</p>
    {passkeys.length > 0 && (
      <ul class="tight">
        {passkeys.map(({ id, name, createdAt }) => (
          <li class="row">
            {name || 'A passkey'} {createdAt && <Time at={new Date(createdAt).toISOString()} />}
            <form class="inline" method="post" action={`/settings/passkeys/${id}/delete`}>
              <button type="submit" class="link danger" aria-label={`Remove ${name || 'the passkey'}`}>
                Remove
              </button>
            </form>
          </li>
        ))}
      </ul>
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
  </section>
);

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
      <section class="stack" aria-labelledby="you">
        <h2 id="you">You</h2>
        <p>
          {me.name}, {me.email}
          <br />
          <span class="quiet">
            Wallet <span class="mono">{me.accountId}</span>
          </span>
        </p>
        <p>
          <a href="/settings/audit">Audit log: who did what</a>
        </p>
      </section>
      <section class="stack" aria-labelledby="second">
        <h2 id="second">Second step</h2>
        {totp ? (
          <div class="notice stack">
            <p>Add this to your authenticator app, then confirm with a code. Keep the recovery codes where you keep passwords.</p>
            <pre>
              <code>{totp.uri}</code>
            </pre>
            <p class="mono">{totp.codes.join('  ')}</p>
            <form class="row" method="post" action="/settings/two-factor/confirm">
              <label>
                Code
                <input name="code" inputmode="numeric" autocomplete="one-time-code" required />
              </label>
              <button type="submit">Confirm</button>
            </form>
          </div>
        ) : (
          <form class="panel" method="post" action={`/settings/two-factor/${me.twoFactorEnabled ? 'disable' : 'enable'}`}>
            <p>
              {me.twoFactorEnabled
                ? 'A code is asked for after your password.'
                : 'Ask for a code of an authenticator app after the password.'}
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
      </section>
      <Passkeys passkeys={passkeys} />
      <section class="stack" aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <section class="scroll" tabindex={0} aria-label="Sessions">
          <table>
            <thead>
              <tr>
                {['Browser', 'Address', 'Since', 'Action'].map((heading) => (
                  <th scope="col">{heading}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sessions.map((session) => (
                <tr>
                  <td>{session.userAgent?.slice(0, 80) || 'unknown'}</td>
                  <td>{session.ipAddress || 'unknown'}</td>
                  <td>
                    <Time at={new Date(session.createdAt).toISOString()} />
                  </td>
                  <td>
                    {session.id === current?.session.id ? (
                      <span class="quiet">this one</span>
                    ) : (
                      <form class="inline" method="post" action={`/settings/sessions/${session.id}/revoke`}>
                        <button type="submit" class="link danger">
                          Sign out
                        </button>
                      </form>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
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
      <h1>Organizations</h1>
      <p class="quiet">Teammates share one wallet, its keys, and one record of who did what.</p>
      <Notice error={error} />
      <ul class="tight">
        {organizations.map(({ id, name, role }) => (
          <li>
            <a href={`/settings/organization?org=${id}`}>{name}</a> <span class="quiet">as {role}</span>
          </li>
        ))}
      </ul>
      <form class="panel" method="post" action="/settings/organizations">
        <h2>A new organization</h2>
        <label>
          Name
          <input name="name" required maxlength={100} />
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
  const { id } = await createOrganization(context, input.value);
  return c.redirect(`/settings/organization?org=${id}`, 303);
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
