/** Where a person is signed in, and the passkeys that they sign in with. */
import type { FC } from 'hono/jsx';
import type { VerbContext } from '../console/context';
import { sessionsOf } from '../console/sign-in/sessions';
import { authOf } from '../http/account-deps';
import type { AppContext } from '../http/context';
import { Day, Section, Time } from './parts';

interface PasskeyView {
  id: string;
  name?: string | undefined;
  createdAt?: Date | null | undefined;
}

export const Passkeys: FC<{ passkeys: PasskeyView[] }> = ({ passkeys }) => (
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

/** A user agent in a few words. */
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

interface SessionView {
  id: string;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: number;
}

export const Sessions: FC<{ sessions: SessionView[]; current: string | undefined }> = ({ sessions, current }) => (
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
    {sessions.length > 2 && (
      <form class="row" method="post" action="/settings/sessions/revoke-others" data-ask="End every session but this one?">
        <button type="submit" class="danger">
          End all others
        </button>
      </form>
    )}
  </Section>
);

export async function revokeSession(c: AppContext, { db, actor, now }: VerbContext): Promise<'session'> {
  const { api } = await authOf(c);
  const found = (await sessionsOf(db, actor.id, now())).find(({ id }) => id === c.req.param('id'));
  if (found) await api.revokeSession({ body: { token: found.token }, headers: c.req.raw.headers });
  return 'session';
}

export async function removePasskey(c: AppContext): Promise<'passkey'> {
  const { api } = await authOf(c);
  const headers = c.req.raw.headers;
  const found = (await api.listPasskeys({ headers })).find(({ id }) => id === c.req.param('id'));
  if (found) await api.deletePasskey({ body: { id: found.id }, headers });
  return 'passkey';
}
