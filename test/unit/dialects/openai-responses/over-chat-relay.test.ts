import { describe, expect, it } from 'vitest';
import deepseek from '../../../e2e/fixtures/deepseek-chat.sse?raw';
import gemini from '../../../e2e/fixtures/gemini-openai-chat.sse?raw';
import openai from '../../../e2e/fixtures/openai-chat.sse?raw';
import openrouter from '../../../e2e/fixtures/openrouter-chat.sse?raw';
import { everyCut } from '../../../fixtures/cuts';
import { checkStream } from './check-stream';
import { FIXTURES } from './fixtures';
import { openedOverChat } from './opened';
import { deltasOf, eventsOf, feed, type Json, RESPONSE_ID, relayed, requestOf, terminalOf } from './support';

const TOOLS = [
  { type: 'custom', name: 'apply_patch' },
  { type: 'namespace', name: 'mcp', description: '', tools: [{ type: 'function', name: 'look', parameters: {} }] },
];
/** Leaves time for thousands of cuts on a busy machine. */
const EVERY_CUT_MS = 60_000;

const streamOf = () => openedOverChat(requestOf({ tools: TOOLS }));
const relayOf = () => streamOf().relay('openai-chat');

const chunk = (delta: Json, finish_reason: string | null = null, more: Json = {}): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1763474589, model: 'm-1', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
const ROLE = chunk({ role: 'assistant', content: '' });
const DONE = 'data: [DONE]\n\n';
const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}\n\n';
const call = (index: number, more: Json) => chunk({ tool_calls: [{ index, ...more }] });

const STREAMS = {
  openai,
  openrouter,
  deepseek,
  gemini,
  text: ROLE + chunk({ content: 'Hel' }) + chunk({ content: 'lo 👋' }) + chunk({}, 'stop') + USAGE + DONE,
  thought:
    ROLE + chunk({ reasoning_content: 'Hm' }) + chunk({ reasoning_content: '.' }) + chunk({ content: 'Yes' }) + chunk({}, 'stop') + DONE,
  parallel:
    ROLE +
    chunk({ content: 'Looking.' }) +
    call(0, { id: 'c1', type: 'function', function: { name: 'mcp__look', arguments: '' } }) +
    call(1, { id: 'c2', type: 'function', function: { name: 'apply_patch', arguments: '{"inp' } }) +
    call(0, { function: { arguments: '{"a"' } }) +
    call(1, { function: { arguments: 'ut":"x\\ny"}' } }) +
    call(0, { function: { arguments: ':1}' } }) +
    chunk({}, 'tool_calls') +
    USAGE +
    DONE,
  wholeCalls:
    chunk({ tool_calls: [{ id: 'c1', function: { name: 'a', arguments: { x: 1 } } }] }) +
    chunk({ tool_calls: [{ id: 'c2', function: { name: 'b' } }] }, 'tool_calls') +
    DONE,
  oneNumberForAll:
    call(0, { id: 'c1', function: { name: 'a', arguments: '{"x"' } }) +
    call(0, { id: 'other', function: { arguments: ':1}' } }) +
    call(0, { id: 'c2', function: { name: 'b', arguments: '{"y"' } }) +
    call(0, { function: { arguments: ':2}' } }) +
    chunk({}, 'tool_calls') +
    DONE,
  noNumbers:
    chunk({ tool_calls: [{ id: 'c1', function: { name: 'a', arguments: '{"x"' } }] }) +
    chunk({ tool_calls: [{ function: { arguments: ':1}' } }] }) +
    chunk({ tool_calls: [{ id: 'c2', function: { name: 'b', arguments: '{"y":2}' } }] }, 'tool_calls') +
    DONE,
  refusal: ROLE + chunk({ content: 'Well. ' }) + chunk({ refusal: "I can't" }) + chunk({ refusal: '.' }, 'stop') + DONE,
  length: ROLE + chunk({ content: 'Once upon' }) + chunk({}, 'length') + USAGE + DONE,
  lengthInCall: call(0, { id: 'c1', function: { name: 'a', arguments: '{"x":' } }) + chunk({}, 'length') + DONE,
  sources:
    chunk({ content: 'See' }) +
    chunk({ annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.test', title: 'A', start_index: 0, end_index: 3 } }] }) +
    chunk({ content: ' there' }, 'stop') +
    DONE,
  picture:
    chunk({ content: 'Here' }) +
    chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }, 'stop') +
    DONE,
  interleaved: chunk({ content: 'A' }) + chunk({ reasoning: 'B' }) + chunk({ content: 'C' }, 'stop') + DONE,
  noReason: ROLE + chunk({ content: 'Hi' }) + DONE,
  empty: ROLE + chunk({}, 'stop') + USAGE + DONE,
  crlf: (ROLE + chunk({ content: 'Hi' }) + chunk({}, 'stop') + DONE).replaceAll('\n', '\r\n'),
  comments: `: OPENROUTER PROCESSING\n\n${ROLE}: more\n\n${chunk({ content: 'Hi' }, 'stop')}`,
} as const;
type StreamName = keyof typeof STREAMS;
const NAMES = Object.keys(STREAMS) as StreamName[];

