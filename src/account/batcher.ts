/**
 * Sends requests that calls of one isolate make of the same object at about the same time together. A trip to an object
 * costs several times what the object does with one request, so under load most of an account's cost is trips.
 *
 * A set number of trips a key go at once; what arrives while all of them are under way is batched, for the next trip. A
 * lone request waits for nobody. Only where trips to a near object have lately carried several does the next one gather
 * for some milliseconds after the one before.
 *
 * The request that leads a trip uses its own stub, since a Worker may not use what belongs to another request; the
 * others only wait for their part of the answer. So a caller must keep its request alive until the answer is there, even
 * when its client has left.
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
  /** The trip that waits for company. */
  gathering: { trip: Trip; setOut(): void } | undefined;
  waiting: Waiting<Request, Result>[];
}

export interface BatcherLimits {
  /** How many trips of one key may be under way at once: when its object is near, and when it is far or its distance unknown. */
  trips: { near: number; far: number };
  /** An object counts as near once a trip took no longer than this. */
  nearMs: number;
  requestsATrip: number;
  /** How long after the one before a trip that gathers sets out, and with how many requests it does so at once. */
  gather: { ms: number; requests: number };
  /** After this, a waiting request makes its own trip: the platform may have ended the one that should have woken it. */
  waitMs: number;
  /** After this, a request that joined another's trip gives up. */
  answerMs: number;
}

/** What earlier trips to an object tell of the next. */
interface Known {
  shortestTripMs: number;
  setOutAtMs: number;
  /** When a trip last carried several requests. */
  sharedAtMs: number;
}

/** For how many keys that is remembered. */
const KNOWN_KEYS = 1_000;
/** For so long after a shared trip the next ones gather. */
const BUSY_FOR_MS = 100;

export class Batcher<Request, Result> {
  private readonly lanes = new Map<string, Lane<Request, Result>>();
  private readonly known = new Map<string, Known>();

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
      lane = { underWay: new Set(), gathering: undefined, waiting: [] };
      this.lanes.set(key, lane);
    }
    if (!this.hasRoom(key, lane)) {
      const turn = await this.waitIn(lane, request, deadlines);
      if (turn.kind === 'answer') return turn.result;
      if (turn.kind === 'failure') throw turn.error;
    }
    return this.lead(key, lane, request, makeTrip, deadlines);
  }

  private hasRoom(key: string, lane: Lane<Request, Result>): boolean {
    const { trips, waitMs } = this.limits;
    const most = this.isNear(key) ? trips.near : trips.far;
    const isRoom = () => lane.underWay.size < most && !lane.gathering;
    if (isRoom()) return true;
    const lostBeforeMs = this.now() - waitMs;
    for (const trip of lane.underWay) {
      if (trip.sinceMs >= lostBeforeMs) continue;
      lane.underWay.delete(trip);
      if (lane.gathering?.trip === trip) lane.gathering = undefined;
    }
    return isRoom();
  }

  private isNear(key: string): boolean {
    return (this.known.get(key)?.shortestTripMs ?? Number.POSITIVE_INFINITY) <= this.limits.nearMs;
  }

  private async waitIn(lane: Lane<Request, Result>, request: Request, deadlines: Pick<Deadlines, 'within'>): Promise<Turn<Result>> {
    let me: Waiting<Request, Result> | undefined;
    const turn = new Promise<Turn<Result>>((tell) => {
      me = { request, tell };
      lane.waiting.push(me);
    });
    if (lane.waiting.length + 1 >= this.limits.gather.requests) lane.gathering?.setOut();
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
    deadlines: Pick<Deadlines, 'within'>,
  ): Promise<Result> {
    const trip: Trip = { sinceMs: this.now() };
    lane.underWay.add(trip);
    const restMs = this.gatherMs(key, lane, trip.sinceMs);
    if (restMs > 0) await this.gather(lane, trip, restMs, deadlines);
    const others = lane.waiting.splice(0, this.limits.requestsATrip - 1);
    this.noteStart(key, trip, others.length > 0);
    try {
      const [own, ...theirs] = await makeTrip([request, ...others.map((other) => other.request)]);
      this.noteDistance(key, trip);
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

  /** How long a trip that could set out now is to wait for company. */
  private gatherMs(key: string, { waiting }: Lane<Request, Result>, nowMs: number): number {
    const { ms, requests } = this.limits.gather;
    const known = this.known.get(key);
    const isBusy = known && this.isNear(key) && nowMs - known.sharedAtMs <= BUSY_FOR_MS;
    return isBusy && waiting.length + 1 < requests ? Math.min(ms, known.setOutAtMs + ms - nowMs) : 0;
  }

  /** Should the request end in the middle of it, the others set out by themselves. */
  private async gather(lane: Lane<Request, Result>, trip: Trip, restMs: number, deadlines: Pick<Deadlines, 'within'>): Promise<void> {
    const isFull = new Promise<void>((resolve) => {
      lane.gathering = { trip, setOut: resolve };
    });
    await deadlines.within(isFull, restMs);
    if (lane.gathering?.trip === trip) lane.gathering = undefined;
  }

  private noteStart(key: string, trip: Trip, isShared: boolean): void {
    trip.sinceMs = this.now();
    const known = this.known.get(key);
    if (!known) return;
    known.setOutAtMs = trip.sinceMs;
    if (isShared) known.sharedAtMs = trip.sinceMs;
  }

  /** The shortest trip tells the distance; longer ones only tell how busy either side was. */
  private noteDistance(key: string, { sinceMs }: Trip): void {
    const tripMs = this.now() - sinceMs;
    const known = this.known.get(key);
    if (known) {
      known.shortestTripMs = Math.min(known.shortestTripMs, tripMs);
      return;
    }
    const [oldest] = this.known.keys();
    if (oldest !== undefined && this.known.size >= KNOWN_KEYS) this.known.delete(oldest);
    this.known.set(key, { shortestTripMs: tripMs, setOutAtMs: sinceMs, sharedAtMs: Number.NEGATIVE_INFINITY });
  }

  private handOn(key: string, lane: Lane<Request, Result>): void {
    // Those who wait go with the one that gathers.
    if (lane.gathering) return;
    const next = lane.waiting.shift();
    if (next) next.tell({ kind: 'lead' });
    else if (lane.underWay.size === 0 && this.lanes.get(key) === lane) this.lanes.delete(key);
  }
}
