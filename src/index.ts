import type { LedgerMessage } from './account/types';
import { createApp } from './app';
import { reconcile } from './console/reconcile';
import type { Bindings } from './env';
import { envConsoleDeps } from './http/deps';
import { consume } from './jobs/queues';

export { Account } from './account/account';

const app = createApp();

/** As in wrangler.toml. */
const ALERTS_CRON = '*/10 * * * *';

const carriesAlert = ({ body }: Message): boolean =>
  ((body as Partial<LedgerMessage>).entities ?? []).some(({ id }) => id.startsWith('alert:'));

/** A mail that cannot go out holds up nothing else. */
async function sendAlerts(env: Bindings): Promise<void> {
  try {
    await (await import('./account-jobs')).sendAlerts(env);
  } catch (error) {
    console.error('alerts not sent', String(error));
  }
}

export default {
  fetch: app.fetch,
  async queue(batch, env) {
    await consume(envConsoleDeps(env), batch);
    if (batch.messages.some(carriesAlert)) await sendAlerts(env);
  },
  async scheduled(controller, env) {
    // What was not sent when it came is sent now.
    await sendAlerts(env);
    if (controller.cron === ALERTS_CRON) return;
    const { checked, problems } = await reconcile(envConsoleDeps(env));
    console.log('reconciliation', JSON.stringify({ checked, problems: problems.length }));
  },
} satisfies ExportedHandler<Bindings>;
