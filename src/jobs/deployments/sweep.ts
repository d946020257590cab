/** Looks after all deployments: charges idle workers, keeps or stops them, and finishes what was cut off. */
import { and, eq, gt, lte, ne, or, sql } from 'drizzle-orm';
import { database } from '../../db/client';
import { deployments } from '../../db/jobs';
import type { JobDeps } from '../deps';
import { noBudget } from '../query-budget';
import { finishChange, isUnderWay, stopWorkers } from './change';
import { commitToKeep, release } from './funds';
import { removeUpstream } from './host';
import { LAG_MS, meterUntil, settledUntil, WINDOW_MS } from './meter';
import { runsOf } from './runs';
import { type Deployment, rereadDeployment } from './store';

const AT_ONCE = 100;
/** Two hours; a deployment that is further behind catches up look by look. */
const WINDOWS_A_LOOK = 12;
/** Two for each window, and those of a change of terms. */
const MOST_QUERIES_A_LOOK = 40;
/** After this, whoever was making it has died. */
const STUCK_AFTER_MS = 15 * 60_000;
/** After this, whoever was deleting it is done or has died. */
const REMOVED_AFTER_MS = 2 * 60_000;

/**
 * Every deployment with a finished window, with workers that always run, or in a transient state. In random order, so
 * that where there are too many for one sweep each gets its turn.
 */
export async function sweepDeployments(deps: JobDeps, queriesLeft = noBudget): Promise<number> {
  const isDue = or(
    and(eq(deployments.test, false), lte(deployments.meteredUntil, deps.now() - LAG_MS - WINDOW_MS)),
    and(eq(deployments.test, false), gt(deployments.minWorkers, 0)),
    ne(deployments.state, 'active'),
  );
  const due = (await database(deps.db).select().from(deployments).where(isDue).orderBy(sql`random()`).limit(AT_ONCE)) as Deployment[];
  let looked = 0;
  for (const row of due) {
    if (queriesLeft() < MOST_QUERIES_A_LOOK) break;
    looked++;
    try {
      await lookAfter(deps, row);
    } catch (error) {
      console.error('deployment not metered', JSON.stringify({ accountId: row.accountId, slug: row.slug, error: String(error) }));
    }
  }
  return looked;
}

async function lookAfter(deps: JobDeps, row: Deployment): Promise<void> {
  const sinceMs = deps.now() - row.updatedAt;
  if (row.state === 'creating') return sinceMs > STUCK_AFTER_MS ? remove(deps, row) : undefined;
  if (row.state === 'deleting') return sinceMs > REMOVED_AFTER_MS ? remove(deps, row) : undefined;
  if (row.state === 'updating' && !isUnderWay(row, deps.now())) await finishChange(deps, row);
  const present = row.state === 'updating' ? await rereadDeployment(deps, row) : row;
  if (present && !present.test) await chargeAndKeep(deps, present);
}

async function chargeAndKeep(deps: JobDeps, row: Deployment): Promise<void> {
  const nowMs = deps.now();
  const runs = await runsOf(deps, row, nowMs);
  const metered = await meterUntil(deps, row, settledUntil(runs, nowMs), { windows: WINDOWS_A_LOOK, runs });
  if (!metered) return;
  const refused = await commitToKeep(deps, metered, runs);
  if (refused) await stopWorkers(deps, metered, refused);
}

async function remove(deps: JobDeps, row: Deployment): Promise<void> {
  const removed = await removeUpstream(deps, row);
  if (removed.ok) await release(deps, row);
}
