import type { ArchivingMessage, LedgerMessage, ReconciliationMessage } from './account/types';
import { createApp, withCallsFirst } from './app';
import { reconcileNightly } from './console/reconcile';
import { grantRedeemed } from './console/vouchers/redeem';
import { forgetOldTries } from './console/vouchers/tries';
import type { Bindings } from './env';
import { envConsoleDeps, jobDeps, ledgerRetentionDays, liveCatalogue, queueDeps } from './http/deps';
import { lingering } from './http/linger';
import { strictly } from './http/strict-clients';
import { forgetDays } from './jobs/forget-days';
import { consume } from './jobs/queues';
import { NIGHTLY, sweep } from './jobs/sweep';

export { Account } from './account/account';
export { Conversation } from './conversations/conversation';
export { LiveStream } from './live/live-stream';

const app = withCallsFirst(createApp());

type NightlyMessage = ReconciliationMessage | ArchivingMessage;

/** As in wrangler.toml. */
const EVERY_MINUTE = '* * * * *';

const CATALOGUE_RETRY_SECONDS = 10;

const carriesAlert = ({ body }: Message): boolean =>
  ((body as Partial<LedgerMessage>).entities ?? []).some(({ id }) => id.startsWith('alert:'));

/** Mail that cannot be sent must not hold up the rest of the scheduled work. */
async function sendAlerts(env: Bindings): Promise<void> {
  try {
    await (await import('./account-jobs')).sendAlerts(env);
  } catch (error) {
    console.error('alerts not sent', String(error));
  }
}

/** The same for vouchers. */
async function finishVouchers(env: Bindings): Promise<void> {
  try {
    const deps = envConsoleDeps(env);
    await grantRedeemed(deps);
    await forgetOldTries(deps.db, deps.now());
  } catch (error) {
    console.error('vouchers not looked at', String(error));
  }
}

/** Nor does what is only to be forgotten. */
async function forgetSignIns(env: Bindings): Promise<void> {
  try {
    await (await import('./account-jobs')).forgetSignIns(env);
  } catch (error) {
    console.error('sign-ins not forgotten', String(error));
  }
}

async function forgetOldDays(env: Bindings): Promise<void> {
  try {
    await forgetDays(env.DB, Date.now());
  } catch (error) {
    console.error('days not forgotten', String(error));
  }
}

/**
 * The work of a night, a part at a time: checks the books of all accounts, then moves old lines out of D1. A failure throws,
 * so that the queue delivers its message again.
 */
async function workNightly(env: Bindings, message?: NightlyMessage): Promise<void> {
  const deps = envConsoleDeps(env);
  const isChecking = message === undefined || 'after' in message;
  if (isChecking && !(await reconcileNightly(deps, env.RECONCILIATION_QUEUE, message))) return;
  const next = await (await import('./account-jobs')).archiveLedger(deps, ledgerRetentionDays(env), isChecking ? undefined : message);
  if (next) await env.RECONCILIATION_QUEUE.send(next);
}

export default {
  fetch: lingering(strictly(app.fetch)),
  async queue(batch, env, context) {
    if (batch.queue.endsWith('-reconciliation')) {
      for (const { body } of batch.messages) await workNightly(env, body as NightlyMessage);
      return;
    }
    const catalogue = liveCatalogue(env);
    await catalogue.refreshed();
    // A job of a model that only the file has would look like one that nobody can serve.
    if (!catalogue.isLoaded && batch.queue.endsWith('-jobs')) return batch.retryAll({ delaySeconds: CATALOGUE_RETRY_SECONDS });
    await consume(
      queueDeps(env),
      batch,
      () => jobDeps(env),
      (work) => context.waitUntil(work),
    );
    if (batch.messages.some(carriesAlert)) await sendAlerts(env);
  },
  async scheduled({ cron }, env) {
    if (cron === EVERY_MINUTE) await liveCatalogue(env).refreshed();
    if (cron === EVERY_MINUTE) return void (await sweep(jobDeps(env)));
    // Alerts that could not be sent when they arose are tried again.
    await sendAlerts(env);
    await finishVouchers(env);
    if (cron !== NIGHTLY) return;
    await forgetSignIns(env);
    await forgetOldDays(env);
    await workNightly(env);
  },
} satisfies ExportedHandler<Bindings>;
