import { describe, expect, it } from 'vitest';
import { eventFraming } from '../../../../src/dialects/gemini/framing';
import { OverChatRelay } from '../../../../src/dialects/gemini/over-chat/relay';
import cutOffCall from './fixtures/chat-cut-off-call.sse?raw';
import errorAfterContent from './fixtures/chat-error-after-content.sse?raw';
import googleCalls from './fixtures/chat-google-calls.sse?raw';
import length from './fixtures/chat-length.sse?raw';
import noUsage from './fixtures/chat-no-usage.sse?raw';
import thoughtsAndTools from './fixtures/chat-openrouter-thoughts-and-tools.sse?raw';
import parallelCalls from './fixtures/chat-parallel-calls.sse?raw';
import plain from './fixtures/chat-plain.sse?raw';
import safety from './fixtures/chat-safety.sse?raw';
import usageEverywhere from './fixtures/chat-usage-everywhere.sse?raw';
import zeroUsage from './fixtures/chat-zero-usage.sse?raw';
import { chunksOf, type Fed, outcomes, receipt } from './support';

const relay = (includeThoughts = false) => new OverChatRelay(eventFraming(), { choices: 1, includeThoughts });

const paid = receipt({ inputTokens: 193, cacheReadTokens: 1024, outputTokens: 138, reasoningTokens: 64 }, { prompt_tokens: 1217 });

/** The outcome of a stream, which must be the same wherever it is cut. */
function outcome(stream: string, includeThoughts = false): Fed {
  const [fed, ...others] = outcomes(() => relay(includeThoughts), stream, paid);
  expect(others).toEqual([]);
  return fed!;
}

const ABOUT = { modelVersion: 'google/gemini-3-flash-preview', responseId: 'chatcmpl-Bx1' };

/** The candidates of all chunks, which must agree on model and id and have the one allowed form. */
function candidatesOf(out: string): unknown[] {
  expect(out).toMatch(/^(?:data: \{.*\}\n\n)+$/);
  return chunksOf(out).map((chunk) => {
    expect(chunk).toMatchObject(ABOUT);
    return (chunk as { candidates: unknown[] }).candidates[0];
  });
}

const says = (...parts: object[]) => ({ content: { role: 'model', parts }, index: 0 });

