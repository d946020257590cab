import { describe, expect, it } from 'vitest';
import { eventData, splitEvents } from '../../../../src/core/sse';
import { foldChatStream } from '../../../../src/dialects/openai-chat/fold';
import { foldResponses } from '../../../../src/dialects/openai-responses/fold';
import type { StreamRelay } from '../../../../src/dialects/types';
import { everyCut } from '../../../fixtures/cuts';
import { FIXTURES } from '../openai-responses/fixtures';
import { type Json, REQUEST_ID, receiptOf, relayed } from '../openai-responses/support';
import { bridgeOf, chatCallOf } from './over-responses';

const ID = `chatcmpl-${REQUEST_ID.slice('req_'.length)}`;
/** Leaves time for thousands of cuts on a busy machine. */
const EVERY_CUT_MS = 60_000;

const call = chatCallOf({ stream: true });
const streamOf = () => call.openStream(REQUEST_ID);
const relayOf = () => streamOf().relay('openai-responses');
const bytesOf = (text: string) => new TextEncoder().encode(text);

const chunksOf = (text: string): Json[] =>
  splitEvents(text).flatMap((event) => {
    const data = eventData(event);
    return data === undefined || data === '[DONE]' ? [] : [JSON.parse(data) as Json];
  });
const choicesOf = (text: string): Json[] => chunksOf(text).flatMap(({ choices }) => choices as Json[]);
const messageOf = (text: string): Json => {
  const folded = JSON.parse(foldChatStream(text)!) as { choices: Json[] };
  return folded.choices[0]!;
};

type Name = keyof typeof FIXTURES;
const NAMES = Object.keys(FIXTURES) as Name[];
const WHOLE = NAMES.filter((name) => !/^(?:error|failed|cut-short|done-without-end)/.test(name));

