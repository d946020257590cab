import type { LedgerMessage, ReconciliationMessage } from './account/types';
import { createApp, withCallsFirst } from './app';
import { reconcileNightly } from './console/reconcile';
import { grantRedeemed } from './console/vouchers/redeem';
import { forgetOldTries } from './console/vouchers/tries';
import type { Bindings } from './env';
import { envConsoleDeps, jobDeps, liveCatalogue, queueDeps } from './http/deps';
import { lingering } from './http/linger';
import { strictly } from './http/strict-clients';
import { consume } from './jobs/queues';
import { NIGHTLY, sweep } from './jobs/sweep';

export { Account } from './account/account';
export { Conversation } from './conversations/conversation';
export { LiveStream } from './live/live-stream';

const app = withCallsFirst(createApp());

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

/** A failure throws, so that the queue delivers its message again. */
async function goOn({ messages }: MessageBatch<ReconciliationMessage>, env: Bindings): Promise<void> {
  for (const { body } of messages) await reconcileNightly(envConsoleDeps(env), env.RECONCILIATION_QUEUE, body);
}

export default {
  fetch: lingering(strictly(app.fetch)),
  async queue(batch, env, context) {
    if (batch.queue.endsWith('-reconciliation')) return goOn(batch as MessageBatch<ReconciliationMessage>, env);
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
    await reconcileNightly(envConsoleDeps(env), env.RECONCILIATION_QUEUE);
  },
} satisfies ExportedHandler<Bindings>;
