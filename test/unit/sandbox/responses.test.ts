import { afterEach, describe, expect, it, vi } from 'vitest';
import { call, events, eventsOf, json } from './support';

const PATH = '/v1/responses';
const look = { type: 'function', name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] } };
const patch = { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } };

const asking = (input: unknown, more: Record<string, unknown> = {}) => ({ model: 'gpt-5.4', input, ...more });
const user = (text: string) => ({ role: 'user', content: [{ type: 'input_text', text }] });
const said = (text: string) => `This is the sandbox, answering for gpt-5.4: no provider was called. You said: "${text}".`;
const typesOf = (stream: { data: { type: string } }[]): string[] => {
  const types = stream.map(({ data }) => data.type.replace('response.', ''));
  return types.filter((type, index) => type !== types[index - 1]);
};

describe('Responses', () => {
  it.each([
    ['a text', 'Hello'],
    ['items', [user('Hello')]],
    ['typed items', [{ type: 'message', ...user('Hello') }]],
  ])('answers %s', async (_, input) => {
    const answer = await json(PATH, asking(input));
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^resp_sandbox[0-9a-f]{24}[\w-]+$/),
      object: 'response',
      status: 'completed',
      error: null,
      incomplete_details: null,
      model: 'gpt-5.4',
      output: [
        {
          id: expect.stringMatching(/^msg_/),
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', annotations: [], logprobs: [], text: said('Hello') }],
        },
      ],
    });
    const { usage } = answer;
    expect(usage).toEqual({
      input_tokens: expect.any(Number),
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: expect.any(Number),
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input_tokens + usage.output_tokens,
    });
  });

  it('shows what the request said', async () => {
    const more = {
      instructions: 'Be brief.',
      tools: [look],
      metadata: { a: 'b' },
      max_output_tokens: 100,
      store: false,
      parallel_tool_calls: false,
    };
    const answer = await json(PATH, asking('Hello', more));
    expect(answer).toMatchObject(more);
    expect(answer.id).toMatch(/^resp_sandbox[0-9a-f]{24}$/);
  });

  it('numbers and names its events, and keeps its id', async () => {
    const stream = (await events(PATH, asking('Hello', { stream: true }))).events;
    expect(stream.map(({ data }) => data.sequence_number)).toEqual(stream.map((_, index) => index));
    expect(stream.every(({ event, data }) => event === data.type)).toBe(true);
    expect(new Set(stream.map(({ data }) => data.response?.id).filter(Boolean)).size).toBe(1);
    expect(typesOf(stream)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(stream[0]!.data.response).toMatchObject({ status: 'in_progress', output: [], usage: null });
    expect(stream[2]!.data).toMatchObject({ output_index: 0, item: { status: 'in_progress', content: [] } });
    expect(stream.at(-2)!.data.item).toEqual(stream.at(-1)!.data.response.output[0]);
  });

  it('streams reasoning, then calls of functions and of custom tools', async () => {
    const body = asking('sandbox:reasoning sandbox:tools=2', {
      stream: true,
      tools: [look, patch],
      include: ['reasoning.encrypted_content'],
    });
    const stream = (await events(PATH, body)).events;
    expect(typesOf(stream)).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'output_item.added',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ]);
    expect(stream.at(-1)!.data.response).toMatchObject({
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: expect.any(String) }], encrypted_content: expect.any(String) },
        {
          type: 'function_call',
          status: 'completed',
          name: 'look',
          arguments: '{"at":"sandbox"}',
          call_id: expect.stringMatching(/^call_/),
        },
        { type: 'custom_tool_call', status: 'completed', name: 'patch', input: 'sandbox', call_id: expect.stringMatching(/^call_/) },
      ],
      usage: { output_tokens_details: { reasoning_tokens: 17 } },
    });
  });

  it('encrypts reasoning only when asked', async () => {
    const answer = await json(PATH, asking('Hello', { reasoning: { effort: 'low', summary: 'auto' } }));
    expect(answer.output[0].type).toBe('reasoning');
    expect(answer.output[0]).not.toHaveProperty('encrypted_content');
    expect((await json(PATH, asking('Hello', { reasoning: { effort: 'none', summary: 'auto' } }))).output[0].type).toBe('message');
  });

  it('refuses', async () => {
    const stream = (await events(PATH, asking('sandbox:refusal', { stream: true }))).events;
    expect(typesOf(stream).slice(3, -1)).toEqual([
      'content_part.added',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
    ]);
    expect(stream.at(-1)!.data.response).toMatchObject({ status: 'completed', output: [{ content: [{ type: 'refusal' }] }] });
  });

  it('is incomplete at the token limit', async () => {
    const answer = await json(PATH, asking('Hello '.repeat(50), { max_output_tokens: 16 }));
    expect(answer).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
      usage: { output_tokens: 16 },
    });
    expect(typesOf((await events(PATH, asking('sandbox:length', { stream: true }))).events).at(-1)).toBe('incomplete');
  });

  it('fails with an event, then as a response', async () => {
    const stream = (await events(PATH, asking('sandbox:error=2', { stream: true }))).events;
    expect(stream.slice(-2).map(({ data }) => data)).toMatchObject([
      { type: 'error', error: { type: 'server_error', code: 'server_error', param: null } },
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error' } } },
    ]);
    expect(await json(PATH, asking('sandbox:error'))).toMatchObject({ object: 'response', status: 'failed', output: [] });
  });

  it('finds tools in the input, and in namespaces', async () => {
    const space = { type: 'namespace', name: 'eyes', description: '', tools: [look] };
    const input = [{ type: 'additional_tools', role: 'developer', tools: [space] }, user('sandbox:tool')];
    expect((await json(PATH, asking(input))).output).toMatchObject([{ type: 'function_call', name: 'look', namespace: 'eyes' }]);
  });

  it.each([
    ['required', 'required', 'look'],
    ['a function', { type: 'function', name: 'look' }, 'look'],
    ['a custom tool', { type: 'custom', name: 'patch' }, 'patch'],
    ['a list', { type: 'allowed_tools', mode: 'required', tools: [{ type: 'custom', name: 'patch' }] }, 'patch'],
    ['none', 'none', undefined],
  ])('heeds a tool_choice of %s', async (_, choice, name) => {
    const answer = await json(PATH, asking('Hello', { tools: [look, patch], tool_choice: choice }));
    expect(answer.output[0].name).toBe(name);
  });

  it.each(['function_call', 'custom_tool_call'])('ends with the output of a %s', async (type) => {
    const input = [user('sandbox:tool'), { type, call_id: 'x', name: 'look', arguments: '{}' }];
    const outputs = ['21 degrees', [{ type: 'input_text', text: '21 degrees' }]];
    for (const output of outputs) {
      const answer = await json(
        PATH,
        asking([...input, { type: `${type}_output`, call_id: 'x', output }], { tools: [look], tool_choice: 'required' }),
      );
      expect(answer.output[0].content[0].text).toContain('The tool answered: "21 degrees".');
    }
  });

  it('counts what an earlier turn has sent as cached', async () => {
    const input = [user('a'.repeat(8000)), { role: 'assistant', content: [{ type: 'output_text', text: 'b' }] }, user('Go on')];
    expect((await json(PATH, asking(input))).usage.input_tokens_details.cached_tokens).toBe(1920);
  });

  it('answers a compaction trigger with one compaction item', async () => {
    const input = [user('sandbox:tools=3'), { type: 'compaction_trigger' }];
    const compaction = { id: expect.stringMatching(/^cmp_/), type: 'compaction', encrypted_content: expect.any(String) };
    expect((await json(PATH, asking(input, { tools: [look] }))).output).toEqual([compaction]);
    const stream = (await events(PATH, asking(input, { stream: true }))).events;
    expect(typesOf(stream)).toEqual(['created', 'in_progress', 'output_item.added', 'output_item.done', 'completed']);
  });

  it.each([
    ['no model', { input: 'x' }, 'model'],
    ['no input', { model: 'x' }, 'input'],
    ['a small limit', asking('x', { max_output_tokens: 15 }), 'max_output_tokens'],
    ['an unknown answer to go on from', asking('x', { previous_response_id: 'resp_1' }), 'previous_response_id'],
  ])('refuses %s', async (_, body, param) => {
    const response = await call(PATH, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });
});

