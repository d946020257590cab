/** The account plane's share of the scheduled work, in a module of its own that is imported only when there is some. */
import type { ArchivingMessage } from './account/types';
import { mailAlerts } from './console/alerts/mail';
import { archiveOn, firstPass } from './console/archive/move';
import type { ConsoleDeps } from './console/deps';
import { readWatched } from './console/metrics/read';
import { watchGateway } from './console/operator/watch';
import { forgetOver } from './console/sign-in/forget-over';
import { forgetRefusals } from './console/usage/refusals';
import type { Bindings } from './env';
import { type AccountPlaneBindings, readAccountSettings } from './env-account';
import { liveCatalogue } from './http/deps';
import { forgetDays } from './jobs/forget-days';
import { queryBudget } from './jobs/query-budget';
import { createMailer } from './mail/mailer';

/** Of the thousand that an invocation may make: the nightly check of the books, or the ledger's messages, make the others. */
const QUERIES = 150;

/** Without a mail service nothing is sent, and alerts stay in D1. */
export async function sendAlerts(env: Bindings): Promise<void> {
  const settings = readAccountSettings(env);
  const mail = createMailer(env as AccountPlaneBindings, settings, (input, init) => fetch(input, init));
  if (!mail) return;
  const { db, left: queriesLeft } = queryBudget(env.DB, QUERIES);
  await mailAlerts({ db, queriesLeft, mail, brand: settings.BRAND, origin: settings.PUBLIC_URL, now: Date.now });
}

/** Looks whether something is wrong, and tells the operator. */
export async function watch(env: Bindings): Promise<void> {
  const settings = readAccountSettings(env);
  const catalogue = liveCatalogue(env);
  await catalogue.refreshed();
  await watchGateway({
    db: env.DB,
    now: Date.now,
    watched: (nowMs) => readWatched(env.DB, nowMs),
    catalogueErrors: catalogue.seen?.errors.length ?? 0,
    mail: createMailer(env as AccountPlaneBindings, settings, (input, init) => fetch(input, init)),
    to: settings.OPERATOR_EMAIL,
    brand: settings.BRAND,
    origin: settings.PUBLIC_URL,
  });
}

/** Forgets what nobody looks at any more. One that fails does not keep the others. */
export async function forgetOld({ DB }: Bindings): Promise<void> {
  const nowMs = Date.now();
  await forgetOver(DB, nowMs).catch((error: unknown) => console.error('sign-ins not forgotten', String(error)));
  await forgetRefusals(DB, nowMs).catch((error: unknown) => console.error('refusals not forgotten', String(error)));
  await forgetDays(DB, nowMs).catch((error: unknown) => console.error('days not forgotten', String(error)));
}

/** Begins to move old lines out of D1, or goes on with it; returns what to go on with. */
export const archiveLedger = (
  deps: ConsoleDeps,
  retentionDays: number,
  message?: ArchivingMessage,
): Promise<ArchivingMessage | undefined> => (message ? archiveOn(deps, message, { retentionDays }) : firstPass(deps, { retentionDays }));
