/** The account plane's share of the scheduled work, in a module of its own that is imported only when there is some. */
import { mailAlerts } from './console/alerts/mail';
import type { Bindings } from './env';
import { type AccountPlaneBindings, readAccountSettings } from './env-account';
import { createMailer } from './mail/mailer';

/** Without a mail service nothing is sent, and alerts stay in D1. */
export async function sendAlerts(env: Bindings): Promise<void> {
  const settings = readAccountSettings(env);
  const mail = createMailer(env as AccountPlaneBindings, settings, (input, init) => fetch(input, init));
  if (mail)
    await mailAlerts({
      db: env.DB,
      mail,
      brand: settings.BRAND,
      origin: settings.PUBLIC_URL && new URL(settings.PUBLIC_URL).origin,
      now: Date.now,
    });
}
