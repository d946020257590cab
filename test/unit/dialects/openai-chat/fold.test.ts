import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../../src/core/usage';
import { renderChatAnswer } from '../../../../src/dialects/openai-chat/answer';
import { foldChatStream } from '../../../../src/dialects/openai-chat/fold';
import { foldCompletionStream } from '../../../../src/dialects/openai-completions/fold';

const chunk = (tool_calls: object[], finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { tool_calls }, finish_reason }] })}\n\n`;
const call = (id: string, args: string) => ({ id, type: 'function', function: { name: `f_${id}`, arguments: args } });

describe('a stream folded into an answer', () => {
  it.each([
    [
      'numbered',
      chunk([{ index: 0, ...call('a', '{') }]) +
        chunk([{ index: 1, ...call('b', '{}') }]) +
        chunk([{ index: 0, function: { arguments: '}' } }], 'tool_calls'),
    ],
    [
      'all numbered alike',
      chunk([{ index: 0, ...call('a', '{}') }]) +
        chunk([{ index: 0, ...call('b', '{') }]) +
        chunk([{ index: 0, function: { arguments: '}' } }], 'tool_calls'),
    ],
    ['without numbers', chunk([call('a', '{')]) + chunk([{ function: { arguments: '}' } }]) + chunk([call('b', '{}')], 'tool_calls')],
  ])('has its tool calls apart: %s', (_name, events) => {
    const { choices } = JSON.parse(foldChatStream(events)!) as { choices: { message: { tool_calls: unknown } }[] };
    expect(choices[0]!.message.tool_calls).toEqual([call('a', '{}'), call('b', '{}')]);
  });

  it('has the arguments of a call that came as an object, and its first id and name', () => {
    const events =
      chunk([{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: null } }]) +
      chunk([{ index: 0, id: 'other', type: null, function: { name: '', arguments: { x: 1 } } }], 'tool_calls');
    const { choices } = JSON.parse(foldChatStream(events)!) as { choices: { message: { tool_calls: unknown } }[] };
    expect(choices[0]!.message.tool_calls).toEqual([{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }]);
  });

  it.each([
    [
      'chat',
      foldChatStream,
      (text: string) => ({ delta: { content: text }, logprobs: { content: [{ token: text, logprob: -1 }], refusal: null } }),
      { content: ['Hi', ' there'].map((token) => ({ token, logprob: -1 })), refusal: null },
    ],
    [
      'legacy completions',
      foldCompletionStream,
      (text: string) => ({ text, logprobs: { tokens: [text], token_logprobs: [-1] } }),
      { tokens: ['Hi', ' there'], token_logprobs: [-1, -1] },
    ],
  ])('says how likely all of its tokens were: %s', (_, fold, said, logprobs) => {
    const pieces = [{ ...said('Hi') }, { ...said(' there') }, { delta: {}, text: '', logprobs: null, finish_reason: 'stop' }];
    const events = pieces.map(
      (piece) => `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, finish_reason: null, ...piece }] })}\n\n`,
    );
    const { choices } = JSON.parse(fold(events.join(''))!) as { choices: { logprobs: unknown }[] };
    expect(choices[0]!.logprobs).toEqual(logprobs);
  });

  it.each([
    ['chat', foldChatStream, { delta: { content: 'Hi' } }],
    ['legacy completions', foldCompletionStream, { text: 'Hi' }],
  ])('has its usage from a chunk without choices behind its end, and from none before it: %s', (_, fold, said) => {
    const spoken = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, ...said, finish_reason: 'stop' }] })}\n\n`;
    const usage = 'data: {"id":"c","usage":{"prompt_tokens":1}}\n\n';
    expect(JSON.parse(fold(spoken + usage)!)).toMatchObject({ usage: { prompt_tokens: 1 } });
    expect(fold(usage + spoken)).toBeUndefined();
    expect(fold(`${spoken}data: {"error":{"message":"On fire."}}\n\n`)).toBeUndefined();
  });
});

it('an answer with calls ends in them, where its upstream says that it stopped, and keeps every other byte', () => {
  const receipt = { requestId: 'req_x', usage: NO_USAGE, reported: { prompt_tokens: 1 }, creditsUsed: 0.5 };
  const answer = (reason: string, calls: string, cost = '') =>
    `{ "choices":[{"index":0,"finish_reason" : "${reason}","message":{"content":null,"tool_calls":${calls}}}],"x":1.0,"usage":{"prompt_tokens":1${cost}}}`;
  const rendered = (text: string) => renderChatAnswer(text, receipt);
  const paid = ',"creditsUsed":0.5';
  const calls = `[ ${JSON.stringify(call('a', '{}'))}]`;
  expect(rendered(answer('stop', calls))).toBe(answer('tool_calls', calls, paid));
  expect(rendered(answer('length', calls))).toBe(answer('length', calls, paid));
  expect(rendered(answer('stop', '[]'))).toBe(answer('stop', '[]', paid));
});

it('a call without an id has one, and one whose id is a number has it as a text', () => {
  const receipt = { requestId: 'req_x', usage: NO_USAGE, reported: undefined, creditsUsed: 0 };
  const calls = [{ ...call('a', '{}'), id: '' }, { ...call('b', '{}'), id: 7 }, call('c', '{}')];
  const text = JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message: { content: null, tool_calls: calls } }] });
  const { choices } = JSON.parse(renderChatAnswer(text, receipt)) as { choices: { message: { tool_calls: { id: unknown }[] } }[] };
  expect(choices[0]!.message.tool_calls.map(({ id }) => id)).toEqual([expect.stringMatching(/^call_\w{24}$/), '7', 'c']);
});
