// A stream's request is let go with its first content, for an isolate's 128 MB are everybody's.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Format, scriptOf } from '../soak/formats';
import { liveHeapKb } from '../soak/memory';
import { type LaneKind, Rig } from './support/rig';

const STREAMS = 4;
/** With one character beyond Latin in it, a text takes two bytes for each. */
const PROMPT = `世${'x'.repeat(2_000_000)}`;
const ALL_KB = (STREAMS * 2 * PROMPT.length) / 1_024;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 4, messages: 1, responses: 1, gemini: 1 }, {}, { inspected: true });
});
afterAll(() => rig?.stop());

const heapKb = () => liveHeapKb(rig.worker.url, rig.worker.inspectorPort!);

const chat = (model: string) => ({ model, stream: true, messages: [{ role: 'user', content: PROMPT }] });
const responses = (model: string) => ({ model, stream: true, input: [{ role: 'user', content: PROMPT }] });
const gemini = () => ({ contents: [{ role: 'user', parts: [{ text: PROMPT }] }] });

const streamed = (model: string) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`;

const CASES: [string, LaneKind, Format, (model: string) => string, (model: string) => unknown][] = [
  ['chat', 'solo', 'openai-chat', () => '/v1/chat/completions', chat],
  ['the short form of chat', 'solo', 'openai-chat', () => '/v1/chat', chat],
  ['Messages', 'messages', 'anthropic-messages', () => '/v1/messages', (model) => ({ ...chat(model), max_tokens: 100 })],
  ['Responses', 'responses', 'openai-responses', () => '/v1/responses', responses],
  ['Responses over chat', 'solo', 'openai-chat', () => '/v1/responses', responses],
  ['Gemini', 'gemini', 'gemini', streamed, gemini],
  ['Gemini over chat', 'solo', 'openai-chat', streamed, gemini],
];

it.each(CASES)('streams of %s hold their requests until their first content, and no longer', async (name, kind, format, path, body) => {
  const { model, first } = rig.lane(kind);
  const account = await rig.account();
  const { events } = scriptOf(format, 500_000, 20);
  let begin = () => {};
  const begun = new Promise<void>((done) => {
    begin = done;
  });
  let end = () => {};
  const ended = new Promise<void>((done) => {
    end = done;
  });
  const steps = [{ until: begun }, events.slice(0, 10).join(''), { until: ended }, events.slice(10).join('')];
  first.replyAlways(() => ({ headers: { 'content-type': 'text/event-stream' }, steps }));
  const beforeKb = await heapKb();
  const calls = Array.from({ length: STREAMS }, () =>
    fetch(rig.worker.url + path(model), {
      method: 'POST',
      headers: { authorization: `Bearer ${account.key}`, 'x-goog-api-key': account.key, 'content-type': 'application/json' },
      body: JSON.stringify(body(model)),
    }),
  );
  await first.request(STREAMS - 1);
  const waitingKb = (await heapKb()) - beforeKb;
  begin();
  const streams = await Promise.all(
    calls.map(async (call) => {
      const response = await call;
      expect(response.status).toBe(200);
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!text.includes('word ')) text += (await reader.read()).value ?? '';
      return reader;
    }),
  );
  const streamingKb = (await heapKb()) - beforeKb;
  console.log(`${name}: ${Math.round(waitingKb)} kB waiting, ${Math.round(streamingKb)} kB with content`);
  end();
  for (const reader of streams) while (!(await reader.read()).done);
  expect(waitingKb).toBeGreaterThan(0.7 * ALL_KB);
  expect(streamingKb).toBeLessThan(0.2 * ALL_KB);
});