describe('stored responses', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const WISHES: [string, Record<string, unknown>][] = [
    ['Hello', {}],
    ['sandbox:tools=3', { tools: [look, patch] }],
    ['sandbox:reasoning sandbox:length sandbox:tokens=40', {}],
    ['sandbox:refusal sandbox:usage=7/5', {}],
    ['sandbox:no-usage', {}],
    ['Hello', { text: { format: { type: 'json_schema', name: 'x', schema: look.parameters } } }],
    ['Hello', { text: { format: { type: 'json_object' } } }],
    ['sandbox:tool sandbox:nonsense', {}],
    ['é😀 '.repeat(60), { max_output_tokens: 20 }],
  ];

  it.each(WISHES)('are shown again by their id: %s %j', async (text, more) => {
    const answer = await json(PATH, asking(text, more));
    expect(answer.id.length).toBeLessThanOrEqual(1200);
    const shown = await json(`${PATH}/${answer.id}`, undefined, 'GET');
    for (const name of ['id', 'object', 'status', 'created_at', 'model', 'output', 'usage', 'incomplete_details', 'error']) {
      expect(shown[name], name).toEqual(answer[name]);
    }
  });

  it('tell when they were too large for their id', async () => {
    const large = Array.from({ length: 1000 }, (_, index) => String.fromCodePoint(0x4e00 + ((index * 7919) % 20_000))).join('');
    const answer = await json(PATH, asking('Hello', { text: { format: { type: 'json_schema', name: 'x', schema: { const: large } } } }));
    expect(answer.id.length).toBeLessThan(300);
    const shown = await json(`${PATH}/${answer.id}`, undefined, 'GET');
    expect(shown).toMatchObject({ id: answer.id, status: 'completed', model: 'gpt-5.4' });
    expect(shown.output[0].content[0].text).toContain('too large for its id');
  });

  it('are not found under other ids', async () => {
    const { id } = await json(PATH, asking('Hello', { store: false }));
    for (const other of [id, 'resp_1', `${id}AAAA`, `${id}${'A'.repeat(2000)}`]) {
      const response = await call(`${PATH}/${other}`, undefined, 'GET');
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    }
  });

  it('are replayed as a stream, from any event on', async () => {
    const first = (await events(PATH, asking('Hello', { stream: true }))).events;
    const { id } = first[0]!.data.response;
    const again = eventsOf(await (await call(`${PATH}/${id}?stream=true`, undefined, 'GET')).text());
    expect(again.map(({ event }) => event)).toEqual(first.map(({ event }) => event));
    const rest = eventsOf(await (await call(`${PATH}/${id}?stream=true&starting_after=5`, undefined, 'GET')).text());
    expect(rest).toEqual(again.slice(6));
  });

  it('are queued in the background, then there', async () => {
    const queued = await json(PATH, asking('Hello', { background: true }));
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [], usage: null });
    const shown = await json(`${PATH}/${queued.id}`, undefined, 'GET');
    expect(shown).toMatchObject({ status: 'completed', background: true, output: [{ content: [{ text: said('Hello') }] }] });
  });

  it('take as long in the background as their stream would', async () => {
    const { id } = await json(PATH, asking('sandbox:pause=20s@0 sandbox:tokens=11 sandbox:delay=1s', { background: true }));
    const status = async () => (await json(`${PATH}/${id}`, undefined, 'GET')).status;
    expect(await status()).toBe('in_progress');
    vi.useFakeTimers({ now: Date.now() + 31_000, toFake: ['Date'] });
    expect(await status()).toBe('completed');
  });

  it('fail in the background', async () => {
    const queued = await json(PATH, asking('sandbox:error', { background: true }));
    expect(queued.status).toBe('queued');
    expect(await json(`${PATH}/${queued.id}`, undefined, 'GET')).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
  });

  it('stream in the background', async () => {
    const stream = (await events(PATH, asking('Hello', { background: true, stream: true }))).events;
    expect(typesOf(stream).slice(0, 4)).toEqual(['created', 'queued', 'in_progress', 'output_item.added']);
    expect(stream[0]!.data.response.status).toBe('queued');
  });

  it('are cancelled when they are made in the background, and deleted', async () => {
    const { id } = await json(PATH, asking('Hello sandbox:pause=20s@0', { background: true }));
    expect(await json(`${PATH}/${id}/cancel`, undefined)).toMatchObject({ id, status: 'cancelled', output: [] });
    expect(await json(`${PATH}/${id}?canceled=true`, undefined, 'GET')).toMatchObject({ id, status: 'cancelled', output: [] });
    const { id: over } = await json(PATH, asking('Hello', { background: true }));
    expect(await json(`${PATH}/${over}/cancel`, undefined)).toMatchObject({ id: over, status: 'completed' });
    expect(await json(`${PATH}/${over}/cancel?canceled=true`, undefined)).toMatchObject({ id: over, status: 'cancelled' });
    expect(await json(`${PATH}/${id}`, undefined, 'DELETE')).toEqual({ id, object: 'response', deleted: true });
    const { id: other } = await json(PATH, asking('Hello'));
    expect((await call(`${PATH}/${other}/cancel`, undefined)).status).toBe(400);
  });

  it('list what the user said', async () => {
    const { id } = await json(PATH, asking('Hello'));
    const list = await json(`${PATH}/${id}/input_items?limit=20`, undefined, 'GET');
    expect(list).toMatchObject({
      object: 'list',
      has_more: false,
      data: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
    });
    expect([list.first_id, list.last_id]).toEqual([list.data[0].id, list.data[0].id]);
  });

  it('are a part of the prompt of what goes on from them', async () => {
    const first = await json(PATH, asking('a'.repeat(8000)));
    const second = await json(PATH, asking('Go on', { previous_response_id: first.id }));
    expect(second.previous_response_id).toBe(first.id);
    expect(second.usage.input_tokens).toBeGreaterThan(first.usage.input_tokens);
    expect(second.usage.input_tokens_details.cached_tokens).toBe(1920);
  });
});

describe('compaction', () => {
  it('keeps what the user said', async () => {
    const input = [user('One'), { role: 'assistant', content: 'x' }, user('Two')];
    expect(await json(`${PATH}/compact`, asking(input))).toEqual({
      id: expect.stringMatching(/^resp_/),
      object: 'response.compaction',
      created_at: expect.any(Number),
      output: [
        { id: expect.any(String), type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'One' }] },
        { id: expect.any(String), type: 'message', status: 'completed', role: 'user', content: [{ type: 'input_text', text: 'Two' }] },
        { id: expect.stringMatching(/^cmp_/), type: 'compaction', encrypted_content: expect.any(String) },
      ],
      usage: expect.objectContaining({ input_tokens: expect.any(Number), total_tokens: expect.any(Number) }),
    });
  });

  it('fails as told', async () => {
    expect((await call(`${PATH}/compact`, asking('sandbox:status=503'))).status).toBe(503);
  });
});
