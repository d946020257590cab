// Many calls of one account at once, which share round trips to it; some clients hang up midway.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, askJson, chatBody } from './support/client';
import { Rig } from './support/rig';
import { answer, USAGE_MICRO } from './support/wire';

const CALLS = 120;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 1 });
});
afterAll(() => rig?.stop());

it('calls are answered and charged once each, whoever else hangs up meanwhile', async () => {
  // Enough for all calls at their longest.
  const account = await rig.account(10_000);
  const lane = rig.lane('solo');
  lane.first.replyAlways(() => answer('Hello.'));
  await askJson(account, chatBody(lane.model));

  const outcomes = await Promise.all(
    Array.from({ length: CALLS }, async (_, i) => {
      if (i % 3 > 0) return (await askJson(account, chatBody(lane.model))).status;
      const leave = new AbortController();
      const left = ask(account, chatBody(lane.model), { signal: leave.signal }).then(
        () => 'answered',
        () => 'left',
      );
      await sleep(5 + (i % 40));
      leave.abort();
      return left;
    }),
  );
  const stayed = outcomes.filter((_, i) => i % 3 > 0);
  expect(stayed).toEqual(stayed.map(() => 200));
  expect(outcomes.filter((outcome) => outcome === 'left').length).toBeGreaterThan(0);

  const { spentMicro } = await account.settled();
  expect(spentMicro).toBe(lane.first.seen.length * USAGE_MICRO);
  const { status } = await askJson(account, chatBody(lane.model));
  expect(status).toBe(200);
});
