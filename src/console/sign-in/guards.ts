/**
 * What better-auth leaves open: a code of an authenticator app is good once, a mailed link asks for one too, and what
 * changes how somebody signs in stands in the audit log.
 */
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { putOnce } from '../sso/once';
import { safePath } from '../sso/sign-in';

type Middleware = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

interface GuardDeps {
  db: D1Database;
  /** Mail is set up. */
  sendsMail: boolean;
  /** Something was changed for this person by their own request. */
  changed: (userId: string, action: string, headers: Headers | undefined) => Promise<void>;
}

const MAGIC_LINK = '/magic-link/verify';

/** Is a second factor asked for after this, where the person has one? */
export const asksSecond = (path: string | undefined): boolean => path === '/sign-in/email' || path === MAGIC_LINK;

/** better-auth asks for the second factor after a password alone; who has the mailbox alone is to be asked too. */
export function askingTwoFactor(issuer: string) {
  const plugin = twoFactor({ issuer, allowPasswordless: true });
  const [afterPassword] = plugin.hooks.after;
  const asked = { ...afterPassword, matcher: (c: { path?: string }) => asksSecond(c.path) };
  return { ...plugin, hooks: { after: [asked] } } as typeof plugin;
}

/** After a link, a browser waits, which is to see the page that asks. */
const showTwoFactor = createAuthMiddleware(async (c) => {
  const returned = c.context.returned as { twoFactorRedirect?: boolean } | undefined;
  if (!returned?.twoFactorRedirect) return;
  const asked = String(c.query?.callbackURL ?? '');
  const next = URL.canParse(asked) ? new URL(asked).pathname : asked;
  throw c.redirect(`/two-factor?next=${encodeURIComponent(safePath(next))}`);
});

/** Who is asked for a code: the person of the session, or of the sign-in under way. */
async function personAsked(c: Middleware): Promise<string | undefined> {
  const session = await getSessionFromCtx(c);
  if (session) return session.user.id;
  const { name } = c.context.createAuthCookie('two_factor');
  const underWay = await c.getSignedCookie(name, c.context.secret);
  const found = underWay ? await c.context.internalAdapter.findVerificationValue(underWay) : null;
  return found?.value;
}

/** One code is good for its half minute, and the halves before and after it (RFC 6238, 5.2). */
const CODE_MS = 90_000;

/** RFC 6238, 5.2: a code that was used is not taken again. */
const onceACode = (db: D1Database) =>
  createAuthMiddleware(async (c) => {
    const userId = await personAsked(c);
    if (userId === undefined) return;
    const nowMs = Date.now();
    const entry = { id: `totp:${userId}:${String(c.body?.code)}`, providerId: '', payload: {}, expiresAtMs: nowMs + CODE_MS };
    if (!(await putOnce(db, entry, nowMs))) throw new APIError('UNAUTHORIZED', { code: 'INVALID_CODE', message: 'Invalid code' });
  });

/** For whoever waits for a mail that does not come. */
export const NO_MAIL = 'This gateway sends no mail: its operator has not set it up.';

/** What leads on by a mail alone. */
const MAILED: ReadonlySet<string | undefined> = new Set([
  '/sign-up/email',
  '/sign-in/magic-link',
  '/request-password-reset',
  '/send-verification-email',
]);

const refuseMailed = createAuthMiddleware(async () => {
  throw new APIError('SERVICE_UNAVAILABLE', { code: 'NOT_SET_UP', message: NO_MAIL });
});

const CHANGES: Record<string, string> = {
  '/change-password': 'password.change',
  '/update-user': 'profile.update',
  '/unlink-account': 'identity.unlink',
  '/two-factor/enable': 'two_factor.begin',
  '/two-factor/verify-totp': 'two_factor.enable',
  '/two-factor/disable': 'two_factor.disable',
  '/two-factor/generate-backup-codes': 'two_factor.new_backup_codes',
  '/passkey/verify-registration': 'passkey.create',
  '/passkey/update-passkey': 'passkey.update',
  '/passkey/delete-passkey': 'passkey.delete',
  '/revoke-session': 'session.revoke',
  '/revoke-sessions': 'session.revoke_all',
  '/revoke-other-sessions': 'session.revoke_others',
};

const noteChange = ({ changed }: GuardDeps) =>
  createAuthMiddleware(async (c) => {
    const userId = c.context.session?.user.id;
    if (userId === undefined || c.context.returned instanceof APIError) return;
    await changed(userId, CHANGES[c.path]!, c.headers);
  });

export const guards = (deps: GuardDeps) =>
  ({
    id: 'guards',
    hooks: {
      before: [
        { matcher: ({ path }) => !deps.sendsMail && MAILED.has(path), handler: refuseMailed },
        { matcher: ({ path }) => path === '/two-factor/verify-totp', handler: onceACode(deps.db) },
      ],
      after: [
        { matcher: ({ path }) => path === MAGIC_LINK, handler: showTwoFactor },
        { matcher: ({ path }) => path !== undefined && Object.hasOwn(CHANGES, path), handler: noteChange(deps) },
      ],
    },
  }) satisfies BetterAuthPlugin;
