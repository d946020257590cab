import { describe, expect, it } from 'vitest';
import { geminiNative, geminiUnified } from '../../../../src/dialects/gemini/dialect';
import { GeminiStream } from '../../../../src/dialects/gemini/stream';
import plain from './fixtures/native-plain.sse?raw';
import { NATIVE_URL, parsed, receipt } from './support';

const contents = [{ parts: [{ text: 'Hi' }] }];
const events = () => parsed(geminiNative, `${NATIVE_URL}streamGenerateContent?alt=sse`, { contents }).openStream('req_1');
const array = () => parsed(geminiNative, `${NATIVE_URL}streamGenerateContent`, { contents }).openStream('req_1');
const error = { kind: 'upstream_failed', message: 'It broke.' } as const;

describe('the client’s end of a stream', () => {
  it('is kept alive by an answer without candidates', () => {
    expect(events().keepalive()).toBe('data: {"candidates":[]}\n\n');
  });

  it('says an error twice: as an event, and bare', () => {
    const [event, bare, ...others] = events().fail(error).split('\n\n');
    expect(event).toBe(`data: ${bare}`);
    expect(JSON.parse(bare!)).toMatchObject({ error: { code: 502, message: 'It broke.', status: 'UNAVAILABLE' } });
    expect(others).toEqual(['']);
  });

  it('says an error in the same way where nothing else is known of the stream', () => {
    expect(geminiNative.renderLoneError(error, 'req_1')).toBe(events().fail(error));
  });

  it('has one answer, whichever upstreams began it', () => {
    const stream = events();
    const first = stream.relay('gemini');
    expect(first.push('data: {"candidates":[{"content":{"role":"model"}}],"responseId":"one"}\n\n')).toBe('');
    const second = stream.relay('openai-chat');
    const chunk = { id: 'two', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] };
    expect(second.push(`data: ${JSON.stringify(chunk)}\n\n`)).toBe('');
    expect(second.close(receipt())).toContain('"responseId":"two"');
  });

  it('ends with a reason even if the upstream gave none', () => {
    const relay = events().relay('gemini');
    relay.push('data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]}}],"modelVersion":"m"}\n\ndata: [DONE]\n\n');
    expect(relay.ended).toBe(true);
    expect(JSON.parse(relay.close(receipt()).slice(6))).toMatchObject({
      candidates: [{ finishReason: 'STOP', index: 0 }],
      modelVersion: 'm',
      usageMetadata: { creditsUsed: 0.25 },
    });
  });

  it('is one JSON array without alt=sse, with white space to keep it alive', () => {
    const stream = array();
    const relay = stream.relay('gemini');
    const [first, second, third] = plain.split(/(?<=\n\n)/);
    let out = stream.keepalive() + relay.push(first!) + stream.keepalive();
    out += relay.push(second! + third!) + stream.keepalive() + relay.close(receipt({}, { promptTokenCount: 9 }));
    const chunks = JSON.parse(out);
    expect(chunks).toHaveLength(3);
    expect(chunks[2]).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 9, creditsUsed: 0.25 } });
  });

  it('is a whole JSON array even if it fails, early or late', () => {
    expect(JSON.parse(array().fail(error))).toMatchObject([{ error: { code: 502 } }]);
    const late = array();
    const [first] = plain.split(/(?<=\n\n)/);
    expect(JSON.parse(late.relay('gemini').push(first!) + late.fail(error))).toMatchObject([{ candidates: [{}] }, { error: {} }]);
  });

  it('knows its content type', () => {
    expect(events()).toMatchObject({ contentType: 'text/event-stream; charset=utf-8' });
    expect(array()).toMatchObject({ contentType: 'application/json; charset=utf-8' });
    const unified = parsed(geminiUnified, 'https://gateway.test/gemini', { model: 'x', contents, stream: true }).openStream('req_1');
    expect(unified).toBeInstanceOf(GeminiStream);
    expect(unified).toMatchObject({ contentType: 'text/event-stream; charset=utf-8' });
  });
});
