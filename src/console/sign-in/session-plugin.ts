/** Lets better-auth make a session for a person whom an organization's identity provider vouches for. */
import type { BetterAuthPlugin } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import * as z from 'zod';

/** Without a path, so only the server can call it. It returns the headers that set the cookie. */
export const vouchedSession = () =>
  ({
    id: 'vouched-session',
    endpoints: {
      createVouchedSession: createAuthEndpoint({ method: 'POST', body: z.object({ userId: z.string() }) }, async (c) => {
        const user = await c.context.internalAdapter.findUserById(c.body.userId);
        if (!user) throw new Error('no such user');
        const session = await c.context.internalAdapter.createSession(user.id);
        await setSessionCookie(c, { session, user });
        return { userId: user.id };
      }),
    },
  }) satisfies BetterAuthPlugin;
