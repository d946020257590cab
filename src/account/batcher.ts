/**
 * Requests that the calls of one isolate make of the same object at about the same time, sent together. A trip to an
 * object costs several times what the object does with a request, so under load most of an account's cost is trips.
 *
 * Nobody waits for company: so many trips a key go at once, and only what comes while all of those are under way goes
 * together, in the next. The request that leads a trip makes it with its own stub, since a Worker may not use what
 * belongs to another request; those that go along only wait for their part of the answer.
 */
import { within } from '../core/within';

/** What one that waited is told: its answer, why there is none, or that it is to lead the next trip. */
type Turn<Result> = { kind: 'answer'; result: Result } | { kind: 'failure'; error: unknown } | { kind: 'lead' };

interface Waiting<Request, Result> {
  request: Request;
  tell(turn: Turn<Result>): void;
}

interface Lane<Request, Result> {
  tripsUnderWay: number;
  waiting: Waiting<Request, Result>[];
}

export interface BatcherLimits {
  /** Trips of one key that are under way at once. */
  trips: number;
  requestsATrip: number;
  /** After this, one that waits goes by itself: whoever was to call it may have been ended by the platform. */
  waitMs: number;
  /** After this, one that went along gives up. */
  answerMs: number;
}

export class Batcher<Request, Result> {
  private readonly lanes = new Map<string, Lane<Request, Result>>();

  constructor(private readonly limits: BatcherLimits) {}

  /** How many keys have a trip under way. */
  get size(): number {
    return this.lanes.size;
  }

  /**
   * @param makeTrip Takes requests there and gives their answers in the same order. It is used by whoever leads.
   * @param seeThrough Keeps the trip going though nobody waits for the leader's own answer any more.
   * @throws What the trip threw that the request was part of.
   */
  async send(
    key: string,
    request: Request,
    makeTrip: (requests: Request[]) => Promise<Result[]>,
    seeThrough: (trip: Promise<unknown>) => void = () => {},
  ): Promise<Result> {
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = { tripsUnderWay: 0, waiting: [] };
      this.lanes.set(key, lane);
    }
    if (lane.tripsUnderWay < this.limits.trips) lane.tripsUnderWay++;
    else {
      const turn = await this.waitIn(lane, request);
      if (turn.kind === 'answer') return turn.result;
      if (turn.kind === 'failure') throw turn.error;
    }
    const led = this.lead(key, lane, request, makeTrip);
    seeThrough(led.catch(() => {}));
    return led;
  }

  private async waitIn(lane: Lane<Request, Result>, request: Request): Promise<Turn<Result>> {
    let me: Waiting<Request, Result> | undefined;
    const turn = new Promise<Turn<Result>>((tell) => {
      me = { request, tell };
      lane.waiting.push(me);
    });
    const told = await within(turn, this.limits.waitMs);
    if (told) return told;
    const at = lane.waiting.indexOf(me!);
    if (at >= 0) {
      lane.waiting.splice(at, 1);
      return { kind: 'lead' };
    }
    return (
      (await within(turn, this.limits.answerMs)) ?? { kind: 'failure', error: new Error('no answer in time from the trip gone along with') }
    );
  }

  private async lead(
    key: string,
    lane: Lane<Request, Result>,
    request: Request,
    makeTrip: (requests: Request[]) => Promise<Result[]>,
  ): Promise<Result> {
    const others = lane.waiting.splice(0, this.limits.requestsATrip - 1);
    try {
      const [own, ...theirs] = await makeTrip([request, ...others.map((other) => other.request)]);
      for (const [at, other] of others.entries()) other.tell({ kind: 'answer', result: theirs[at]! });
      return own!;
    } catch (error) {
      for (const other of others) other.tell({ kind: 'failure', error });
      throw error;
    } finally {
      this.handOn(key, lane);
    }
  }

  private handOn(key: string, lane: Lane<Request, Result>): void {
    const next = lane.waiting.shift();
    if (next) {
      next.tell({ kind: 'lead' });
      return;
    }
    // One that went by itself may have taken the place of a leader that came back after all.
    lane.tripsUnderWay = Math.max(0, lane.tripsUnderWay - 1);
    if (lane.tripsUnderWay === 0 && this.lanes.get(key) === lane) this.lanes.delete(key);
  }
}
