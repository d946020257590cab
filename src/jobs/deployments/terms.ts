/** What a deployment's idle workers cost, and what they may cost before they can be stopped. Pure. */
import { BEGUN_MS, type CommitRequest } from '../../account/commitments';
import type { MicroCredits } from '../../core/money';
import { HOUR_MS } from '../../core/time';
import { idlePoolMicro } from '../../providers/catalogue/media-terms';
import { idleMs, type RunTime, type WorkerTerms, waitingWorkers } from './idle-time';
import type { Deployment, DeploymentFields } from './store';

/** How much running time must be covered to start, and to keep, workers that always run. */
const STARTED_AHEAD_MS = HOUR_MS;
const KEPT_AHEAD_MS = 1_800_000;

export type Terms = Pick<DeploymentFields, 'gpuTypes' | 'minWorkers' | 'maxWorkers' | 'idleTimeoutSeconds'>;

/** A run, as far as it concerns the workers' time. */
export interface Run extends RunTime {
  createdAtMs: number;
  ended: boolean;
}

/** The terms that a deployment is charged by. While its provider is told of new ones either may apply, so the dearer of each counts. */
export function chargedTerms({ pending, ...row }: Terms & Pick<Deployment, 'pending'>): Terms {
  const { minWorkers, maxWorkers, idleTimeoutSeconds, gpuTypes } = row;
  if (!pending) return { minWorkers, maxWorkers, idleTimeoutSeconds, gpuTypes };
  return {
    minWorkers: Math.max(minWorkers, pending.minWorkers ?? 0),
    maxWorkers: Math.max(maxWorkers, pending.maxWorkers ?? 0),
    idleTimeoutSeconds: Math.max(idleTimeoutSeconds, pending.idleTimeoutSeconds ?? 0),
    gpuTypes: [...new Set([...gpuTypes, ...(pending.gpuTypes ?? [])])],
  };
}

export const workerTerms = ({ minWorkers, maxWorkers, idleTimeoutSeconds }: Terms): WorkerTerms => ({
  minWorkers,
  maxWorkers,
  idleTimeoutMs: idleTimeoutSeconds * 1_000,
});

export const waitingMicro = ({ gpuTypes }: Pick<Terms, 'gpuTypes'>, ms: number): MicroCredits =>
  Math.ceil((idlePoolMicro(gpuTypes) * ms) / 1_000);

/** Can the first terms cost more than the second? */
export const isDearer = (terms: Terms, than: Terms): boolean =>
  terms.minWorkers > than.minWorkers ||
  terms.maxWorkers > than.maxWorkers ||
  terms.idleTimeoutSeconds > than.idleTimeoutSeconds ||
  idlePoolMicro(terms.gpuTypes) > idlePoolMicro(than.gpuTypes);

type Amounts = Pick<CommitRequest, 'wantedMicro' | 'leastMicro' | 'waits'>;

const waitsOf = (terms: Terms, known: number): Amounts['waits'] => ({
  known,
  most: terms.maxWorkers - terms.minWorkers,
  eachMicro: waitingMicro(terms, terms.idleTimeoutSeconds * 1_000),
});

/** To start: an hour of the workers that always run, and one idle time of each of the others. */
export function amountsToStart(terms: Terms): Amounts {
  const hourMicro = waitingMicro(terms, STARTED_AHEAD_MS) * terms.minWorkers;
  return { wantedMicro: hourMicro, leastMicro: hourMicro, waits: waitsOf(terms, terms.maxWorkers) };
}

/**
 * To keep: time that has passed uncharged, some time ahead, and the idle time of workers that have, or may get, a run.
 * An open run does not count as time without idling: it may turn out to have cost nothing.
 */
export function amountsToKeep(row: Deployment, runs: readonly Run[], nowMs: number): Amounts {
  const terms = chargedTerms(row);
  const { minWorkers } = terms;
  const ended = runs.filter((run) => run.ended);
  const known = runs.filter((run) => !run.ended && run.createdAtMs <= nowMs - BEGUN_MS).length;
  const passedMicro = waitingMicro(terms, idleMs(ended, workerTerms(terms), Math.min(row.meteredUntil, nowMs), nowMs));
  return {
    wantedMicro: passedMicro + waitingMicro(terms, STARTED_AHEAD_MS) * minWorkers,
    leastMicro: passedMicro + waitingMicro(terms, KEPT_AHEAD_MS) * minWorkers,
    waits: waitsOf(terms, known + waitingWorkers(ended, workerTerms(terms), nowMs)),
  };
}
