// Tool runs and other work at a provider beside the model, read from whole answers and event by event.
import { describe, expect, it } from 'vitest';
import { NO_USAGE, type Usage, withWork } from '../../../src/core/usage';
import { ShownWork } from '../../../src/gateway/shown-work';
import { WIRES } from '../../../src/providers/wires';
import searchError from '../dialects/anthropic-messages/fixtures/search-error.sse?raw';
import messagesSearch from '../dialects/anthropic-messages/fixtures/web-search.sse?raw';
import responsesSearch from '../dialects/openai-responses/fixtures/web-search.sse?raw';

type WireId = keyof typeof WIRES;

function counted(wire: WireId, ...parts: (string | object)[]): Partial<Usage> {
  const shown = new ShownWork(WIRES[wire]);
  for (const part of parts)
    if (typeof part === 'string') shown.hear(part);
    else shown.read(part);
  return Object.fromEntries(Object.entries(withWork(NO_USAGE, shown.work)).filter(([, count]) => count > 0));
}

const event = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;

const ITEMS: [item: Record<string, unknown>, counted: Partial<Usage>][] = [
  [{ type: 'web_search_call', action: { type: 'search', query: 'x' } }, { webSearches: 1 }],
  [{ type: 'web_search_call', action: { type: 'open_page', url: 'x' } }, {}],
  [{ type: 'web_search_call', action: {} }, { webSearches: 1 }],
  [{ type: 'web_search_call', status: 'failed', action: { type: 'search' } }, {}],
  [{ type: 'file_search_call', queries: ['x'] }, { fileSearches: 1 }],
  [{ type: 'code_interpreter_call', container_id: 'cntr_1' }, { containers: 1 }],
  [{ type: 'shell_call', environment: { type: 'container_reference', container_id: 'cntr_1' } }, { containers: 1 }],
  [{ type: 'shell_call', environment: { type: 'local' } }, {}],
  [{ type: 'image_generation_call', quality: 'low', size: '1024x1024' }, { imageOutputTokens: 272 }],
  [{ type: 'image_generation_call', quality: 'low', size: '1000x1000' }, { imageOutputTokens: 260 }],
  [{ type: 'image_generation_call', quality: 'high', size: '1536x1024' }, { imageOutputTokens: 6_240 }],
  [{ type: 'image_generation_call', result: 'iVBOR' }, { imageOutputTokens: 6_240 }],
  [{ type: 'function_call', name: 'web_search' }, {}],
  [{ type: 'message', content: [{ type: 'output_text', text: '"type":"web_search_call"' }] }, {}],
];