let number = 0;
const event = (type: string, fields: Json): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number++, ...fields })}\n\n`;
const CREATED = event('response.created', { response: { id: 'resp_1', model: 'm-1', created_at: 7 } });
const completed = (output: Json[] = [], more: Json = {}) =>
  event('response.completed', {
    response: { id: 'resp_1', status: 'completed', output, usage: { input_tokens: 9, output_tokens: 4 }, ...more },
  });
const says = (delta: string, output_index = 0) => event('response.output_text.delta', { output_index, content_index: 0, delta });
const ERROR = event('error', { error: { type: 'server_error', code: 'server_error', message: 'On fire.' } });

describe('every Responses stream', () => {
  it.each(WHOLE)('%s comes to the completion that its answer in one piece comes to', (name) => {
    const whole = JSON.parse(bridgeOf(call).renderAnswer(foldResponses(FIXTURES[name])!, receiptOf({}))) as { choices: Json[] };
    const { message, finish_reason } = whole.choices[0] as { message: Json; finish_reason: string };
    const { message: streamed, ...end } = messageOf(relayed(relayOf(), FIXTURES[name])) as { message: Json };
    const given = (fields: Json) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && String(value) !== ''));
    expect(given(streamed)).toEqual(given(message));
    expect(end).toMatchObject({ finish_reason });
  });

  it.each(NAMES)(
    '%s says the same wherever its bytes are cut, or is not taken for whole',
    (name) => {
      const said = (cuts: readonly number[]) => {
        const relay = relayOf();
        const out = relayed(relay, FIXTURES[name], cuts).replace(/"created":\d+/g, '');
        return relay.complete ? out : 'failed';
      };
      const whole = said([]);
      expect(whole === 'failed').toBe(!WHOLE.includes(name));
      const { length } = bytesOf(FIXTURES[name]);
      for (const cuts of everyCut(length)) {
        const out = said(cuts);
        if (out !== whole) expect(out, `cut at ${cuts}`).toBe(whole);
      }
    },
    EVERY_CUT_MS,
  );

  it.each(WHOLE)('%s begins with its role, has one id, and ends with one reason and its usage', (name) => {
    const out = relayed(relayOf(), FIXTURES[name]);
    expect(out.endsWith('data: [DONE]\n\n')).toBe(true);
    const chunks = chunksOf(out);
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([ID]));
    const choices = choicesOf(out);
    expect(choices[0]!.delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(choices.filter(({ delta }) => (delta as Json).role !== undefined)).toHaveLength(1);
    expect(choices.findIndex(({ finish_reason }) => finish_reason !== null)).toBe(choices.length - 1);
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: 15, completion_tokens: 5, creditsUsed: 0.25 } });
  });
});

describe('what comes of a Responses stream', () => {
  it('is text in deltas, under the model and time of the upstream', () => {
    const out = relayed(relayOf(), CREATED + says('Hel') + says('lo 👋') + completed());
    expect(chunksOf(out)[1]).toEqual({
      id: ID,
      object: 'chat.completion.chunk',
      created: 7,
      model: 'm-1',
      choices: [{ index: 0, delta: { content: 'Hel' }, finish_reason: null }],
    });
    expect(messageOf(out)).toMatchObject({ message: { content: 'Hello 👋' }, finish_reason: 'stop' });
  });

  it('is usage in a chunk of its own for those who ask', () => {
    const asked = chatCallOf({ stream: true, stream_options: { include_usage: true } }).openStream(REQUEST_ID);
    const chunks = chunksOf(relayed(asked.relay('openai-responses'), CREATED + says('Hi') + completed()));
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { creditsUsed: 0.25 } });
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
    expect(chunks.filter(({ usage }) => usage !== undefined)).toHaveLength(1);
  });

  it('is calls by their numbers, in the order in which they began', () => {
    const item = (id: string, more: Json = {}) => ({ type: 'function_call', id, call_id: `call_${id}`, name: id, arguments: '', ...more });
    const added = (output_index: number, id: string) => event('response.output_item.added', { output_index, item: item(id) });
    const argued = (output_index: number, delta: string) => event('response.function_call_arguments.delta', { output_index, delta });
    const out = relayed(
      relayOf(),
      CREATED + added(1, 'a') + added(2, 'b') + argued(1, '{"x"') + argued(2, '{}') + argued(1, ':1}') + completed(),
    );
    const deltas = choicesOf(out).flatMap(({ delta }) => ((delta as Json).tool_calls ?? []) as Json[]);
    expect(deltas).toEqual([
      { index: 0, id: 'call_a', type: 'function', function: { name: 'a', arguments: '' } },
      { index: 1, id: 'call_b', type: 'function', function: { name: 'b', arguments: '' } },
      { index: 0, function: { arguments: '{"x"' } },
      { index: 1, function: { arguments: '{}' } },
      { index: 0, function: { arguments: ':1}' } },
    ]);
    expect(messageOf(out).finish_reason).toBe('tool_calls');
  });

  it('is apart where the model spoke, or thought, twice', () => {
    const thinks = (summary_index: number, delta: string) =>
      event('response.reasoning_summary_text.delta', { output_index: 0, summary_index, delta });
    const out = relayed(relayOf(), CREATED + thinks(0, 'A') + thinks(1, 'B') + says('C', 1) + says('D', 1) + says('E', 2) + completed());
    expect(messageOf(out)).toMatchObject({ message: { reasoning_content: 'A\n\nB', content: 'CD\n\nE' } });
  });

  it('is all that its last event holds where nothing was said before', () => {
    const content = [
      { type: 'output_text', text: 'Hi', annotations: [{ type: 'url_citation', url: 'https://a.test', start_index: 0, end_index: 2 }] },
    ];
    const items = [
      { type: 'message', content },
      { type: 'custom_tool_call', call_id: 'c1', name: 'patch', input: 'x' },
    ];
    const out = relayed(relayOf(), CREATED + completed(items));
    expect(choicesOf(out).map(({ delta }) => delta)).toMatchObject([
      { role: 'assistant' },
      { content: 'Hi' },
      { annotations: [{ url_citation: { url: 'https://a.test', title: '' } }] },
      { tool_calls: [{ index: 0, id: 'c1', type: 'custom', custom: { name: 'patch', input: '' } }] },
      { tool_calls: [{ index: 0, custom: { input: 'x' } }] },
      {},
    ]);
  });

  it('has the likelihood of its tokens beside them', () => {
    const logprobs = [{ token: 'Hi', logprob: -1, top_logprobs: [] }];
    const out = relayed(relayOf(), CREATED + event('response.output_text.delta', { output_index: 0, delta: 'Hi', logprobs }) + completed());
    expect(choicesOf(out)[1]).toMatchObject({ delta: { content: 'Hi' }, logprobs: { content: logprobs, refusal: null } });
  });

  it('keeps the thoughts before a call, and says where they are', () => {
    const relay = relayOf();
    const out = relayed(relay, FIXTURES['reasoning-and-tool']);
    const { tool_calls } = messageOf(out).message as { tool_calls: Json[] };
    expect(tool_calls).toMatchObject([{ id: `call_${REQUEST_ID.slice('req_'.length)}-0`, function: { name: 'calculator' } }]);
    expect(relay.ownItems).toMatchObject([
      { id: tool_calls[0]!.id, thoughts: [{ type: 'reasoning', encrypted_content: expect.any(String) }] },
    ]);
  });

  it('is nothing where nothing was said', () => {
    const relay = relayOf();
    const out = relayed(relay, CREATED + completed());
    expect(choicesOf(out)).toMatchObject([{ delta: { role: 'assistant' } }, { delta: {}, finish_reason: 'stop' }]);
    expect(relay).toMatchObject({ hasOutput: false, complete: true, ownItems: undefined });
  });

  it('is at its end when an item is whole and nothing has followed it', () => {
    const relay = relayOf();
    relay.push(CREATED + says('Hi'));
    expect(relay).toMatchObject({ isEnding: false, hasContent: true, outputChars: 2 });
    relay.push(
      event('response.output_item.done', { output_index: 0, item: { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] } }),
    );
    expect(relay).toMatchObject({ isEnding: true, outputChars: 2, complete: false });
  });
});

describe('failures', () => {
  const CHAT = `data: ${JSON.stringify({ id: 'of-chat', choices: [{ index: 0, delta: { content: 'Yes' }, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;
  const CHAT_ROLE = `data: ${JSON.stringify({ id: 'of-chat', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] })}\n\n`;
  const CHAT_ERROR = 'data: {"error":{"message":"On fire."}}\n\n';
  const failed = event('response.failed', { response: { status: 'failed', error: { code: 'server_error', message: 'On fire.' } } });

  const takenOver = (first: StreamRelay, opening: string, second: StreamRelay, text: string) => {
    const out = opening + relayed(second, text);
    expect(first.failure).toBeDefined();
    expect(choicesOf(out).filter(({ delta }) => (delta as Json).role !== undefined)).toHaveLength(1);
    expect(new Set(chunksOf(out).map(({ id }) => id)).size).toBe(1);
    return messageOf(out);
  };

  it('before content leave the way free, to an upstream of either format', () => {
    for (const [wire, text] of [
      ['openai-chat', CHAT],
      ['openai-responses', CREATED + says('Yes') + completed()],
    ] as const) {
      const stream = streamOf();
      const first = stream.relay('openai-responses');
      const opening = first.push(CREATED);
      expect(first.push(ERROR)).toBe('');
      expect(first.hasContent).toBe(false);
      expect(takenOver(first, opening, stream.relay(wire), text)).toMatchObject({ message: { content: 'Yes' } });
    }
  });

  it('of an upstream of chat leave it to one of Responses', () => {
    const stream = streamOf();
    const first = stream.relay('openai-chat');
    const opening = first.push(CHAT_ROLE);
    first.push(CHAT_ERROR);
    const second = stream.relay('openai-responses');
    expect(takenOver(first, opening, second, CREATED + says('Yes') + completed())).toMatchObject({ message: { content: 'Yes' } });
  });

  it.each([
    ['an error', ERROR],
    ['a failed response', failed],
    ['no event', 'data: oh\n\n'],
    ['an end that says nothing', 'data: [DONE]\n\n'],
    ['an end without its response', event('response.completed', {})],
  ])('take back what nobody has seen: %s', (_, end) => {
    const relay = relayOf();
    expect(relay.push(CREATED + says('Half') + end)).toBe('');
    expect(relay).toMatchObject({ hasContent: false, complete: false });
    expect(relay.failure).toBeDefined();
  });

  it('after content are told as the upstream told them', () => {
    const relay = relayOf();
    expect(relay.push(CREATED + says('Half'))).not.toBe('');
    expect(relay.push(failed)).toBe('');
    expect(relay).toMatchObject({ hasContent: true, complete: false });
    expect(relay.failure?.error).toMatchObject({ response: { error: { message: 'On fire.' } } });
  });

  it('are not taken for an end', () => {
    const relay = relayOf();
    relay.push(CREATED + says('Half'));
    expect(relay.pushRest('data: {"type":"response.comp')).toBe('');
    expect(relay).toMatchObject({ complete: false, ended: false, failure: undefined });
  });
});
