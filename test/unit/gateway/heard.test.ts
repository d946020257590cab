import { expect, it } from 'vitest';
import type { AccountStub } from '../../../src/account/stub';
import type { BackgroundMessage, BeatRequest } from '../../../src/account/types';
import { Heard } from '../../../src/gateway/heard';
import { openaiResponsesWire } from '../../../src/providers/wires/openai-responses';
import { NOW_MS } from './support';

/** One micro-credit a token. */
const PRICE = { inputMicroPerMtok: 1_000_000, outputMicroPerMtok: 1_000_000 };

function listen(heardMicro: number | undefined, goesOn: boolean) {
  const noted: number[] = [];
  const clock = { nowMs: NOW_MS };
  const account = {
    beat: async ({ checkpointMicro }: BeatRequest) => {
      noted.push(checkpointMicro);
      return { ok: true };
    },
  } as unknown as AccountStub;
  const message: BackgroundMessage = {
    ...{ accountId: 'acc_a', holdId: 'req_a', provider: 'a', storedId: 'resp_a', price: PRICE, estimatedInputTokens: 100 },
    ...{ free: false, startedAtMs: NOW_MS, detail: {}, ...(heardMicro !== undefined && { heardMicro }) },
  };
  const deps = { account: () => account, now: () => clock.nowMs, waitUntil: () => undefined };
  return { heard: new Heard(deps, message, openaiResponsesWire, goesOn), noted, clock };
}

it.each([
  ['with its prompt', undefined, false, [110]],
  ['from its beginning again, once', 50, false, [110]],
  ['from its beginning again, as far as it is more', 500, false, []],
  ['beside what was heard of it before', 50, true, [60]],
  ['with its prompt where nothing was heard of it before', undefined, true, [110]],
])('what is heard of an answer counts %s', (_what, beforeMicro, goesOn, micro) => {
  const { heard, noted } = listen(beforeMicro, goesOn);
  heard.hear('', 40);
  expect(noted).toEqual(micro);
});

it('an answer of which nothing is heard costs nothing', () => {
  const { heard, noted } = listen(undefined, false);
  heard.hear('', 0);
  heard.note();
  expect(noted).toEqual([]);
});

it('what is heard is noted every two seconds, and at the end', () => {
  const { heard, noted, clock } = listen(undefined, false);
  for (const ms of [0, 1_999, 1]) {
    clock.nowMs += ms;
    heard.hear('', 40);
  }
  expect(noted).toEqual([110, 130]);
  heard.hear('', 40);
  heard.note();
  heard.note();
  expect(noted).toEqual([110, 130, 140]);
});
