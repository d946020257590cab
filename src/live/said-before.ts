/**
 * What was said on a connection up to its latest answers, so that turns can go on from them though nobody stores them. It
 * is gone with the connection, and kept only as far as there is room: clients that are told so send the whole input.
 */
import { HOUR_MS } from '../core/time';

/** Turns go on from the latest answer, or fork off from one shortly before. */
const MOST_ANSWERS = 4;
export const MOST_CHARS = 4_000_000;
/** All connections of an isolate share its 128 MB. */
const MOST_CHARS_OF_ALL = 24_000_000;

/** No connection lasts as long: the platform ended its request, and it said no more. */
const DEAD_AFTER_MS = 2 * HOUR_MS;

let charsOfAll = 0;
/** The connections of each account that keep anything. */
const keeping = new Map<string, Set<SaidBefore>>();

export class SaidBefore {
  private readonly said = new Map<string, string>();
  private chars = 0;

  private readonly sinceMs: number;

  constructor(
    private readonly accountId: string,
    private readonly now: () => number = Date.now,
  ) {
    this.sinceMs = now();
  }

  find(answerId: string): string | undefined {
    return this.said.get(answerId);
  }

  /** Where all connections together have no room, whoever keeps most forgets first: nobody loses it by the greed of others. */
  keep(answerId: string, said: string): void {
    this.forget(answerId);
    if (said.length > MOST_CHARS) return;
    this.said.set(answerId, said);
    this.count(said.length);
    while (this.said.size > MOST_ANSWERS || this.chars > MOST_CHARS) this.forgetOldest();
    while (charsOfAll > MOST_CHARS_OF_ALL) (this.dead() ?? this.greediest()).forgetOldest();
  }

  clear(): void {
    while (this.said.size > 0) this.forgetOldest();
  }

  private dead(): SaidBefore | undefined {
    const longAgoMs = this.now() - DEAD_AFTER_MS;
    for (const connections of keeping.values()) for (const one of connections) if (one.sinceMs < longAgoMs) return one;
    return undefined;
  }

  /** The one of the account with most that has most itself; of equals this one, since to take turns would help none of them. */
  private greediest(): SaidBefore {
    const own = keeping.get(this.accountId) ?? new Set();
    const account = largest(own, keeping.values(), (connections) => [...connections].reduce((sum, { chars }) => sum + chars, 0));
    const [first = this] = account;
    return largest(account.has(this) ? this : first, account, ({ chars }) => chars);
  }

  private forgetOldest(): void {
    this.forget(this.said.keys().next().value!);
  }

  private forget(answerId: string): void {
    const known = this.said.get(answerId);
    if (known === undefined) return;
    this.said.delete(answerId);
    this.count(-known.length);
  }

  private count(chars: number): void {
    this.chars += chars;
    charsOfAll += chars;
    const own = keeping.get(this.accountId) ?? new Set();
    if (this.said.size > 0) own.add(this);
    else own.delete(this);
    if (own.size > 0) keeping.set(this.accountId, own);
    else keeping.delete(this.accountId);
  }
}

function largest<T>(first: T, others: Iterable<T>, sizeOf: (one: T) => number): T {
  let found = first;
  let size = sizeOf(first);
  for (const other of others) {
    const otherSize = sizeOf(other);
    if (otherSize <= size) continue;
    found = other;
    size = otherSize;
  }
  return found;
}
