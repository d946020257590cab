/** Bounds what anybody can leave behind by signing in, in the database that all accounts share. */
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware, getSessionFromCtx } from 'better-auth/api';

/** The longest value stored of each field. */
const LONGEST: Readonly<Record<string, number>> = { name: 100, email: 254, image: 2_000 };

const MOST_PASSKEYS = 50;

/** People's names are cut to length, whoever sets them. */
const OF_PEOPLE: ReadonlySet<string | undefined> = new Set(['/sign-up/email', '/update-user']);
const OF_PASSKEYS: ReadonlySet<string | undefined> = new Set(['/passkey/verify-registration', '/passkey/update-passkey']);
const ADDING: ReadonlySet<string | undefined> = new Set(['/passkey/generate-register-options', '/passkey/verify-registration']);

const refuseLong = createAuthMiddleware(async ({ path, body }) => {
  for (const [field, most] of Object.entries(LONGEST)) {
    const value = (body as Record<string, unknown> | undefined)?.[field];
    if (value === undefined || (value === null && field === 'image')) continue;
    if (typeof value !== 'string') throw new APIError('BAD_REQUEST', { code: 'NOT_A_TEXT', message: `\`${field}\` must be a text.` });
    if (value.length > most && !(field === 'name' && OF_PEOPLE.has(path)))
      throw new APIError('BAD_REQUEST', { code: 'TOO_LONG', message: `\`${field}\` may have ${most} characters at most.` });
  }
});

const refuseMany = (db: D1Database) =>
  createAuthMiddleware(async (c) => {
    const session = await getSessionFromCtx(c);
    const query = 'SELECT COUNT(*) AS count FROM passkeys WHERE user_id = ?';
    const known = session && (await db.prepare(query).bind(session.user.id).first<{ count: number }>());
    if (known && known.count >= MOST_PASSKEYS)
      throw new APIError('CONFLICT', { code: 'TOO_MANY_PASSKEYS', message: `You have ${MOST_PASSKEYS} passkeys: remove one first.` });
  });

export const sizes = ({ db }: { db: D1Database }) =>
  ({
    id: 'sizes',
    hooks: {
      before: [
        { matcher: ({ path }) => OF_PEOPLE.has(path) || OF_PASSKEYS.has(path), handler: refuseLong },
        { matcher: ({ path }) => ADDING.has(path), handler: refuseMany(db) },
      ],
    },
  }) satisfies BetterAuthPlugin;

/** A picture's URL from another provider; an overlong one is dropped. */
export const keptImage = (image: string | null | undefined): string | null => (image && image.length <= LONGEST.image! ? image : null);

const LONGEST_AGENT_CHARS = 300;
export const keptAgent = (agent: string | null | undefined): string | null => agent?.slice(0, LONGEST_AGENT_CHARS) ?? null;
