import { describe, expect, it } from 'vitest';
import { eventData, splitEvents } from '../../../../src/core/sse';
import { NO_USAGE } from '../../../../src/core/usage';
import { ChatStream } from '../../../../src/dialects/openai-chat/stream';
import type { Receipt } from '../../../../src/dialects/types';

const paid: Receipt = { requestId: 'req_x', usage: NO_USAGE, reported: { prompt_tokens: 1, completion_tokens: 1 }, creditsUsed: 0.5 };
const CALL = {
  model: 'm',
  body: '{}',
  stream: true,
  choices: 1,
  maxOutputTokens: undefined,
  estimatedInputTokens: 1,
  worstInputTokens: 1,
  includeUsage: false,
};

/** An event with its JSON over several lines, as the standard for events allows it. */
const spread = (json: unknown): string => `${JSON.stringify(json, null, 1).replace(/^/gm, 'data: ')}\n\n`;

const choices = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, finish_reason }];

describe('an event with its JSON over several lines', () => {
  it('is JSON still where something in it is changed', () => {
    const relay = new ChatStream(CALL, 'req_x').relay();
    const content = 'a\nb';
    const out =
      relay.push(spread({ id: 'c', choices: choices({ content }), usage: { prompt_tokens: 1 } })) +
      relay.push(spread({ id: 'other', choices: choices({ content }) })) +
      relay.push(spread({ id: 'c', choices: choices({}, 'stop') })) +
      relay.close(paid);
    const events = splitEvents(out).map((event) => eventData(event)!);
    expect(events.pop()).toBe('[DONE]');
    expect(events.map((data) => JSON.parse(data) as unknown)).toMatchObject([
      { id: 'c', choices: choices({ content }), usage: null },
      { choices: choices({ content }) },
      { id: 'c', choices: choices({}, 'stop'), usage: { creditsUsed: 0.5 } },
    ]);
  });
});
