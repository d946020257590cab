import { describe, expect, it } from 'vitest';
import { foldChatStream } from '../../../src/dialects/openai-chat/fold';
import { foldCompletionStream } from '../../../src/dialects/openai-completions/fold';
import { unfoldChat } from '../../../src/providers/wires/unfold-chat';

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{"x":1}' } });
const completion = (...choices: object[]) => ({
  id: 'c',
  object: 'chat.completion',
  created: 1_763_600_000,
  model: 'm',
  choices: choices.map((choice, index) => ({ index, ...choice })),
  usage: USAGE,
});
const says = (message: object, finish_reason = 'stop') => ({ message: { role: 'assistant', content: null, ...message }, finish_reason });

describe('a chat answer as a stream', () => {
  it.each([
    ['text', completion(says({ content: 'Grüße\n\n"x"' }))],
    ['thought before text', completion(says({ content: 'Hi', reasoning_content: 'Hm.' }))],
    ['calls', completion(says({ tool_calls: [call('a'), call('b')] }, 'tool_calls'))],
    ['what was cut short', completion(says({ content: 'Once' }, 'length'))],
    ['nothing', completion(says({}))],
    ['several choices', completion(says({ content: 'A' }), says({ content: 'B' }, 'length'))],
  ])('adds up to the answer again: %s', (_, answer) => {
    expect(JSON.parse(foldChatStream(unfoldChat(answer)!)!)).toEqual(answer);
  });

  it('numbers its calls, and says of an answer without a reason that it ended for them', () => {
    const answer = completion({ message: { role: 'assistant', tool_calls: [call('a'), call('b')] } });
    const stream = unfoldChat(answer)!;
    expect(stream).toContain('"tool_calls":[{"index":0,"id":"a"');
    expect(stream).toContain('{"index":1,"id":"b"');
    expect(stream).toContain('"finish_reason":"tool_calls"');
    expect(stream).toMatch(/"object":"chat\.completion\.chunk".*\n\ndata: \[DONE\]\n\n$/s);
  });

  it('is one of a legacy completion, too', () => {
    const answer = {
      id: 'c',
      object: 'text_completion',
      model: 'm',
      choices: [{ index: 0, text: 'Hi', logprobs: null, finish_reason: 'length' }],
      usage: USAGE,
    };
    const stream = unfoldChat(answer)!;
    expect(JSON.parse(foldCompletionStream(stream)!)).toEqual(answer);
    expect(stream.match(/"text":"Hi"/g)).toHaveLength(1);
  });

  it.each([undefined, null, 'x', [], {}, { choices: [] }, { choices: ['x'] }])('is none where there is no choice: %j', (json) => {
    expect(unfoldChat(json)).toBeUndefined();
  });
});
