// A client that hangs up just while its background answer is being taken on.
import { describe, expect, it } from 'vitest';
import type { BackgroundMessage, BeatRequest } from '../../../src/account/types';
import { Deadlines } from '../../../src/core/deadlines';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import { readSettings } from '../../../src/env';
import type { GatewayDeps } from '../../../src/gateway/deps';
import { runJsonCall } from '../../../src/gateway/json-call';
import type { Run } from '../../../src/gateway/run';
import { Bench, callOf, planOf, provider } from './support';

const HOLD = 'req_0123456789abc-1-4cc3-1';
const QUEUED = { id: 'resp_upstream', object: 'response', status: 'queued', background: true, output: [] };

/** What happens to the hold if the client hangs up at the given moment. */
async function hangUp(when: 'while its provider is asked' | 'while it is handed over'): Promise<BeatRequest[]> {
  const [beats, work, gone] = [[] as BeatRequest[], [] as Promise<unknown>[], new AbortController()];
  const account = {
    beat: async (request: BeatRequest) => {
      beats.push(request);
      return { ok: true };
    },
  };
  const plan = planOf(provider('a'));
  plan.estimateMicro = 5_000;
  const call = callOf();
  const [target] = plan.targets;
  target!.bridge = { ...target!.bridge, readAnswer: () => ({ pending: true, storedId: QUEUED.id }) as never, renderAnswer: (text) => text };
  const bench = new Bench().script('a', async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    if (when === 'while its provider is asked') gone.abort();
    return Response.json(QUEUED);
  });
  const settings = { ...readSettings({ KEY_MAC_SECRET: 'x'.repeat(32) }), JSON_STATUS_HOLD_MS: 20 };
  const background = {
    send: async (_: BackgroundMessage) => {
      if (when === 'while it is handed over') gone.abort();
    },
  };
  const waitUntil = (done: Promise<unknown>) => void work.push(done);
  const deps = { settings, now: Date.now, deadlines: new Deadlines(), account: () => account, background, waitUntil };
  const run = {
    deps: deps as unknown as GatewayDeps,
    dialect: openaiResponses,
    call,
    plan,
    failover: bench.failover(plan, { call }),
    accountId: 'acc_1',
    keyMode: 'live',
    holdId: HOLD,
    startedAtMs: Date.now(),
    endpoint: '/v1/responses',
    idempotencyKeyHash: undefined,
  } as unknown as Run;
  await (await runJsonCall(run, () => gone.signal)).text();
  await Promise.all(work);
  return beats;
}

describe('an answer in the background whose client hangs up', () => {
  it.each(['while its provider is asked', 'while it is handed over'] as const)(
    '%s costs what it comes to, and not the estimate',
    async (when) => {
      const beats = await hangUp(when);
      expect(beats.at(-1)).toMatchObject({ checkpointMicro: 0, startsOver: true, note: { ending: 'background', storedId: QUEUED.id } });
    },
  );
});
