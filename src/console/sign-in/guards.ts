/**
 * What better-auth leaves open: a code of an authenticator app is good once, whatever else vouches for a person asks for one
 * too, and what changes how somebody signs in stands in the audit log.
 */
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { putOnce } from '../sso/once';
import { safePath } from './safe-path';

type Middleware = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

interface GuardDeps {
  db: D1Database;
  /** Mail is set up. */
  sendsMail: boolean;
  /** Something was changed for this person by their own request. */
  changed: (userId: string, action: string, headers: Headers | undefined) => Promise<void>;
}

const MAGIC_LINK = '/magic-link/verify';

const SOCIAL_CALLBACK = '/callback/:id';

/** Calls from the server have no path, or this one in its place: an organization's provider has vouched for somebody. */
const NO_PATH = 'virtual:';

const FIRST_FACTORS: ReadonlySet<string> = new Set([NO_PATH, '/sign-in/email', '/sign-in/social', MAGIC_LINK, SOCIAL_CALLBACK]);

/** Is a second factor asked for after this, where the person has one? */
export const asksSecond = (path: string = NO_PATH): boolean => FIRST_FACTORS.has(path);

/**
 * better-auth asks for the second factor after a password alone. A mailbox, an account elsewhere and an organization's
 * provider are one factor as well: whoever rules over them is not to come to all that the person has here.
 */
export function askingTwoFactor(issuer: string) {
  const plugin = twoFactor({ issuer, allowPasswordless: true });
  const [afterPassword] = plugin.hooks.after;
  const asked = { ...afterPassword, matcher: (c: { path?: string }) => asksSecond(c.path) };
  return { ...plugin, hooks: { after: [asked] } } as typeof plugin;
}

/** What a first factor alone answers with where a second one is asked for. */
export const isTwoFactorAsked = (answer: unknown): boolean =>
  (answer as { twoFactorRedirect?: boolean } | undefined)?.twoFactorRedirect === true;

/** The page that asks for the second factor, and where to go on from there. */
export const twoFactorUrl = (next: string): string => `/two-factor?next=${encodeURIComponent(next)}`;

/** After a link, or on the way back from another provider, a browser waits, which is to see the page that asks. */
const showTwoFactor = createAuthMiddleware(async (c) => {
  if (!isTwoFactorAsked(c.context.returned)) return;
  const asked = c.context.responseHeaders?.get('location') ?? '';
  const { pathname, search } = new URL(asked, c.context.baseURL);
  // What is asked about may be in the query: which organization, or which invitation.
  throw c.redirect(twoFactorUrl(safePath(pathname + search)));
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

/** What is done for fear that somebody else may get in. */
const DISTRUSTS: ReadonlySet<string | undefined> = new Set([
  '/change-password',
  '/two-factor/disable',
  '/revoke-sessions',
  '/revoke-other-sessions',
]);

/** A device that a person has trusted is asked for no second factor for a month: better-auth forgets it with its own cookie alone. */
export async function forgetDevices(db: D1Database, userId: string): Promise<void> {
  await db.prepare("DELETE FROM verifications WHERE value = ? AND identifier LIKE 'trust-device-%'").bind(userId).run();
}

/** After somebody who is signed in has changed something of theirs. */
const afterChange = (act: (userId: string, c: Middleware) => Promise<void>) =>
  createAuthMiddleware(async (c) => {
    const userId = c.context.session?.user.id;
    if (userId !== undefined && !(c.context.returned instanceof APIError)) await act(userId, c);
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
        { matcher: ({ path }) => path === MAGIC_LINK || path === SOCIAL_CALLBACK, handler: showTwoFactor },
        { matcher: ({ path }) => DISTRUSTS.has(path), handler: afterChange((userId) => forgetDevices(deps.db, userId)) },
        {
          matcher: ({ path }) => path !== undefined && Object.hasOwn(CHANGES, path),
          handler: afterChange((userId, { path, headers }) => deps.changed(userId, CHANGES[path]!, headers)),
        },
      ],
    },
  }) satisfies BetterAuthPlugin;
