import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../src/core/record';
import { type Json, REQUEST_ID, receiptOf } from '../openai-responses/support';
import { bodyOf, bridgeOf, chatCallOf } from './over-responses';

const ID = REQUEST_ID.slice('req_'.length);
const bridge = bridgeOf(chatCallOf());

const responseOf = (output: readonly Json[], more: Json = {}): string =>
  JSON.stringify({ id: 'resp_1', object: 'response', created_at: 7, model: 'm-1', status: 'completed', output, usage: {}, ...more });
const rendered = (text: string, reported: Json | null = {}): Json =>
  JSON.parse(bridge.renderAnswer(text, receiptOf(reported ?? undefined))) as Json;
const choiceOf = (text: string): Json => (rendered(text).choices as Json[])[0]!;

const part = (text: string, more: Json = {}) => ({ type: 'output_text', text, annotations: [], ...more });
const says = (...content: Json[]) => ({ type: 'message', id: 'msg', role: 'assistant', status: 'completed', content });
const thinks = (id: string, cipher?: string) => ({
  type: 'reasoning',
  id,
  summary: [
    { type: 'summary_text', text: `First ${id}` },
    { type: 'summary_text', text: 'Second' },
  ],
  ...(cipher !== undefined && { encrypted_content: cipher }),
});
const calls = (call_id: string) => ({ type: 'function_call', id: `fc_${call_id}`, call_id, name: 'look', arguments: '{"a":1}' });

describe('an answer', () => {
  it('is a completion with usage and cost', () => {
    expect(rendered(responseOf([says(part('Hello 👋'))], { service_tier: 'default' }))).toEqual({
      id: `chatcmpl-${ID}`,
      object: 'chat.completion',
      created: 7,
      model: 'm-1',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello 👋', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      service_tier: 'default',
      usage: {
        prompt_tokens: 15,
        completion_tokens: 5,
        total_tokens: 20,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 2 },
        creditsUsed: 0.25,
      },
    });
    expect(rendered(responseOf([]), null).usage).toMatchObject({ estimated: true });
  });

  it('has thoughts, calls of both kinds, and no text beside them', () => {
    const custom = { type: 'custom_tool_call', id: 'ctc', call_id: 'c2', name: 'patch', input: 'x' };
    expect(choiceOf(responseOf([thinks('rs_1'), calls('c1'), custom]))).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        reasoning_content: 'First rs_1\n\nSecond',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
          { id: 'c2', type: 'custom', custom: { name: 'patch', input: 'x' } },
        ],
      },
    });
  });

  it('has a thought as it was thought, where its model says all of it', () => {
    const whole = { ...thinks('rs_1'), content: [{ type: 'reasoning_text', text: 'All of it.' }] };
    expect(choiceOf(responseOf([whole, says(part('Hi'))])).message).toMatchObject({ reasoning_content: 'All of it.' });
  });

  it('is one text with its sources where the model spoke twice', () => {
    const source = { type: 'url_citation', url: 'https://a.test', title: 'A', start_index: 1, end_index: 3 };
    const likely = [{ token: 'b', logprob: -1, bytes: [98], top_logprobs: [] }];
    const { message, logprobs } = choiceOf(responseOf([says(part('One')), says(part('Two', { annotations: [source], logprobs: likely }))]));
    expect(choiceOf(responseOf([says(part('One')), says(part(''), part('Two'))])).message).toMatchObject({ content: 'One\n\nTwo' });
    expect(choiceOf(responseOf([says(part('One')), says(part(''))])).message).toMatchObject({ content: 'One' });
    expect(message).toMatchObject({
      content: 'One\n\nTwo',
      annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 6, end_index: 8 } }],
    });
    expect(logprobs).toEqual({ content: likely, refusal: null });
  });

  it.each([
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['stop', {}],
  ])('ends by %s', (reason, more) => {
    expect(choiceOf(responseOf([says(part('Once'))], more))).toMatchObject({ finish_reason: reason, message: { content: 'Once' } });
  });

  it('may be a refusal', () => {
    expect(choiceOf(responseOf([says({ type: 'refusal', refusal: 'No.' })]))).toMatchObject({
      finish_reason: 'stop',
      message: { content: null, refusal: 'No.' },
    });
  });

  it('is read as what it holds', () => {
    expect(bridge.readAnswer(parseJson(responseOf([says(part('Hi'))])))).toMatchObject({ hasOutput: true, storedId: undefined });
    expect(bridge.readAnswer(parseJson(responseOf([])))).toMatchObject({ hasOutput: false });
    for (const status of ['failed', 'queued']) expect(bridge.readAnswer(parseJson(responseOf([], { status })))).toBeUndefined();
    expect(bridge.readAnswer({ choices: [] })).toBeUndefined();
  });
});

