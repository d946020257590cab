import { describe, expect, it } from 'vitest';
import { messagesBridge } from '../../../../src/dialects/anthropic-messages/bridge';
import { isNewerThan, lineOf } from '../../../../src/dialects/anthropic-messages/features';
import { bodyOf, type Json, requestOf } from './support';

const OPUS = 'claude-opus-4-6';
const HAIKU = 'claude-haiku-4-5';

/** What this model is sent for a request that was written for a newer one. */
function sent(fields: Json, model = OPUS, headers: Record<string, string> = {}) {
  const request = messagesBridge(requestOf(bodyOf({ model: model.replace(/4-\d$/, '5-5'), ...fields }), headers)).request({
    model,
    moved: false,
  });
  return { ...request, json: JSON.parse(request.body) as Json };
}

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const system = (content: unknown, more: Json = {}) => ({ role: 'system', content, ...more });
const text = (said: string) => ({ type: 'text', text: said });
const reminder = (said: string) => text(`<system-reminder>\n${said}\n</system-reminder>`);

describe('a name', () => {
  it.each([
    ['claude-3-opus-20240229', false],
    ['claude-3-7-sonnet-latest', false],
    ['claude-opus-4-20250514', false],
    ['claude-opus-4-5-20251101', false],
    ['claude-opus-4-6', false],
    ['anthropic/claude-opus-4.6', false],
    ['claude-opus-4-7', true],
    ['claude-sonnet-5', true],
    ['claude-opus-5-5', true],
    ['claude-opus-latest', true],
    ['smart', true],
  ])('is for a newer model or not: %s', (model, isNewer) => {
    expect(isNewerThan(model, lineOf(OPUS)!)).toBe(isNewer);
  });

  it.each([OPUS, 'anthropic/claude-opus-4.6', 'claude-haiku-4-5-20251001', 'anthropic/claude-haiku-4.5'])(
    'is of a known line: %s',
    (model) => {
      expect(lineOf(model)).toBeDefined();
    },
  );

  it.each(['claude-opus-5-5', 'claude-opus-4-60', 'gpt-5'])('is of no known line: %s', (model) => {
    expect(lineOf(model)).toBeUndefined();
  });
});

describe('system turns', () => {
  it('go to the end of the user turn before them, and the leading ones to the system prompt', () => {
    const { json } = sent({
      system: [text('Be brief.')],
      messages: [
        system('First.'),
        user('Hello'),
        system([{ ...text('Environment'), cache_control: { type: 'ephemeral' } }]),
        assistant([{ type: 'tool_use', id: 't', name: 'f', input: {} }]),
        user([{ type: 'tool_result', tool_use_id: 't', content: 'ok' }]),
        system('Second.'),
      ],
    });
    expect(json.system).toEqual([text('Be brief.'), text('First.')]);
    expect(json.messages).toEqual([
      user([text('Hello'), { ...reminder('Environment'), cache_control: { type: 'ephemeral' } }]),
      assistant([{ type: 'tool_use', id: 't', name: 'f', input: {} }]),
      user([{ type: 'tool_result', tool_use_id: 't', content: 'ok' }, reminder('Second.')]),
    ]);
  });

  it('make a system prompt where there was none, or one that is a string', () => {
    const messages = [system('First.'), user('Hello')];
    expect(sent({ messages }).json.system).toEqual([text('First.')]);
    expect(sent({ messages, system: 'Be brief.' }).json.system).toEqual([text('Be brief.'), text('First.')]);
  });

  it('after an answer wait for the next user turn', () => {
    const messages = [user('a'), assistant('b'), system('Note.'), user('c')];
    expect(sent({ messages }).json.messages).toEqual([user('a'), assistant('b'), user([text('c'), reminder('Note.')])]);
    expect(sent({ messages: messages.slice(0, 3) }).json.messages).toEqual([user('a'), assistant('b'), user([reminder('Note.')])]);
  });

  it('that were for one turn only are gone after it', () => {
    const once = { clear_at: 'next_user_message' };
    const messages = [user('a'), system('Past.', once), assistant('b'), user('c'), system('Now.', once)];
    expect(sent({ messages }).json.messages).toEqual([user('a'), assistant('b'), user([text('c'), reminder('Now.')])]);
  });

  it('give the same text again when the conversation has grown', () => {
    const messages = [user('a'), system('Note.'), assistant('b')];
    const before = sent({ messages }).body;
    const after = sent({ messages: [...messages, user('c')] }).body;
    const upTo = before.indexOf('"role":"assistant"');
    expect(upTo).toBeGreaterThan(0);
    expect(after.slice(0, upTo)).toBe(before.slice(0, upTo));
  });

  it('that only turn effort give the last one to the whole request', () => {
    const messages = [
      user('a'),
      system([], { output_config: { effort: 'low' } }),
      assistant('b'),
      user('c'),
      system([], { output_config: { effort: 'xhigh' } }),
    ];
    const { json } = sent({ messages, output_config: { effort: 'medium', format: { type: 'json_schema', schema: {} } } });
    expect(json.messages).toEqual([user('a'), assistant('b'), user('c')]);
    expect(json.output_config).toEqual({ effort: 'high', format: { type: 'json_schema', schema: {} } });
  });

  it('that change tools are told to a model that cannot be given other ones', () => {
    const definition = { name: 'late', input_schema: { type: 'object' } };
    const { json } = sent({
      tools: [
        { name: 'a', input_schema: {} },
        { name: 'b', input_schema: {}, defer_loading: true },
        { name: 'c', input_schema: {}, defer_loading: true },
      ],
      messages: [
        user('x'),
        system([
          { type: 'tool_addition', tool: { type: 'tool_reference', name: 'b' } },
          { type: 'tool_addition', tool: { type: 'tool_definition', definition } },
          { type: 'tool_removal', tool: { type: 'tool_reference', name: 'a' } },
        ]),
      ],
    });
    expect(json.tools).toEqual([
      { name: 'a', input_schema: {} },
      { name: 'b', input_schema: {} },
      { name: 'c', input_schema: {}, defer_loading: true },
      definition,
    ]);
    expect(json.messages).toEqual([user([text('x'), reminder('The tool a is no longer available.')])]);
  });
});

