import { describe, expect, it } from 'vitest';
import { call, events, json } from './support';

const PATH = '/v1/messages';
const tool = { name: 'look', input_schema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } };
const clock = { name: 'clock', input_schema: { type: 'object' } };

const asking = (content: unknown, more: Record<string, unknown> = {}) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 10_000,
  messages: [{ role: 'user', content }],
  ...more,
});

const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };

describe('Messages', () => {
  it('answers with a message', async () => {
    expect(await json(PATH, asking('Hello'))).toEqual({
      id: expect.stringMatching(/^msg_sandbox[0-9a-f]{24}$/),
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-6',
      content: [
        {
          type: 'text',
          text: 'This is the sandbox, answering for claude-sonnet-4-6: no provider was called. You said: "Hello".',
        },
      ],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 6,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: expect.any(Number),
        output_tokens_details: { thinking_tokens: 0 },
        service_tier: 'standard',
      },
    });
  });

  it('streams the events of a text in their order, each named as its type', async () => {
    const stream = (await events(PATH, asking('sandbox:tokens=2', { stream: true }))).events;
    expect(stream.every(({ event, data }) => event === data.type)).toBe(true);
    expect(stream.map(({ data }) => data)).toEqual([
      {
        type: 'message_start',
        message: expect.objectContaining({ content: [], stop_reason: null, usage: expect.objectContaining({ output_tokens: 1 }) }),
      },
      { type: 'ping' },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'This' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' is' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
        usage: {
          input_tokens: expect.any(Number),
          cache_creation_input_tokens: 0,
          cache_read_input_tokens: 0,
          output_tokens: 2,
          output_tokens_details: { thinking_tokens: 0 },
        },
      },
      { type: 'message_stop' },
    ]);
  });

  it('streams thinking with its signature, then tools block by block', async () => {
    const stream = (await events(PATH, asking('sandbox:tools=2 sandbox:reasoning', { stream: true, tools: [tool] }))).events;
    const shape = stream.map(({ data }) => [data.index, data.delta?.type ?? data.content_block?.type ?? data.type].join(' ').trim());
    const distinct = shape.filter((one, index) => one !== shape[index - 1]);
    expect(distinct).toEqual([
      'message_start',
      'ping',
      '0 thinking',
      '0 thinking_delta',
      '0 signature_delta',
      '0 content_block_stop',
      '1 tool_use',
      '1 input_json_delta',
      '1 content_block_stop',
      '2 tool_use',
      '2 input_json_delta',
      '2 content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    const started = stream.find(({ data }) => data.content_block?.type === 'tool_use')!.data.content_block;
    expect(started).toEqual({ type: 'tool_use', id: expect.stringMatching(/^toolu_[\w-]+$/), name: 'look', input: {} });
  });

  it('names no usage after sandbox:no-usage', async () => {
    const { text } = await events(PATH, asking('sandbox:no-usage', { stream: true }));
    expect(text).not.toContain('"usage"');
  });

  it.each([{ type: 'enabled', budget_tokens: 1024 }, { type: 'adaptive' }])('thinks when thinking is %j', async (thinking) => {
    const answer = await json(PATH, asking('Hello', { thinking }));
    expect(answer.content[0]).toEqual({
      type: 'thinking',
      thinking: expect.stringContaining('does not think'),
      signature: expect.any(String),
    });
    expect(answer.content[1].type).toBe('text');
    expect(answer.usage.output_tokens_details.thinking_tokens).toBe(17);
  });

  it('signs thinking whose text is not wanted', async () => {
    const more = { thinking: { type: 'adaptive', display: 'omitted' } };
    const answer = await json(PATH, asking('Hello', more));
    expect(answer.content[0]).toEqual({ type: 'thinking', thinking: '', signature: expect.any(String) });
    expect(answer.usage.output_tokens_details.thinking_tokens).toBe(17);
    const { text } = await events(PATH, asking('Hello', { ...more, stream: true }));
    expect(text).toContain('signature_delta');
    expect(text).not.toContain('thinking_delta');
  });

  it('refuses as the model, with a reason to stop', async () => {
    const answer = await json(PATH, asking('sandbox:refusal'));
    expect(answer).toMatchObject({ stop_reason: 'refusal', stop_details: { type: 'refusal' }, content: [{ type: 'text' }] });
  });

  it('counts images, those in tool results too', async () => {
    const result = { type: 'tool_result', tool_use_id: 'x', content: [image] };
    const messages = [
      { role: 'user', content: [result, image] },
      { role: 'assistant', content: 'x' },
      { role: 'user', content: [{ type: 'text', text: 'Look' }] },
    ];
    expect((await json(PATH, asking('', { messages }))).content[0].text).toContain('You said: "Look". You sent 2 images.');
  });

  it('reads system turns and prompts, and the last user message only', async () => {
    const messages = [
      { role: 'user', content: 'sandbox:status=500' },
      { role: 'assistant', content: 'sandbox:status=500' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '<system-reminder>sandbox:status=500</system-reminder>' },
          { type: 'text', text: 'Hi' },
        ],
      },
      { role: 'system', content: 'sandbox:status=500' },
    ];
    const answer = await json(PATH, asking('', { messages, system: [{ type: 'text', text: 'sandbox:status=500' }] }));
    expect(answer.content[0].text).toContain('You said: "Hi".');
  });

  it('satisfies a schema', async () => {
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const answer = await json(PATH, asking('Hello', { output_config: { format: { type: 'json_schema', schema } } }));
    expect(JSON.parse(answer.content[0].text)).toEqual({ n: 1 });
  });

  it.each([
    ['any', { type: 'any' }, ['look']],
    ['a name', { type: 'tool', name: 'clock' }, ['clock']],
    ['auto', { type: 'auto' }, []],
  ])('calls tools when tool_choice is %s', async (_, choice, names) => {
    const answer = await json(PATH, asking('Hello', { tools: [tool, clock], tool_choice: choice }));
    const calls = answer.content.filter((block: { type: string }) => block.type === 'tool_use');
    expect(calls.map((block: { name: string }) => block.name)).toEqual(names);
    expect(answer.stop_reason).toBe(names.length > 0 ? 'tool_use' : 'end_turn');
  });

  it('calls none when told so, and one when parallel use is off', async () => {
    const none = await json(PATH, asking('sandbox:tools=3', { tools: [tool], tool_choice: { type: 'none' } }));
    expect(none.content[0].text).toContain('There was no tool to call.');
    const one = await json(
      PATH,
      asking('sandbox:tools=3', { tools: [tool], tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
    );
    expect(one.content).toHaveLength(1);
  });

  it('ends with the result of a tool, and begins anew when the user speaks after it', async () => {
    const call_ = { role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'look', input: {} }] };
    const result = { type: 'tool_result', tool_use_id: 'x', content: [{ type: 'text', text: '21 degrees' }] };
    const asked = { role: 'user', content: 'sandbox:tool' };
    const more = { tools: [tool], tool_choice: { type: 'any' } };
    const following = async (content: unknown[]) =>
      json(PATH, asking('', { ...more, messages: [asked, call_, { role: 'user', content }] }));
    const note = { type: 'text', text: '<system-reminder>x</system-reminder>' };
    for (const content of [[result], [result, note]]) {
      expect((await following(content)).content[0].text).toContain('The tool answered: "21 degrees".');
    }
    expect((await following([result, { type: 'text', text: 'sandbox:tool' }])).stop_reason).toBe('tool_use');
  });

  it('says nothing where no token is asked for', async () => {
    const { content, stop_reason, usage } = await json(PATH, asking('Hello', { max_tokens: 0 }));
    expect([content, stop_reason, usage.output_tokens]).toEqual([[], 'max_tokens', 0]);
  });

  it.each([
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['a max_tokens below 0', { max_tokens: -1 }, 'max_tokens'],
    ['no model', { model: undefined }, 'model: Field required'],
    ['no messages', { messages: [] }, 'messages'],
  ])('refuses %s', async (_, more, message) => {
    const response = await call(PATH, asking('Hello', more));
    expect(response.status).toBe(400);
    const requestId = response.headers.get('request-id');
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) },
      request_id: requestId,
    });
  });

  it.each([
    [400, 'invalid_request_error'],
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [404, 'not_found_error'],
    [413, 'request_too_large'],
    [429, 'rate_limit_error'],
    [500, 'api_error'],
    [529, 'overloaded_error'],
  ])('answers %i as %s', async (status, type) => {
    expect(await json(PATH, asking(`sandbox:status=${status}`))).toMatchObject({ type: 'error', error: { type } });
  });

  it('says its error in the stream', async () => {
    const stream = (await events(PATH, asking('sandbox:error=1', { stream: true }))).events;
    expect(stream.at(-1)).toEqual({
      event: 'error',
      data: { type: 'error', error: { type: 'api_error', message: expect.any(String) }, request_id: expect.any(String) },
    });
  });
});

