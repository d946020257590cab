import { describe, expect, it } from 'vitest';
import { eventFraming } from '../../../../src/dialects/gemini/framing';
import { StraightRelay } from '../../../../src/dialects/gemini/straight';
import errorAfterContent from './fixtures/native-error-after-content.sse?raw';
import length from './fixtures/native-length.sse?raw';
import noUsage from './fixtures/native-no-usage.sse?raw';
import parallelCalls from './fixtures/native-parallel-calls.sse?raw';
import plain from './fixtures/native-plain.sse?raw';
import promptBlocked from './fixtures/native-prompt-blocked.sse?raw';
import safety from './fixtures/native-safety.sse?raw';
import thoughtsAndTools from './fixtures/native-thoughts-and-tools.sse?raw';
import trailers from './fixtures/native-trailers.sse?raw';
import twoCandidates from './fixtures/native-two-candidates.sse?raw';
import zeroUsage from './fixtures/native-zero-usage.sse?raw';
import { chunksOf, outcomes, receipt } from './support';

const relay = (choices = 1) => new StraightRelay(eventFraming(), choices);

/** The usage object of the fixture's last chunk that has one. */
const REPORTED = { promptTokenCount: 9, totalTokenCount: 20 };
const paid = receipt({}, REPORTED);

const ENDED: Record<string, string> = {
  plain,
  'parallel calls with a signature': parallelCalls,
  'thoughts and tools': thoughtsAndTools,
  'a safety stop': safety,
  'a length stop': length,
  'no usage': noUsage,
  'usage of zero': zeroUsage,
};

/** Leaves time for thousands of cuts on a busy machine. */
const EVERY_CUT_MS = 60_000;

