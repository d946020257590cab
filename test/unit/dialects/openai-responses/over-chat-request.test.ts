import { describe, expect, it } from 'vitest';
import { responsesCall } from '../../../../src/dialects/openai-responses/dialect';
import { type Json, requestOf } from './support';

const bridgeOf = (fields: Json) => responsesCall(requestOf({ stream: false, ...fields })).over('openai-chat');
const sentFor = (fields: Json): Json => {
  const bridge = bridgeOf(fields);
  if (!bridge) throw new Error('the call does not cross');
  return JSON.parse(bridge.request({ model: 'deepseek-chat', moved: false }).body) as Json;
};
const LOOK = { type: 'function', name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true };
const PATCH = {
  type: 'custom',
  name: 'apply_patch',
  description: 'Patches.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
};

describe('messages', () => {
  it('come of instructions and a text', () => {
    expect(sentFor({ instructions: 'Be brief.', input: 'Hello' })).toEqual({
      model: 'deepseek-chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    });
  });

  it('begin with one of the system’s, whatever it is made of', () => {
    const developer = (text: string) => ({ role: 'developer', content: [{ type: 'input_text', text }] });
    const input = [developer('Rules.'), { role: 'user', content: 'Hi' }, developer('More rules.'), developer('And more.')];
    expect(sentFor({ instructions: 'Be brief.', input }).messages).toEqual([
      { role: 'system', content: 'Be brief.\n\nRules.' },
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'More rules.' },
      { role: 'system', content: 'And more.' },
    ]);
  });

  it('leave out what the assistant said nothing in', () => {
    const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
    const input = [
      { role: 'user', content: 'Hi' },
      { type: 'message', role: 'assistant', content: [] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: '' }] },
      call,
    ];
    expect(sentFor({ input }).messages).toMatchObject([{ role: 'user' }, { role: 'assistant', content: null, tool_calls: [{ id: 'c' }] }]);
  });

  it('have calls without arguments as calls of nothing', () => {
    const input = [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '' },
      { type: 'function_call_output', call_id: 'c', output: '' },
    ];
    expect(sentFor({ input }).messages).toMatchObject([{ tool_calls: [{ function: { arguments: '{}' } }] }, {}]);
  });

  it('have pictures in as much detail as chat knows', () => {
    const parts = ['low', 'original', undefined].map((detail) => ({ type: 'input_image', image_url: 'https://a.test/b.png', detail }));
    expect(sentFor({ input: [{ role: 'user', content: parts }] }).messages).toMatchObject([
      { content: [{ image_url: { detail: 'low' } }, { image_url: { detail: 'high' } }, { image_url: { url: 'https://a.test/b.png' } }] },
    ]);
  });

  it('come of items, in the order that chat asks for', () => {
    const { messages } = sentFor({
      input: [
        { role: 'developer', content: 'Rules.' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'Look' },
            { type: 'input_image', image_url: 'https://a.test/b.png', detail: 'low' },
          ],
        },
        { type: 'reasoning', summary: [], encrypted_content: 'gAA', content: null },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I will.', annotations: [] }] },
        { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":1}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: 'x\n"y"' },
        { type: 'function_call_output', call_id: 'c1', output: 'Seen.' },
        {
          type: 'custom_tool_call_output',
          call_id: 'c2',
          output: [
            { type: 'input_text', text: 'Done.' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA' },
          ],
        },
        { role: 'user', content: 'And?' },
      ],
    });
    expect(messages).toEqual([
      { role: 'system', content: 'Rules.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look' },
          { type: 'image_url', image_url: { url: 'https://a.test/b.png', detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: 'I will.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
          { id: 'c2', type: 'function', function: { name: 'apply_patch', arguments: '{"input":"x\\n\\"y\\""}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Seen.' },
      { role: 'tool', tool_call_id: 'c2', content: 'Done.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'The images that the tool gave back:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
        ],
      },
      { role: 'user', content: 'And?' },
    ]);
  });

  it('bring thoughts back with the calls that came of them', () => {
    const thought = (text: string) => ({ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text }] });
    const called = (id: string) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' });
    const given = (id: string) => ({ type: 'function_call_output', call_id: id, output: 'Seen.' });
    const { messages } = sentFor({
      input: [
        { role: 'user', content: 'Hi' },
        thought('Greet.'),
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'Look' },
        thought('Two'),
        { role: 'assistant', content: 'I will.' },
        thought('looks.'),
        called('c1'),
        called('c2'),
        given('c1'),
        given('c2'),
        called('c3'),
        given('c3'),
      ],
    });
    const tool = { role: 'tool', content: 'Seen.' };
    const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } });
    expect(messages).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Look' },
      { role: 'assistant', content: 'I will.', tool_calls: [call('c1'), call('c2')], reasoning_content: 'Two\nlooks.' },
      { ...tool, tool_call_id: 'c1' },
      { ...tool, tool_call_id: 'c2' },
      { role: 'assistant', content: null, tool_calls: [call('c3')] },
      { ...tool, tool_call_id: 'c3' },
    ]);
  });

  it('have nothing between calls and their results, whatever the input has there', () => {
    const said = (text: string) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] });
    const called = (call_id: string) => ({ type: 'function_call', call_id, name: 'look', arguments: '{}' });
    const given = (call_id: string, output: unknown = 'Seen.') => ({ type: 'function_call_output', call_id, output });
    const call = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } });
    const result = (tool_call_id: string, content = 'Seen.') => ({ role: 'tool', tool_call_id, content });
    const user = { role: 'user', content: 'Look' };
    const messagesOf = (...input: Json[]) => sentFor({ input: [user, ...input] }).messages;
    expect(messagesOf(called('c1'), said('\n'), given('c1'))).toEqual([
      user,
      { role: 'assistant', content: null, tool_calls: [call('c1')] },
      result('c1'),
    ]);
    expect(messagesOf(said('I will.'), called('c1'), said('Done.'), called('c2'), given('c2'), said('Well?'), given('c1'))).toEqual([
      user,
      { role: 'assistant', content: 'I will.\nDone.\nWell?', tool_calls: [call('c1'), call('c2')] },
      result('c2'),
      result('c1'),
    ]);
    const picture = [{ type: 'input_image', image_url: 'https://a.test/b.png' }];
    const rules = { role: 'developer', content: 'Rules.' };
    const hurry = { role: 'user', content: 'Hurry.' };
    expect(messagesOf(called('c1'), called('c2'), rules, given('c1', picture), hurry, given('c2'), said('Here.'))).toEqual([
      user,
      { role: 'assistant', content: null, tool_calls: [call('c1'), call('c2')] },
      result('c1', ''),
      result('c2'),
      {
        role: 'user',
        content: [
          { type: 'text', text: 'The images that the tool gave back:' },
          { type: 'image_url', image_url: { url: 'https://a.test/b.png' } },
        ],
      },
      { role: 'system', content: 'Rules.' },
      hurry,
      { role: 'assistant', content: 'Here.' },
    ]);
  });

  it('keep their order behind a call that has no result', () => {
    const input = [
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
      { role: 'user', content: 'Stop' },
      { role: 'assistant', content: 'Stopped.' },
    ];
    expect(sentFor({ input }).messages).toMatchObject([{ tool_calls: [{ id: 'c1' }] }, { content: 'Stop' }, { content: 'Stopped.' }]);
  });

  it('tell calls apart that have one id in each turn', () => {
    const turn = [
      { type: 'function_call', call_id: 'call_0', name: 'look', arguments: '{}' },
      { role: 'assistant', content: ' ' },
      { type: 'function_call_output', call_id: 'call_0', output: 'Seen.' },
    ];
    const roles = (sentFor({ input: [...turn, ...turn] }).messages as Json[]).map(({ role }) => role);
    expect(roles).toEqual(['assistant', 'tool', 'assistant', 'tool']);
  });

  it('bring back pictures that the model drew', () => {
    const picture = (result: string | null) => ({ type: 'image_generation_call', id: 'ig_1', status: 'completed', result });
    const image = (url: string) => ({ type: 'image_url', image_url: { url } });
    const input = [
      { role: 'user', content: 'Draw' },
      { role: 'assistant', content: 'Here' },
      picture('/9j/4AAQSkZJRg=='),
      picture(null),
      { role: 'user', content: 'Again' },
      picture('AAAA'),
    ];
    expect(sentFor({ input }).messages).toEqual([
      { role: 'user', content: 'Draw' },
      { role: 'assistant', content: 'Here', images: [image('data:image/jpeg;base64,/9j/4AAQSkZJRg==')] },
      { role: 'user', content: 'Again' },
      { role: 'assistant', content: '', images: [image('data:image/png;base64,AAAA')] },
    ]);
  });

  it('show the pictures of a result before the next call', () => {
    const call = (call_id: string) => ({ type: 'function_call', call_id, name: 'look', arguments: '{}' });
    const output = [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }];
    const result = (call_id: string, seen: unknown) => ({ type: 'function_call_output', call_id, output: seen });
    const input = [call('c1'), result('c1', output), call('c2'), result('c2', 'Seen.')];
    expect(sentFor({ input }).messages).toMatchObject([
      { tool_calls: [{ id: 'c1' }] },
      { role: 'tool', tool_call_id: 'c1' },
      { role: 'user', content: expect.arrayContaining([expect.objectContaining({ type: 'image_url' })]) },
      { tool_calls: [{ id: 'c2' }] },
      { role: 'tool', tool_call_id: 'c2' },
    ]);
    const roles = (sentFor({ input: input.slice(0, 2) }).messages as Json[]).map(({ role }) => role);
    expect(roles).toEqual(['assistant', 'tool', 'user']);
  });

  it('hold files that the request itself brings', () => {
    const file = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' };
    expect(sentFor({ input: [{ role: 'user', content: [file] }] }).messages).toEqual([
      { role: 'user', content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA' } }] },
    ]);
  });
});

