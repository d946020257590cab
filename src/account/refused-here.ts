/**
 * What this isolate refuses by itself, before the account is asked. It goes along with the next call that asks the account to
 * be admitted, or by itself, once a minute at most. A trip that fails may have arrived, so what it had is not sent again.
 */
import { RefusalTally, type RefusedCalls } from './refusals';

const TRIP_EVERY_MS = 60_000;
const ACCOUNTS_AT_MOST = 1_000;
const TOLD_APART = 20;

interface OfAccount {
  tally: RefusalTally;
  tripAtMs: number;
}

export class RefusedHere {
  private readonly accounts = new Map<string, OfAccount>();

  /** Whether what is known of the account is worth a trip now, which is then made. */
  note(accountId: string, refused: RefusedCalls, nowMs: number): boolean {
    const known = this.accounts.get(accountId) ?? this.begin(accountId);
    known.tally.add(refused);
    // An account that cannot be reached is not asked for that.
    if (refused.code === 'unavailable' || nowMs - known.tripAtMs < TRIP_EVERY_MS) return false;
    known.tripAtMs = nowMs;
    return true;
  }

  take(accountId: string): RefusedCalls[] {
    return this.accounts.get(accountId)?.tally.take() ?? [];
  }

  private begin(accountId: string): OfAccount {
    const [oldest] = this.accounts.keys();
    if (oldest !== undefined && this.accounts.size >= ACCOUNTS_AT_MOST) this.accounts.delete(oldest);
    const made = { tally: new RefusalTally(TOLD_APART), tripAtMs: Number.NEGATIVE_INFINITY };
    this.accounts.set(accountId, made);
    return made;
  }
}
