/** Deployments in D1. */
import { and, count, eq, gt, lte, sum } from 'drizzle-orm';
import { database } from '../../db/client';
import { deployments } from '../../db/jobs';
import type { UpstreamDeployment } from '../../providers/media/types';
import type { JobDeps } from '../deps';

export interface Deployment {
  accountId: string;
  slug: string;
  name: string;
  dockerImage: string;
  gpuTypes: readonly string[];
  minWorkers: number;
  maxWorkers: number;
  idleTimeoutSeconds: number;
  env: Readonly<Record<string, string>>;
  webhookUrl: string | null;
  provider: string;
  /** Unique at the provider. */
  upstreamName: string;
  upstream: Partial<UpstreamDeployment>;
  /** `updating`: the provider is being told of `pending`, and may or may not know of it. */
  state: 'creating' | 'active' | 'updating' | 'deleting';
  /** The row's version: whoever changes it names the version that they know. */
  version: number;
  createdAt: number;
  updatedAt: number;
  /** The key that made it, if it was a key: the cost of idle workers counts towards its limit. */
  keyId: string | null;
  /** Made with a test key, so nothing is charged. */
  test: boolean;
  /** Until when its idle workers have been charged. */
  meteredUntil: number;
  /** The end of the window that is being charged; whoever finds one charges exactly that window. */
  meteringUntil: number | null;
  pending: DeploymentChange | null;
  /** A notice to its owner. */
  notice: string | null;
  idempotencyHash: string | null;
  bodyHash: string | null;
}

export type DeploymentFields = Pick<
  Deployment,
  'slug' | 'name' | 'dockerImage' | 'gpuTypes' | 'minWorkers' | 'maxWorkers' | 'idleTimeoutSeconds' | 'env' | 'webhookUrl'
>;

/** The new terms, and a notice to the owner about them. */
export type DeploymentChange = Partial<DeploymentFields> & { notice?: string | null };

const mine = (accountId: string, slug: string) => and(eq(deployments.accountId, accountId), eq(deployments.slug, slug));

export async function findDeployment(db: D1Database, accountId: string, slug: string): Promise<Deployment | undefined> {
  const [row] = await database(db).select().from(deployments).where(mine(accountId, slug));
  return row as Deployment | undefined;
}

export async function listDeployments(db: D1Database, accountId: string): Promise<Deployment[]> {
  const rows = await database(db).select().from(deployments).where(eq(deployments.accountId, accountId)).orderBy(deployments.slug);
  return rows as Deployment[];
}

/** The number of deployments, and of workers that all live ones may have together. */
export async function countDeployments(db: D1Database, accountId: string): Promise<{ deployments: number; workers: number }> {
  const own = eq(deployments.accountId, accountId);
  const [all] = await database(db).select({ count: count() }).from(deployments).where(own);
  const [live] = await database(db)
    .select({ workers: sum(deployments.maxWorkers) })
    .from(deployments)
    .where(and(own, eq(deployments.test, false)));
  return { deployments: all?.count ?? 0, workers: Number(live?.workers ?? 0) };
}

/** The deployment that an idempotency key has made since then; older keys may be used again. */
export async function findIdempotentDeployment(
  db: D1Database,
  accountId: string,
  hash: string,
  sinceMs: number,
): Promise<Deployment | undefined> {
  const byKey = and(eq(deployments.accountId, accountId), eq(deployments.idempotencyHash, hash));
  await database(db)
    .update(deployments)
    .set({ idempotencyHash: null })
    .where(and(byKey, lte(deployments.createdAt, sinceMs)));
  const [row] = await database(db)
    .select()
    .from(deployments)
    .where(and(byKey, gt(deployments.createdAt, sinceMs)));
  return row as Deployment | undefined;
}

/** False when the slug or the idempotency key is taken. */
export async function insertDeployment(db: D1Database, row: Deployment): Promise<boolean> {
  const inserted = await database(db).insert(deployments).values(row).onConflictDoNothing().returning({ slug: deployments.slug });
  return inserted.length > 0;
}

/** Undefined when it is gone, or somebody else has changed it meanwhile. */
export async function changeDeployment(
  deps: Pick<JobDeps, 'db'>,
  { accountId, slug, upstreamName, version }: Deployment,
  set: Partial<Deployment>,
): Promise<Deployment | undefined> {
  const [row] = await database(deps.db)
    .update(deployments)
    .set({ ...set, version: version + 1 })
    .where(and(mine(accountId, slug), eq(deployments.upstreamName, upstreamName), eq(deployments.version, version)))
    .returning();
  return row as Deployment | undefined;
}

/** The row as it is now. */
export async function rereadDeployment({ db }: Pick<JobDeps, 'db'>, { accountId, slug, upstreamName }: Deployment) {
  const row = await findDeployment(db, accountId, slug);
  return row?.upstreamName === upstreamName ? row : undefined;
}

export async function forgetDeployment(db: D1Database, { accountId, slug, upstreamName }: Deployment): Promise<void> {
  await database(db)
    .delete(deployments)
    .where(and(mine(accountId, slug), eq(deployments.upstreamName, upstreamName)));
}
