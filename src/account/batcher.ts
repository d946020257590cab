/**
 * Sends requests that calls of one isolate make of the same object at about the same time together. A trip to an object
 * costs several times what the object does with one request, so under load most of an account's cost is trips.
 *
 * Nobody waits for company: a set number of trips a key go at once, and only what arrives while all of them are under
 * way is batched, for the next trip. The request that leads a trip uses its own stub, since a Worker may not use what
 * belongs to another request; the others only wait for their part of the answer. So a caller must keep its request
 * alive until the answer is there, even when its client has left.
 */
import type { Deadlines } from '../core/deadlines';
import { within } from '../core/within';

/** What a waiting request is told: its answer, why there is none, or to lead the next trip itself. */
type Turn<Result> = { kind: 'answer'; result: Result } | { kind: 'failure'; error: unknown } | { kind: 'lead' };

interface Waiting<Request, Result> {
  request: Request;
  tell(turn: Turn<Result>): void;
}

interface Trip {
  sinceMs: number;
}

interface Lane<Request, Result> {
  underWay: Set<Trip>;
  waiting: Waiting<Request, Result>[];
}

export interface BatcherLimits {
  /** How many trips of one key may be under way at once: when its object is near, and when it is far or its distance unknown. */
  trips: { near: number; far: number };
  /** An object counts as near once a trip took no longer than this. */
  nearMs: number;
  requestsATrip: number;
  /** After this, a waiting request makes its own trip: the platform may have ended the one that should have woken it. */
  waitMs: number;
  /** After this, a request that joined another's trip gives up. */
  answerMs: number;
}

/** For how many keys the distance is remembered. */
const KNOWN_KEYS = 1_000;

export class Batcher<Request, Result> {
  private readonly lanes = new Map<string, Lane<Request, Result>>();
  private readonly shortestTripMs = new Map<string, number>();

  constructor(
    private readonly limits: BatcherLimits,
    private readonly now: () => number = Date.now,
  ) {}

  /** How many keys have a trip under way. */
  get size(): number {
    return this.lanes.size;
  }

  /**
   * @param makeTrip Sends requests and gives their answers in the same order. Used by whichever request leads.
   * @param deadlines Those of the asking request only: the platform takes a request for hung that waits for nothing of
   * its own.
   * @throws What the trip threw that carried the request.
   */
  async send(
    key: string,
    request: Request,
    makeTrip: (requests: Request[]) => Promise<Result[]>,
    deadlines: Pick<Deadlines, 'within'> = { within },
  ): Promise<Result> {
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { underWay: new Set(), waiting: [] };
      this.lanes.set(key, lane);
    }
    if (!this.hasRoom(key, lane)) {
      const turn = await this.waitIn(lane, request, deadlines);
      if (turn.kind === 'answer') return turn.result;
      if (turn.kind === 'failure') throw turn.error;
    }
    return this.lead(key, lane, request, makeTrip);
  }

  private hasRoom(key: string, { underWay }: Lane<Request, Result>): boolean {
    const { trips, nearMs, waitMs } = this.limits;
    const most = (this.shortestTripMs.get(key) ?? Number.POSITIVE_INFINITY) <= nearMs ? trips.near : trips.far;
    if (underWay.size < most) return true;
    const lostBeforeMs = this.now() - waitMs;
    for (const trip of underWay) if (trip.sinceMs < lostBeforeMs) underWay.delete(trip);
    return underWay.size < most;
  }

  private async waitIn(lane: Lane<Request, Result>, request: Request, deadlines: Pick<Deadlines, 'within'>): Promise<Turn<Result>> {
    let me: Waiting<Request, Result> | undefined;
    const turn = new Promise<Turn<Result>>((tell) => {
      me = { request, tell };
      lane.waiting.push(me);
    });
    const told = await deadlines.within(turn, this.limits.waitMs);
    if (told) return told;
    const at = lane.waiting.indexOf(me!);
    if (at >= 0) {
      lane.waiting.splice(at, 1);
      return { kind: 'lead' };
    }
    return (
      (await deadlines.within(turn, this.limits.answerMs)) ?? {
        kind: 'failure',
        error: new Error('no answer in time from the trip gone along with'),
      }
    );
  }

  private async lead(
    key: string,
    lane: Lane<Request, Result>,
    request: Request,
    makeTrip: (requests: Request[]) => Promise<Result[]>,
  ): Promise<Result> {
    const trip = { sinceMs: this.now() };
    lane.underWay.add(trip);
    const others = lane.waiting.splice(0, this.limits.requestsATrip - 1);
    try {
      const [own, ...theirs] = await makeTrip([request, ...others.map((other) => other.request)]);
      this.noteDistance(key, this.now() - trip.sinceMs);
      for (const [at, other] of others.entries()) other.tell({ kind: 'answer', result: theirs[at]! });
      return own!;
    } catch (error) {
      for (const other of others) other.tell({ kind: 'failure', error });
      throw error;
    } finally {
      lane.underWay.delete(trip);
      this.handOn(key, lane);
    }
  }

  /** The shortest trip tells the distance; longer ones only tell how busy either side was. */
  private noteDistance(key: string, tripMs: number): void {
    const known = this.shortestTripMs.get(key);
    if (known !== undefined && known <= tripMs) return;
    const [oldest] = this.shortestTripMs.keys();
    if (known === undefined && oldest !== undefined && this.shortestTripMs.size >= KNOWN_KEYS) this.shortestTripMs.delete(oldest);
    this.shortestTripMs.set(key, tripMs);
  }

  private handOn(key: string, lane: Lane<Request, Result>): void {
    const next = lane.waiting.shift();
    if (next) next.tell({ kind: 'lead' });
    else if (lane.underWay.size === 0 && this.lanes.get(key) === lane) this.lanes.delete(key);
  }
}
