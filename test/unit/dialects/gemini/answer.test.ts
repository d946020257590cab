import { describe, expect, it } from 'vitest';
import { geminiNative } from '../../../../src/dialects/gemini/dialect';
import type { Bridge } from '../../../../src/dialects/types';
import chatError from './fixtures/chat-error-after-content.sse?raw';
import chatCalls from './fixtures/chat-parallel-calls.sse?raw';
import nativeError from './fixtures/native-error-after-content.sse?raw';
import nativePlain from './fixtures/native-plain.sse?raw';
import nativeBlocked from './fixtures/native-prompt-blocked.sse?raw';
import nativeThoughts from './fixtures/native-thoughts-and-tools.sse?raw';
import { NATIVE_URL, parsed, receipt } from './support';

const contents = [{ parts: [{ text: 'Hi' }] }];
const over = (wire: 'gemini' | 'openai-chat', includeThoughts = false): Bridge =>
  parsed(geminiNative, `${NATIVE_URL}generateContent`, { contents, generationConfig: { thinkingConfig: { includeThoughts } } }).over(wire)!;

const straight = over('gemini');
const paid = receipt({ inputTokens: 50, cacheReadTokens: 11, outputTokens: 28, reasoningTokens: 20 }, { promptTokenCount: 61 });

describe('an answer of Gemini’s own format', () => {
  it('passes as it came, with the cost in its usage', () => {
    const text =
      '{\n "candidates": [{"content":{"parts":[{"text":"\\u0041"}]},"finishReason":"STOP"}],\n "usageMetadata": {"promptTokenCount": 61},\n "x": 1.0\n}';
    expect(straight.readAnswer(JSON.parse(text))).toEqual({ usage: { promptTokenCount: 61 }, hasOutput: true, outputChars: 1 });
    expect(straight.renderAnswer(text, paid)).toBe(text.replace('{"promptTokenCount": 61}', '{"promptTokenCount":61,"creditsUsed":0.25}'));
  });

  it('is one without output where the prompt was blocked, and none where it is something else', () => {
    expect(straight.readAnswer({ promptFeedback: { blockReason: 'SAFETY' } })).toMatchObject({ hasOutput: false, outputChars: 0 });
    for (const json of [undefined, [], {}, { choices: [] }, { error: { code: 503 } }, { usageMetadata: {} }])
      expect(straight.readAnswer(json)).toBeUndefined();
  });

  it('counts calls, code and pictures as output, and a bare signature as none', () => {
    const read = (part: object) => straight.readAnswer({ candidates: [{ content: { parts: [part] } }] });
    for (const part of [{ functionCall: { name: 'f' } }, { inlineData: { data: 'AA' } }, { executableCode: { code: '1' } }]) {
      expect(read(part)).toMatchObject({ hasOutput: true });
      expect(read(part)!.outputChars).toBeGreaterThan(0);
    }
    expect(read({ text: '', thoughtSignature: 'c2ln' })).toMatchObject({ hasOutput: false });
  });

  it('is put together from a stream', () => {
    expect(JSON.parse(straight.foldStream!(nativePlain)!)).toMatchObject({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: 'Grüße aus der "Wolke" ☁️\n👋.', thoughtSignature: 'EpIGCo8GAXLI2nyZ+/8=' }] },
          finishReason: 'STOP',
          index: 0,
        },
      ],
      usageMetadata: { candidatesTokenCount: 11 },
      responseId: 'xNUeaY3oFZqkvdIP8-2XkAY',
    });
    expect(JSON.parse(straight.foldStream!(nativeThoughts)!).candidates[0].content.parts).toMatchObject([
      { thought: true },
      { text: 'Let me check.' },
      { functionCall: { name: 'get_weather' }, thoughtSignature: 'EqABCp0BAXLI2nw=' },
    ]);
    expect(straight.readAnswer(JSON.parse(straight.foldStream!(nativeBlocked)!))).toMatchObject({ hasOutput: false });
    expect(straight.foldStream!(nativeError)).toBeUndefined();
    expect(straight.foldStream!('data: [DONE]\n\n')).toBeUndefined();
  });
});

