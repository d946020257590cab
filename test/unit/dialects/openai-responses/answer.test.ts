import { describe, expect, it } from 'vitest';
import { responsesBridge } from '../../../../src/dialects/openai-responses/bridge';
import { openaiResponsesWire } from '../../../../src/providers/wires/openai-responses';
import { FIXTURES, type FixtureName } from './fixtures';
import { eventsOf, type Json, RESPONSE_ID, receiptOf, requestOf, UPSTREAM_ID } from './support';

const USAGE = { input_tokens: 9, input_tokens_details: { cached_tokens: 0 }, output_tokens: 2, total_tokens: 11 };
const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] };
const responseOf = (more: Json = {}) => ({
  id: UPSTREAM_ID,
  object: 'response',
  status: 'completed',
  store: true,
  output: [MESSAGE],
  usage: USAGE,
  ...more,
});
const bridgeOf = (fields: Json = {}) => responsesBridge(requestOf({ stream: false, ...fields }));

describe('an answer', () => {
  it('is one that ended, whole or cut short', () => {
    expect(bridgeOf().readAnswer(responseOf())).toMatchObject({ usage: USAGE, hasOutput: true, storedId: UPSTREAM_ID });
    expect(bridgeOf().readAnswer(responseOf({ status: 'incomplete', output: [] }))).toMatchObject({ hasOutput: false, outputChars: 0 });
  });

  it('is a compaction too, which nobody keeps', () => {
    const compaction = {
      id: 'resp_c',
      object: 'response.compaction',
      output: [{ type: 'compaction', encrypted_content: 'gAA' }],
      usage: USAGE,
    };
    expect(bridgeOf().readAnswer(compaction)).toMatchObject({ hasOutput: true, storedId: undefined });
  });

  it('is pending where it was taken on in the background, and only there', () => {
    expect(bridgeOf({ background: true }).readAnswer(responseOf({ status: 'queued', output: [], usage: null }))).toMatchObject({
      pending: true,
      storedId: UPSTREAM_ID,
    });
    expect(bridgeOf().readAnswer(responseOf({ status: 'in_progress' }))).toBeUndefined();
  });

  it('has no id to go on from where it is not stored', () => {
    expect(bridgeOf({ store: false }).readAnswer(responseOf())!.storedId).toBeUndefined();
    expect(bridgeOf().readAnswer(responseOf({ store: false }))!.storedId).toBeUndefined();
  });

  it.each([
    ['failed', responseOf({ status: 'failed' })],
    ['chat', { choices: [] }],
    ['text', 'Hi'],
    ['nothing', undefined],
  ])('is not: %s', (_, json) => {
    expect(bridgeOf().readAnswer(json)).toBeUndefined();
  });

  it('counts no ciphers as text', () => {
    const silent = { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'g'.repeat(5_000) };
    expect(bridgeOf().readAnswer(responseOf({ output: [silent] }))!.outputChars).toBeLessThan(100);
  });
});

describe('the answer as the client gets it', () => {
  it('keeps every byte but ids and usage', () => {
    const text = `{ "id":"${UPSTREAM_ID}", "status":"completed","temperature":1.0,\n"previous_response_id":null,"output":[{"id":"msg_1"}],"usage":{"input_tokens":1e1,"output_tokens":2}}`;
    expect(bridgeOf().renderAnswer(text, receiptOf({}))).toBe(
      text.replace(UPSTREAM_ID, RESPONSE_ID).replace('"output_tokens":2}', '"output_tokens":2,"creditsUsed":0.25}'),
    );
  });

  it("gives back the client's own name for the answer before", () => {
    const previous = 'resp_abcdefghijklm-0-4cbv-1';
    const text = JSON.stringify(responseOf({ previous_response_id: 'resp_upstream' }));
    expect(JSON.parse(bridgeOf({ previous_response_id: previous }).renderAnswer(text, receiptOf(USAGE)))).toMatchObject({
      previous_response_id: previous,
    });
  });

  it('has an estimate where the upstream counted nothing', () => {
    expect(JSON.parse(bridgeOf().renderAnswer(JSON.stringify(responseOf({ usage: null })), receiptOf(undefined)))).toMatchObject({
      usage: { input_tokens: 15, output_tokens: 5, total_tokens: 20, estimated: true, creditsUsed: 0.25 },
    });
  });

  it('has no usage while it is under way', () => {
    const text = JSON.stringify(responseOf({ status: 'queued', output: [], usage: null }));
    expect(JSON.parse(bridgeOf({ background: true }).renderAnswer(text, receiptOf(undefined)))).toMatchObject({
      id: RESPONSE_ID,
      status: 'queued',
      usage: null,
    });
  });
});

describe('a stream folded into its answer', () => {
  const fold = (name: FixtureName) => bridgeOf().foldStream!(FIXTURES[name]);
  const lastOf = (name: FixtureName) => eventsOf(FIXTURES[name].replace('\ufeff', '')).at(-1)!;

  it.each(['plain', 'plain-crlf', 'keepalive', 'parallel-tools', 'length-stop'] as const)(
    '%s: is the response that it ends with',
    (name) => {
      expect(JSON.parse(fold(name)!)).toEqual(lastOf(name).response);
    },
  );

  it('keeps the bytes of the response', () => {
    expect(fold('plain')).toContain('"temperature":1.0');
  });

  it('has the items that the end leaves out', () => {
    expect(JSON.parse(fold('items-missing-at-end')!)).toMatchObject({ output: [{ type: 'message', content: [{ text: 'Listed once.' }] }] });
  });

  it.each(['failed-at-once', 'error-after-content'] as const)('%s: is a failure that the wire reads', (name) => {
    expect(openaiResponsesWire.errorInBody(JSON.parse(fold(name)!))).toBeDefined();
  });

  it.each(['cut-short', 'done-without-end'] as const)('%s: is none', (name) => {
    expect(fold(name)).toBeUndefined();
  });
});
