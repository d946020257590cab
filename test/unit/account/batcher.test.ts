import { describe, expect, it } from 'vitest';
import { Batcher, type BatcherLimits } from '../../../src/account/batcher';

/** Trips that end when the test says so. */
function trips() {
  const made: { requests: number[]; arrive: () => void; fail: (error: Error) => void }[] = [];
  const makeTrip = (requests: number[]) =>
    new Promise<string[]>((resolve, reject) => {
      made.push({ requests, arrive: () => resolve(requests.map((request) => `answer ${request}`)), fail: reject });
    });
  return { made, makeTrip };
}

/** Lets everything run that can. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

const LIMITS = {
  trips: { near: 1, far: 1 },
  nearMs: 5,
  requestsATrip: 3,
  gather: { ms: 0, requests: 1 },
  waitMs: 60_000,
  answerMs: 60_000,
};

describe('requests to the same object', () => {
  it('go at once while few are under way, and each on its own', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>({ ...LIMITS, trips: { near: 2, far: 2 } });
    const answers = Promise.all([1, 2].map((request) => batcher.send('a', request, makeTrip)));
    await settled();
    expect(made.map(({ requests }) => requests)).toEqual([[1], [2]]);
    for (const { arrive } of made) arrive();
    expect(await answers).toEqual(['answer 1', 'answer 2']);
  });

  it('that come while others are under way go together when those are back, each with its own answer', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>(LIMITS);
    const answers = Promise.all([1, 2, 3, 4, 5].map((request) => batcher.send('a', request, makeTrip)));
    for (let trip = 0; trip < 3; trip++) {
      await settled();
      made[trip]!.arrive();
    }
    expect(await answers).toEqual([1, 2, 3, 4, 5].map((request) => `answer ${request}`));
    expect(made.map(({ requests }) => requests)).toEqual([[1], [2, 3, 4], [5]]);
    expect(batcher.size).toBe(0);
  });

  it('to another object do not wait for them', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>(LIMITS);
    void batcher.send('a', 1, makeTrip);
    void batcher.send('b', 2, makeTrip);
    await settled();
    expect(made.map(({ requests }) => requests)).toEqual([[1], [2]]);
  });

  it('fail with the trip they were part of, and with no other', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>(LIMITS);
    const answers = Promise.allSettled([1, 2, 3, 4, 5].map((request) => batcher.send('a', request, makeTrip)));
    await settled();
    made[0]!.arrive();
    await settled();
    made[1]!.fail(new Error('the object is being moved'));
    await settled();
    made[2]!.arrive();
    expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
    expect(batcher.size).toBe(0);
  });

  it('set out by themselves when whoever was to call them never comes back', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>({ ...LIMITS, waitMs: 20 });
    void batcher.send('a', 1, makeTrip);
    const answers = Promise.all([2, 3].map((request) => batcher.send('a', request, makeTrip)));
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (const { arrive } of made.slice(1)) arrive();
    expect(await answers).toEqual(['answer 2', 'answer 3']);
    // The trip that was thought lost comes back, which changes no order.
    made[0]!.arrive();
    await settled();
    expect(batcher.size).toBe(0);
    const after = batcher.send('a', 4, makeTrip);
    await settled();
    made.at(-1)!.arrive();
    expect(await after).toBe('answer 4');
  });

  it('give up when the one they went along with never comes back', async () => {
    const { made, makeTrip } = trips();
    const batcher = new Batcher<number, string>({ ...LIMITS, waitMs: 20, answerMs: 20 });
    const first = batcher.send('a', 1, makeTrip);
    const [leads, goesAlong] = [2, 3].map((request) => batcher.send('a', request, makeTrip));
    await settled();
    made[0]!.arrive();
    await first;
    await expect(goesAlong).rejects.toThrow('no answer in time');
    made[1]!.arrive();
    expect(await leads).toBe('answer 2');
  });

  it('wait for company more readily where the object is near', async () => {
    const { made, makeTrip } = trips();
    let nowMs = 0;
    const batcher = new Batcher<number, string>({ ...LIMITS, trips: { near: 1, far: 2 }, nearMs: 5 }, () => nowMs);
    const tripsOfThree = async (tripMs: number) => {
      const from = made.length;
      const answers = Promise.all([1, 2, 3].map((request) => batcher.send('a', request, makeTrip)));
      await settled();
      nowMs += tripMs;
      while (made.length > from) {
        const under = made.splice(from);
        sizes.push(...under.map(({ requests }) => requests.length));
        for (const { arrive } of under) arrive();
        await settled();
      }
      await answers;
    };
    const sizes: number[] = [];
    await tripsOfThree(200);
    expect(sizes).toEqual([1, 1, 1]);
    await tripsOfThree(3);
    // Not counted: that trips are short is known only once these have come back.
    sizes.length = 0;
    await tripsOfThree(200);
    expect(sizes).toEqual([1, 2]);
  });

  it('do not wait for a trip whose leader never comes back', async () => {
    const { made, makeTrip } = trips();
    let nowMs = 0;
    const batcher = new Batcher<number, string>({ ...LIMITS, waitMs: 2_000 }, () => nowMs);
    void batcher.send('a', 1, makeTrip);
    await settled();
    nowMs = 2_001;
    const next = batcher.send('a', 2, makeTrip);
    await settled();
    expect(made.map(({ requests }) => requests)).toEqual([[1], [2]]);
    made[1]!.arrive();
    expect(await next).toBe('answer 2');
  });

  describe('that is near', () => {
    /** A batcher whose object is known to be near, on a clock and timers that the test moves. */
    async function near(limits: Partial<BatcherLimits> = {}) {
      const { made, makeTrip } = trips();
      let nowMs = 1_000;
      const batcher = new Batcher<number, string>({ ...LIMITS, requestsATrip: 64, gather: { ms: 8, requests: 4 }, ...limits }, () => nowMs);
      const timers: { ms: number; ring: () => void }[] = [];
      const deadlines = {
        within: <T>(work: Promise<T>, ms: number) =>
          Promise.race([work, new Promise<undefined>((resolve) => timers.push({ ms, ring: () => resolve(undefined) }))]),
      };
      const send = (request: number) => batcher.send('a', request, makeTrip, deadlines);
      const back = async () => {
        await settled();
        made.at(-1)!.arrive();
        await settled();
      };
      const alone = send(0);
      await back();
      await alone;
      return {
        made: () => made.map(({ requests }) => requests),
        send,
        back,
        timers,
        pass: (ms: number) => {
          nowMs += ms;
        },
        /** Two requests that meet a trip under way, and go together when it is back. */
        meet: async () => {
          const answers = Promise.all([1, 2, 3].map(send));
          await back();
          timers.find(({ ms }) => ms === 8)?.ring();
          await back();
          await answers;
          made.length = 0;
          timers.length = 0;
        },
      };
    }

    it('never wait while each of them has the object for itself', async () => {
      const { send, made, back } = await near();
      for (const request of [1, 2, 3]) {
        const answer = send(request);
        await back();
        expect(await answer).toBe(`answer ${request}`);
      }
      expect(made()).toEqual([[0], [1], [2], [3]]);
    });

    it('wait for company for some milliseconds after a trip where several have met', async () => {
      const { send, made, back, timers, meet, pass } = await near();
      await meet();
      pass(3);
      const answers = Promise.all([4, 5].map(send));
      await settled();
      expect(made()).toEqual([]);
      timers.find(({ ms }) => ms === 5)!.ring();
      await back();
      expect(await answers).toEqual(['answer 4', 'answer 5']);
      expect(made()).toEqual([[4, 5]]);
    });

    it('set out before that when enough of them are there', async () => {
      const { send, made, back, meet } = await near();
      await meet();
      const answers = Promise.all([4, 5, 6, 7].map(send));
      await back();
      expect(await answers).toHaveLength(4);
      expect(made()).toEqual([[4, 5, 6, 7]]);
    });

    it('do not wait when the last trip is long enough ago, or nobody has met for a while', async () => {
      const { send, made, back, meet, pass } = await near();
      await meet();
      pass(8);
      const answer = send(4);
      await back();
      await answer;
      pass(101);
      const later = [5, 6].map(send);
      await settled();
      expect(made()).toEqual([[4], [5]]);
      await back();
      await back();
      await Promise.all(later);
    });

    it('set out by themselves when the request that gathered them ends before', async () => {
      const { send, made, back, meet, pass, timers } = await near({ waitMs: 20 });
      await meet();
      void send(4);
      const follows = send(5);
      await settled();
      expect(made()).toEqual([]);
      // Its own timer never rings: it is gone. The one that follows has waited for long enough.
      timers.find(({ ms }) => ms === 20)!.ring();
      pass(21);
      await back();
      expect(await follows).toBe('answer 5');
      pass(8);
      const next = send(6);
      await back();
      expect(await next).toBe('answer 6');
      expect(made()).toEqual([[5], [6]]);
    });
  });
});
