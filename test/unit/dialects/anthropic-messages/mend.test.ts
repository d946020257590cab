import { describe, expect, it } from 'vitest';
import { messagesBridge } from '../../../../src/dialects/anthropic-messages/bridge';
import { bodyOf, type Json, requestOf } from './support';

const OPUS = 'claude-opus-4-6';
const HAIKU = 'claude-haiku-4-5';
const UNKNOWN = 'some-model';

const BUDGET =
  '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking';
const SAMPLING = '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
const PREFILL = 'This model does not support assistant message prefill. The conversation must end with a user message.';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const text = (said: string) => ({ type: 'text', text: said });

/** What the model is sent the second time; undefined where it is not asked again. */
function again(message: string, fields: Json, model = OPUS, headers: Record<string, string> = {}): Json | undefined {
  const bridge = messagesBridge(requestOf(bodyOf({ model, ...fields }), headers)).repaired!(message);
  return bridge && (JSON.parse(bridge.request({ model, moved: false }).body) as Json);
}

describe('a refused budget for thinking', () => {
  const thinking = { type: 'enabled', budget_tokens: 4_000 };

  it.each([
    [OPUS, 1_024, { type: 'adaptive' }],
    ['anthropic/claude-sonnet-4.6', 2_000, { type: 'adaptive' }],
    [HAIKU, 2_000, { type: 'enabled', budget_tokens: 1_999 }],
    [HAIKU, 1_024, undefined],
    [UNKNOWN, 2_000, { type: 'enabled', budget_tokens: 1_999 }],
    [UNKNOWN, 1_000, undefined],
  ])('is left to %s, cut, or left out: of %i tokens', (model, max_tokens, expected) => {
    const sent = again(BUDGET, { thinking, max_tokens }, model);
    expect(sent).toBeDefined();
    expect(sent!.thinking).toEqual(expected);
    expect(sent!.max_tokens).toBe(max_tokens);
  });

  it('that is too small is as large as it has to be', () => {
    const small = { type: 'enabled', budget_tokens: 100 };
    const message = 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
    expect(again(message, { thinking: small, max_tokens: 8_000 }, HAIKU)!.thinking).toEqual({ type: 'enabled', budget_tokens: 1_024 });
  });

  it('takes along the edits that need thinking, and no others', () => {
    const clears = { type: 'clear_thinking_20251015', keep: 'all' };
    const others = { type: 'clear_tool_uses_20250919' };
    const left = (...edits: Json[]) => again(BUDGET, { thinking, context_management: { edits } }, HAIKU)!.context_management;
    expect(left(clears, others)).toEqual({ edits: [others] });
    expect(left(clears)).toBeUndefined();
  });

  it('that would fit, or is none, is not what was refused', () => {
    expect(again(BUDGET, { thinking, max_tokens: 4_001 })).toBeUndefined();
    expect(again(BUDGET, { thinking: { type: 'adaptive' } })).toBeUndefined();
    expect(again(BUDGET, {})).toBeUndefined();
  });
});

describe('ids of calls that another model has given', () => {
  const PATTERN = "String should match pattern '^[a-zA-Z0-9_-]+$'";
  const turns = (id: string) => [
    user('Hi'),
    assistant([text('functions.look:0'), { type: 'tool_use', id, name: 'look', input: { id: 'a.b' } }]),
    user([{ type: 'tool_result', tool_use_id: id, content: 'Seen.' }]),
  ];

  it.each(['messages.1.content.1.tool_use.id', 'messages.2.content.0.tool_result.tool_use_id'])('are as they may be: %s', (place) => {
    for (const model of [OPUS, UNKNOWN])
      expect(again(`${place}: ${PATTERN}`, { messages: turns('functions.look:0') }, model)!.messages).toEqual(turns('functions_look_0'));
    expect(again(`${place}: ${PATTERN}`, { messages: turns('toolu_1-a') })).toBeUndefined();
  });
});

