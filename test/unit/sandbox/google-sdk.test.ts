import { GoogleGenAI } from '@google/genai';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchFromSandbox } from './support';

const { models } = new GoogleGenAI({ apiKey: 'sandbox', httpOptions: { baseUrl: 'https://sandbox.invalid' } });

const asking = (contents: string) => ({
  model: 'gemini-3.1-pro',
  contents,
  config: { tools: [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object', required: ['at'] } }] }] },
});

describe("Google's own client", () => {
  beforeEach(() => {
    vi.stubGlobal('fetch', fetchFromSandbox);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it.each(['Hello', 'sandbox:reasoning', 'sandbox:tools=2', 'sandbox:refusal', 'sandbox:length', 'sandbox:tokens=0', 'sandbox:crlf'])(
    'reads the answer and the stream of %s',
    async (text) => {
      const whole = await models.generateContent(asking(text));
      let streamed = '';
      const calls: unknown[] = [];
      let last: typeof whole | undefined;
      for await (const chunk of await models.generateContentStream(asking(text))) {
        streamed += (chunk.candidates?.[0]?.content?.parts ?? []).map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
        calls.push(...(chunk.functionCalls ?? []).map((call) => call.args));
        last = chunk;
      }
      expect(streamed).toBe((whole.candidates?.[0]?.content?.parts ?? []).map((part) => (part.thought ? '' : (part.text ?? ''))).join(''));
      expect(calls).toEqual((whole.functionCalls ?? []).map((call) => call.args));
      expect(last?.candidates?.[0]?.finishReason).toBe(whole.candidates?.[0]?.finishReason);
      expect(last?.usageMetadata).toEqual(whole.usageMetadata);
    },
  );

  it('counts tokens', async () => {
    expect((await models.countTokens({ model: 'gemini-3.1-pro', contents: 'Hello' })).totalTokens).toBe(6);
  });

  it('raises what was asked for', async () => {
    await expect(models.generateContent(asking('sandbox:status=429'))).rejects.toMatchObject({ status: 429 });
    const read = async () => {
      for await (const _ of await models.generateContentStream(asking('sandbox:error=3')));
    };
    await expect(read()).rejects.toThrow('sandbox:error');
  });
});
