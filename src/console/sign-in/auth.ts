/** Sign-in and sessions: better-auth on D1. All heavy dependencies of the account plane are imported from here. */
import { drizzleAdapter } from '@better-auth/drizzle-adapter';
import { passkey } from '@better-auth/passkey';
import type { BetterAuthOptions } from 'better-auth';
import { betterAuth } from 'better-auth/minimal';
import { magicLink } from 'better-auth/plugins/magic-link';
import { database } from '../../db/client';
import { identities, passkeys, sessions, signInRates, twoFactors, users, verifications } from '../../db/people';
import { type AccountSettings, authSecrets } from '../../env-account';
import type { Mail, Mailer } from '../../mail/mail';
import { authSecretsAsVersions } from './auth-secrets';
import { askingTwoFactor, asksSecond, forgetDevices, guards } from './guards';
import { countMail } from './mail-limit';
import { mailedLink } from './mailed-links';
import { existingMail, magicLinkMail, resetMail, verifyMail } from './mails';
import { keptName, nameOr } from './names';
import { hashPassword, verifyPassword } from './passwords';
import type { SessionOrigin } from './record';
import { rivals } from './rivals';
import { vouchedSession } from './session-plugin';
import { keptAgent, keptImage, sizes } from './sizes';
import { letsIn, requireWelcome, welcome } from './welcome';

export interface AuthDeps {
  db: D1Database;
  settings: AccountSettings;
  mail: Mailer | undefined;
  /** `https://gateway.example.com`. */
  origin: string;
  /** Called after a session was made. */
  signedIn: (userId: string, session: SessionOrigin, asksSecond: boolean) => Promise<void>;
  /** Called when a person changed how they sign in. */
  changed: (userId: string, action: string, headers: Headers | undefined) => Promise<void>;
  /** Called when a session of theirs ended, whoever ended it. */
  ended: (userId: string) => Promise<void>;
  inBackground: (work: Promise<void>) => void;
}

const SCHEMA = {
  user: users,
  session: sessions,
  account: identities,
  verification: verifications,
  twoFactor: twoFactors,
  passkey: passkeys,
  rateLimit: signInRates,
};

const DAY_SECONDS = 86_400;

function socialProviders(settings: AccountSettings) {
  const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } = settings;
  return {
    ...(GITHUB_CLIENT_ID && GITHUB_CLIENT_SECRET && { github: { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET } }),
    ...(GOOGLE_CLIENT_ID && GOOGLE_CLIENT_SECRET && { google: { clientId: GOOGLE_CLIENT_ID, clientSecret: GOOGLE_CLIENT_SECRET } }),
  };
}

/**
 * better-auth counts tries in a row for each address and path. With variable paths anybody could avoid the limit by
 * making up paths, each of which would leave a row.
 */
const UNCOUNTED = { '/callback/*': false, '/reset-password/*': false } as const;

/** Logs only errors' own messages; the other arguments name people. */
const reasons = (told: readonly unknown[]): string[] => told.filter((one) => one instanceof Error).map(String);

type Send = (to: string, worded: Omit<Mail, 'to' | 'idempotencyKey'>) => Promise<void>;

const sendBy =
  ({ db, settings, mail }: AuthDeps): Send =>
  async (to, worded) => {
    try {
      if (!mail) throw new Error('mail is not set up');
      // The answer must not reveal how many mails a mailbox gets.
      if (settings.SIGN_IN_LIMITS === '1' && !(await countMail(db, to, Date.now())))
        return console.warn('sign-in mail left out: its mailbox has had many');
      await mail({ ...worded, to, idempotencyKey: crypto.randomUUID() });
    } catch (error) {
      // The person who waits is not told, since that would reveal whether the address has an account.
      console.error('mail not sent', String(error));
      throw error;
    }
  };

const passwordsOf = ({ db, settings: { BRAND: brand }, origin, changed, inBackground }: AuthDeps, send: Send) =>
  ({
    enabled: true,
    requireEmailVerification: true,
    minPasswordLength: 10,
    maxPasswordLength: 200,
    revokeSessionsOnPasswordReset: true,
    password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    // Not awaited, since the time that an answer takes must not reveal whether the address has an account.
    sendResetPassword: async ({ user, url }) => inBackground(send(user.email, resetMail(brand, url))),
    onPasswordReset: async ({ user }, request) => {
      await forgetDevices(db, user.id);
      await changed(user.id, 'password.reset', request?.headers);
    },
    onExistingUserSignUp: ({ user }) => send(user.email, existingMail(brand, `${origin}/sign-in`)),
  }) satisfies BetterAuthOptions['emailAndPassword'];

