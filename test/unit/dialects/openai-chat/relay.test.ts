import { describe, expect, it } from 'vitest';
import { eventData, splitEvents } from '../../../../src/core/sse';
import { NO_USAGE } from '../../../../src/core/usage';
import { ChatStream } from '../../../../src/dialects/openai-chat/stream';
import type { Receipt, StreamRelay } from '../../../../src/dialects/types';

const paid: Receipt = { requestId: 'req_x', usage: NO_USAGE, reported: { prompt_tokens: 1, completion_tokens: 1 }, creditsUsed: 0.5 };
const CALL = {
  model: 'm',
  body: '{}',
  stream: true,
  choices: 1,
  maxOutputTokens: undefined,
  estimatedInputTokens: 1,
  worstInputTokens: 1,
  includeUsage: false,
};

/** An event with its JSON spread over several lines, as the SSE standard allows. */
const spread = (json: unknown): string => `${JSON.stringify(json, null, 1).replace(/^/gm, 'data: ')}\n\n`;

const choices = (delta: object, finish_reason: string | null = null) => [{ index: 0, delta, finish_reason }];

describe('an event with its JSON over several lines', () => {
  it('is JSON still where something in it is changed', () => {
    const relay = new ChatStream(CALL, 'req_x').relay();
    const content = 'a\nb';
    const out =
      relay.push(spread({ id: 'c', choices: choices({ content }), usage: { prompt_tokens: 1 } })) +
      relay.push(spread({ id: 'other', choices: choices({ content }) })) +
      relay.push(spread({ id: 'c', choices: choices({}, 'stop') })) +
      relay.close(paid);
    const events = splitEvents(out).map((event) => eventData(event)!);
    expect(events.pop()).toBe('[DONE]');
    expect(events.map((data) => JSON.parse(data) as unknown)).toMatchObject([
      { id: 'c', choices: choices({ content }) },
      { choices: choices({ content }) },
      { id: 'c', choices: choices({}, 'stop'), usage: { creditsUsed: 0.5 } },
    ]);
  });
});

it('usage that is null goes to those alone who asked for usage', () => {
  const said = (content: string) => ({ id: 'c', choices: choices({ content }) });
  const quoted = said('{"a":1,"usage":null}');
  const events = [
    { ...said('a'), usage: null },
    { usage: null, ...said('b') },
    { ...quoted, usage: null, obfuscation: 'x' },
    { ...said('c'), usage: { prompt_tokens: 1 } },
    { id: 'c', choices: choices({}, 'stop'), usage: null },
  ];
  const heard = (includeUsage: boolean): unknown[] => {
    const relay = relayOf({ includeUsage });
    return chunksOf(events.map((json) => relay.push(event(json))).join('') + relay.close(paid));
  };
  const end = { id: 'c', choices: choices({}, 'stop'), usage: { prompt_tokens: 1, completion_tokens: 1, creditsUsed: 0.5 } };
  expect(heard(false)).toEqual([said('a'), said('b'), { ...quoted, obfuscation: 'x' }, said('c'), end]);
  expect(heard(true).slice(0, 5)).toEqual(events.map((json) => ({ ...json, usage: null })));
});

it('an event that holds nothing is none', () => {
  const relay = new ChatStream(CALL, 'req_x').relay();
  const said = `data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n`;
  expect(relay.push(`${said}data: null\n\n`) + relay.push(`data: null\n\n${said}`)).toBe(said + said);
  expect(relay.failure).toBeUndefined();
});

/** The events of a stream's output as JSON, without the end mark. */
const chunksOf = (out: string): Record<string, unknown>[] =>
  splitEvents(out)
    .map((event) => eventData(event)!)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Record<string, unknown>);

const DONE = 'data: [DONE]\n\n';
const event = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null, index = 0): string =>
  event({ id: 'c', choices: [{ index, delta, finish_reason }] });

const relayOf = (more: Partial<typeof CALL> = {}) => new ChatStream({ ...CALL, ...more }, 'req_x').relay();