describe('a response', () => {
  it.each(ITEMS)('counts %j', (item, work) => {
    const whole = { ...item, id: 'i_1' };
    const response = { object: 'response', output: [whole] };
    expect(counted('openai-responses', response)).toEqual(work);
    // Each run is announced, then done, and listed once more at the end.
    const events = [
      event({ type: 'response.output_item.added', output_index: 0, item: whole }),
      event({ type: 'response.output_item.done', output_index: 0, item: whole }),
    ].join('');
    expect(counted('openai-responses', events)).toEqual(work);
    expect(counted('openai-responses', events, event({ type: 'response.completed', response }))).toEqual(work);
    expect(counted('openai-responses', events, event({ type: 'response.completed', response: { output: [] } }))).toEqual(work);
  });

  it('counts one container once, and each search', () => {
    const output = [
      { type: 'code_interpreter_call', id: 'a', container_id: 'c1' },
      { type: 'code_interpreter_call', id: 'b', container_id: 'c1' },
      { type: 'code_interpreter_call', id: 'c', container_id: 'c2' },
      { type: 'web_search_call', action: { type: 'search' } },
      { type: 'web_search_call', action: { type: 'search' } },
    ];
    expect(counted('openai-responses', { output })).toEqual({ containers: 2, webSearches: 2 });
  });

  it("takes the pictures' own usage in place of what they look like", () => {
    const response = {
      output: [{ type: 'image_generation_call', id: 'i', quality: 'high' }],
      tool_usage: { image_gen: { input_tokens: 30, output_tokens: 196 }, web_search: { num_requests: 0 } },
    };
    expect(counted('openai-responses', { ...response, object: 'response' })).toEqual({ imageInputTokens: 30, imageOutputTokens: 196 });
    expect(counted('openai-responses', event({ type: 'response.completed', response }))).toEqual({
      imageInputTokens: 30,
      imageOutputTokens: 196,
    });
  });

  it.each([
    ['fewer', 1, 1],
    ['more', 5, 5],
    ['none at all, which says nothing', 0, 3],
    ['what cannot be', 1e9, 3],
    ['what no answer comes to', 1_001, 3],
  ])('takes the searches that its provider bills in place of those in it: %s', (_, num_requests, webSearches) => {
    const output = ['a', 'b', 'c'].map((id) => ({ type: 'web_search_call', id, status: 'completed', action: { type: 'search' } }));
    const response = { object: 'response', output, tool_usage: { web_search: { num_requests } } };
    expect(counted('openai-responses', response)).toEqual({ webSearches });
    const events = output.map((item, output_index) => event({ type: 'response.output_item.done', output_index, item }));
    expect(counted('openai-responses', ...events, event({ type: 'response.completed', response }))).toEqual({ webSearches });
  });

  it('counts what else it has beside what its provider has counted', () => {
    const output = [
      { type: 'code_interpreter_call', id: 'a', container_id: 'c1' },
      { type: 'file_search_call', id: 'b' },
      { type: 'web_search_call', id: 'c', action: { type: 'search' } },
      { type: 'image_generation_call', id: 'd', quality: 'high' },
    ];
    const tool_usage = { image_gen: { input_tokens: 30, output_tokens: 196 }, web_search: { num_requests: 4 } };
    expect(counted('openai-responses', { output, tool_usage })).toEqual({
      containers: 1,
      fileSearches: 1,
      webSearches: 4,
      imageInputTokens: 30,
      imageOutputTokens: 196,
    });
  });

  it('as it is recorded has one search', () => {
    expect(counted('openai-responses', responsesSearch)).toEqual({ webSearches: 1 });
  });

  it('that its provider keeps is read the same', () => {
    const kept = WIRES['openai-responses'].stored!.read({ status: 'completed', output: [{ type: 'web_search_call', id: 'a' }] });
    expect(kept?.work).toEqual(new Map([['a', { webSearches: 1 }]]));
  });
});

const use = (id: string, name: string) => ({ type: 'server_tool_use', id, name, input: {} });
const started = (content_block: object) => event({ type: 'content_block_start', index: 0, content_block });

describe('a message', () => {
  it.each<[string, object[], object | undefined, Partial<Usage>]>([
    ['searches, as the provider has counted them', [use('a', 'web_search')], { web_search_requests: 3 }, { webSearches: 3 }],
    ['searches, where nobody has', [use('a', 'web_search'), use('b', 'web_search')], undefined, { webSearches: 2 }],
    [
      'a search that failed',
      [use('a', 'web_search'), { type: 'web_search_tool_result', tool_use_id: 'a', content: { type: 'error' } }],
      undefined,
      {},
    ],
    ['pages that were fetched', [use('a', 'web_fetch')], { web_search_requests: 0 }, {}],
    ['code', [use('a', 'bash_code_execution'), use('b', 'text_editor_code_execution')], undefined, { containers: 1 }],
    ['code that a search has run', [use('b', 'code_execution'), use('a', 'web_search')], { web_search_requests: 1 }, { webSearches: 1 }],
    ['code that no search has run', [use('b', 'code_execution')], { web_search_requests: 0 }, { containers: 1 }],
    ['code beside pages that were fetched', [use('b', 'code_execution'), use('a', 'web_fetch')], undefined, {}],
    ['a tool of another name', [use('a', 'tool_search_tool_regex')], undefined, {}],
    ['a count that cannot be', [], { web_search_requests: 1e9 }, {}],
    ['a count below nothing', [use('a', 'web_search')], { web_search_requests: -1 }, { webSearches: 1 }],
    ['half a search', [use('a', 'web_search')], { web_search_requests: 1.5 }, { webSearches: 1 }],
    ["tools of the client's own", [{ type: 'tool_use', id: 'a', name: 'web_search' }], undefined, {}],
  ])('counts %s', (_, content, tools, work) => {
    const usage = { input_tokens: 1, output_tokens: 1, ...(tools && { server_tool_use: tools }) };
    expect(counted('anthropic-messages', { content, usage })).toEqual(work);
    expect(counted('anthropic-messages', ...content.map(started), event({ type: 'message_delta', delta: {}, usage }))).toEqual(work);
  });

  it('as it is recorded has its searches', () => {
    expect(counted('anthropic-messages', messagesSearch)).toEqual({ webSearches: 1 });
    expect(counted('anthropic-messages', searchError)).toEqual({});
  });
});

