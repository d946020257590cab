import { sweepJobs } from './advance';
import { sweepDeployments } from './deployments/sweep';
import type { JobDeps } from './deps';
import { queryBudget } from './query-budget';
import { removeOldFiles } from './retention';
import { sweepDeliveries } from './webhooks/deliver';

/** The other cron of wrangler.toml, beside the sweeper's. */
export const NIGHTLY = '17 3 * * *';

/**
 * An invocation may make a thousand D1 queries (https://developers.cloudflare.com/d1/platform/limits/). What a step
 * leaves for want of queries is done a minute later.
 */
const QUERIES = { deployments: 400, jobs: 300, deliveries: 20, files: 200 } as const;
type Step = keyof typeof QUERIES;

/**
 * Finds work that lost its message, every minute or when an operator asks (`aheadMs`: as if it were later). A failing
 * step does not keep the others from running. What costs money comes first.
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