describe('a chat completion as Gemini’s answer', () => {
  const completion = {
    id: 'chatcmpl-1',
    model: 'google/gemini-3-flash-preview',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          reasoning_content: 'Hm.',
          content: 'Let me check.',
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'f', arguments: '{"x":1}' },
              extra_content: { google: { thought_signature: 'c2ln' } },
            },
            { id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
          ],
          images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }],
        },
        logprobs: { content: [{ token: 'Let', logprob: -0.1, top_logprobs: [{ token: 'Let', logprob: -0.1 }] }] },
      },
    ],
  };

  it('has thoughts, text, pictures and calls as parts', () => {
    expect(JSON.parse(over('openai-chat', true).renderAnswer(JSON.stringify(completion), paid))).toMatchInlineSnapshot(`
      {
        "candidates": [
          {
            "content": {
              "parts": [
                {
                  "text": "Hm.",
                  "thought": true,
                },
                {
                  "text": "Let me check.",
                },
                {
                  "inlineData": {
                    "data": "iVBO",
                    "mimeType": "image/png",
                  },
                },
                {
                  "functionCall": {
                    "args": {
                      "x": 1,
                    },
                    "id": "a",
                    "name": "f",
                  },
                  "thoughtSignature": "c2ln",
                },
                {
                  "functionCall": {
                    "args": {},
                    "id": "b",
                    "name": "g",
                  },
                },
              ],
              "role": "model",
            },
            "finishReason": "STOP",
            "index": 0,
            "logprobsResult": {
              "chosenCandidates": [
                {
                  "logProbability": -0.1,
                  "token": "Let",
                },
              ],
              "topCandidates": [
                {
                  "candidates": [
                    {
                      "logProbability": -0.1,
                      "token": "Let",
                    },
                  ],
                },
              ],
            },
          },
        ],
        "modelVersion": "google/gemini-3-flash-preview",
        "responseId": "chatcmpl-1",
        "usageMetadata": {
          "cachedContentTokenCount": 11,
          "candidatesTokenCount": 8,
          "creditsUsed": 0.25,
          "promptTokenCount": 61,
          "thoughtsTokenCount": 20,
          "totalTokenCount": 89,
        },
      }
    `);
  });

  it('has no thoughts unless they were asked for', () => {
    const { candidates } = JSON.parse(over('openai-chat').renderAnswer(JSON.stringify(completion), paid));
    expect(candidates[0].content.parts[0]).toEqual({ text: 'Let me check.' });
  });

  it.each([
    ['stop', 'STOP'],
    ['length', 'MAX_TOKENS'],
    ['content_filter', 'SAFETY'],
    ['tool_calls', 'STOP'],
    ['something', 'OTHER'],
    [null, 'OTHER'],
  ])('stopped for the same reason: %s', (finish_reason, expected) => {
    const text = JSON.stringify({ choices: [{ index: 0, finish_reason, message: { content: null, refusal: 'No.' } }] });
    const { candidates, responseId } = JSON.parse(over('openai-chat').renderAnswer(text, paid));
    expect(candidates).toEqual([{ content: { role: 'model', parts: [{ text: 'No.' }] }, finishReason: expected, index: 0 }]);
    expect(responseId).toBe('req_1');
  });

  it('has the arguments of a call that come as an object', () => {
    const message = { tool_calls: [{ id: 'a', function: { name: 'f', arguments: { city: 'Paris' } } }] };
    const text = JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message }] });
    expect(JSON.parse(over('openai-chat').renderAnswer(text, paid)).candidates).toMatchObject([
      { content: { parts: [{ functionCall: { id: 'a', name: 'f', args: { city: 'Paris' } } }] }, finishReason: 'STOP' },
    ]);
  });

  it('says so where a call cannot be read', () => {
    const message = { tool_calls: [{ id: 'a', function: { name: 'f', arguments: '{"x":' } }] };
    const text = JSON.stringify({ choices: [{ index: 0, finish_reason: 'tool_calls', message }] });
    expect(JSON.parse(over('openai-chat').renderAnswer(text, paid)).candidates).toMatchObject([
      { finishReason: 'MALFORMED_FUNCTION_CALL' },
    ]);
  });

  it('is put together from a stream', () => {
    const bridge = over('openai-chat');
    const { candidates } = JSON.parse(bridge.renderAnswer(bridge.foldStream!(chatCalls)!, paid));
    expect(candidates[0].content.parts).toMatchObject([
      { functionCall: { id: 'call_a', args: { city: 'Tōkyō' } }, thoughtSignature: 'EqABCp0BAXLI2nw=' },
      { functionCall: { id: 'call_b', args: { city: 'Paris' } } },
    ]);
    expect(bridge.foldStream!(chatError)).toBeUndefined();
  });
});
