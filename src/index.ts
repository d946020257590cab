import { createApp } from './app';
import { reconcile } from './console/reconcile';
import type { Bindings } from './env';
import { envConsoleDeps, jobDeps, queueDeps } from './http/deps';
import { consume } from './jobs/queues';
import { NIGHTLY, sweep } from './jobs/sweep';

export { Account } from './account/account';
export { LiveStream } from './live/live-stream';

const app = createApp();

export default {
  fetch: app.fetch,
  queue: (batch, env, context) =>
    consume(
      queueDeps(env),
      batch,
      () => jobDeps(env),
      (work) => context.waitUntil(work),
    ),
  async scheduled({ cron }, env) {
    if (cron !== NIGHTLY) return void (await sweep(jobDeps(env)));
    const { checked, problems } = await reconcile(envConsoleDeps(env));
    console.log('reconciliation', JSON.stringify({ checked, problems: problems.length }));
  },
} satisfies ExportedHandler<Bindings>;
