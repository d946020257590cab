/**
 * Counts calls that were refused: they leave no operation. In memory alone, since whoever is refused pays for nothing; what
 * was not reported when the object leaves memory is lost. A report is sent until the queue has taken it, under the same id,
 * by which D1 counts it once.
 */
import { newNonce } from '../core/ids';
import { DAY_MS } from '../core/time';

export interface RefusedCalls {
  keyId: string;
  test: boolean;
  /** The kind of the error. */
  code: string;
  /** As it was asked for; empty where that is not known. */
  model: string;
  endpoint: string;
  calls: number;
  lastAtMs: number;
}

export interface RefusalReport {
  id: string;
  counts: RefusedCalls[];
}

/** In place of what is not told apart. */
export const OTHER = 'other';

/** How many combinations of a day, key, code, model and endpoint are told apart. */
export const TOLD_APART = 100;
/** Of a longer name a part would keep all of it in memory. */
const MODEL_CHARS = 100;

/** Beyond so many combinations only days, modes and codes are told apart. */
export class RefusalTally {
  private readonly counts = new Map<string, RefusedCalls>();

  constructor(private readonly most = TOLD_APART) {}

  get size(): number {
    return this.counts.size;
  }

  add(refused: RefusedCalls): void {
    const whole = { ...refused, model: refused.model.length > MODEL_CHARS ? OTHER : refused.model.toWellFormed() };
    const isRoom = this.counts.size < this.most || this.counts.has(nameOf(whole));
    this.put(isRoom ? whole : { ...whole, keyId: '', model: OTHER, endpoint: OTHER });
  }

  private put(refused: RefusedCalls): void {
    const name = nameOf(refused);
    const known = this.counts.get(name);
    if (known) known.calls += refused.calls;
    if (known) known.lastAtMs = Math.max(known.lastAtMs, refused.lastAtMs);
    else this.counts.set(name, refused);
  }

  take(): RefusedCalls[] {
    const taken = [...this.counts.values()];
    this.counts.clear();
    return taken;
  }
}

const nameOf = ({ keyId, test, code, model, endpoint, lastAtMs }: RefusedCalls): string =>
  JSON.stringify([Math.floor(lastAtMs / DAY_MS), keyId, test, code, model, endpoint]);

/** How long to wait after the last report. Where there is no end of them each comes twice as long after the one before, up to a bound. */
export class Pace {
  lastAtMs = Number.NEGATIVE_INFINITY;
  afterMs: number;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
  ) {
    this.afterMs = firstMs;
  }

  reported(nowMs: number): void {
    const isOften = nowMs - this.lastAtMs <= 2 * this.longestMs;
    this.afterMs = isOften ? Math.min(2 * this.afterMs, this.longestMs) : this.firstMs;
    this.lastAtMs = nowMs;
  }
}

/** What ids of that moment begin with: those of earlier ones come before it. */
export const reportIdAt = (ms: number): string => `${ms.toString(36).padStart(9, '0')}-`;

/** The platform may take an object out of memory ten seconds after its last request. */
const FIRST_AFTER_MS = 5_000;
const LONGEST_AFTER_MS = 60_000;
const RETRY_AFTER_MS = 60_000;
/** Reports that wait for the queue. What is refused beyond waits to be in one. */
const WAITING_AT_MOST = 3;

export class Refusals {
  private readonly tally = new RefusalTally();
  private waiting: RefusalReport[] = [];
  private sinceMs = 0;
  private readonly pace = new Pace(FIRST_AFTER_MS, LONGEST_AFTER_MS);
  private triedAtMs = 0;

  count(refused: RefusedCalls, nowMs: number): void {
    if (this.tally.size === 0) this.sinceMs = nowMs;
    this.tally.add(refused);
  }

  /** When a report is to be sent; undefined where there is nothing to report. */
  get dueAtMs(): number | undefined {
    const times = [
      ...(this.waiting.length > 0 ? [this.triedAtMs + RETRY_AFTER_MS] : []),
      ...(this.mayReport ? [this.sinceMs + this.pace.afterMs] : []),
    ];
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private get mayReport(): boolean {
    return this.tally.size > 0 && this.waiting.length < WAITING_AT_MOST;
  }

  /** All reports that the queue has not taken, with one of what was counted since. */
  reports(nowMs: number): readonly RefusalReport[] {
    if (this.mayReport) {
      this.pace.reported(nowMs);
      this.waiting.push({ id: reportIdAt(nowMs) + newNonce(), counts: this.tally.take() });
    }
    this.triedAtMs = nowMs;
    return [...this.waiting];
  }

  taken(reports: readonly RefusalReport[]): void {
    const ids = new Set(reports.map(({ id }) => id));
    this.waiting = this.waiting.filter(({ id }) => !ids.has(id));
  }
}
