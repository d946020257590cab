import { describe, expect, it } from 'vitest';
import { answeredItems, itemOf, newConversationId } from '../../../../src/dialects/openai-responses/conversation';
import { itemList, itemObject } from '../../../../src/dialects/openai-responses/conversation-object';
import { parseCountTokens } from '../../../../src/dialects/openai-responses/count-tokens';
import { openaiResponses, responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import { type Json, receiptOf, requestOf } from './support';

const ID = newConversationId();
const SAID = '{"role":"user",  "content":"\\u00e9"}';
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'Hi' }] };
const THOUGHT = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAA' };
const CALLED = { id: 'fc_1', type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}', status: 'completed' };
const TARGET = { model: 'gpt-5.3-codex', moved: false };

const parse = (fields: Json, path = '/v1/responses') =>
  openaiResponses.parse({ body: JSON.stringify({ model: 'm', ...fields }), url: `https://gateway.test${path}`, headers: new Headers() });

describe('a request that names a conversation', () => {
  it('has what was said there before its own input, byte for byte, and names it to no provider', () => {
    const { conversation } = responsesCall(requestOf({ conversation: ID, stream: false }));
    const whole = conversation!.after([SAID, JSON.stringify(MESSAGE)], 7);
    expect(whole.over('openai-responses')!.request(TARGET).body).toBe(
      `{"model":"gpt-5.3-codex","input":[${SAID},${JSON.stringify(MESSAGE)},{"type":"message","role":"user","content":"Hello"}],"stream":false}`,
    );
    expect(JSON.parse(whole.over('openai-chat')!.request(TARGET).body).messages).toEqual([
      { role: 'user', content: 'é' },
      { role: 'assistant', content: 'Hi' },
      { role: 'user', content: 'Hello' },
    ]);
    expect(whole.conversation!.version).toBe(7);
    expect(whole.conversation!.said()).toMatchObject([{ text: '{"type":"message","role":"user","content":"Hello"}' }]);
    expect(whole.estimatedInputTokens).toBeGreaterThan(responsesCall(requestOf()).estimatedInputTokens + 20);
  });

  it('may have a list, or nothing, to say', () => {
    const call = (fields: Json) => responsesCall(requestOf({ conversation: { id: ID }, stream: false, ...fields }));
    const listed = call({ input: [{ role: 'user', content: 'A' }, CALLED] }).conversation!;
    expect(listed.said().map(({ id }) => id)).toEqual([expect.stringMatching(/^msg_\w{32}$/), 'fc_1']);
    const silent = call({ input: undefined }).conversation!;
    expect(silent.said()).toEqual([]);
    expect(silent.after([SAID], 0).fields?.input).toEqual([{ role: 'user', content: 'é' }]);
  });

  it('goes on with it when its tokens are counted', () => {
    const body = JSON.stringify({ model: 'm', conversation: ID, input: 'Hello' });
    const question = parseCountTokens({ body, url: 'https://gateway.test/v1/responses/input_tokens', headers: new Headers() });
    if (!question.ok) throw new Error(question.error.message);
    const whole = question.value.conversation!.after([SAID], 0);
    expect(JSON.parse(whole.over('openai-responses')!.request(TARGET).body).input).toHaveLength(2);
    expect(whole.estimatedTokens).toBeGreaterThan(question.value.estimatedTokens);
  });

  it.each([
    ['a number', { conversation: 5 }],
    ['an empty name', { conversation: '' }],
    ['an object without a name', { conversation: {} }],
    ['a response to go on from too', { conversation: ID, previous_response_id: 'resp_0123456789abc-0-4cbv-7' }],
  ])('is refused with %s', (_, fields) => {
    expect(parse({ input: 'x', ...fields })).toMatchObject({ ok: false, error: { kind: 'invalid_request', param: 'conversation' } });
  });

  it('is refused where it is to be compacted, and is none where it is null', () => {
    expect(parse({ input: 'x', conversation: ID }, '/v1/responses/compact')).toMatchObject({ error: { param: 'conversation' } });
    const call = parse({ input: 'x', conversation: null });
    expect(call).toMatchObject({ ok: true });
    expect(call.ok && call.value.conversation).toBeUndefined();
  });

  it('is refused with references to what only one provider has, and not with those to what is kept here', () => {
    const own = 'msg_0123456789abc-0-4cbv-7-1';
    const naming = (id: string) =>
      parse({
        conversation: ID,
        input: [
          { type: 'item_reference', id },
          { id: 'msg_1', role: 'user', content: 'x' },
        ],
      });
    expect(naming('msg_68af4030592c')).toMatchObject({ ok: false, error: { param: 'input' } });
    const named = naming(own);
    const brought = named.ok ? named.value.names!.brought([{ ...MESSAGE, id: own }]) : named;
    expect(brought.ok && brought.value.conversation!.said()).toMatchObject([{ id: own }, { id: 'msg_1' }]);
  });

  it('is refused where a reader that ignores case would see another conversation', () => {
    expect(parse({ input: 'x', Conversation: ID })).toMatchObject({ ok: false, error: { param: 'Conversation' } });
    expect(parse({ input: 'x' })).toMatchObject({ ok: true });
  });

  it('is answered with its name', () => {
    const call = responsesCall(requestOf({ conversation: ID, stream: false })).conversation!.after([], 0);
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const native = { id: 'resp_1', object: 'response', status: 'completed', conversation: null, output: [MESSAGE], usage };
    const chat = { choices: [{ message: { content: 'Hi' }, finish_reason: 'stop' }] };
    for (const [wire, answer] of [['openai-responses', native] as const, ['openai-chat', chat] as const]) {
      const rendered = call.over(wire)!.renderAnswer(JSON.stringify(answer), receiptOf(usage));
      expect(JSON.parse(rendered).conversation).toEqual({ id: ID });
      expect(call.conversation!.answered(rendered)).toMatchObject([{ id: expect.stringMatching(/^msg_/) }]);
    }
  });
});