describe('a Gemini stream from an upstream of the same format', () => {
  it.each(Object.entries(ENDED))('passes with all its bytes but the last chunk’s usage, wherever it is cut: %s', (_, stream) => {
    const [fed, ...others] = outcomes(relay, stream, paid);
    expect(others).toEqual([]);
    expect(fed).toMatchObject({ complete: true, hasOutput: true, failure: undefined });
    const sent = stream.split('\n\n');
    const out = fed!.out.split('\n\n');
    expect(out.slice(0, -2)).toEqual(sent.slice(0, -2));
    const [last] = chunksOf(stream).slice(-1) as [object];
    expect(chunksOf(fed!.out).at(-1)).toEqual({ ...last, usageMetadata: { ...REPORTED, creditsUsed: 0.25 } });
    expect(out.at(-2)).toContain('"finishReason"');
  });

  it(
    'comes in the one form that strict clients take, whatever line ends, comments and mark it came with',
    () => {
      const [expected] = outcomes(relay, plain, paid);
      const same = [
        plain.replaceAll('\n', '\r\n'),
        `\uFEFF${plain}`,
        plain.replaceAll('data: ', ': keepalive\n\nid: 1\nevent: message\ndata:'),
        plain.trimEnd(),
        `${plain}data: [DONE]\n\n`,
        `data: {"candidates":[]}\n\n${plain}`,
        plain.replaceAll('"candidates": ', '"candidates":\ndata: '),
      ];
      for (const stream of same) {
        const fed = outcomes(relay, stream, paid);
        expect(fed.map(({ out }) => chunksOf(out))).toEqual(fed.map(() => chunksOf(expected!.out)));
        expect(fed.map(({ usage }) => usage)).toEqual(fed.map(() => expected!.usage));
        for (const { out } of fed) expect(out).toMatch(/^(?:data: \{.*\}\n\n){3}$/);
      }
    },
    EVERY_CUT_MS,
  );

  it('keeps the last usage of a stream that has some on every chunk', () => {
    const [fed] = outcomes(relay, plain, paid);
    expect(fed!.usage).toMatchObject({ promptTokenCount: 9, candidatesTokenCount: 11, thoughtsTokenCount: 84 });
  });

  it('shows an estimate where the upstream sent no usage', () => {
    const [fed] = outcomes(relay, noUsage, receipt({ inputTokens: 3, outputTokens: 4 }));
    expect(fed!.usage).toBeUndefined();
    expect(chunksOf(fed!.out).at(-1)).toMatchObject({
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7, estimated: true, creditsUsed: 0.25 },
    });
  });

  it('holds nothing back before the end', () => {
    const open = relay();
    const [first, second, third] = plain.split(/(?<=\n\n)/);
    expect(open.push(first!)).toBe(first);
    expect(open.push(second!)).toBe(second);
    expect(open.push(third!)).toBe('');
    expect(open.complete).toBe(true);
    expect(open.outputChars).toBe(5 + 20 + 3);
  });

  it('tells of an error after content, and of one that is no event', () => {
    for (const stream of [
      errorAfterContent,
      errorAfterContent.replace(/\n\{\n {2}"error"[\s\S]*$/, '\ndata: [{"error": {"code": 503}}]\n\n'),
    ]) {
      const [fed, ...others] = outcomes(relay, stream, paid);
      expect(others).toEqual([]);
      expect(fed).toMatchObject({ complete: false, hasOutput: true, failure: { error: { error: { code: 503 } } } });
      expect(chunksOf(fed!.out)).toHaveLength(1);
    }
  });

  it('takes something else than an answer for a failure', () => {
    for (const data of ['{"choices":[]}', '<html>', '"text"']) {
      const open = relay();
      expect(open.push(`data: ${data}\n\n`)).toBe('');
      expect(open.failure).toBeDefined();
    }
  });

  it('passes a blocked prompt on as an answer without output', () => {
    const [fed, ...others] = outcomes(relay, promptBlocked, paid);
    expect(others).toEqual([]);
    expect(fed).toMatchObject({ complete: true, hasOutput: false, failure: undefined });
    expect(chunksOf(fed!.out)).toMatchObject([
      { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { creditsUsed: 0.25 } },
    ]);
  });

  it('is complete when all candidates have ended', () => {
    const [fed, ...others] = outcomes(() => relay(2), twoCandidates, paid);
    expect(others).toEqual([]);
    expect(fed!.complete).toBe(true);
    expect(chunksOf(fed!.out)).toMatchObject([
      { candidates: [{ index: 0 }] },
      { candidates: [{ index: 1, finishReason: 'STOP' }] },
      { candidates: [{ index: 0, finishReason: 'STOP' }], usageMetadata: { creditsUsed: 0.25 } },
    ]);
  });

  it('is whole with what comes behind its end and is no part of it: usage, and what nobody knows', () => {
    const end = '{"candidates":[{"content":{"parts":[{"text":"Hi"}],"role":"model"},"finishReason":"STOP","index":0}]}';
    const behind = ['{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}', '{"type":"billing","candidates":null}'];
    const stream = [end, ...behind].map((json) => `data: ${json}\n\n`).join('');
    const [fed, ...others] = outcomes(relay, stream, paid);
    expect(others).toEqual([]);
    expect(fed).toMatchObject({ complete: true, failure: undefined, usage: { candidatesTokenCount: 2 } });
    expect(chunksOf(fed!.out)).toMatchObject([{ candidates: [{ finishReason: 'STOP' }], usageMetadata: { creditsUsed: 0.25 } }]);
  });

  it('has a reason to stop on its last chunk even where content came after that', () => {
    const [fed, ...others] = outcomes(relay, trailers, paid);
    expect(others).toEqual([]);
    expect(fed!.usage).toMatchObject({ candidatesTokenCount: 4 });
    const chunks = chunksOf(fed!.out);
    expect(chunks).toHaveLength(3);
    expect(chunks[2]).toMatchObject({
      candidates: [{ content: { parts: [{ text: '.' }] }, finishReason: 'STOP', groundingMetadata: {} }],
      usageMetadata: { creditsUsed: 0.25 },
    });
  });

  it('drops a torn chunk at the end', () => {
    const open = relay();
    const [first] = plain.split(/(?<=\n\n)/);
    expect(open.push(first!) + open.pushRest('data: {"candidates": [{"conte')).toBe(first);
    expect(open.complete).toBe(false);
  });

  it('sends nothing before the first content, so that another upstream can take over', () => {
    const open = relay();
    expect(open.push('data: {"candidates":[{"content":{"role":"model"},"index":0}],"modelVersion":"x"}\n\n')).toBe('');
    expect(open.hasContent).toBe(false);
  });
});