describe('a chat stream to a Gemini client', () => {
  it('is the same text, with usage in Google’s terms on the last chunk', () => {
    const fed = outcome(plain);
    expect(fed.out).toMatchInlineSnapshot(`
      "data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Grüße"}]},"index":0}],"modelVersion":"google/gemini-3-flash-preview","responseId":"chatcmpl-Bx1"}

      data: {"candidates":[{"content":{"role":"model","parts":[{"text":" aus der \\"Wolke\\" ☁️\\n👋"}]},"index":0}],"modelVersion":"google/gemini-3-flash-preview","responseId":"chatcmpl-Bx1"}

      data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP","index":0}],"modelVersion":"google/gemini-3-flash-preview","responseId":"chatcmpl-Bx1","usageMetadata":{"promptTokenCount":1217,"candidatesTokenCount":74,"totalTokenCount":1355,"thoughtsTokenCount":64,"cachedContentTokenCount":1024,"creditsUsed":0.25}}

      "
    `);
    expect(fed).toMatchObject({ complete: true, hasOutput: true, usage: { completion_tokens: 138 } });
  });

  it('has each parallel call whole in one part, with its signature', () => {
    expect(candidatesOf(outcome(parallelCalls).out)).toEqual([
      {
        ...says(
          { functionCall: { id: 'call_a', name: 'get_weather', args: { city: 'Tōkyō' } }, thoughtSignature: 'EqABCp0BAXLI2nw=' },
          { functionCall: { id: 'call_b', name: 'get_weather', args: { city: 'Paris' } } },
        ),
        finishReason: 'STOP',
      },
    ]);
  });

  it('takes Google’s deltas, which have no index', () => {
    expect(candidatesOf(outcome(googleCalls).out)).toEqual([
      {
        ...says(
          { functionCall: { id: 'function-call-1', name: 'get_weather', args: { city: 'Tōkyō' } }, thoughtSignature: 'EqABCp0BAXLI2nw=' },
          { functionCall: { id: 'function-call-2', name: 'get_weather', args: { city: 'Paris' } } },
        ),
        finishReason: 'STOP',
      },
    ]);
  });

  it('shows thoughts to a client that asked for them', () => {
    const call = {
      functionCall: { id: 'tool_0_get_weather', name: 'get_weather', args: {} },
      thoughtSignature: 'EqABCp0BAXLI2nw=',
    };
    const rest = [says({ text: 'Let me check.' }), { ...says(call), finishReason: 'STOP' }];
    expect(candidatesOf(outcome(thoughtsAndTools, true).out)).toEqual([says({ text: '**Considering**', thought: true }), ...rest]);
    expect(candidatesOf(outcome(thoughtsAndTools).out)).toEqual(rest);
  });

  it.each([
    ['SAFETY', safety],
    ['SAFETY', safety.replace('content_filter', 'sensitive')],
    ['MAX_TOKENS', length],
    ['STOP', usageEverywhere],
    ['STOP', noUsage],
    ['STOP', zeroUsage],
  ])('says why it stopped: %s', (reason, stream) => {
    const candidates = candidatesOf(outcome(stream).out);
    expect(candidates.at(-1)).toMatchObject({ finishReason: reason });
    expect(candidates.slice(0, -1)).not.toContainEqual(expect.objectContaining({ finishReason: expect.anything() }));
  });

  it('reads usage from a chunk of its own, from the last of many, and from none', () => {
    expect(outcome(safety).usage).toMatchObject({ completion_tokens: 3 });
    expect(outcome(usageEverywhere).usage).toMatchObject({ completion_tokens: 3 });
    expect(outcome(zeroUsage).usage).toMatchObject({ completion_tokens: 0 });
    expect(outcome(noUsage).usage).toBeUndefined();
  });

  it('marks an estimate as one', () => {
    const [fed] = outcomes(relay, noUsage, receipt({ inputTokens: 3, outputTokens: 4 }));
    expect(chunksOf(fed!.out).at(-1)).toMatchObject({ usageMetadata: { totalTokenCount: 7, estimated: true } });
  });

  it('leaves out a call that was cut off', () => {
    expect(candidatesOf(outcome(cutOffCall).out)).toEqual([says({ text: 'Wait.' }), { ...says({ text: '' }), finishReason: 'MAX_TOKENS' }]);
  });

  it('sends its calls even if the upstream gave no reason to stop', () => {
    const open = relay();
    const endless = parallelCalls.replace(/data: [^\n]*"finish_reason": "tool_calls"[^\n]*\n\n/, '');
    expect(open.push(endless)).toBe('');
    expect(open).toMatchObject({ ended: true, complete: false, hasContent: true });
    expect(candidatesOf(open.close(paid))).toMatchObject([
      { content: { parts: [{ functionCall: { id: 'call_a' } }, { functionCall: { id: 'call_b' } }] }, finishReason: 'STOP' },
    ]);
  });

  it('tells of an error after content', () => {
    const fed = outcome(errorAfterContent);
    expect(fed).toMatchObject({ complete: false, hasOutput: true, failure: { error: { error: { code: 502 } } } });
    expect(candidatesOf(fed.out)).toEqual([says({ text: 'One, two,' })]);
  });

  it('tells of an error by which a choice ends', () => {
    const fed = outcome(plain.replace(/"finish_reason": ?"stop"/, '"finish_reason":"network_error"'));
    expect(fed).toMatchObject({ complete: false, hasOutput: true, failure: { error: { choices: [{ finish_reason: 'network_error' }] } } });
  });

  it('does not mind line ends, comments and a mark', () => {
    const { out } = outcome(plain);
    for (const stream of [plain.replaceAll('\n', '\r\n'), `\uFEFF${plain}`, plain.replaceAll('data: {', ': ping\n\ndata: {')])
      expect(outcome(stream).out).toBe(out);
  });

  it('counts thoughts that are not shown as produced', () => {
    const open = relay();
    expect(open.push('data: {"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}\n\n')).toBe('');
    expect(open).toMatchObject({ hasContent: true, hasOutput: true, outputChars: 2 });
  });

  it('keeps calls apart that all have the same index', () => {
    const call = (id: string, args: string) => ({ index: 0, id, type: 'function', function: { name: 'f', arguments: args } });
    const delta = { tool_calls: [call('a', '{"x":1}'), call('b', '{"y":2}')] };
    const about = { id: 'chatcmpl-Bx1', model: 'google/gemini-3-flash-preview' };
    const { out } = outcome(`data: ${JSON.stringify({ ...about, choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] })}\n\n`);
    expect(candidatesOf(out)).toMatchObject([
      { content: { parts: [{ functionCall: { id: 'a', args: { x: 1 } } }, { functionCall: { id: 'b', args: { y: 2 } } }] } },
    ]);
  });

  it('does not mind a signature without a call', () => {
    const open = relay();
    const delta = { content: 'A', reasoning_details: [{ type: 'reasoning.encrypted', format: 'google-gemini-v1', data: 'c2ln' }] };
    const out = open.push(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: 'stop' }] })}\n\n`);
    expect(out + open.close(paid)).toContain('"text":"A"');
  });

  it('has the arguments of a call that come as an object', () => {
    const open = relay();
    const delta = { tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: { city: 'Paris' } } }] };
    open.push(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] })}\n\n`);
    expect(open.outputChars).toBeGreaterThan('f'.length);
    expect(open.close(paid)).toContain('"functionCall":{"id":"a","name":"f","args":{"city":"Paris"}}');
  });

  describe('with', () => {
    const about = { id: 'chatcmpl-Bx1', model: 'google/gemini-3-flash-preview' };
    const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
      `data: ${JSON.stringify({ ...about, choices: [{ index: 0, delta, finish_reason, ...more }] })}\n\n`;
    const call = (id: string) => ({ tool_calls: [{ index: 0, id, function: { name: 'f', arguments: '{}' } }] });
    const part = (id: string) => ({ functionCall: { id, name: 'f', args: {} } });

    it('an end that is repeated with each of several calls has each call once', () => {
      const told = chunk(call('a'), 'tool_calls') + chunk(call('b'), 'tool_calls') + chunk({ content: '' }, 'stop');
      expect(candidatesOf(outcome(told).out)).toEqual([
        { ...says(part('a')), finishReason: 'STOP' },
        { ...says(part('b')), finishReason: 'STOP' },
      ]);
    });

    it('usage behind its end, without choices, is whole', () => {
      const usage = `data: ${JSON.stringify({ ...about, usage: { completion_tokens: 3 } })}\n\n`;
      const fed = outcome(chunk({ content: 'Hi' }, 'stop') + usage);
      expect(fed).toMatchObject({ failure: undefined, complete: true, usage: { completion_tokens: 3 } });
      expect(outcomes(relay, usage, paid)).toMatchObject([{ failure: { error: {} } }]);
    });

    it('the likelihood of tokens has it in each chunk', () => {
      const likely = { logprobs: { content: [{ token: 'Hi', logprob: -0.1, top_logprobs: [{ token: 'Yo', logprob: -2 }] }] } };
      const logprobsResult = {
        chosenCandidates: [{ token: 'Hi', logProbability: -0.1 }],
        topCandidates: [{ candidates: [{ token: 'Yo', logProbability: -2 }] }],
      };
      expect(candidatesOf(outcome(chunk({ content: 'Hi' }, null, likely) + chunk({}, 'stop')).out)).toEqual([
        { ...says({ text: 'Hi' }), logprobsResult },
        { ...says({ text: '' }), finishReason: 'STOP' },
      ]);
    });

    it('a refusal beside text has both', () => {
      expect(candidatesOf(outcome(chunk({ content: 'Well. ', refusal: 'No.' }, 'stop')).out)).toEqual([
        { ...says({ text: 'Well. ' }, { text: 'No.' }), finishReason: 'STOP' },
      ]);
    });
  });

  it('survives a call with an absurd index', () => {
    const open = relay();
    const delta = { tool_calls: [{ index: 4_000_000_000, id: 'a', function: { name: 'f', arguments: '{}' } }] };
    open.push(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: 'tool_calls' }] })}\n\n`);
    expect(open.close(paid)).toContain('"functionCall":{"id":"a","name":"f","args":{}}');
  });
});
