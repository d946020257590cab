/** A way into better-auth for what has vouched for a person elsewhere: an organization's identity provider. */
import type { BetterAuthPlugin } from 'better-auth';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';

/** No path: it is called from the server alone, and answers with the headers that set the cookie. */
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
