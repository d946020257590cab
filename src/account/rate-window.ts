import { HOUR_MS } from '../core/time';

/**
 * An exact rolling hour for one user and family: the time of each call that counts. It is kept in memory and rebuilt
 * from the operations on wake, so it costs no row of its own.
 */
export class RateWindow {
  private entries: { atMs: number; seq: number }[] = [];
  private head = 0;

  /** The calls within the hour that ends now. */
  count(nowMs: number): number {
    while (this.head < this.entries.length && this.entries[this.head]!.atMs <= nowMs - HOUR_MS) this.head++;
    if (this.head > 512 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return this.entries.length - this.head;
  }

  /** Must be called in order of sequence; times never go back. */
  add(atMs: number, seq: number): void {
    this.entries.push({ atMs, seq });
  }

  /** A call that failed gives its place back. */
  remove(seq: number): void {
    for (let i = this.entries.length - 1; i >= this.head; i--) {
      const entry = this.entries[i]!;
      if (entry.seq === seq) this.entries.splice(i, 1);
      if (entry.seq <= seq) return;
    }
  }

  /** When the oldest call leaves the window. */
  resetAtMs(nowMs: number): number {
    return this.count(nowMs) > 0 ? this.entries[this.head]!.atMs + HOUR_MS : nowMs;
  }

  static readonly SPAN_MS = HOUR_MS;
}
