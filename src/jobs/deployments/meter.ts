/**
 * Charges for the time that deployments' workers are idle, as the GPU provider does, in consecutive windows. A window
 * is stored before it is charged, and its charge is an event named by both its ends, so that whoever finds one that was
 * cut off makes the same charge.
 */
import { idlePoolMicro } from '../../providers/catalogue/media-terms';
import type { JobDeps } from '../deps';
import { idleMs } from './idle-time';
import { LONGEST_RUN_MS, runModelOf, runsOf } from './runs';
import { changeDeployment, type Deployment, rereadDeployment } from './store';
import { chargedTerms, type Run, waitingMicro, workerTerms } from './terms';

export const WINDOW_MS = 10 * 60_000;
/** By then, a run that ended in the window has been stored. */
export const LAG_MS = 2 * 60_000;
/** How often others who charge the same window may come first. */
const TRIES = 20;

/** Does it have workers that may cost something? */
export const isCharged = ({ test, state }: Deployment): boolean => !test && (state === 'active' || state === 'updating');

/** Charges the stored window and gives the row after it; undefined when somebody else was quicker. */
async function chargeWindow(deps: JobDeps, row: Deployment, toMs: number, runs: readonly Run[]): Promise<Deployment | undefined> {
  const { meteredUntil: fromMs } = row;
  const terms = chargedTerms(row);
  const within = runs.filter(({ ended, startMs }) => ended && startMs < toMs);
  const ms = idleMs(within, workerTerms(terms), fromMs, toMs);
  const amountMicro = waitingMicro(terms, ms);
  const isNamed = row.meteringUntil !== null;
  if (amountMicro === 0 && !isNamed) return changeDeployment(deps, row, { meteredUntil: toMs });
  const named = isNamed ? row : await changeDeployment(deps, row, { meteringUntil: toMs });
  if (!named) return undefined;
  if (amountMicro > 0)
    await deps.account(row.accountId).charge({
      eventId: `idle:${row.upstreamName}:${fromMs}:${toMs}`,
      amountMicro,
      keyId: row.keyId,
      family: 'gpu',
      model: runModelOf(row),
      endpoint: `/v1/deployments/${row.slug}`,
      detail: {
        ending: 'idle',
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        price: { per: 'gpu_second', micro: idlePoolMicro(terms.gpuTypes) },
        usage: { idleSeconds: ms / 1_000 },
      },
    });
  return changeDeployment(deps, named, { meteredUntil: toMs, meteringUntil: null });
}

/**
 * Charges what has passed, by at most this many whole windows or up to a moment. Runs that are still open then are
 * waited for, except where the terms change or the deployment is deleted: there they count as none. Undefined when the
 * deployment is gone.
 */
export async function meterUntil(
  deps: JobDeps,
  known: Deployment,
  untilMs: number,
  { windows, runs: found }: { windows?: number; runs?: readonly Run[] } = {},
): Promise<Deployment | undefined> {
  if (!isCharged(known)) return known;
  let row = known;
  let runs = found ?? (await runsOf(deps, row, untilMs));
  const whole = windows !== undefined;
  let left = windows ?? Infinity;
  for (let tries = TRIES; isCharged(row) && tries > 0; ) {
    const isNext = whole ? row.meteredUntil + WINDOW_MS <= untilMs : row.meteredUntil < untilMs;
    if (left === 0 || (row.meteringUntil === null && !isNext)) return row;
    const charged = await chargeWindow(deps, row, row.meteringUntil ?? (whole ? row.meteredUntil + WINDOW_MS : untilMs), runs);
    if (charged) {
      row = charged;
      left--;
      continue;
    }
    const present = await rereadDeployment(deps, row);
    if (!present) return undefined;
    row = present;
    runs = await runsOf(deps, row, untilMs);
    tries--;
  }
  if (isCharged(row)) throw new Error(`the deployment ${row.slug} is charged by too many at once`);
  return row;
}

/** Until when all runs are known: those that were asked for before it have ended. */
export function settledUntil(runs: readonly Run[], nowMs: number): number {
  const underWay = runs.filter(({ ended, createdAtMs }) => !ended && createdAtMs > nowMs - LONGEST_RUN_MS);
  return Math.min(nowMs - LAG_MS, ...underWay.map(({ createdAtMs }) => createdAtMs));
}
