/**
 * An account's rolling hours for each user and family. One counts calls that came to something; a second, with a higher
 * bound, counts all that were sent to a provider. Calls that a provider refuses are free and do not count in the first;
 * without the second they could be sent without end, using up the provider's limits that all accounts share. All are in
 * memory. Those of calls are rebuilt from the rows on wake; token counts and changes leave no rows, but whoever makes
 * many of them keeps the object awake.
 */
import { fail, type GatewayError } from '../core/errors';
import { SENT_TIMES } from '../core/family';
import type { Recent } from './operation-tables';
import { RateWindow } from './rate-window';
import type { AdmitRequest } from './types';

/** Changes an hour by one person in one account; its keys together count as one more person. */
const MOST_CHANGES = 600;

export interface ConversationChange {
  /** An hour. */
  atMost: number;
  places: number;
}

type Counted = Pick<Recent, 'userId' | 'family' | 'test'>;

export class RateWindows {
  private readonly counted = new Map<string, RateWindow>();
  private readonly sent = new Map<string, RateWindow>();
  private readonly tokenCounts = new Map<string, RateWindow>();
  private readonly conversationChanges = new Map<string, RateWindow>();
  private readonly changes = new Map<string, RateWindow>();
  /** Numbers what leaves no row of its own. */
  private asked = 0;

  /** Undefined where one more may begin. */
  refuse(request: Pick<AdmitRequest, 'family' | 'hourlyLimit'>, { userId, test }: Pick<Counted, 'userId' | 'test'>, nowMs: number) {
    const { family, hourlyLimit } = request;
    const name = nameOf({ userId, family, test });
    const full = refuseRate(windowOf(this.counted, name), hourlyLimit, `${family} calls an hour is reached.`, nowMs);
    if (full) return full;
    const failures = `${family} calls an hour is reached, those that failed at a provider included.`;
    return refuseRate(windowOf(this.sent, name), SENT_TIMES * hourlyLimit, failures, nowMs);
  }

  /** A token count takes its place before the provider is asked. */
  refuseTokenCount(userId: string, atMost: number, nowMs: number): GatewayError | undefined {
    return this.take(windowOf(this.tokenCounts, userId), atMost, 'token counts an hour is reached.', nowMs);
  }

  /** Each takes room that nobody pays for: a large one takes several places. */
  refuseConversationChange(userId: string, { atMost, places }: ConversationChange, nowMs: number): GatewayError | undefined {
    const window = windowOf(this.conversationChanges, userId);
    const full = this.take(window, atMost, 'changes of conversations an hour is reached; a large one counts as several.', nowMs);
    for (let more = 1; !full && more < places; more++) window.add(nowMs, ++this.asked);
    return full;
  }

  /** Every change leaves at least an audit line in the database that all accounts share. */
  refuseChange(actorId: string, nowMs: number): GatewayError | undefined {
    return this.take(windowOf(this.changes, actorId), MOST_CHANGES, 'changes an hour is reached.', nowMs);
  }

  private take(window: RateWindow, atMost: number, isReached: string, nowMs: number): GatewayError | undefined {
    const full = refuseRate(window, atMost, isReached, nowMs);
    if (!full) window.add(nowMs, ++this.asked);
    return full;
  }

  /** Calls are added in their order. Test calls are not sent to any provider, so they are not in the second window. */
  add(operation: Recent): void {
    const name = nameOf(operation);
    if (countsForRate(operation)) windowOf(this.counted, name).add(operation.openedAtMs, operation.seq);
    if (!operation.test && !operation.unsent) windowOf(this.sent, name).add(operation.openedAtMs, operation.seq);
  }

  /** A call that has ended may give its places back. */
  ended(operation: Recent): void {
    const name = nameOf(operation);
    if (!countsForRate(operation)) this.counted.get(name)?.remove(operation.seq);
    if (operation.unsent) this.sent.get(name)?.remove(operation.seq);
  }
}

const nameOf = ({ userId, family, test }: Counted): string => `${userId}|${family}|${test}`;

function windowOf(windows: Map<string, RateWindow>, name: string): RateWindow {
  const known = windows.get(name);
  if (known) return known;
  const window = new RateWindow();
  windows.set(name, window);
  return window;
}

/** Calls that came to nothing take up no quota. */
const countsForRate = (operation: Recent): boolean =>
  operation.state !== 'released' && !(operation.state === 'expired' && operation.amountMicro === 0);

function refuseRate(window: RateWindow, limit: number, isReached: string, nowMs: number): GatewayError | undefined {
  if (window.count(nowMs) < limit) return undefined;
  const resetAtMs = window.resetAtMs(nowMs);
  return fail('rate_limited', `This user's limit of ${limit} ${isReached}`, {
    retryAfterSeconds: Math.max(1, Math.ceil((resetAtMs - nowMs) / 1000)),
    headers: {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': String(Math.ceil(resetAtMs / 1000)),
    },
  }).error;
}
