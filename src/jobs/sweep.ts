import { sweepJobs } from './advance';
import { sweepDeployments } from './deployments/sweep';
import type { JobDeps } from './deps';
import { removeOldFiles } from './retention';
import { sweepDeliveries } from './webhooks/deliver';

/** The cron of wrangler.toml that is not the sweeper's. */
export const NIGHTLY = '17 3 * * *';

/** Finds what lost its message: every minute, or as an operator asks for it, as if it were later. */
export async function sweep(deps: JobDeps, aheadMs = 0): Promise<{ jobs: number; deliveries: number; deployments: number; files: number }> {
  const swept = { jobs: await sweepJobs(deps, aheadMs), deliveries: await sweepDeliveries(deps, aheadMs) };
  if (swept.jobs + swept.deliveries > 0) console.log('swept', JSON.stringify(swept));
  return { ...swept, deployments: await sweepDeployments(deps), files: await removeOldFiles(deps) };
}
