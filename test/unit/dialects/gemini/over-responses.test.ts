import { describe, expect, it } from 'vitest';
import { geminiNative, geminiUnified } from '../../../../src/dialects/gemini/dialect';
import parallelTools from '../openai-responses/fixtures/parallel-tools.sse?raw';
import plain from '../openai-responses/fixtures/plain.sse?raw';
import reasoningAndTool from '../openai-responses/fixtures/reasoning-and-tool.sse?raw';
import { chunksOf, type Fed, NATIVE_URL, outcomes, parsed, receipt, sent } from './support';

const contents = [{ role: 'user', parts: [{ text: 'Hi' }] }];
const callOf = (body: object = {}) => parsed(geminiNative, `${NATIVE_URL}streamGenerateContent?alt=sse`, { contents, ...body });
const bodyOf = (body: object) => JSON.parse(sent(callOf(body), 'openai-responses')) as Record<string, unknown>;
const thinking = (thinkingConfig: object) => ({ generationConfig: { thinkingConfig } });

describe('a Gemini call over Responses', () => {
  it('crosses from both of its paths', () => {
    const unified = parsed(geminiUnified, '/v1/gemini', { model: 'm', contents });
    for (const call of [callOf(), unified])
      expect(JSON.parse(sent(call, 'openai-responses'))).toMatchObject({ input: [{ role: 'user', content: 'Hi' }], store: false });
    expect(unified.over('gemini')).toBeUndefined();
  });

  it.each([
    [{ includeThoughts: true }, { summary: 'auto' }],
    [
      { thinkingLevel: 'LOW', includeThoughts: true },
      { effort: 'low', summary: 'auto' },
    ],
    [{ thinkingLevel: 'LOW' }, { effort: 'low' }],
    [{}, undefined],
  ])('has its thoughts shown to those who ask for them: %o', (config, reasoning) => {
    expect(bodyOf(thinking(config)).reasoning).toEqual(reasoning);
  });

  it('names files by their addresses', () => {
    const parts = [{ fileData: { fileUri: 'https://a.test/b.pdf', mimeType: 'application/pdf' } }];
    expect(bodyOf({ contents: [{ role: 'user', parts }] }).input).toEqual([
      { role: 'user', content: [{ type: 'input_file', file_url: 'https://a.test/b.pdf' }] },
    ]);
  });

  it('knows whether it has functions, and by which of its fields it cannot cross', () => {
    expect([callOf(), callOf({ tools: [{ functionDeclarations: [{ name: 'f' }] }] })].map((call) => call.hasTools?.())).toEqual([
      false,
      true,
    ]);
    const beyond = (generationConfig: object) => callOf({ generationConfig }).beyond?.('openai-responses');
    expect(beyond({ frequencyPenalty: 1 })).toBe('generationConfig.frequencyPenalty');
    expect(beyond({ responseModalities: ['IMAGE'] })).toBe('generationConfig.responseModalities');
    expect(beyond({ temperature: 1 })).toBeUndefined();
  });
});

const paid = receipt({ inputTokens: 9, outputTokens: 4 }, { input_tokens: 9 });
const streamed = (stream: string): Fed[] => {
  const call = callOf(thinking({ includeThoughts: true }));
  return outcomes(() => call.openStream('req_1').relay('openai-responses'), stream, paid);
};
const candidatesIn = ({ out }: Fed) => chunksOf(out).map((chunk) => (chunk as { candidates: Record<string, unknown>[] }).candidates[0]!);

describe('a Responses stream to a Gemini client', () => {
  it.each([
    ['plain', plain],
    ['parallel-tools', parallelTools],
    ['reasoning-and-tool', reasoningAndTool],
  ])('is the same wherever it is cut, and comes to the answer in one piece: %s', (_, stream) => {
    const call = callOf(thinking({ includeThoughts: true }));
    const bridge = call.over('openai-responses')!;
    const whole = JSON.parse(bridge.renderAnswer(bridge.foldStream!(stream)!, paid)) as { candidates: Record<string, unknown>[] };
    const joined = (candidates: Record<string, unknown>[]) => {
      const parts = candidates.flatMap(({ content }) => (content as { parts: Record<string, unknown>[] }).parts);
      const text = (isThought: boolean) =>
        parts.map(({ thought, text: said }) => ((thought === true) === isThought ? (said ?? '') : '')).join('');
      return { text: text(false), thoughts: text(true), calls: parts.flatMap(({ functionCall }) => functionCall ?? []) };
    };
    const all = streamed(stream);
    for (const fed of all) {
      expect(fed).toMatchObject({ complete: true, failure: undefined, hasOutput: true });
      const candidates = candidatesIn(fed);
      expect(joined(candidates)).toEqual(joined(whole.candidates));
      expect(candidates.map(({ finishReason }) => finishReason).filter((reason) => reason !== undefined)).toEqual(['STOP']);
    }
    // Deltas that arrive together may be sent as one or as several; nothing else differs.
    expect(new Set(all.map(({ out: _out, ...fed }) => JSON.stringify(fed))).size).toBe(1);
    expect(chunksOf(all[0]!.out).at(-1)).toMatchObject({
      usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, creditsUsed: 0.25 },
    });
  });
});
