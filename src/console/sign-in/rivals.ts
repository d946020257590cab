/**
 * Anybody may sign up with an address before it is confirmed, and the confirming link does not say whose password it
 * activates. So if two passwords were given, neither counts: the mailbox's owner comes in by the link and sets one.
 */
import type { BetterAuthPlugin } from 'better-auth';
import { createAuthMiddleware } from 'better-auth/api';
import { verifyPassword } from './passwords';

interface RivalDeps {
  db: D1Database;
  inBackground: (work: Promise<void>) => void;
}

interface Unproven {
  id: string;
  password: string;
}

const UNPROVEN = `SELECT i.id, i.password FROM identities i JOIN users u ON u.id = i.user_id
  WHERE u.email = ? AND u.email_verified = 0 AND i.password IS NOT NULL`;
const DROP = 'DELETE FROM identities WHERE id = ? AND user_id IN (SELECT id FROM users WHERE email_verified = 0)';

/** Done after the answer was sent: checking a password takes time, which would reveal that there is one. */
const AFTER_MS = 2_000;

async function settle({ db }: RivalDeps, { id, password }: Unproven, given: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  if (!(await verifyPassword(password, given))) await db.prepare(DROP).bind(id).run();
}

export const rivals = (deps: RivalDeps) =>
  ({
    id: 'rivals',
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === '/sign-up/email',
          handler: createAuthMiddleware(async (c) => {
            const { email, password } = (c.body ?? {}) as { email?: unknown; password?: unknown };
            if (typeof email !== 'string' || typeof password !== 'string') return;
            const known = await deps.db.prepare(UNPROVEN).bind(email.toLowerCase()).first<Unproven>();
            if (known) deps.inBackground(settle(deps, known, password));
          }),
        },
      ],
    },
  }) satisfies BetterAuthPlugin;