describe('token counts', () => {
  it('are those of the message', async () => {
    const body = asking('Hello', { tools: [tool], system: 'Be brief.' });
    const counted = await json('/v1/messages/count_tokens?beta=true', { ...body, max_tokens: undefined });
    expect(counted).toEqual({ input_tokens: (await json(PATH, body)).usage.input_tokens });
  });

  it('fail as told', async () => {
    expect((await call('/v1/messages/count_tokens', asking('sandbox:status=529'))).status).toBe(529);
    expect((await call('/v1/messages/count_tokens', { messages: [] })).status).toBe(400);
  });
});

describe('the prompt cache', () => {
  const long = (mark?: Record<string, unknown>) => ({ type: 'text', text: 'a'.repeat(8000), ...(mark ? { cache_control: mark } : {}) });
  const five = { type: 'ephemeral' };
  const hour = { type: 'ephemeral', ttl: '1h' };
  const usageOf = async (body: unknown) => (await json(PATH, body)).usage;

  it('is written in the bucket of its mark', async () => {
    expect(await usageOf(asking([long(five)]))).toMatchObject({
      input_tokens: 0,
      cache_creation_input_tokens: 2004,
      cache_creation: { ephemeral_5m_input_tokens: 2004, ephemeral_1h_input_tokens: 0 },
      cache_read_input_tokens: 0,
    });
    expect(await usageOf(asking([{ type: 'text', text: 'abcd' }], { system: [long(hour)] }))).toMatchObject({
      input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2000 },
    });
    expect(await usageOf(asking([long(five)], { system: [long(hour)] }))).toMatchObject({
      cache_creation: { ephemeral_5m_input_tokens: 2004, ephemeral_1h_input_tokens: 2000 },
    });
  });

  it('is left alone without a mark, and below 1,024 tokens', async () => {
    const short = { type: 'text', text: 'a'.repeat(4000), cache_control: five };
    for (const content of [[long()], [short]]) {
      expect(await usageOf(asking(content))).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 });
    }
  });

  it('is read as far as an earlier turn has sent it', async () => {
    const messages = [
      { role: 'user', content: [long(five)] },
      { role: 'assistant', content: 'abcd' },
      { role: 'user', content: [{ type: 'text', text: 'abcd', cache_control: five }] },
      { role: 'user', content: 'abcd' },
    ];
    expect(await usageOf(asking('', { messages }))).toMatchObject({
      input_tokens: 5,
      cache_creation_input_tokens: 10,
      cache_read_input_tokens: 2004,
    });
  });

  it('may be marked at the top', async () => {
    expect(await usageOf(asking([long()], { cache_control: hour }))).toMatchObject({
      cache_creation: { ephemeral_1h_input_tokens: 2004 },
    });
  });
});
