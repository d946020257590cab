import { describe, expect, it } from 'vitest';
import { bodyOf, bridgeOf, chatCallOf, sentFor } from './over-responses';

const URL = 'data:image/png;base64,AAAA';
const CIPHER = ['reasoning.encrypted_content'];
const SCHEMA = { type: 'object', properties: { a: { type: 'number' } } };
const LOOK = { type: 'function', function: { name: 'look', description: 'Looks.', parameters: SCHEMA } };
const GRAMMAR = { syntax: 'lark', definition: 'start: "x"' };
const PATCH = { type: 'custom', custom: { name: 'patch', format: { type: 'grammar', grammar: GRAMMAR } } };

describe('the input', () => {
  it('of a plain call is its message, and nothing of the answer is kept upstream', () => {
    expect(sentFor({})).toEqual({ model: 'upstream', input: [{ role: 'user', content: 'Hi' }], include: CIPHER, store: false });
  });

  it('has pictures of a model that draws as the user’s', () => {
    const images = [{ type: 'image_url', image_url: { url: URL } }];
    expect(
      sentFor({
        messages: [
          { role: 'assistant', content: 'So.', images },
          { role: 'user', content: 'And?' },
        ],
      }).input,
    ).toEqual([
      { role: 'assistant', content: 'So.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'The images of the answer above:' },
          { type: 'input_image', image_url: URL, detail: 'auto' },
        ],
      },
      { role: 'user', content: 'And?' },
    ]);
  });

  it('has rules, pictures, files, calls and their results in their order', () => {
    const { input } = sentFor({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Rules.' }] },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'Look' },
            { type: 'image_url', image_url: { url: URL, detail: 'low' } },
            { type: 'image_url', image_url: { url: 'https://a.test/b.png' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'file', file: { filename: 'b.pdf', file_data: 'https://a.test/b.pdf' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I will.',
          reasoning_content: 'Of another model.',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
            { id: 'c2', type: 'custom', custom: { name: 'patch', input: 'x' } },
            { id: 'c3', type: 'function', function: { name: 'look', arguments: '' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'Seen.' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'Done.' }] },
        { role: 'tool', tool_call_id: 'c3', content: null },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'So ' },
            { type: 'text', text: 'be it.' },
          ],
        },
        { role: 'assistant', content: null, refusal: 'No.' },
        { role: 'assistant', content: '' },
      ],
    });
    expect(input).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: [{ type: 'input_text', text: 'Rules.' }] },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look' },
          { type: 'input_image', image_url: URL, detail: 'low' },
          { type: 'input_image', image_url: 'https://a.test/b.png', detail: 'auto' },
          { type: 'input_file', file_data: 'data:application/pdf;base64,AA', filename: 'a.pdf' },
          { type: 'input_file', file_id: 'file-1' },
          { type: 'input_file', file_url: 'https://a.test/b.pdf' },
        ],
      },
      { role: 'assistant', content: 'I will.' },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":1}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: 'x' },
      { type: 'function_call', call_id: 'c3', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c1', output: 'Seen.' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'Done.' }] },
      { type: 'function_call_output', call_id: 'c3', output: '' },
      { role: 'assistant', content: 'So be it.' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]);
  });
});