describe('files by their address', () => {
  const sentAs = (part: Json) => sentFor({ input: [{ role: 'user', content: [{ type: 'input_file', ...part }] }] }).messages;
  const file_url = 'https://x.test/a/b.pdf?c=1';

  it.each<[Json, string]>([
    [{ file_url }, 'b.pdf'],
    [{ file_url, file_data: null, filename: 'c.pdf' }, 'c.pdf'],
  ])('stand where chat has files: %j', (part, filename) => {
    expect(sentAs(part)).toEqual([{ role: 'user', content: [{ type: 'file', file: { filename, file_data: file_url } }] }]);
  });
});

describe('tools', () => {
  it('are functions; one with free text has it as its argument', () => {
    expect(sentFor({ tools: [LOOK, PATCH], tool_choice: 'required', parallel_tool_calls: false })).toMatchObject({
      tool_choice: 'required',
      parallel_tool_calls: false,
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks.', parameters: { type: 'object' }, strict: true } },
        {
          type: 'function',
          function: {
            name: 'apply_patch',
            description: 'Patches.\n\nThe input must follow this lark grammar:\nstart: "x"',
            parameters: { properties: { input: { type: 'string' } }, required: ['input'] },
          },
        },
      ],
    });
  });

  it('that take nothing say so', () => {
    for (const bare of [
      { ...LOOK, parameters: null },
      { type: 'function', name: 'look' },
    ])
      expect(sentFor({ tools: [bare] })).toMatchObject({ tools: [{ function: { parameters: { type: 'object', properties: {} } } }] });
  });

  it('inside the input are found, so that a Codex without `tools` keeps them all', () => {
    const input = [
      { type: 'additional_tools', role: 'developer', tools: [PATCH, LOOK] },
      { role: 'user', content: 'Go' },
    ];
    const { tools } = sentFor({ input }) as { tools: { function: Json }[] };
    expect(tools.map(({ function: { name } }) => name)).toEqual(['apply_patch', 'look']);
  });

  it('that an earlier model has searched for are there for the one that goes on, as is what it said of its other searches', () => {
    const input = [
      { role: 'user', content: 'Look it up.' },
      { type: 'tool_search_call', id: 'tsc_1', call_id: 's', execution: 'client', arguments: { query: 'look' }, status: 'completed' },
      { type: 'tool_search_output', id: 'tso_1', call_id: 's', execution: 'client', tools: [LOOK], status: 'completed' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
      { type: 'function_call', call_id: 'c', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'Found.' },
    ];
    expect(sentFor({ input, tools: [PATCH, { type: 'web_search' }, { type: 'tool_search' }] })).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', tool_calls: [{ function: { name: 'look' } }] },
        { role: 'tool', content: 'Found.' },
      ],
      tools: [{ function: { name: 'apply_patch' } }, { function: { name: 'look' } }],
    });
  });

  it('of a namespace bear its name', () => {
    const namespace = { type: 'namespace', name: 'mcp_files', description: 'Files', tools: [LOOK, { ...PATCH, name: 'write' }] };
    const sent = sentFor({
      tools: [namespace],
      input: [{ type: 'function_call', call_id: 'c', namespace: 'mcp_files', name: 'look', arguments: '{}' }],
      tool_choice: { type: 'function', name: 'look', namespace: 'mcp_files' },
    });
    expect(sent).toMatchObject({
      tools: [{ function: { name: 'mcp_files__look' } }, { function: { name: 'mcp_files__write' } }],
      messages: [{ tool_calls: [{ function: { name: 'mcp_files__look' } }] }],
      tool_choice: { type: 'function', function: { name: 'mcp_files__look' } },
    });
  });

  it('that a model can do without are left out beside others', () => {
    const { tools } = sentFor({ tools: [LOOK, { type: 'web_search', external_web_access: false }, { type: 'tool_search' }] });
    expect(tools).toHaveLength(1);
  });

  it('are cut down to those that are allowed', () => {
    const sent = sentFor({
      tools: [LOOK, PATCH],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'look' }] },
    });
    expect(sent).toMatchObject({ tool_choice: 'required', tools: [{ function: { name: 'look' } }] });
    expect(sent.tools).toHaveLength(1);
    const named = sentFor({ tools: [LOOK, PATCH], tool_choice: { type: 'custom', name: 'apply_patch' } });
    expect(named).toMatchObject({ tool_choice: { type: 'function', function: { name: 'apply_patch' } }, tools: [{}, {}] });
  });

  it('that are none leave no choice behind', () => {
    const sent = sentFor({ tools: [], tool_choice: 'auto', parallel_tool_calls: true });
    expect(sent).not.toHaveProperty('tool_choice');
    expect(sent).not.toHaveProperty('parallel_tool_calls');
  });

  it('differ, though long names of two servers end alike', () => {
    const name = 'x'.repeat(64);
    const tools = ['mcp__first', 'mcp__second'].map((namespace) => ({ type: 'namespace', name: namespace, tools: [{ ...LOOK, name }] }));
    const names = (sentFor({ input: 'Hi', tools }).tools as { function: Json }[]).map((tool) => tool.function.name);
    expect(names).toEqual([expect.stringMatching(/^mcp__first[\w-]{1,54}$/), expect.stringMatching(/^mcp__second[\w-]{1,53}$/)]);
  });
});