describe('every chat stream', () => {
  it.each(NAMES)('%s keeps the order that the SDKs ask for', (name) => {
    checkStream(relayed(relayOf(), STREAMS[name]), RESPONSE_ID);
  });

  it.each(NAMES)(
    '%s says the same wherever its bytes are cut',
    (name) => {
      const timeless = (text: string) => text.replace(/"created_at":\d+/g, '');
      const whole = timeless(relayed(relayOf(), STREAMS[name]));
      const { length } = new TextEncoder().encode(STREAMS[name]);
      for (const cuts of everyCut(length)) {
        const out = timeless(relayed(relayOf(), STREAMS[name], cuts));
        if (out !== whole) expect(out, `cut at ${cuts}`).toBe(whole);
      }
    },
    EVERY_CUT_MS,
  );
});

describe('what comes of a chat stream', () => {
  const outputOf = (name: StreamName) => terminalOf(relayed(relayOf(), STREAMS[name])).output;

  it('is text in deltas, under the model and time of the upstream', () => {
    const out = relayed(relayOf(), STREAMS.text);
    expect(deltasOf(out, 'response.output_text.delta')).toBe('Hello 👋');
    expect(eventsOf(out).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(terminalOf(out)).toMatchObject({
      status: 'completed',
      model: 'm-1',
      created_at: 1763474589,
      store: false,
      usage: { input_tokens: 15, creditsUsed: 0.25 },
    });
    expect(eventsOf(out)[0]).toMatchObject({ response: { model: 'm-1', created_at: 1763474589, store: false, truncation: 'disabled' } });
  });

  it('has the usage that comes with its end', () => {
    const relay = relayOf();
    relay.push(chunk({ content: 'A' }, 'stop', { usage: { prompt_tokens: 9, completion_tokens: 4 } }));
    expect(relay).toMatchObject({ complete: true, usage: { completion_tokens: 4 }, isUsageAhead: false });
    const early = relayOf();
    early.push(chunk({ content: 'A' }, null, { usage: { prompt_tokens: 9, completion_tokens: 1 } }) + chunk({ content: 'B' }));
    expect(early.isUsageAhead).toBe(true);
  });

  it('has the likelihood of its tokens with them', () => {
    const token = (text: string) => ({ token: text, logprob: -0.5, bytes: [1], top_logprobs: [] });
    const likely = (text: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text }, logprobs: { content: [token(text)] } }] })}\n\n`;
    const out = relayed(relayOf(), likely('a') + likely('b') + chunk({}, 'stop') + DONE);
    checkStream(out, RESPONSE_ID);
    const ofType = (type: string) => eventsOf(out).filter((event) => event.type === type);
    expect(ofType('response.output_text.delta')).toMatchObject([{ logprobs: [token('a')] }, { logprobs: [token('b')] }]);
    expect(ofType('response.output_text.done')).toMatchObject([{ logprobs: [token('a'), token('b')] }]);
    expect(terminalOf(out).output).toMatchObject([{ content: [{ text: 'ab', logprobs: [token('a'), token('b')] }] }]);
  });

  it('goes on behind an end that the upstream tells of too early, and has no call twice', () => {
    const called = (id: string) => chunk({ tool_calls: [{ index: 0, id, function: { name: 'a', arguments: '{}' } }] }, 'tool_calls');
    const out = relayed(
      relayOf(),
      chunk({ content: 'A' }, 'stop') + called('c1') + called('c2') + called('c2') + chunk({ content: 'B' }) + DONE,
    );
    checkStream(out, RESPONSE_ID);
    expect(terminalOf(out)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'A' }] }, { call_id: 'c1' }, { call_id: 'c2' }, { content: [{ text: 'B' }] }],
    });
    const unclosed = relayed(relayOf(), chunk({ content: 'A' }, 'length') + chunk({ content: 'B' }, 'stop') + chunk({ content: 'C' }));
    checkStream(unclosed, RESPONSE_ID);
    expect(terminalOf(unclosed)).toMatchObject({
      status: 'incomplete',
      output: [{}, {}, { content: [{ text: 'C' }], status: 'incomplete' }],
    });
  });

  it('has its usage from a chunk without choices, too', () => {
    const relay = relayOf();
    const out = relayed(relay, chunk({ content: 'A' }, 'stop') + USAGE.replace('"choices":[],', '') + DONE);
    expect(relay).toMatchObject({ failure: undefined, usage: { completion_tokens: 4 } });
    checkStream(out, RESPONSE_ID);
    const early = relayOf();
    early.push('data: {"object":"nothing"}\n\n');
    expect(early.failure).toBeDefined();
  });

  it('is a custom tool’s empty input where it has none', () => {
    const out = relayed(
      relayOf(),
      call(0, { id: 'c1', function: { name: 'apply_patch', arguments: '' } }) + chunk({}, 'tool_calls') + DONE,
    );
    checkStream(out, RESPONSE_ID);
    expect(terminalOf(out).output).toMatchObject([{ type: 'custom_tool_call', input: '' }]);
  });

  it('is thought before text', () => {
    expect(outputOf('thought')).toMatchObject([
      { type: 'reasoning', status: 'completed', summary: [{ text: 'Hm.' }] },
      { type: 'message', content: [{ text: 'Yes' }] },
    ]);
  });

  it('is tool calls side by side, under their own names', () => {
    expect(outputOf('parallel')).toMatchObject([
      { type: 'message', status: 'completed' },
      { type: 'function_call', call_id: 'c1', namespace: 'mcp', name: 'look', arguments: '{"a":1}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'apply_patch', input: 'x\ny' },
    ]);
    expect(outputOf('wholeCalls')).toMatchObject([
      { name: 'a', arguments: '{"x":1}' },
      { name: 'b', arguments: '{}' },
    ]);
  });

  it.each(['oneNumberForAll', 'noNumbers'] as const)('is tool calls apart from one another: %s', (name) => {
    expect(outputOf(name)).toMatchObject([
      { call_id: 'c1', name: 'a', arguments: '{"x":1}' },
      { call_id: 'c2', name: 'b', arguments: '{"y":2}' },
    ]);
  });

  it('is tool calls with their signatures', () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    const out = relayed(relayOf(), call(0, { id: 'c1', function: { name: 'a' }, extra_content }) + chunk({}, 'tool_calls') + DONE);
    expect(terminalOf(out).output).toMatchObject([{ call_id: 'c1', extra_content }]);
  });

  it('is a refusal beside what was said', () => {
    expect(outputOf('refusal')).toMatchObject([
      {
        content: [
          { type: 'output_text', text: 'Well. ' },
          { type: 'refusal', refusal: "I can't." },
        ],
      },
    ]);
  });

  it.each(['length', 'lengthInCall'] as const)('%s: is incomplete', (name) => {
    expect(terminalOf(relayed(relayOf(), STREAMS[name]))).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete' }],
    });
  });

  it('has sources and pictures', () => {
    expect(outputOf('sources')).toMatchObject([{ content: [{ text: 'See there', annotations: [{ url: 'https://a.test' }] }] }]);
    expect(outputOf('picture')).toMatchObject([{ type: 'message' }, { type: 'image_generation_call', result: 'AAAA' }]);
  });

  it('is nothing where nothing was said', () => {
    const relay = relayOf();
    expect(terminalOf(relayed(relay, STREAMS.empty))).toMatchObject({ status: 'completed', output: [] });
    expect(relay).toMatchObject({ hasOutput: false, hasContent: true, complete: true });
  });

  it('ends its items before the usage is there', () => {
    const relay = relayOf();
    const out = relay.push(STREAMS.text.slice(0, STREAMS.text.indexOf(USAGE)));
    expect(eventsOf(out).at(-1)).toMatchObject({ type: 'response.output_item.done' });
    expect(relay).toMatchObject({ complete: true, ended: false, usage: undefined, outputChars: 'Hello 👋'.length });
  });
});

describe('failures', () => {
  const ERROR = 'data: {"error":{"message":"Overloaded","code":503}}\n\n';

  it('before content leave the way free, to an upstream of either format', () => {
    for (const wire of ['openai-chat', 'openai-responses'] as const) {
      const stream = streamOf();
      const first = stream.relay('openai-chat');
      const opening = first.push(ROLE);
      expect(first.push(ERROR)).toBe('');
      expect(first).toMatchObject({ hasContent: false, failure: { error: { error: { message: 'Overloaded' } } } });
      const rest = relayed(stream.relay(wire), wire === 'openai-chat' ? STREAMS.thought : FIXTURES['parallel-tools']);
      checkStream(opening + rest, RESPONSE_ID);
    }
  });

  it('in one batch with content take back what it began', () => {
    const stream = streamOf();
    const first = stream.relay('openai-chat');
    expect(first.push(ROLE + chunk({ content: 'Half' }) + ERROR)).toBe('');
    expect(first.hasContent).toBe(false);
    const next = relayed(stream.relay('openai-chat'), STREAMS.text);
    expect(eventsOf(next)[0]).toMatchObject({ type: 'response.created', sequence_number: 0 });
  });

  it('of an upstream of Responses leave it to one of chat', () => {
    const stream = streamOf();
    const opening = feed(stream.relay('openai-responses'), new TextEncoder().encode(FIXTURES['failed-at-once']), [600]);
    checkStream(opening + relayed(stream.relay('openai-chat'), STREAMS.parallel), RESPONSE_ID);
  });

  it('after content end in a failed response under the same id', () => {
    const stream = streamOf();
    const relay = stream.relay('openai-chat');
    const out = relay.push(ROLE + chunk({ content: 'Half' }));
    relay.push(ERROR);
    expect(relay.failure).toBeDefined();
    checkStream(out + stream.fail({ kind: 'upstream_failed', message: 'Overloaded' }), RESPONSE_ID);
  });

  it.each([
    ['error', { error: { code: 502, message: 'boom' } }],
    ['network_error', {}],
  ])('may be said by how a choice ends: %s', (finish_reason, more) => {
    const failed = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '' }, finish_reason, ...more }] })}\n\n`;
    const first = relayOf();
    expect(first.push(ROLE + failed)).toBe('');
    expect(first).toMatchObject({ hasContent: false, complete: false });
    expect(first.failure).toBeDefined();
    const second = relayOf();
    expect(deltasOf(second.push(ROLE + chunk({ content: 'Half' })), 'response.output_text.delta')).toBe('Half');
    expect(second.push(failed)).toBe('');
    expect(second).toMatchObject({ hasContent: true, complete: false });
    expect(second.failure).toBeDefined();
  });

  it('are not taken for an end', () => {
    const relay = relayOf();
    relay.push(ROLE + chunk({ content: 'Half' }));
    expect(relay.pushRest('data: {"choices":[{"del')).toBe('');
    expect(relay).toMatchObject({ complete: false, ended: false });
  });
});
