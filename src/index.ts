import { createApp } from './app';
import { reconcile } from './console/reconcile';
import type { Bindings } from './env';
import { envConsoleDeps, queueDeps } from './http/deps';
import { consume } from './jobs/queues';

export { Account } from './account/account';
export { LiveStream } from './live/live-stream';

const app = createApp();

export default {
  fetch: app.fetch,
  queue: (batch, env) => consume(queueDeps(env), batch),
  async scheduled(_controller, env) {
    const { checked, problems } = await reconcile(envConsoleDeps(env));
    console.log('reconciliation', JSON.stringify({ checked, problems: problems.length }));
  },
} satisfies ExportedHandler<Bindings>;
