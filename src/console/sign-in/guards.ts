/**
 * What better-auth leaves open: an authenticator code is valid only once, every first factor asks for the second, and
 * changes of how somebody signs in are recorded in the audit log.
 */
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api';
import { symmetricDecrypt } from 'better-auth/crypto';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { putOnce } from '../sso/once';
import { safePath } from './safe-path';

type Middleware = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

interface GuardDeps {
  db: D1Database;
  /** Whether mail is set up. */
  sendsMail: boolean;
  /** Called when a person changed something of theirs. */
  changed: (userId: string, action: string, headers: Headers | undefined) => Promise<void>;
}

const MAGIC_LINK = '/magic-link/verify';

const SOCIAL_CALLBACK = '/callback/:id';

/** Calls from the server have no path. This stands for the one in which an organization's provider vouches for somebody. */
const NO_PATH = 'virtual:';

const FIRST_FACTORS: ReadonlySet<string> = new Set([NO_PATH, '/sign-in/email', '/sign-in/social', MAGIC_LINK, SOCIAL_CALLBACK]);

/** Does this path ask for a second factor, where the person has one? */
export const asksSecond = (path: string = NO_PATH): boolean => FIRST_FACTORS.has(path);

/**
 * better-auth asks for the second factor only after a password. A mailbox, another provider and an organization's
 * provider are single factors too: whoever controls one must not get everything that the person has here.
 */
export function askingTwoFactor(issuer: string) {
  const plugin = twoFactor({ issuer, allowPasswordless: true });
  const [afterPassword] = plugin.hooks.after;
  const asked = { ...afterPassword, matcher: (c: { path?: string }) => asksSecond(c.path) };
  return { ...plugin, hooks: { after: [asked] } } as typeof plugin;
}

/** The answer to a first factor where a second one is needed. */
export const isTwoFactorAsked = (answer: unknown): boolean =>
  (answer as { twoFactorRedirect?: boolean } | undefined)?.twoFactorRedirect === true;

/** The page for the second factor, and where to go afterwards. */
export const twoFactorUrl = (next: string): string => `/two-factor?next=${encodeURIComponent(next)}`;

/** After a mailed link, or on the way back from another provider, a browser is waiting, so it is sent to the page for the second factor. */
const showTwoFactor = createAuthMiddleware(async (c) => {
  if (!isTwoFactorAsked(c.context.returned)) return;
  const asked = c.context.responseHeaders?.get('location') ?? '';
  const { pathname, search } = new URL(asked, c.context.baseURL);
  // The query may say which organization or invitation it is about.
  throw c.redirect(twoFactorUrl(safePath(pathname + search)));
});

/** Who is asked for a code: the session's person, or the person signing in. */
async function personAsked(c: Middleware): Promise<string | undefined> {
  const session = await getSessionFromCtx(c);
  if (session) return session.user.id;
  const { name } = c.context.createAuthCookie('two_factor');
  const underWay = await c.getSignedCookie(name, c.context.secret);
  const found = underWay ? await c.context.internalAdapter.findVerificationValue(underWay) : null;
  return found?.value;
}

/** A code is accepted for its half minute and the ones before and after it (RFC 6238, 5.2). */
const CODE_MS = 90_000;

/** A used code is not accepted again (RFC 6238, 5.2). */
async function useOnce(db: D1Database, userId: string, code: unknown): Promise<void> {
  const nowMs = Date.now();
  const entry = { id: `totp:${userId}:${String(code)}`, providerId: '', payload: {}, expiresAtMs: nowMs + CODE_MS };
  if (!(await putOnce(db, entry, nowMs))) throw new APIError('UNAUTHORIZED', { code: 'INVALID_CODE', message: 'Invalid code' });
}

const VERIFY_CODE = '/two-factor/verify-totp';

/** What a path reads of somebody's second factor. */
const READS: Readonly<Record<string, 'secret' | 'backupCodes'>> = {
  [VERIFY_CODE]: 'secret',
  '/two-factor/get-totp-uri': 'secret',
  '/two-factor/verify-backup-code': 'backupCodes',
};

const UNREADABLE = 'The secret of this gateway that your second step was set up under is gone: no code opens it any more.';
const WAY_OUT = 'Ask who runs the gateway to take it off your account, or sign in with a passkey and set it up again.';

/** better-auth answers 500 where AUTH_SECRET was changed and the one before it was not kept. */
async function requireReadable({ path, context }: Middleware, userId: string): Promise<void> {
  const where = [{ field: 'userId', value: userId }];
  const factor = await context.adapter.findOne<Record<'secret' | 'backupCodes', string>>({ model: 'twoFactor', where });
  if (!factor) return;
  const text = await symmetricDecrypt({ key: context.secretConfig, data: factor[READS[path]!] }).catch(() => undefined);
  if (text === undefined)
    throw new APIError('SERVICE_UNAVAILABLE', { code: 'SECOND_FACTOR_UNREADABLE', message: `${UNREADABLE} ${WAY_OUT}` });
}

const beforeCode = (db: D1Database) =>
  createAuthMiddleware(async (c) => {
    const userId = await personAsked(c);
    if (userId === undefined) return;
    await requireReadable(c, userId);
    if (c.path === VERIFY_CODE) await useOnce(db, userId, c.body?.code);
  });

/** For somebody who would wait for a mail in vain. */
export const NO_MAIL = 'This gateway sends no mail: its operator has not set it up.';

/** Paths that need a mail to go on. */
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

/** Things that people do when they fear that somebody else may get in. */
const DISTRUSTS: ReadonlySet<string | undefined> = new Set([
  '/change-password',
  '/two-factor/disable',
  '/revoke-sessions',
  '/revoke-other-sessions',
]);

/** A trusted device skips the second factor for a month, which better-auth forgets only with the device's own cookie. */
export async function forgetDevices(db: D1Database, userId: string): Promise<void> {
  await db.prepare("DELETE FROM verifications WHERE value = ? AND identifier LIKE 'trust-device-%'").bind(userId).run();
}

/** After a signed-in person has changed something of theirs. */
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
        { matcher: ({ path }) => path !== undefined && Object.hasOwn(READS, path), handler: beforeCode(deps.db) },
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
