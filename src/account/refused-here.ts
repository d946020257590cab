/**
 * What this isolate refuses by itself, before the account is asked. It goes along with the next call that asks the account to
 * be admitted, or by itself: at once, then after a second, two, four and so on up to once a minute, since nobody may come to take
 * the last of a few along. A trip that fails may have arrived, so what it had is not sent again.
 */
import { Pace, RefusalTally, type RefusedCalls } from './refusals';

const FIRST_AFTER_MS = 1_000;
const LONGEST_AFTER_MS = 60_000;
const ACCOUNTS_AT_MOST = 1_000;
const TOLD_APART = 20;

interface OfAccount {
  tally: RefusalTally;
  pace: Pace;
}

export class RefusedHere {
  private readonly accounts = new Map<string, OfAccount>();

  /** Whether what is known of the account is worth a trip now, which is then made. */
  note(accountId: string, refused: RefusedCalls, nowMs: number): boolean {
    const known = this.accounts.get(accountId) ?? this.begin(accountId);
    known.tally.add(refused);
    // An account that cannot be reached is not asked for that.
    if (refused.code === 'unavailable' || nowMs - known.pace.lastAtMs < known.pace.afterMs) return false;
    known.pace.reported(nowMs);
    return true;
  }

  take(accountId: string): RefusedCalls[] {
    return this.accounts.get(accountId)?.tally.take() ?? [];
  }

  private begin(accountId: string): OfAccount {
    const [oldest] = this.accounts.keys();
    if (oldest !== undefined && this.accounts.size >= ACCOUNTS_AT_MOST) this.accounts.delete(oldest);
    const made = { tally: new RefusalTally(TOLD_APART), pace: new Pace(FIRST_AFTER_MS, LONGEST_AFTER_MS) };
    this.accounts.set(accountId, made);
    return made;
  }
}