describe('parallel tool calls', () => {
  type Delta = { index?: number; id?: string; function: { name?: string; arguments?: string } };
  const named = (id: string, args: string, index?: number): Delta => ({
    ...(index !== undefined && { index }),
    id,
    function: { name: 'look', arguments: args },
  });
  const more = (args: string, index?: number): Delta => ({ ...(index !== undefined && { index }), function: { arguments: args } });

  /** Tool calls as a client that goes by the index alone puts them together. */
  function callsOf(out: string): { id: string | undefined; args: string }[] {
    const calls: { id: string | undefined; args: string }[] = [];
    for (const { choices: list } of chunksOf(out))
      for (const { delta } of list as { delta: { tool_calls?: Delta[] } }[])
        for (const { index, id, function: called } of delta.tool_calls ?? []) {
          calls[index!] ??= { id, args: '' };
          calls[index!]!.args += called.arguments ?? '';
        }
    return calls;
  }

  const CASES: Record<string, Delta[][]> = {
    'under one number': [[named('a1', '{"x"', 0)], [more(':1}', 0)], [named('a2', '{"y"', 0)], [more(':2}', 0)]],
    'without numbers': [[named('a1', '{"x"')], [more(':1}')], [named('a2', '{"y":2}')]],
    'whole, under one number': [[named('a1', '{"x":1}', 0)], [named('a2', '{"y":2}', 0)]],
    'in one chunk': [[named('a1', '{"x":1}', 0), named('a2', '{"y":2}', 0)]],
    'whose pieces alone have no number': [[named('a1', '{"x"', 0)], [more(':1}')], [named('a2', '{"y"', 1)], [more(':2}')]],
    'numbered from one': [[named('a1', '{"x"', 1)], [named('a2', '{"y":2}', 2)], [more(':1}', 1)]],
  };

  it.each(Object.entries(CASES))('are told apart by their numbers: %s', (_, deltas) => {
    const events = deltas.map((tool_calls) => chunk({ tool_calls }));
    for (const pushes of [events, [events.join('')]]) {
      const relay = relayOf();
      const out = pushes.map((text) => relay.push(text)).join('') + relay.push(chunk({}, 'tool_calls')) + relay.close(paid);
      expect(callsOf(out)).toEqual([
        { id: 'a1', args: '{"x":1}' },
        { id: 'a2', args: '{"y":2}' },
      ]);
    }
  });

  it('have an id of their own, which is a text, where an upstream gives them none', () => {
    const relay = relayOf();
    const deltas = [
      [{ ...more('{"x"', 0), function: { name: 'look', arguments: '{"x"' } }],
      [more(':1}', 0), { ...named('', '{"y"', 1), id: null }],
      [more(':2}', 1)],
      [{ ...named('', '{}', 2), id: 7 }],
      [{ ...more('', 2), id: 7 }],
    ];
    const out =
      deltas.map((tool_calls) => relay.push(chunk({ tool_calls }))).join('') + relay.push(chunk({}, 'tool_calls')) + relay.close(paid);
    const calls = callsOf(out);
    expect(calls.map(({ args }) => args)).toEqual(['{"x":1}', '{"y":2}', '{}']);
    expect(calls.map(({ id }) => id)).toEqual([expect.stringMatching(/^call_\w{24}$/), expect.stringMatching(/^call_\w{24}$/), '7']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(out).not.toContain('"id":7');
  });

  it('keep every byte where they are numbered as they should be', () => {
    const odd = (call: string) => `data: {"id":"c", "choices":[{"index":0,"delta":{"tool_calls":[ ${call} ]},"x":1.0}]}\n\n`;
    const events = [
      odd('{"index":0, "id":"a1","function":{"name":"look","arguments":"{\\"name\\":\\"\\u00e9"}}'),
      odd('{"index":0 ,"function":{"arguments":"\\"}"}}'),
      odd('{"index":1,"id":"a2","function":{"name":"look","arguments":""}}'),
      odd('{"function":{"arguments":"{}"},"index":1}'),
    ];
    const relay = relayOf();
    expect(events.map((text) => relay.push(text))).toEqual(events);
  });

  it.each([
    [',"index": 0', '', ',"index": 1', ''],
    ['', '', '', ',"index":1'],
  ])('keep every byte but the number where that is wrong: %j', (before, behind, beforeThen, behindThen) => {
    const odd = (first: string, last: string) =>
      `data: {"id":"c","choices":[{"index":0, "delta":{"tool_calls":[ {"id":"a2"${first}, "function":{"name":"look","arguments":"\\u00e9"}${last}} ]} }],"x":1.0}\n\n`;
    const relay = relayOf();
    relay.push(chunk({ tool_calls: [named('a1', '{}', 0)] }));
    expect(relay.push(odd(before, behind))).toBe(odd(beforeThen, behindThen));
  });

  it('are what their choice ends in, where an upstream says that it stopped', () => {
    const relay = relayOf({ choices: 2 });
    const out =
      relay.push(chunk({ tool_calls: [named('a1', '{}', 0)] })) +
      relay.push(chunk({ content: 'Hi' }, null, 1)) +
      relay.push(chunk({}, 'stop') + chunk({}, 'stop', 1)) +
      relay.close(paid);
    const ends = chunksOf(out).flatMap(({ choices: list }) => list as { index: number; finish_reason: string | null }[]);
    expect(ends.filter(({ finish_reason }) => finish_reason !== null)).toMatchObject([
      { index: 0, finish_reason: 'tool_calls' },
      { index: 1, finish_reason: 'stop' },
    ]);
    const whole = relayOf();
    const last = whole.push(chunk({ tool_calls: [named('a1', '{}', 0)] }, 'stop')) + whole.close(paid);
    expect(chunksOf(last)).toMatchObject([{ choices: [{ finish_reason: 'tool_calls' }] }]);
  });

  it('are numbered for each choice apart', () => {
    const relay = relayOf({ choices: 2 });
    const out = [0, 1].map((index) => relay.push(chunk({ tool_calls: [named(`a${index}`, '{}', 0)] }, null, index))).join('');
    const numbers = chunksOf(out).map(({ choices: list }) => (list as { delta: { tool_calls: Delta[] } }[])[0]!.delta.tool_calls[0]!.index);
    expect(numbers).toEqual([0, 0]);
  });
});

describe('a chunk that tells of a failure', () => {
  const FAILED: Record<string, object> = {
    'at its top': { error: { message: 'boom' }, choices: [] },
    'at its top, as text': { error: 'boom', choices: [{ index: 0, delta: {}, finish_reason: null }] },
    'by how a choice ends': { choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] },
    'by how a choice ends, in other words': { choices: [{ index: 0, delta: {}, finish_reason: 'network_error' }] },
    'by an error of a choice': { choices: [{ index: 0, delta: {}, finish_reason: null, error: { code: 502, message: 'boom' } }] },
  };

  it.each(Object.entries(FAILED))('is no end of an answer: %s', (_, failed) => {
    const first = relayOf();
    expect(first.push(event(failed))).toBe('');
    expect(first).toMatchObject({ hasContent: false, complete: false, failure: { error: failed } });
    const second = relayOf();
    const text = chunk({ content: 'Half' });
    expect(second.push(text + event(failed))).toBe(text);
    expect(second).toMatchObject({ hasContent: true, complete: false, failure: { error: failed } });
    const third = relayOf();
    expect([text, event(failed)].map((each) => third.push(each))).toEqual([text, '']);
    expect(third.failure).toEqual({ error: failed });
  });
});

