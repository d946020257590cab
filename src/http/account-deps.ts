/** What the account plane needs, made once for each isolate and host. Imported lazily together with the account plane. */

import { waitUntil } from 'cloudflare:workers';
import { endPlaygroundKeys } from '../console/api-keys/playground';
import type { AccountPlaneDeps } from '../console/deps';
import { type Auth, createAuth } from '../console/sign-in/auth';
import { recordChange, recordSignIn } from '../console/sign-in/record';
import { type AccountPlaneBindings, type AccountSettings, readAccountSettings } from '../env-account';
import { catchUp } from '../jobs/project-ledger';
import { createMailer } from '../mail/mailer';
import type { AppContext } from './context';
import { consoleDeps } from './deps';

interface Lasting {
  settings: AccountSettings;
  auths: Map<string, Auth>;
}

const lastingByEnv = new WeakMap<object, Lasting>();

function lasting(env: object): Lasting {
  let known = lastingByEnv.get(env);
  if (!known) {
    known = { settings: readAccountSettings(env), auths: new Map() };
    lastingByEnv.set(env, known);
  }
  return known;
}

/** A gateway has a handful of hosts; more than this are made up in the Host header, and must not pile up in memory. */
const MAX_ORIGINS = 20;

export function accountPlaneDeps(c: AppContext): AccountPlaneDeps {
  const { settings } = lasting(c.env);
  const origin = settings.PUBLIC_URL ?? new URL(c.req.url).origin;
  const mail = createMailer(c.env as AccountPlaneBindings, settings, (input, init) => fetch(input, init));
  const deps = consoleDeps(c);
  return {
    ...deps,
    settings,
    origin,
    mail,
    fetch: (input, init) => fetch(input, init),
    catchUp: (accountId) =>
      catchUp(deps, accountId).catch((error) => console.error('lines not written before they are read', String(error))),
  };
}

/** Waits until better-auth is set up. */
export async function authOf(c: AppContext): Promise<Auth> {
  const { auths } = lasting(c.env);
  const deps = accountPlaneDeps(c);
  let auth = auths.get(deps.origin);
  if (!auth) {
    auth = createAuth({
      ...deps,
      signedIn: (userId, session, asksSecond) => recordSignIn(deps, userId, session, asksSecond),
      changed: (userId, action, headers) =>
        recordChange(deps, userId, action, { ipAddress: headers?.get('cf-connecting-ip'), userAgent: headers?.get('user-agent') }),
      // Signing out ends the playground's keys as well; one that could not be ended expires within the hour.
      ended: (userId) => endPlaygroundKeys(deps, userId).catch((error) => console.error('playground keys not ended', String(error))),
      // The work logs its own failures.
      inBackground: (work) => waitUntil(work.catch(() => undefined)),
    });
    if (auths.size >= MAX_ORIGINS) auths.clear();
    auths.set(deps.origin, auth);
  }
  await auth.$context;
  return auth;
}