describe('thinking', () => {
  it.each([
    [OPUS, { type: 'adaptive', display: 'omitted' }, { type: 'adaptive', display: 'omitted' }],
    [OPUS, { type: 'adaptive', display: 'updates', block_binding: {} }, { type: 'adaptive' }],
    [OPUS, { type: 'between_tools' }, { type: 'adaptive' }],
    [OPUS, { type: 'enabled', budget_tokens: 2_000 }, { type: 'enabled', budget_tokens: 2_000 }],
    [HAIKU, { type: 'adaptive', display: 'summarized' }, { type: 'enabled', budget_tokens: 16_384 }],
    [HAIKU, { type: 'enabled', budget_tokens: 100_000 }, { type: 'enabled', budget_tokens: 63_999 }],
    [OPUS, { type: 'enabled', budget_tokens: 64_000, display: 'omitted' }, { type: 'adaptive', display: 'omitted' }],
    [OPUS, { type: 'enabled', budget_tokens: 1_024 }, { type: 'enabled', budget_tokens: 1_024 }],
    [OPUS, { type: 'enabled', budget_tokens: 100 }, { type: 'adaptive' }],
    [HAIKU, { type: 'disabled' }, { type: 'disabled' }],
    [HAIKU, undefined, undefined],
  ])('is what %s can do of %j', (model, thinking, expected) => {
    expect(sent({ thinking, max_tokens: 64_000 }, model).json.thinking).toEqual(expected);
  });

  it('has a budget by effort, and never more than leaves room for the answer', () => {
    const budget = (effort: string | undefined, max_tokens: number) =>
      sent({ thinking: { type: 'adaptive' }, output_config: { effort }, max_tokens }, HAIKU).json.thinking;
    expect(budget('low', 64_000)).toEqual({ type: 'enabled', budget_tokens: 2_048 });
    expect(budget('max', 64_000)).toEqual({ type: 'enabled', budget_tokens: 31_999 });
    expect(budget(undefined, 4_096)).toEqual({ type: 'enabled', budget_tokens: 2_048 });
    expect(budget('high', 2_048)).toEqual({ type: 'enabled', budget_tokens: 1_024 });
    expect(budget('high', 2_047)).toBeUndefined();
  });

  it('with a budget that the answer has no room for is left to the model, or left out', () => {
    const thinking = { type: 'enabled', budget_tokens: 4_000 };
    expect(sent({ thinking, max_tokens: 1_024 }, 'claude-sonnet-4-6').json.thinking).toEqual({ type: 'adaptive' });
    expect(sent({ thinking, max_tokens: 1_024 }, HAIKU).json.thinking).toBeUndefined();
    expect(sent({ thinking, max_tokens: 1_025 }, HAIKU).json.thinking).toEqual({ type: 'enabled', budget_tokens: 1_024 });
  });

  it('is left out in a tool’s cycle that began without it', () => {
    const call = { type: 'tool_use', id: 't', name: 'f', input: {} };
    const cycle = (...blocks: Json[]) => [user('a'), assistant([...blocks, call]), user([{ type: 'tool_result', tool_use_id: 't' }])];
    const thinking = { type: 'adaptive' };
    const edits = { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] };
    const without = sent({ thinking, max_tokens: 8_192, messages: cycle(), context_management: edits }, HAIKU).json;
    expect(without.thinking).toBeUndefined();
    expect(without.context_management).toBeUndefined();
    const thought = { type: 'thinking', thinking: 'x', signature: 'y' };
    const beginning = sent({ thinking, max_tokens: 8_192, messages: cycle(thought), context_management: edits }, HAIKU).json;
    expect(beginning.thinking).toEqual({ type: 'enabled', budget_tokens: 4_096 });
    expect(beginning.context_management).toEqual(edits);
    const over = [...cycle(), assistant([text('x')]), user('b')];
    expect(sent({ thinking, max_tokens: 8_192, messages: over }, HAIKU).json.thinking).toEqual({ type: 'enabled', budget_tokens: 4_096 });
  });
});

