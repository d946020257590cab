/**
 * Computes from its runs how long a deployment's workers were idle: workers that always run, between runs; the others,
 * from a run's end until the next one or until they stop. A run goes to the worker that became free last. Pure.
 */
export interface RunTime {
  startMs: number;
  /** `Infinity` while it runs. */
  endMs: number;
}

export interface WorkerTerms {
  minWorkers: number;
  maxWorkers: number;
  idleTimeoutMs: number;
}

interface Worker {
  freeAtMs: number;
  always: boolean;
}

interface Reckoned {
  idle: number;
  workers: readonly Worker[];
}

/** The workers after the last run, and the idle time within the window of those that had stopped before. */
function reckon(runs: readonly RunTime[], { minWorkers, maxWorkers, idleTimeoutMs }: WorkerTerms, within: Within): Reckoned {
  let workers: Worker[] = Array.from({ length: minWorkers }, () => ({ freeAtMs: -Infinity, always: true }));
  let idle = 0;
  for (const { startMs, endMs } of runs.toSorted((a, b) => a.startMs - b.startMs)) {
    const stopped = workers.filter((worker) => stopsAtMs(worker, idleTimeoutMs) < startMs);
    for (const worker of stopped) idle += within(worker.freeAtMs, stopsAtMs(worker, idleTimeoutMs));
    workers = workers.filter((worker) => !stopped.includes(worker));
    const waiting = workers.filter((worker) => worker.freeAtMs <= startMs);
    const last = waiting.toSorted((a, b) => b.freeAtMs - a.freeAtMs)[0];
    if (last) {
      idle += within(last.freeAtMs, startMs);
      last.freeAtMs = endMs;
    } else if (workers.length < maxWorkers) {
      workers.push({ freeAtMs: endMs, always: false });
    } else {
      // Clocks differ: where more runs overlap than there are workers, they must have shared one.
      const busy = workers.toSorted((a, b) => a.freeAtMs - b.freeAtMs)[0]!;
      busy.freeAtMs = Math.max(busy.freeAtMs, endMs);
    }
  }
  return { idle, workers };
}

type Within = (startMs: number, endMs: number) => number;

const stopsAtMs = ({ freeAtMs, always }: Worker, idleTimeoutMs: number): number => (always ? Infinity : freeAtMs + idleTimeoutMs);

/** The idle time within the window. The runs must be all that began before its end and ended late enough to leave a worker idle in it. */
export function idleMs(runs: readonly RunTime[], terms: WorkerTerms, fromMs: number, toMs: number): number {
  const within: Within = (startMs, endMs) => Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs));
  const { idle, workers } = reckon(runs, terms, within);
  return workers.reduce((sum, worker) => sum + within(worker.freeAtMs, stopsAtMs(worker, terms.idleTimeoutMs)), idle);
}

/** How many of the workers that do not always run have not stopped yet. */
export const waitingWorkers = (runs: readonly RunTime[], terms: WorkerTerms, atMs: number): number =>
  reckon(runs, terms, () => 0).workers.filter((worker) => !worker.always && stopsAtMs(worker, terms.idleTimeoutMs) > atMs).length;
