/**
 * Requests that the calls of one isolate make of the same object at about the same time, sent together. A trip to an
 * object costs several times what the object does with a request, so under load most of an account's cost is trips.
 *
 * Nobody waits for company: so many trips a key go at once, and only what comes while all of those are under way goes
 * together, in the next. The request that leads a trip makes it with its own stub, since a Worker may not use what
 * belongs to another request; those that go along only wait for their part of the answer. So whoever sends must see to
 * it that the request lives until its answer is there, though its client may have left.
 */
import type { Deadlines } from '../core/deadlines';
import { within } from '../core/within';

/** What one that waited is told: its answer, why there is none, or that it is to lead the next trip. */
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
  /** Trips of one key that are under way at once: of one that is near, and of one that is far or not known yet. */
  trips: { near: number; far: number };
  /** A key is near once a trip to it took no longer. */
  nearMs: number;
  requestsATrip: number;
  /** After this, one that waits goes by itself: whoever was to call it may have been ended by the platform. */
  waitMs: number;
  /** After this, one that went along gives up. */
  answerMs: number;
}

/** Of more keys than this it is not remembered how far they are. */
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
   * @param makeTrip Takes requests there and gives their answers in the same order. It is used by whoever leads.
   * @param deadlines Of who asks, and of nobody else: the platform takes a request that waits for nothing of its own for hung.
   * @throws What the trip threw that the request was part of.
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

  /** The shortest trip says how far a key is; a longer one, how busy it was there or here. */
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