describe('other features', () => {
  it('that only newer models know are left out', () => {
    const { json } = sent({
      safeguards: [{ type: 'dangerous_tool_use' }],
      fallbacks: 'default',
      metadata: { user_id: '{"device":"x"}' },
      cache_control: { type: 'ephemeral' },
      context_management: { edits: [{ type: 'compact_20260112' }, { type: 'clear_everything_20270101' }] },
      output_config: { effort: 'max', task_budget: { total: 1 } },
      tools: [{ type: 'computer_toolset_20260801' }, { type: 'web_search_20260209', name: 'web_search' }, { name: 'f', input_schema: {} }],
      messages: [{ ...user('a'), output_config: { effort: 'low' } }, assistant([{ type: 'fallback', model: 'x' }, text('b')]), user('c')],
    });
    expect(json).toEqual({
      model: OPUS,
      max_tokens: 1_024,
      metadata: { user_id: '{"device":"x"}' },
      cache_control: { type: 'ephemeral' },
      context_management: { edits: [{ type: 'compact_20260112' }] },
      output_config: { effort: 'low' },
      tools: [
        { type: 'web_search_20260209', name: 'web_search' },
        { name: 'f', input_schema: {} },
      ],
      messages: [user('a'), assistant([text('b')]), user('c')],
    });
  });

  it('that Haiku 4.5 lacks are left out', () => {
    const { json } = sent(
      {
        max_tokens: 128_000,
        output_config: { effort: 'high' },
        context_management: { edits: [{ type: 'compact_20260112' }, { type: 'clear_tool_uses_20250919' }] },
        tools: [
          { type: 'tool_search_tool_regex_20251119', name: 's' },
          { type: 'custom', name: 'f', input_schema: {}, defer_loading: true },
        ],
        messages: [user([{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'f' }] }])],
      },
      HAIKU,
    );
    expect(json).toEqual({
      model: HAIKU,
      max_tokens: 64_000,
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      tools: [{ type: 'custom', name: 'f', input_schema: {} }],
      messages: [user([{ type: 'tool_result', tool_use_id: 't', content: [text('The tool f is available.')] }])],
    });
  });

  it('that sum up a conversation stay with a model that reads them', () => {
    const summed = assistant([{ type: 'compaction', content: 'So far: hello.' }, text('b')]);
    expect(sent({ messages: [user('a'), summed, user('c')] }).json.messages).toEqual([user('a'), summed, user('c')]);
    const { json } = sent({ messages: [user('a'), summed, user('c')] }, HAIKU);
    expect(json.messages).toEqual([user('a'), assistant([text('b')]), user('c')]);
  });

  it('leave the bytes of all other turns as they were', () => {
    const turn = '{ "role":"assistant","content":[{"type":"thinking","thinking":"\\u00e9 1.0","signature":"a\\/b"}] }';
    const body = `{"model":"claude-opus-5-5","max_tokens":9000,"messages":[{"role":"user","content":"a"}, ${turn} ,{"role":"user","content":"b"}]}`;
    expect(messagesBridge(requestOf(body)).request({ model: OPUS, moved: false }).body).toBe(body.replace('claude-opus-5-5', OPUS));
  });
});

describe('betas', () => {
  const ASKED =
    'claude-code-20250219,interleaved-thinking-2025-05-14, context-management-2025-06-27,prompt-caching-scope-2026-01-05,effort-2025-11-24,' +
    'context-1m-2025-08-07,mid-conversation-system-2026-04-07,per-turn-control-2026-07-01,dangerous-tool-use-2026-09-03,undated';

  it('that came out after the model are left out', () => {
    expect(sent({}, OPUS, { 'anthropic-beta': ASKED }).headers).toEqual({
      'anthropic-beta':
        'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05,effort-2025-11-24,context-1m-2025-08-07',
    });
  });

  it('that the model refuses are left out, and the header with the last of them', () => {
    expect(sent({}, HAIKU, { 'anthropic-beta': ASKED }).headers).toEqual({
      'anthropic-beta':
        'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05',
    });
    expect(sent({}, HAIKU, { 'anthropic-beta': 'effort-2025-11-24', 'anthropic-version': '2026-10-21' }).headers).toEqual({
      'anthropic-version': '2026-10-21',
    });
  });
});
