import { sweepJobs } from './advance';
import { sweepDeployments } from './deployments/sweep';
import type { JobDeps } from './deps';
import { queryBudget } from './query-budget';
import { removeOldFiles } from './retention';
import { sweepDeliveries } from './webhooks/deliver';

/** The cron of wrangler.toml that is not the sweeper's. */
export const NIGHTLY = '17 3 * * *';

/**
 * An invocation may ask D1 a thousand times (https://developers.cloudflare.com/d1/platform/limits/). What a step leaves
 * undone for want of queries is done a minute later.
 */
const QUERIES = { deployments: 400, jobs: 300, deliveries: 20, files: 200 } as const;
type Step = keyof typeof QUERIES;

/**
 * Finds what lost its message: every minute, or as an operator asks for it, as if it were later. A step that fails keeps
 * none of the others from being taken, and what costs money comes first.
 */
export async function sweep(deps: JobDeps, aheadMs = 0): Promise<Record<Step, number>> {
  const failures: string[] = [];
  const step = async (name: Step, work: (deps: JobDeps, left: () => number) => Promise<number>): Promise<number> => {
    const { db, left } = queryBudget(deps.db, QUERIES[name]);
    try {
      return await work({ ...deps, db }, left);
    } catch (error) {
      console.error('not swept', JSON.stringify({ step: name, error: String(error) }));
      failures.push(name);
      return 0;
    }
  };
  const deployments = await step('deployments', sweepDeployments);
  const jobs = await step('jobs', (own, left) => sweepJobs(own, aheadMs, left));
  const deliveries = await step('deliveries', (own) => sweepDeliveries(own, aheadMs));
  const files = await step('files', removeOldFiles);
  if (jobs + deliveries > 0) console.log('swept', JSON.stringify({ jobs, deliveries }));
  if (failures.length > 0) throw new Error(`not swept: ${failures.join(', ')}`);
  return { jobs, deliveries, deployments, files };
}
