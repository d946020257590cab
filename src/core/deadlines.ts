/**
 * All deadlines of one request on a single timer. Nearly every deadline is called off, and setting and clearing a timer
 * takes almost 1 % of a small call; here it is only a place in a set. Requests must not share it, since a Worker's
 * timer belongs to the request that set it.
 */

interface Deadline {
  atMs: number;
  run: () => void;
}

/** The timer rings at least this often, so that a deadline that is set later seldom needs another one. */
const RING_MS = 2_000;

export class Deadlines {
  private readonly open = new Set<Deadline>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private ringsAtMs = Number.POSITIVE_INFINITY;

  /** Runs `run` after `ms`, unless the function that it returns is called before. */
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
    // A timer may be early by a fraction of a millisecond, which the clock does not show.
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