describe('a grounded answer', () => {
  const grounded = (groundingMetadata: object, index = 0) => ({ candidates: [{ index, groundingMetadata }] });

  it('counts its searches, and that there were any', () => {
    const metadata = { webSearchQueries: ['a', 'b', ''], groundingChunks: [{ web: { uri: 'x' } }] };
    expect(counted('gemini', grounded(metadata))).toEqual({ groundingQueries: 2, groundedPrompts: 1 });
    const fewer = grounded({ webSearchQueries: ['a'] });
    const stream = [fewer, grounded(metadata), fewer, grounded({}), grounded({ webSearchQueries: ['c'] }, 1)];
    expect(counted('gemini', ...stream.map(event))).toEqual({ groundingQueries: 3, groundedPrompts: 1 });
  });

  it('counts a map once, and nothing where nothing was looked for', () => {
    expect(counted('gemini', grounded({ groundingChunks: [{ maps: {} }, { maps: {} }] }))).toEqual({ mapPrompts: 1 });
    expect(counted('gemini', grounded({ searchEntryPoint: {} }))).toEqual({});
  });
});

describe('what a provider says that it has billed', () => {
  const told = { reportsBill: true };
  const USAGE: Record<string, Record<string, unknown>> = {
    'openai-chat': { prompt_tokens: 10, completion_tokens: 5 },
    'openai-responses': { input_tokens: 10, output_tokens: 5 },
    'anthropic-messages': { input_tokens: 10, output_tokens: 5 },
  };

  it.each(Object.entries(USAGE))('is read of usage over %s', (wire, tokens) => {
    const read = (more: object, quirks: object = told) => {
      const { billedBesideMicro, billedWholeMicro } = WIRES[wire as WireId].readUsage({ ...tokens, ...more }, quirks)!;
      return [billedBesideMicro, billedWholeMicro];
    };
    expect(read({ cost: 1 })).toEqual([0, 100_000_000]);
    expect(read({ cost: 1 }, {})).toEqual([0, 0]);
    const split = { upstream_inference_prompt_cost: 0.00045, upstream_inference_completions_cost: 0.00083 };
    expect(read({ cost: 0.00128, cost_details: split })).toEqual([0, 0]);
    expect(read({ cost: 0.02128, cost_details: split })).toEqual([2_000_000, 0]);
    // What is rounded, or less than its parts, is no work beside them.
    for (const cost of [0.00129, 0.001]) expect(read({ cost, cost_details: split })).toEqual([0, 0]);
    const { upstream_inference_prompt_cost, upstream_inference_completions_cost } = split;
    for (const half of [{ upstream_inference_prompt_cost }, { upstream_inference_completions_cost }])
      expect(read({ cost: 0.02128, cost_details: half })).toEqual([0, 2_128_000]);
    const inWords = { upstream_inference_input_cost: 0.1, upstream_inference_output_cost: 0.2, upstream_inference_cost: 0.5 };
    expect(read({ cost: 0.01, is_byok: true, cost_details: inWords })).toEqual([20_000_000, 0]);
    for (const cost of [-1, Number.NaN, 1e9, '1']) expect(read({ cost })).toEqual([0, 0]);
  });
});