describe('thoughts before a call', () => {
  const output = [thinks('rs_1', 'gAAA'), says(part('Looking.')), calls('c1'), calls('c2'), thinks('rs_2', 'gBBB'), calls('c3')];
  const text = responseOf(output);
  const { message } = choiceOf(text);
  const kept = bridge.ownItems!('', { text, requestId: REQUEST_ID });
  const results = ((message as Json).tool_calls as Json[]).map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'Seen.' }));
  const turn = (...more: Json[]) => chatCallOf({ messages: [{ role: 'user', content: 'Hi' }, message, ...results, ...more] });
  const cipher = (id: string, encrypted_content: string) => ({ type: 'reasoning', id, summary: thinks(id).summary, encrypted_content });

  it('come back before it in the next turn, under the ids that lead to them', () => {
    expect((message as Json).tool_calls).toMatchObject([{ id: `call_${ID}-0` }, { id: 'c2' }, { id: `call_${ID}-1` }]);
    const call = turn();
    expect(call.names).toMatchObject({ requestIds: [REQUEST_ID], isOptional: true });
    const brought = call.names!.brought(kept);
    const given = { type: 'function_call_output', output: 'Seen.' };
    const called = { type: 'function_call', name: 'look', arguments: '{"a":1}' };
    expect(brought.ok && bodyOf(bridgeOf(brought.value)).input).toEqual([
      { role: 'user', content: 'Hi' },
      cipher('rs_1', 'gAAA'),
      { role: 'assistant', content: 'Looking.' },
      { ...called, call_id: `call_${ID}-0` },
      { ...called, call_id: 'c2' },
      cipher('rs_2', 'gBBB'),
      { ...called, call_id: `call_${ID}-1` },
      { ...given, call_id: `call_${ID}-0` },
      { ...given, call_id: 'c2' },
      { ...given, call_id: `call_${ID}-1` },
    ]);
  });

  it('are kept on with those of the turns after it, as long as the client brings their calls', () => {
    const nextId = 'req_9876543210xyz-0-4cbv-8';
    const brought = turn().names!.brought(kept);
    const next = responseOf([thinks('rs_3', 'gCCC'), calls('c4')]);
    const later = brought.ok ? bridgeOf(brought.value).ownItems!('', { text: next, requestId: nextId }) : [];
    expect(later).toMatchObject([{ id: `call_${ID}-0` }, { id: `call_${ID}-1` }, { id: 'call_9876543210xyz-0-4cbv-8-0' }]);
    const forgotten = chatCallOf({ messages: [{ role: 'user', content: 'Hi' }] });
    expect(forgotten.names).toBeUndefined();
    expect(turn({ role: 'tool', tool_call_id: 'call_9876543210xyz-0-4cbv-8-0', content: '' }).names!.requestIds).toEqual([nextId]);
  });

  it('are left out where nobody keeps them, and where a refusal names them', () => {
    const alone = turn().names!.brought([]);
    expect(alone.ok && JSON.stringify(bodyOf(bridgeOf(alone.value)).input)).not.toContain('encrypted_content');
    const brought = turn().names!.brought(kept);
    const refused = 'The encrypted content gAAA... could not be verified.';
    const repaired = brought.ok ? bridgeOf(brought.value).repaired!(refused)! : bridge;
    expect(JSON.stringify(bodyOf(repaired).input)).not.toContain('"reasoning"');
  });

  it('without a cipher are of no use to keep', () => {
    expect(bridge.ownItems!('', { text: responseOf([thinks('rs_1'), calls('c1')]), requestId: REQUEST_ID })).toEqual([]);
  });
});