describe('texts in which nothing is said', () => {
  const EMPTY = 'messages: text content blocks must be non-empty';
  const call = { type: 'tool_use', id: 't', name: 'f', input: { text: '' } };
  const result = (content: unknown) => ({ type: 'tool_result', tool_use_id: 't', content });
  const thought = { type: 'thinking', thinking: 'x', signature: 'y' };

  it.each([
    EMPTY,
    'messages: text content blocks must contain non-whitespace text',
    'messages.3: all messages must have non-empty content except for the optional final assistant message',
    'messages.1.content.0.text: cache_control cannot be set for empty text blocks',
  ])('are left out, and turns of which nothing else is left: %s', (message) => {
    const marked = { ...text(''), cache_control: { type: 'ephemeral' } };
    const messages = [
      user([text('Hi'), marked]),
      assistant([text(' \n'), call]),
      user([result([text(''), text('Seen.')])]),
      assistant([thought, text('')]),
      user('  '),
      assistant(''),
      user('Go on.'),
    ];
    for (const model of [OPUS, UNKNOWN]) {
      const sent = again(message, { system: [text('')], messages }, model)!;
      expect([sent.system, sent.messages]).toEqual([
        undefined,
        [user([text('Hi')]), assistant([call]), user([result([text('Seen.')])]), user('Go on.')],
      ]);
    }
  });

  it('are the caller’s where nothing else is asked', () => {
    expect(again(EMPTY, { messages: [user([text('')])] })).toBeUndefined();
    expect(again(EMPTY, { messages: [user('Hi'), assistant([thought]), user(' ')] })).toBeUndefined();
  });
});

it.each([
  ['{ ', '{'],
  [
    [text('a '), text('b\n')],
    [text('a '), text('b')],
  ],
])('an answer that the client has begun goes on without the space at its end: %j', (begun, left) => {
  const message = 'messages: final assistant content cannot end with trailing whitespace';
  const turns = (content: unknown) => [user('Hi '), assistant('So '), user('JSON '), assistant(content)];
  expect(again(message, { messages: turns(begun) }, HAIKU)!.messages).toEqual(turns(left));
  expect(again(message, { messages: turns(left) }, HAIKU)).toBeUndefined();
});

describe('what Anthropic alone knows of a request', () => {
  const call = { type: 'tool_use', id: 't', name: 'f', input: { caller: 'x', scope: 'y' } };
  const known = {
    system: [{ ...text('Be brief.'), cache_control: { type: 'ephemeral' } }],
    thinking: { type: 'adaptive' },
    tools: [{ name: 'f', input_schema: { type: 'object', properties: { defer_loading: {} } } }],
    messages: [user('Hi'), assistant([{ type: 'thinking', thinking: 'x', signature: 'y' }, call]), user('Go on.')],
  };
  const asked = {
    system: [{ ...text('Be brief.'), cache_control: { type: 'ephemeral', scope: 'global' } }],
    thinking: { type: 'adaptive', display: 'summarized' },
    tools: [{ ...known.tools[0], defer_loading: true, input_examples: [{}], allowed_callers: ['direct'] }],
    messages: [
      user('Hi'),
      { role: 'system', content: [], output_config: { effort: 'low' } },
      assistant([
        { type: 'thinking', thinking: 'x', signature: 'y', cache_control: { type: 'ephemeral' } },
        { ...call, caller: { type: 'direct' } },
      ]),
      { ...user('Go on.'), output_config: { effort: 'high' } },
    ],
    context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
    output_config: { effort: 'low' },
  };

  it.each([
    'context_management: Extra inputs are not permitted',
    'tools.0.custom.defer_loading: Extra inputs are not permitted',
    'messages.2.output_config: Extra inputs are not permitted',
  ])('is left out, all at once: %s', (message) => {
    expect(again(message, asked, UNKNOWN)).toEqual(again(message, { ...known, safeguards: {} }, UNKNOWN));
    expect(again(message, asked, UNKNOWN)).toMatchObject(known);
    expect(again(message, asked, UNKNOWN)).not.toHaveProperty('output_config');
    expect(again(message, known, UNKNOWN)).toBeUndefined();
  });

  it('does not include the form of an answer', () => {
    const format = { type: 'json_schema', schema: { effort: 1 } };
    const sent = again('output_config.effort: Extra inputs are not permitted', { output_config: { effort: 'low', format } }, UNKNOWN)!;
    expect(sent.output_config).toEqual({ format });
  });
});

