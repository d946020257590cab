/**
 * The deadlines of one request, on one timer of the platform. Nearly all are called off, and to set a timer and to clear
 * it costs a call the better part of a hundredth of its time; here that is a place in a set. It must not be shared by
 * requests: a timer belongs to the one that set it.
 */

interface Deadline {
  atMs: number;
  run: () => void;
}

/** So often at least it is looked at what is due, so that a deadline which is set later seldom needs another timer. */
const RING_MS = 2_000;

export class Deadlines {
  private readonly open = new Set<Deadline>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private ringsAtMs = Number.POSITIVE_INFINITY;

  /** Runs it then, unless it is called off before by what this gives. */
  after(ms: number, run: () => void): () => void {
    const deadline = { atMs: Date.now() + ms, run };
    this.open.add(deadline);
    this.ringBy(deadline.atMs);
    return () => void this.open.delete(deadline);
  }

  /** The work's result if it comes in time, else undefined; the work itself goes on. */
  async within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    let callOff = () => {};
    const late = new Promise<undefined>((resolve) => {
      callOff = this.after(ms, () => resolve(undefined));
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      callOff();
    }
  }

  private ringBy(atMs: number): void {
    const nowMs = Date.now();
    const ringsAtMs = Math.min(atMs, nowMs + RING_MS);
    if (this.ringsAtMs <= ringsAtMs) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.ringsAtMs = ringsAtMs;
    this.timer = setTimeout(() => this.ring(), Math.max(0, ringsAtMs - nowMs));
  }

  private ring(): void {
    this.timer = null;
    this.ringsAtMs = Number.POSITIVE_INFINITY;
    // A timer may be early by the fraction of a millisecond that the clock does not tell.
    const dueMs = Date.now() + 1;
    for (const deadline of [...this.open]) {
      if (deadline.atMs > dueMs || !this.open.delete(deadline)) continue;
      deadline.run();
    }
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.open) nextMs = Math.min(nextMs, atMs);
    if (this.open.size > 0) this.ringBy(nextMs);
  }
}