const hooksOf = ({ db, settings, signedIn, changed, ended }: AuthDeps) =>
  ({
    user: {
      create: {
        before: async ({ email, name, image }) => {
          await requireWelcome({ db, settings }, email);
          return { data: { name: nameOr(name, email), image: keptImage(image) } };
        },
      },
      update: { before: async ({ name }) => (name === undefined ? undefined : { data: { name: keptName(name) } }) },
    },
    session: {
      create: {
        before: async ({ userId, userAgent }) => (await isConfirmed(db, userId)) && { data: { userAgent: keptAgent(userAgent) } },
        after: (session, c) => signedIn(session.userId, session, asksSecond(c?.path)),
      },
      delete: {
        after: async ({ userId }, c) => {
          await ended(userId);
          if (c?.path === '/sign-out') await changed(userId, 'session.end', c.headers);
        },
      },
    },
  }) satisfies BetterAuthOptions['databaseHooks'];

export function createAuth(deps: AuthDeps) {
  const { db, settings, mail, origin, changed, inBackground } = deps;
  const brand = settings.BRAND;
  const send = sendBy(deps);
  return betterAuth({
    appName: brand,
    baseURL: origin,
    basePath: '/api/auth',
    ...authSecretsAsVersions(authSecrets(settings)),
    trustedOrigins: [origin],
    database: drizzleAdapter(database(db), { provider: 'sqlite', schema: SCHEMA }),
    emailAndPassword: passwordsOf(deps, send),
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: true,
      autoSignInAfterVerification: true,
      sendVerificationEmail: ({ user, url }) => send(user.email, verifyMail(brand, mailedLink(url))),
    },
    socialProviders: socialProviders(settings),
    session: { expiresIn: 14 * DAY_SECONDS, updateAge: DAY_SECONDS },
    // Accounts are linked by address only if the address was confirmed here too.
    account: { accountLinking: { enabled: true, requireLocalEmailVerified: true }, encryptOAuthTokens: true },
    rateLimit: { enabled: settings.SIGN_IN_LIMITS === '1', storage: 'database', customRules: UNCOUNTED },
    plugins: [
      magicLink({
        // Answer and time taken must be the same whether or not a link is mailed.
        sendMagicLink: async ({ email, url }) => {
          const mailed = async () =>
            void ((await letsIn({ db, settings }, email)) && (await send(email, magicLinkMail(brand, mailedLink(url)))));
          return settings.SIGN_UP === 'open' ? mailed() : inBackground(mailed());
        },
        storeToken: 'hashed',
      }),
      askingTwoFactor(brand),
      passkey({ rpName: brand, rpID: new URL(origin).hostname, origin }),
      vouchedSession(),
      sizes({ db }),
      guards({ db, changed, sendsMail: mail !== undefined }),
      welcome({ db, settings }),
      rivals({ db, inBackground }),
    ],
    onAPIError: { errorURL: `${origin}/sign-in` },
    databaseHooks: hooksOf(deps),
    advanced: {
      cookiePrefix: 'gateway',
      ipAddress: { ipAddressHeaders: ['cf-connecting-ip'] },
      database: { generateId: () => crypto.randomUUID() },
    },
    telemetry: { enabled: false },
    logger: { level: 'warn', log: (level, message, ...told) => console.warn('sign-in', level, message, ...reasons(told)) },
  });
}

/**
 * No session before the address is confirmed: other providers let people in with an address that they merely typed,
 * while invitations and single sign-on rely on it.
 */
const isConfirmed = async (db: D1Database, userId: string): Promise<boolean> =>
  (await db.prepare('SELECT 1 FROM users WHERE id = ? AND email_verified = 1').bind(userId).first()) !== null;

export type Auth = ReturnType<typeof createAuth>;

const segmentsOf = (path: string): string[] => path.split('/');

/** Does better-auth have a route at this path? It counts tries, in rows, even at paths that do not exist. */
export function leadsSomewhere({ api }: Auth, path: string): boolean {
  const asked = segmentsOf(path);
  return Object.values(api).some((endpoint) => {
    const known = segmentsOf(endpoint.path ?? '');
    return known.length === asked.length && known.every((segment, index) => segment.startsWith(':') || segment === asked[index]);
  });
}