it('betas that are refused are left out, and what they are for', () => {
  const message =
    'Unexpected value(s) `prompt-caching-scope-2026-01-05`, `context-management-2025-06-27` for the `anthropic-beta` header. Please consult our documentation at docs.anthropic.com or try again without the header.';
  const sent = (betas: string, fields: Json = {}) => {
    const headers = { 'anthropic-beta': betas };
    const bridge = messagesBridge(requestOf(bodyOf({ model: OPUS, ...fields }), headers)).repaired!(message);
    const asked = bridge?.request({ model: OPUS, moved: false });
    return asked && { betas: asked.headers?.['anthropic-beta'], body: JSON.parse(asked.body) as Json };
  };
  const both = 'prompt-caching-scope-2026-01-05, context-management-2025-06-27';
  const kept = sent(`claude-code-20250219,${both}`, { context_management: { edits: [] } })!;
  expect(kept.betas).toBe('claude-code-20250219');
  expect(kept.body).not.toHaveProperty('context_management');
  expect(sent(both)).toMatchObject({ betas: undefined });
  expect(sent('claude-code-20250219')).toBeUndefined();
});

it('marks for a cache say no time where that is not known, and what a tool is given stays as it is', () => {
  const mark = (time?: string) => ({ cache_control: { type: 'ephemeral', ...(time && { ttl: time }) } });
  const fields = (time?: string) => ({
    ...mark(time),
    system: [{ ...text('Be brief.'), ...mark(time) }],
    tools: [{ name: 'f', input_schema: { type: 'object', properties: mark('1h') }, ...mark(time) }],
    messages: [
      user([{ ...text('Hi'), ...mark(time) }]),
      assistant([{ type: 'tool_use', id: 't', name: 'f', input: mark('1h'), ...mark(time) }]),
      user([{ type: 'tool_result', tool_use_id: 't', content: [{ ...text('x'), ...mark(time) }], ...mark(time) }]),
    ],
  });
  const sent = again('`cache_control.ttl: 1h` is not supported', fields('1h'), UNKNOWN);
  expect(sent).toMatchObject(fields());
  expect(JSON.stringify(sent).match(/"ttl"/g)).toHaveLength(2);
  expect(again('`cache_control.ttl: 1h` is not supported', fields(), UNKNOWN)).toBeUndefined();
});

describe('calls of tools and their results', () => {
  const call = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} });
  const result = (id: string, content?: unknown) => ({ type: 'tool_result', tool_use_id: id, ...(content !== undefined && { content }) });
  const lost = (id: string) => ({ ...result(id, 'No result was given.'), is_error: true });
  const alone = (said = '') => text(`The result of a tool that was called earlier:${said}`);
  const LOST =
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
  const ALONE =
    'messages.98.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.';
  const TWICE = 'messages.2.content.1: each tool_use must have a single result. Found multiple `tool_result` blocks with id: a';
  const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };

  it.each([LOST, ALONE, TWICE])('are pairs, one behind the other, where one of them is lost: %s', (message) => {
    const messages = [
      user([result('gone', [text('x'), picture, { type: 'tool_reference', tool_name: 'f' }]), result('empty'), text('Hi')]),
      assistant([text('So.'), call('a'), call('b')]),
      user([text('Stop'), result('b', 'y')]),
      user([result('b', 'again')]),
      assistant([call('c')]),
      user('Go on'),
      assistant([call('d')]),
      assistant('Well.'),
      user([result('d', 'late')]),
      assistant([call('e')]),
    ];
    expect(again(message, { messages }, UNKNOWN)!.messages).toEqual([
      user([alone(), text('x'), picture, text('Hi')]),
      messages[1],
      user([lost('a'), result('b', 'y'), text('Stop')]),
      user([alone('\nagain')]),
      messages[4],
      user([lost('c'), text('Go on')]),
      messages[6],
      user([lost('d')]),
      messages[7],
      user([alone('\nlate')]),
      messages[9],
      user([lost('e')]),
    ]);
  });

  it('stay as they are where all is there', () => {
    const messages = [user('Hi'), assistant([call('a'), call('b')]), user([result('b', 'y')]), user([result('a'), text('And?')])];
    expect(again(LOST, { messages }, UNKNOWN)).toBeUndefined();
  });
});

