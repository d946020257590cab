import { sweepJobs } from './advance';
import type { JobDeps } from './deps';
import { sweepDeliveries } from './webhooks/deliver';

/** The cron of wrangler.toml that is not the sweeper's. */
export const NIGHTLY = '17 3 * * *';

/** Finds what lost its message: every minute. */
export async function sweep(deps: JobDeps): Promise<void> {
  const [jobs, deliveries] = [await sweepJobs(deps), await sweepDeliveries(deps)];
  if (jobs + deliveries > 0) console.log('swept', JSON.stringify({ jobs, deliveries }));
}