describe('the end of an answer', () => {
  /** How each choice ended, as a client sees it that takes the last reason for the right one. */
  function endsOf(out: string): Record<number, string> {
    const ends: Record<number, string> = {};
    for (const { choices: list } of chunksOf(out))
      for (const { index, finish_reason } of list as { index: number; finish_reason?: string | null }[])
        if (finish_reason) ends[index] = finish_reason;
    return ends;
  }
  const FILTERED = event({ id: 'c', choices: [{ index: 0, finish_reason: null, content_filter_results: {} }] });

  it.each([
    ['an empty choice', FILTERED],
    ['a choice without a number', event({ id: 'c', choices: [{ delta: {}, finish_reason: null }] })],
    ['more text', chunk({ content: ' more' })],
    ['several', FILTERED + chunk({ content: ' more' }) + FILTERED],
  ])('is the last that is said of it, whatever follows: %s', (_, late) => {
    for (const finish_reason of ['tool_calls', 'length']) {
      const relay = relayOf();
      const out = relay.push(chunk({ content: 'A' }) + chunk({}, finish_reason) + late + DONE) + relay.close(paid);
      expect(relay).toMatchObject({ complete: true, ended: true });
      expect(chunksOf(out).at(-1)).toMatchObject({ choices: [{ finish_reason }], usage: { creditsUsed: 0.5 } });
      expect(chunksOf(out)).toHaveLength(2 + splitEvents(late).length);
    }
  });

  it('is made up for the choices alone that have none', () => {
    const call = { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } }] };
    const relay = relayOf({ choices: 3 });
    const out =
      relay.push(chunk({ content: 'A' }) + chunk({}, 'length') + chunk(call, null, 1) + chunk({ content: 'C' }, null, 2) + DONE) +
      relay.close(paid);
    expect(endsOf(out)).toEqual({ 0: 'length', 1: 'tool_calls', 2: 'stop' });
  });

  it('is made up before the usage for those who asked for a chunk of it', () => {
    const relay = relayOf({ includeUsage: true });
    const out = relay.push(chunk({ content: 'A' }) + DONE) + relay.close(paid);
    expect(chunksOf(out)).toMatchObject([
      { choices: choices({ content: 'A' }) },
      { choices: choices({}, 'stop'), usage: null },
      { choices: [], usage: { creditsUsed: 0.5 } },
    ]);
  });

  it('is reached when all choices have ended that were asked for', () => {
    const relay = relayOf({ choices: 2 });
    relay.push(chunk({ content: 'A' }) + chunk({}, 'stop'));
    expect(relay.complete).toBe(false);
    relay.push(chunk({ content: 'B' }, null, 1));
    expect(relay.complete).toBe(false);
    relay.push(chunk({}, 'length', 1));
    expect(relay.complete).toBe(true);
  });

  it.each([
    ['with its mark', (relay: StreamRelay) => relay.push(DONE)],
    ['without', (relay: StreamRelay) => relay.pushRest('')],
  ])('is reached when the stream is over and all choices have ended that began: %s', (_, end) => {
    const whole = relayOf({ choices: 2 });
    whole.push(chunk({ content: 'A' }) + chunk({}, 'stop'));
    end(whole);
    expect(whole.complete).toBe(true);
    const half = relayOf({ choices: 2 });
    half.push(chunk({ content: 'A' }) + chunk({}, 'stop') + chunk({ content: 'B' }, null, 1));
    end(half);
    expect(half.complete).toBe(false);
  });

  it.each([
    ['an error', event({ error: { message: 'Overloaded', code: 503 } })],
    ['a choice that failed', event({ id: 'c', choices: [{ index: 0, delta: {}, error: { message: 'Overloaded' } }] })],
    ['what is no JSON', 'data: oops\n\n'],
  ])('stands, whatever fails behind it: %s', (_, failed) => {
    const relay = relayOf();
    const out = relay.push(chunk({ content: 'A' }) + chunk({}, 'stop') + failed) + relay.close(paid);
    expect(relay).toMatchObject({ complete: true, ended: true, failure: undefined });
    expect(chunksOf(out)).toMatchObject([{ choices: choices({ content: 'A' }) }, { choices: choices({}, 'stop') }]);
    const half = relayOf({ choices: 2 });
    half.push(chunk({ content: 'A' }) + chunk({}, 'stop') + failed);
    expect(half.failure).toBeDefined();
  });

  it('may be followed by zeros for its usage, which say nothing where figures came before', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const nothing = { prompt_tokens: 0, completion_tokens: 0, prompt_tokens_details: null };
    const relay = relayOf();
    relay.push(
      chunk({ content: 'A' }) + event({ id: 'c', choices: choices({}, 'stop'), usage }) + event({ id: 'c', choices: [], usage: nothing }),
    );
    expect(relay.usage).toEqual(usage);
    const silent = relayOf();
    silent.push(chunk({ content: 'A' }) + event({ id: 'c', choices: choices({}, 'stop'), usage: nothing }));
    expect(silent.usage).toEqual(nothing);
  });

  it('may be followed by a chunk without choices, for its usage', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const bare = event({ id: 'c', usage });
    const relay = relayOf();
    relay.push(chunk({ content: 'A' }) + chunk({}, 'stop') + bare + event({ id: 'c' }));
    expect(relay).toMatchObject({ complete: true, usage, failure: undefined, isUsageAhead: false });
    const early = relayOf();
    early.push(chunk({ content: 'A' }) + bare);
    expect(early.failure).toEqual({ error: { id: 'c', usage } });
  });
});
