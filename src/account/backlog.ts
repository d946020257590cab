/**
 * Closed operations that D1 has not confirmed, in the order of their closing. While D1 is away they grow without end, and
 * an object has 128 MB: in memory are the first of them, as many as a table holds, and more are read once half of these are
 * confirmed.
 */
import type { Closed, OperationTables } from './operation-tables';
import type { AccountRow } from './store';

/** A message's worth. */
const LEAST_KNOWN = 100;

type Place = Pick<Closed, 'month' | 'seq'>;

export class Backlog implements Iterable<[closeSeq: number, at: Place]> {
  private readonly known = new Map<number, Place>();
  /** What closed after this one is on disk alone. */
  private knownUpTo: number;
  private readonly mostKnown: number;

  constructor(
    private readonly operations: Pick<OperationTables, 'closedBetween'>,
    private readonly row: Pick<AccountRow, 'epoch' | 'closeSeq' | 'acked' | 'lowSeq' | 'rowsPerTable'>,
  ) {
    this.knownUpTo = row.acked;
    this.mostKnown = Math.max(LEAST_KNOWN, row.rowsPerTable);
    this.readOn();
  }

  /** Of what is known: zero only where D1 has everything. */
  get size(): number {
    return this.known.size;
  }

  get isWhole(): boolean {
    return this.knownUpTo === this.row.closeSeq;
  }

  [Symbol.iterator](): IterableIterator<[number, Place]> {
    return this.known.entries();
  }

  has(closeSeq: number): boolean {
    return this.known.has(closeSeq);
  }

  /** Adds what was closed last. */
  add({ month, seq }: Place): void {
    const { closeSeq } = this.row;
    if (this.knownUpTo !== closeSeq - 1 || this.known.size >= this.mostKnown) return;
    this.known.set(closeSeq, { month, seq });
    this.knownUpTo = closeSeq;
  }

  /** Gives the number up to which D1 has all. */
  confirm(closeSeqs: readonly number[]): number {
    for (const closeSeq of closeSeqs) this.known.delete(closeSeq);
    const [first = this.knownUpTo + 1] = this.known.keys();
    if (this.known.size <= this.mostKnown / 2) this.readOn();
    return first - 1;
  }

  private readOn(): void {
    const { epoch, closeSeq, lowSeq } = this.row;
    const upTo = Math.min(closeSeq, this.knownUpTo + this.mostKnown - this.known.size);
    if (upTo === this.knownUpTo) return;
    const closed = this.operations.closedBetween(epoch, this.knownUpTo + 1, upTo, lowSeq);
    for (const { closeSeq: at, month, seq } of closed) this.known.set(at, { month, seq });
    this.knownUpTo = upTo;
  }
}
