import { describe, expect, it } from 'vitest';
import { responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import { type Json, RESPONSE_ID, receiptOf, requestOf } from './support';

const TOOLS = [
  { type: 'custom', name: 'apply_patch' },
  { type: 'namespace', name: 'mcp', description: '', tools: [{ type: 'function', name: 'look', parameters: {} }] },
];
const bridge = responsesCall(requestOf({ stream: false, tools: TOOLS, metadata: { a: 'b' } })).over('openai-chat')!;
const rendered = (message: Json, finish_reason = 'stop', more: Json = {}): Json => {
  const text = JSON.stringify({
    id: 'c',
    created: 1763474589,
    model: 'deepseek-v3.2',
    choices: [{ index: 0, message, finish_reason }],
    ...more,
  });
  return JSON.parse(bridge.renderAnswer(text, receiptOf({ prompt_tokens: 15 }))) as Json;
};

describe('a chat completion as a response', () => {
  it('has text, thought, model, time and usage', () => {
    expect(rendered({ role: 'assistant', content: 'Hi', reasoning_content: 'Hm.' })).toMatchObject({
      id: RESPONSE_ID,
      object: 'response',
      status: 'completed',
      created_at: 1763474589,
      model: 'deepseek-v3.2',
      metadata: { a: 'b' },
      store: false,
      output: [
        { id: 'rs_0123456789abc-0-4cbv-7-0', type: 'reasoning', status: 'completed', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        {
          id: 'msg_0123456789abc-0-4cbv-7-1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: 15,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 5,
        output_tokens_details: { reasoning_tokens: 2 },
        total_tokens: 20,
        creditsUsed: 0.25,
      },
    });
  });

  it('calls tools by their own names', () => {
    const call = (id: string, name: string, args: string) => ({ id, type: 'function', function: { name, arguments: args } });
    const { output } = rendered(
      { content: null, tool_calls: [call('c1', 'mcp__look', ''), call('c2', 'apply_patch', '{"input":"x"}'), call('', 'other', '{}')] },
      'tool_calls',
    );
    expect(output).toMatchObject([
      { type: 'function_call', call_id: 'c1', namespace: 'mcp', name: 'look', arguments: '{}', status: 'completed' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: 'x' },
      { type: 'function_call', call_id: expect.stringMatching(/^call_/), name: 'other' },
    ]);
  });

  it('gives a call’s signature to the client, to be brought back', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'other', arguments: '{}' }, extra_content }];
    expect(rendered({ content: null, tool_calls }).output).toMatchObject([{ type: 'function_call', call_id: 'c1', extra_content }]);
  });

  it.each([
    ['length', 'max_output_tokens'],
    ['model_length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
    ['sensitive', 'content_filter'],
  ])('cut off by %s is incomplete', (finishReason, reason) => {
    expect(rendered({ content: 'Hal' }, finishReason)).toMatchObject({ status: 'incomplete', incomplete_details: { reason } });
  });

  it('refuses', () => {
    expect(rendered({ content: null, refusal: 'No.' }).output).toMatchObject([
      { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
  });

  it('names its sources and shows its pictures', () => {
    const message = {
      content: 'See',
      annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 } }],
      images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
    };
    expect(rendered(message).output).toMatchObject([
      { content: [{ annotations: [{ type: 'url_citation', url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 }] }] },
      { type: 'image_generation_call', status: 'completed', result: 'AAAA' },
    ]);
  });

  it('says how likely its tokens were, and that nothing was truncated', () => {
    const text = JSON.stringify({
      choices: [
        {
          index: 0,
          message: { content: 'Hi' },
          finish_reason: 'stop',
          logprobs: {
            content: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [{ token: 'Yo', logprob: -2, bytes: null }] }],
          },
        },
      ],
    });
    const asking = responsesCall(requestOf({ stream: false, truncation: 'auto', top_logprobs: 1 })).over('openai-chat')!;
    expect(JSON.parse(asking.renderAnswer(text, receiptOf(undefined)))).toMatchObject({
      truncation: 'disabled',
      output: [
        {
          content: [
            {
              text: 'Hi',
              logprobs: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [{ token: 'Yo', logprob: -2, bytes: [] }] }],
            },
          ],
        },
      ],
    });
  });

  it('is read, and told from what is none, as chat is', () => {
    expect(bridge.readAnswer({ choices: [{ message: { content: 'Hi' } }], usage: {} })).toMatchObject({ hasOutput: true });
    expect(bridge.readAnswer({ output: [] })).toBeUndefined();
  });
});
