import { describe, expect, it } from 'vitest';
import { responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import { requestOf } from './support';

const ID = 'msg_0123456789abc-0-4cbv-7-1';
const REQUEST = 'req_0123456789abc-0-4cbv-7';
const ITEM = { id: ID, type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] };
const REFERENCE = { type: 'item_reference', id: ID };
const callOf = (input: unknown) => responsesCall(requestOf({ input, stream: false }));

describe('items that are named', () => {
  it('are those of the gateway’s own making, each request once', () => {
    const other = { type: 'item_reference', id: 'msg_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b' };
    expect(callOf([REFERENCE, { ...REFERENCE, id: ID.replace(/1$/, '0') }, other]).names?.requestIds).toEqual([REQUEST]);
    expect(callOf([other]).names).toBeUndefined();
    expect(callOf([ITEM]).names).toBeUndefined();
    expect(callOf('item_reference').names).toBeUndefined();
  });

  it('need not say that they are named', () => {
    for (const bare of [{ id: ID }, { id: ID, type: null }]) {
      const { names } = callOf([bare]);
      expect(names?.requestIds).toEqual([REQUEST]);
      expect(names?.brought([ITEM])).toMatchObject({ ok: true, value: { fields: { input: [ITEM] } } });
    }
  });

  it('come in the places of their names, over either format', () => {
    const user = '{"role":"user",  "content":"\\u00e9"}';
    const request = requestOf({ stream: false });
    const body = (item: object) => `{"model":"m", "input":[${JSON.stringify(item)}, ${user}] }`;
    const named = { ...request, body: body(REFERENCE), fields: JSON.parse(body(REFERENCE)) as Record<string, unknown> };
    const brought = responsesCall(named).names!.brought([ITEM]);
    if (!brought.ok) throw new Error(brought.error.message);
    const target = { model: request.model, moved: false };
    expect(brought.value.over('openai-responses')!.request(target).body).toBe(body(ITEM));
    expect(JSON.parse(brought.value.over('openai-chat')!.request(target).body)).toMatchObject({
      messages: [{ role: 'assistant', content: 'Hi' }, { role: 'user' }],
    });
  });

  it('count as what they are, and all else of the request stays', () => {
    const long = { ...ITEM, content: [{ type: 'output_text', text: 'x'.repeat(40_000) }] };
    const named = responsesCall(requestOf({ input: [REFERENCE], stream: false, temperature: 0.5 }));
    const brought = named.names!.brought([long]);
    if (!brought.ok) throw new Error(brought.error.message);
    expect(brought.value.fields).toMatchObject({ temperature: 0.5, input: [long] });
    expect(brought.value.estimatedInputTokens).toBeGreaterThan(10_000);
    expect(brought.value.worstInputTokens).toBe(brought.value.estimatedInputTokens);
  });

  it('are missed by name', () => {
    expect(callOf([REFERENCE]).names!.brought([])).toMatchObject({
      ok: false,
      error: { kind: 'invalid_request', param: 'input', message: expect.stringContaining(ID) },
    });
  });
});