describe('options', () => {
  it.each([
    [{ tools: [LOOK] }, { tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: SCHEMA, strict: false }] }],
    [
      { tools: [{ type: 'function', function: { name: 'now', strict: true } }, PATCH] },
      {
        tools: [
          { type: 'function', name: 'now', parameters: { type: 'object', properties: {} }, strict: true },
          { type: 'custom', name: 'patch', format: { type: 'grammar', ...GRAMMAR } },
        ],
      },
    ],
    [
      { tools: [LOOK], tool_choice: 'required', parallel_tool_calls: false },
      { tool_choice: 'required', parallel_tool_calls: false },
    ],
    [{ tools: [LOOK], tool_choice: { type: 'function', function: { name: 'look' } } }, { tool_choice: { type: 'function', name: 'look' } }],
    [{ tools: [PATCH], tool_choice: { type: 'custom', custom: { name: 'patch' } } }, { tool_choice: { type: 'custom', name: 'patch' } }],
    [
      {
        tools: [LOOK],
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'look' } }] } },
      },
      { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'look' }] } },
    ],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'it', description: 'D', strict: true, schema: SCHEMA } } },
      { text: { format: { type: 'json_schema', name: 'it', description: 'D', strict: true, schema: SCHEMA } } },
    ],
    [{ response_format: { type: 'json_object' }, verbosity: 'low' }, { text: { format: { type: 'json_object' }, verbosity: 'low' } }],
    [{ reasoning_effort: 'high' }, { reasoning: { effort: 'high', summary: 'auto' } }],
    [{ reasoning_effort: 'high', reasoning: { exclude: true } }, { reasoning: { effort: 'high' } }],
    [{ reasoning: { enabled: true } }, { reasoning: { summary: 'auto' } }],
    [{ reasoning_effort: 'none' }, { reasoning: { effort: 'none' } }],
    [{ reasoning: { effort: 'low', exclude: true } }, { reasoning: { effort: 'low' } }],
    [{ max_tokens: 100 }, { max_output_tokens: 100 }],
    [{ max_completion_tokens: 200, max_tokens: 100 }, { max_output_tokens: 200 }],
    [{ max_tokens: 1 }, { max_output_tokens: 16 }],
    [
      { logprobs: true, top_logprobs: 2 },
      { include: [...CIPHER, 'message.output_text.logprobs'], top_logprobs: 2 },
    ],
    [{ stream: true, stream_options: { include_usage: true } }, { stream: true }],
    [
      { store: true, metadata: { a: 'b' } },
      { store: true, metadata: { a: 'b' } },
    ],
    [
      { temperature: 0.5, top_p: 0.9, user: 'u', safety_identifier: 's', prompt_cache_key: 'k', service_tier: 'flex' },
      { temperature: 0.5, top_p: 0.9, user: 'u', safety_identifier: 's', prompt_cache_key: 'k', service_tier: 'flex' },
    ],
  ])('%j are said as %j', (asked, said) => {
    expect(sentFor(asked)).toMatchObject(said);
  });

  it('that promise nothing, or ask for nothing, are left out', () => {
    const idle = {
      n: 1,
      stop: [],
      logit_bias: {},
      frequency_penalty: 0,
      presence_penalty: 0,
      modalities: ['text'],
      tools: [],
      tool_choice: 'none',
    };
    expect(
      sentFor({ seed: 1, prediction: { type: 'content', content: 'x' }, stream_options: null, response_format: null, ...idle }),
    ).toEqual(sentFor({}));
  });
});

describe('a call that this format cannot say', () => {
  const said = (content: unknown, role = 'user') => ({
    messages: [
      { role: 'user', content: 'Hi' },
      { role, content },
    ],
  });
  it.each([
    ['n', { n: 2 }],
    ['stop', { stop: ['END'] }],
    ['stop', { stop: 'END' }],
    ['logit_bias', { logit_bias: { 50: 1 } }],
    ['frequency_penalty', { frequency_penalty: 0.5 }],
    ['presence_penalty', { presence_penalty: -1 }],
    ['audio', { audio: { voice: 'alloy', format: 'mp3' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['moderation', { moderation: { model: 'omni-moderation-latest', policy: { output: { mode: 'block' } } } }],
    ['functions', { functions: [{ name: 'look' }] }],
    ['tools', { tools: [{ type: 'of_next_year' }] }],
    ['response_format', { response_format: { type: 'of_next_year' } }],
    ['messages[1]', said([{ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }])],
    ['messages[1]', said('x', 'function')],
    ['messages[1]', said(7)],
  ])('is told by its field: %s', (field, fields) => {
    const call = chatCallOf(fields);
    expect(call.over('openai-responses')).toBeUndefined();
    expect(call.beyond?.('openai-responses')).toBe(field);
    expect(call.beyond?.('openai-chat')).toBeUndefined();
    expect(call.over('openai-chat')).toBeDefined();
  });
});

describe('what was refused of the additions', () => {
  const asked = { reasoning_effort: 'high', tools: [LOOK] };
  const without = (message: string, fields = {}) => {
    const repaired = bridgeOf(chatCallOf({ ...asked, ...fields })).repaired!(message);
    return repaired && bodyOf(repaired);
  };

  it('is left out', () => {
    const whole = sentFor(asked);
    const unverified = 'Your organization must be verified to generate reasoning summaries.';
    expect(without(unverified)).toEqual({ ...whole, reasoning: { effort: 'high' } });
    const { include: _, ...uncoded } = whole;
    expect(without('Encrypted content is not supported with this model.')).toEqual(uncoded);
    expect(without('Encrypted content is not supported with this model.', { logprobs: true })!.include).toEqual([
      'message.output_text.logprobs',
    ]);
  });

  it('goes with notes that are not as they are taken, and with how an answer is picked', () => {
    const notes = { metadata: { tags: ['a'] } };
    expect(without("Invalid type for 'metadata.tags': expected a string, but got an array instead.", notes)).toEqual(sentFor(asked));
    const sampling = { temperature: 0.5, top_p: 1 };
    expect(without("Unsupported parameter: 'temperature' is not supported with this model.", sampling)).toEqual(sentFor(asked));
  });

  it('is not mixed up with what the caller asked for', () => {
    expect(without("Unsupported parameter: 'temperature' is not supported with this model.")).toBeUndefined();
  });
});