describe('fields', () => {
  it('keep their meaning under their names in chat', () => {
    const sent = sentFor({
      stream: true,
      max_output_tokens: 64,
      temperature: 0.5,
      top_p: 0.9,
      user: 'u',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      reasoning: { effort: 'low', summary: 'auto' },
      text: { verbosity: 'low', format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true } },
      include: ['reasoning.encrypted_content'],
      store: false,
      truncation: 'auto',
      client_metadata: { x: 1 },
    });
    expect(sent).toEqual({
      model: 'deepseek-chat',
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 64,
      temperature: 0.5,
      top_p: 0.9,
      user: 'u',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      reasoning_effort: 'low',
      verbosity: 'low',
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('ask for the likelihood of tokens', () => {
    const include = ['message.output_text.logprobs', 'reasoning.encrypted_content'];
    expect(sentFor({ top_logprobs: 5, include })).toMatchObject({ logprobs: true, top_logprobs: 5 });
    expect(sentFor({ top_logprobs: 5 })).toMatchObject({ logprobs: true, top_logprobs: 5 });
    expect(sentFor({ include, top_logprobs: 0 })).toMatchObject({ logprobs: true });
    expect(sentFor({ include })).not.toHaveProperty('top_logprobs');
    expect(sentFor({ top_logprobs: 0, include: ['reasoning.encrypted_content'] })).not.toHaveProperty('logprobs');
  });

  it('ask for any JSON as they do for text', () => {
    expect(sentFor({ text: { format: { type: 'json_object' } } })).toMatchObject({ response_format: { type: 'json_object' } });
    expect(sentFor({ text: { format: { type: 'text' } } })).not.toHaveProperty('response_format');
  });

  it('are left out where the upstream does not know them', () => {
    const bridge = bridgeOf({ reasoning: { effort: 'none' }, text: { verbosity: 'low' }, temperature: 1 })!;
    const repaired = bridge.repaired!('Unknown parameter: `reasoning_effort`');
    expect(JSON.parse(repaired!.request({ model: 'm', moved: false }).body)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hello' }],
      verbosity: 'low',
      temperature: 1,
    });
    expect(bridge.repaired!('temperature must be 1')).toBeUndefined();
    expect(repaired!.repaired!('reasoning_effort')).toBeUndefined();
  });
});

describe('a call that was refused', () => {
  const CALL = { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' };
  const afterRefusal = (fields: Json, message: string): Json | undefined => {
    const body = bridgeOf(fields)!.repaired!(message)?.request({ model: 'm', moved: false }).body;
    return body === undefined ? undefined : (JSON.parse(body) as Json);
  };
  const signed = (signature: string) => ({ extra_content: { google: { thought_signature: signature } } });

  it('is sent with its bound under the other name', () => {
    const message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    expect(afterRefusal({ max_output_tokens: 9 }, message)).toMatchObject({ max_completion_tokens: 9 });
    expect(afterRefusal({}, message)).toBeUndefined();
  });

  it('has signatures in its calls: the ones that the client brings back, else a stand-in', () => {
    const input = [{ ...CALL, ...signed('c2ln') }, CALL];
    expect(sentFor({ input })).toMatchObject({ messages: [{ tool_calls: [signed('c2ln'), {}] }] });
    expect(afterRefusal({ input }, 'Function call is missing a thought_signature in functionCall parts.')).toMatchObject({
      messages: [{ tool_calls: [signed('c2ln'), signed('skip_thought_signature_validator')] }],
    });
    expect(afterRefusal({ input }, "Unknown parameter: 'extra_content'")).toMatchObject({
      messages: [{ tool_calls: [expect.not.objectContaining({ extra_content: expect.anything() }), {}] }],
    });
  });

  it('has thoughts, or none, as the upstream wants it', () => {
    const missing = 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 0';
    expect(afterRefusal({ input: [CALL] }, missing)).toMatchObject({ messages: [{ reasoning_content: ' ' }] });
    const thought = { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] };
    expect(afterRefusal({ input: [thought, CALL] }, missing)).toBeUndefined();
    const { messages } = afterRefusal({ input: [thought, CALL] }, "property 'reasoning_content' is unsupported") as { messages: Json[] };
    expect(messages[0]).not.toHaveProperty('reasoning_content');
  });
});

describe('what cannot cross', () => {
  it.each(['metadata', 'text', 'tools'])('is nested so deep that no answer could repeat it, which would come too late: %s', (field) => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    const call = responsesCall(requestOf({ stream: false, input: 'Hi', [field]: { a: deep } }));
    expect([call.over('openai-chat'), call.beyond?.('openai-chat')]).toEqual([undefined, field]);
  });

  const cases: [string, string, Json][] = [
    ['an answer to go on from', 'previous_response_id', { previous_response_id: 'resp_0123456789abc-0-4cbv-7' }],
    ['work in the background', 'background', { background: true }],
    ['a stored prompt', 'prompt', { prompt: { id: 'pmpt_1' } }],
    ['a check of what is said', 'moderation', { moderation: { model: 'omni-moderation-latest' } }],
    ['a compaction', 'input[1]', { input: [{ role: 'user', content: 'x' }, { type: 'compaction_trigger' }] }],
    ['a compacted past', 'input[0]', { input: [{ type: 'compaction', encrypted_content: 'gAA' }] }],
    ['a stored item', 'input[0]', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['a stored file', 'input[0]', { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] }],
    ['nothing to say', 'input', { input: [] }],
    ['web search alone', 'tools[0]', { tools: [{ type: 'web_search' }] }],
    ['a tool that runs elsewhere', 'tools[1]', { tools: [LOOK, { type: 'code_interpreter', container: { type: 'auto' } }] }],
    ['a tool that only the client can run', 'tools[1]', { tools: [LOOK, { type: 'local_shell' }] }],
    ['a choice of a hosted tool', 'tool_choice', { tools: [LOOK], tool_choice: { type: 'web_search' } }],
    [
      'two tools of one name',
      'tools[1]',
      {
        tools: [
          { ...LOOK, name: 'a.b' },
          { ...LOOK, name: 'a/b' },
        ],
      },
    ],
  ];
  it.each(cases)('%s, which is told by its place', (_, field, fields) => {
    const call = responsesCall(requestOf({ stream: false, ...fields }));
    expect(call.over('openai-chat')).toBeUndefined();
    expect(call.beyond?.('openai-chat')).toBe(field);
    expect(call.beyond?.('openai-responses')).toBeUndefined();
  });

  it('any other format', () => {
    expect(responsesCall(requestOf()).over('anthropic-messages')).toBeUndefined();
  });
});