describe('what an answer adds', () => {
  const of = (status: string, output: unknown[]) => answeredItems(JSON.stringify({ status, output }))?.map((text) => JSON.parse(text));
  const half = { ...CALLED, status: 'incomplete', arguments: '{"at":' };
  const halfSaid = { ...MESSAGE, status: 'incomplete' };

  it('is all of one that is complete, in a document or at the end of a stream', () => {
    expect(of('completed', [THOUGHT, CALLED])).toEqual([THOUGHT, CALLED]);
    const end = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', response: { status: 'completed', output: [MESSAGE] } })}\n\n`;
    expect(answeredItems(end)).toEqual([JSON.stringify(MESSAGE)]);
  });

  it('is what was said of one that was cut short, but no half call and no thought that nothing follows', () => {
    expect(of('incomplete', [THOUGHT, halfSaid])).toEqual([THOUGHT, halfSaid]);
    expect(of('incomplete', [THOUGHT, CALLED, THOUGHT, half])).toEqual([THOUGHT, CALLED]);
    expect(of('incomplete', [{ ...THOUGHT, status: 'incomplete' }])).toEqual([]);
  });

  it.each(['failed', 'cancelled', 'queued', 'in_progress'])('is nothing of one that is %s', (status) => {
    expect(of(status, [MESSAGE])).toBeUndefined();
  });

  it('is nothing of what is no answer', () => {
    for (const text of ['', 'null', 'event: ping\ndata: {}\n\n']) expect(answeredItems(text)).toBeUndefined();
  });
});

describe('items', () => {
  it('are named by their kind where they have no name, or none that an address has room for', () => {
    const idOf = (item: Json) => itemOf(JSON.stringify(item)).id.replace(/\w{32}$/, '');
    expect([idOf({ role: 'user' }), idOf({ type: 'reasoning' }), idOf({ type: 'function_call_output' }), idOf({ id: 5 })]).toEqual([
      'msg_',
      'rs_',
      'item_',
      'msg_',
    ]);
    expect(itemOf(JSON.stringify(CALLED)).id).toBe('fc_1');
    expect(idOf({ id: 'x'.repeat(5_000), role: 'user' })).toBe('msg_');
  });

  it('are shown at length, and in the words of a kind that is not known', () => {
    const shown = (item: Json) => JSON.parse(itemObject({ id: 'x', text: JSON.stringify(item) }));
    const base = { id: 'x', status: 'completed' };
    expect(shown({ role: 'user', content: 'A' })).toEqual({
      ...base,
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: 'A' }],
    });
    expect(shown({ type: null, role: 'user', content: [] })).toMatchObject({ ...base, type: 'message' });
    expect(shown({ role: 'assistant', content: 'A' }).content).toEqual([{ type: 'output_text', text: 'A', annotations: [], logprobs: [] }]);
    const picture = [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }];
    expect(shown({ role: 'user', content: picture }).content).toEqual(picture);
    expect(shown({ type: 'function_call_output', call_id: 'c1', output: 'Rain', status: null })).toMatchObject(base);
    expect(shown(THOUGHT)).toEqual({ ...THOUGHT, id: 'x' });
    expect(shown({ type: 'of_tomorrow', value: 1 })).toEqual({ type: 'of_tomorrow', value: 1, id: 'x' });
  });

  it('are listed with the ids of the first and the last', () => {
    expect(JSON.parse(itemList([], false))).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
    const items = ['a', 'b'].map((id) => ({ id, text: '{"type":"of_tomorrow"}' }));
    expect(JSON.parse(itemList(items, true))).toMatchObject({
      data: [{ id: 'a' }, { id: 'b' }],
      first_id: 'a',
      last_id: 'b',
      has_more: true,
    });
  });
});
