// Models that reason: their providers are silent for long before they answer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, askStream, chatBody, parseChatStream, requestIdOf } from './support/client';
import { type Lane, Rig } from './support/rig';
import { HANG, type Step } from './support/upstream';
import { role, sse, streamOf, USAGE_MICRO } from './support/wire';

/** On a busy machine a provider that answers at once may take half a second. */
const USUAL_MS = 1_500;
const JSON_TIMEOUT_MS = 5_000;
const SILENCE: Step = { pauseMs: 2_800 };
const PROVIDER_PAUSE_FAILURES = 5;

const REASONING = ['pair-000', 'pair-001', 'pair-002', 'pair-003'];

let rig: Rig;
const reasoning: Lane[] = [];
const others: Lane[] = [];
beforeAll(async () => {
  rig = await Rig.start(
    { pair: 6 },
    {
      KEEPALIVE_MS: 200,
      STATUS_HOLD_MS: 300,
      FIRST_BYTE_TIMEOUT_MS: USUAL_MS,
      UPSTREAM_IDLE_TIMEOUT_MS: USUAL_MS,
      JSON_TIMEOUT_MS,
      CALL_DEADLINE_MS: 15_000,
      CATALOGUE_OVERRIDES: JSON.stringify({ models: REASONING.map((id) => ({ id, capabilities: ['reasoning'] })) }),
    },
  );
  for (const _ of REASONING) reasoning.push(rig.lane('pair'));
  expect(reasoning.map(({ model }) => model)).toEqual(REASONING);
  for (const _ of BEGINNINGS) others.push(rig.lane('pair'));
});
afterAll(() => rig?.stop());

/** What the provider sends before it falls silent. */
const BEGINNINGS: [name: string, index: number, steps: Step[]][] = [
  ['its headers', 0, []],
  ['its first chunk', 1, [role()]],
];

// Concurrent, since each mostly waits for the clock and has its own lane and account.
describe.concurrent('a provider that is silent', () => {
  it.each(BEGINNINGS)('after %s is waited for where the model reasons, as long as without a stream', async (_, index, beginning) => {
    const account = await rig.account();
    const lane = reasoning[index]!;
    lane.first.reply(sse([...beginning, SILENCE, ...streamOf(['Thought through.'])]));
    const { text, pings, error } = await askStream(account, chatBody(lane.model));
    expect({ text, error }).toEqual({ text: 'Thought through.', error: undefined });
    expect(pings).toBeGreaterThanOrEqual(2);
    expect(lane.second.seen).toHaveLength(0);
    expect(await account.money()).toEqual({ spentMicro: USAGE_MICRO, heldMicro: 0 });
  });
});

describe.concurrent('a model that reasons for too long', () => {
  it.each(BEGINNINGS)('gives way to the next provider, and the first is not left alone for it: %s', async (_, index, beginning) => {
    const account = await rig.account();
    const lane = reasoning[BEGINNINGS.length + index]!;
    lane.first.replyAlways(() => sse([...beginning, HANG]));
    lane.second.replyAlways(() => sse(streamOf(['Yes.'])));
    const calls = await Promise.all(
      Array.from({ length: PROVIDER_PAUSE_FAILURES }, () => ask(account, chatBody(lane.model, { stream: true }))),
    );
    for (const call of calls) expect(parseChatStream(await call.text()).text).toBe('Yes.');
    const next = await ask(account, chatBody(lane.model, { stream: true }));
    await next.text();
    const { attempts } = await account.generation(requestIdOf(next));
    expect(attempts!.map(({ outcome }) => outcome)).toEqual(['failed', 'answered']);
  });
});

describe.concurrent('a model that does not reason', () => {
  it.each(BEGINNINGS)('is not waited for so long: %s', async (_, index, beginning) => {
    const account = await rig.account();
    const lane = others[index]!;
    lane.first.reply(sse([...beginning, SILENCE, ...streamOf(['Late.'])]));
    lane.second.reply(sse(streamOf(['Yes.'])));
    expect((await askStream(account, chatBody(lane.model))).text).toBe('Yes.');
  });
});