describe('marks for a cache', () => {
  const MARKS = 'A maximum of 4 blocks with cache_control may be provided. Found 6.';
  const marked = <T extends object>(block: T) => ({ ...block, cache_control: { type: 'ephemeral' } });
  const tool = { name: 'f', input_schema: { type: 'object', properties: { cache_control: {} } } };
  const result = (content: unknown) => ({ type: 'tool_result', tool_use_id: 't', content });

  it('are four where there are too many: those that reach furthest', () => {
    const conversation = (...[first, inner]: Json[]) => [
      user([first]),
      user([marked(result([inner]))]),
      assistant([marked(text('a'))]),
      user([marked(text('b'))]),
    ];
    const given = {
      messages: conversation(marked(text('Hi')), marked(text('x'))),
      system: [marked(text('Be brief.'))],
      tools: [tool, marked(tool)],
      ...marked({}),
    };
    expect(again(MARKS, given)).toEqual({
      ...(JSON.parse(bodyOf({ model: OPUS })) as Json),
      messages: conversation(text('Hi'), text('x')),
      system: [text('Be brief.')],
      tools: [tool, tool],
      ...marked({}),
    });
  });

  it('stay where there are no more than there may be', () => {
    const given = { messages: [user([marked(text('a')), marked(text('b'))])], system: [marked(text('c'))], tools: [marked(tool)] };
    expect(again(MARKS, given)).toBeUndefined();
    expect(again(MARKS, { ...given, cache_control: null })).toBeUndefined();
  });
});

describe('temperature and top_p together', () => {
  it.each([OPUS, HAIKU, UNKNOWN])('go to %s without the second', (model) => {
    const sent = again(SAMPLING, { temperature: 0.5, top_p: 0.9, top_k: 3 }, model)!;
    expect([sent.temperature, sent.top_p, sent.top_k]).toEqual([0.5, undefined, 3]);
  });

  it('are not what was refused where there is one of them', () => {
    expect(again(SAMPLING, { top_p: 0.9 })).toBeUndefined();
    expect(again('temperature: range: 0..1', { temperature: 2, top_p: 0.9 })).toBeUndefined();
  });
});

describe('the beginning of an answer', () => {
  it.each([
    ['{"name":', '{"name":'],
    [[text('{"na'), text('me":')], '{"name":'],
    [[{ type: 'thinking', thinking: 'x', signature: 'y' }, text('{')], '{'],
  ])('becomes a request to go on from it: %j', (content, begun) => {
    const messages = again(PREFILL, { messages: [user('JSON, please.'), assistant(content)] })!.messages as Json[];
    expect(messages).toEqual([user('JSON, please.'), user(expect.stringContaining(`<begun>${begun}</begun>`))]);
    expect(messages[1]!.content).toMatch(/^Your answer has begun already.*repeat nothing of it/s);
  });

  it('is no call of a tool, and nothing that a user has said', () => {
    const call = { type: 'tool_use', id: 't', name: 'f', input: {} };
    expect(again(PREFILL, { messages: [user('a'), assistant([text('b'), call])] })).toBeUndefined();
    expect(again(PREFILL, { messages: [user('a'), assistant('b'), user('c')] })).toBeUndefined();
  });
});

