/** Who may sign up, by the operator's setting. */
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import type { AccountSettings } from '../../env-account';

/** The error with which a browser that returns from another provider is sent to the sign-in page. */
export const NOT_WELCOME = 'SIGN_UP_CLOSED';

/** For pages and for the API. */
export const WELCOMES: Readonly<Record<AccountSettings['SIGN_UP'], string | undefined>> = {
  open: undefined,
  invited: 'Accounts here are made by invitation: use the address that you were invited by.',
  closed: 'This gateway takes no new accounts.',
};

interface WelcomeDeps {
  db: D1Database;
  settings: Pick<AccountSettings, 'SIGN_UP'>;
}

const INVITED = `SELECT 1 FROM invitations i JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
  WHERE i.email = ? AND i.status = 'pending' AND i.expires_at > ?`;

/** May a new account be made for this address? Existing accounts are not looked at: the answer must not reveal them. */
async function isWelcome({ db, settings }: WelcomeDeps, email: string): Promise<boolean> {
  if (settings.SIGN_UP === 'open') return true;
  if (settings.SIGN_UP === 'closed') return false;
  return (await db.prepare(INVITED).bind(email.toLowerCase(), Date.now()).first()) !== null;
}

/** Throws where no account may be made for this address. */
export async function requireWelcome(deps: WelcomeDeps, email: string): Promise<void> {
  if (await isWelcome(deps, email)) return;
  throw new APIError('FORBIDDEN', { code: NOT_WELCOME, message: WELCOMES[deps.settings.SIGN_UP] ?? '' });
}

export const isKnown = async (db: D1Database, email: string): Promise<boolean> =>
  (await db.prepare('SELECT 1 FROM users WHERE email = ?').bind(email.toLowerCase()).first()) !== null;

/** Would a mailed link let this address in? */
export const letsIn = async (deps: WelcomeDeps, email: string): Promise<boolean> =>
  (await isWelcome(deps, email)) || (await isKnown(deps.db, email));

/** Checked before looking for an account, so that known and unknown addresses are refused alike. */
export const welcome = (deps: WelcomeDeps) =>
  ({
    id: 'welcome',
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === '/sign-up/email',
          handler: createAuthMiddleware((c) => requireWelcome(deps, String((c.body as { email?: unknown } | undefined)?.email ?? ''))),
        },
      ],
    },
  }) satisfies BetterAuthPlugin;