describe('a request that would be refused for several things', () => {
  const fields = {
    thinking: { type: 'enabled', budget_tokens: 4_000 },
    temperature: 1,
    top_p: 0.9,
    messages: [user('a'), assistant('{')],
  };
  const asSent = (sent: Json | undefined) => [sent?.thinking, sent?.top_p, (sent?.messages as Json[] | undefined)?.map(({ role }) => role)];

  it.each([BUDGET, SAMPLING, PREFILL])('is mended in all that the model is known to refuse: %s', (message) => {
    expect(asSent(again(message, fields))).toEqual([{ type: 'adaptive' }, undefined, ['user', 'user']]);
    expect(asSent(again(message.replace(PREFILL, SAMPLING), fields, HAIKU))).toEqual([undefined, undefined, ['user', 'assistant']]);
  });

  it('keeps a budget that interleaved thinking allows', () => {
    const headers = { 'anthropic-beta': 'interleaved-thinking-2025-05-14' };
    expect(again(SAMPLING, fields, OPUS, headers)!.thinking).toEqual(fields.thinking);
  });

  it('is mended in what was named alone where nothing is known of the model', () => {
    expect(asSent(again(SAMPLING, fields, UNKNOWN))).toEqual([fields.thinking, undefined, ['user', 'assistant']]);
  });

  it('is mended once', () => {
    const bridge = messagesBridge(requestOf(bodyOf(fields))).repaired!(BUDGET);
    expect(bridge?.repaired?.(SAMPLING)).toBeUndefined();
  });
});

describe('pictures that are too large', () => {
  const PIXELS = 'messages.2.content.0.image.source.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels';
  const MANY = PIXELS.replace('size: 8000', 'size for many-image requests: 2000');
  const BYTES = 'messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 6134604 bytes > 5242880 bytes';
  const png = (width: number, chars = 0, more = {}) => {
    const head = new Uint8Array(24);
    head.set(new TextEncoder().encode('_PNG'));
    new DataView(head.buffer).setUint32(16, width);
    return { type: 'image', source: { type: 'base64', media_type: 'image/png', data: head.toBase64().padEnd(chars, 'A') }, ...more };
  };
  const result = (...content: object[]) => ({ type: 'tool_result', tool_use_id: 't', content });
  const left = (limit: string) => ({ ...text(`[A picture was left out here: it is larger than the model takes, which is ${limit}.]`) });
  const mended = (message: string, ...messages: object[]) => again(message, { messages })?.messages;

  it('are left out, with a note, where a tool has shown them or they were sent before', () => {
    const [small, large] = [png(1_500), png(8_001, 0, { cache_control: { type: 'ephemeral' } })];
    const note = { ...left('8000 pixels a side'), cache_control: { type: 'ephemeral' } };
    const said = (one: object, last: object) => [user([small, one]), assistant('Yes.'), user([result(small, one), last])];
    expect(mended(PIXELS, ...said(large, text('And?')))).toEqual(said(note, text('And?')));
    expect(mended(MANY, user([png(2_001)]), user([result(png(2_000))]))).toEqual([
      user([left('2000 pixels a side')]),
      user([result(png(2_000))]),
    ]);
    const heavy = png(10, 5_242_884);
    expect(mended(BYTES, user([result(heavy)]))).toEqual([user([result(left('5242880 bytes in base64'))])]);
  });

  it('stay where the user has just sent them', () => {
    expect(mended(PIXELS, user([png(8_001)]))).toBeUndefined();
    expect(mended(PIXELS, user([result({ type: 'image', source: { type: 'url', url: 'https://a.test/b.png' } })]))).toBeUndefined();
    expect(mended(PIXELS, user([result(png(8_000), { type: 'image', source: { data: '?' } })]))).toBeUndefined();
  });
});
