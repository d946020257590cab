// A stream's request is released with its first content, or as soon as it is sent: all calls share an isolate's 128 MB.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Format, scriptOf } from '../soak/formats';
import { liveHeapKb } from '../soak/memory';
import { type LaneKind, Rig } from './support/rig';

const STREAMS = 4;
/** One character beyond Latin-1 makes the whole text take two bytes a character. */
const promptOf = (chars: number): string => `世${'x'.repeat(chars)}`;
const kbOf = (prompt: string): number => (STREAMS * 2 * prompt.length) / 1_024;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ solo: 6, messages: 3, responses: 3, gemini: 3 }, {}, { inspected: true });
});
afterAll(() => rig?.stop());

const heapKb = () => liveHeapKb(rig.worker.url, rig.worker.inspectorPort!);

const chat = (model: string, content: string) => ({ model, stream: true, messages: [{ role: 'user', content }] });
const messages = (model: string, content: string) => ({ ...chat(model, content), max_tokens: 100 });
const responses = (model: string, content: string) => ({ model, stream: true, input: [{ role: 'user', content }] });
const gemini = (_: string, text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });

const streamed = (model: string) => `/v1beta/models/${model}:streamGenerateContent?alt=sse`;

type Case = [string, LaneKind, Format, (model: string) => string, (model: string, prompt: string) => unknown];

/** The provider is sent what the client sent. */
const STRAIGHT: Case[] = [
  ['chat', 'solo', 'openai-chat', () => '/v1/chat/completions', chat],
  ['Messages', 'messages', 'anthropic-messages', () => '/v1/messages', messages],
  ['Gemini', 'gemini', 'gemini', streamed, gemini],
  ['Responses', 'responses', 'openai-responses', () => '/v1/responses', responses],
];
const CASES: Case[] = [
  ...STRAIGHT,
  ['the short form of chat', 'solo', 'openai-chat', () => '/v1/chat', chat],
  ['Responses over chat', 'solo', 'openai-chat', () => '/v1/responses', responses],
  ['Gemini over chat', 'solo', 'openai-chat', streamed, gemini],
];

/** What streams with this prompt add to the heap while their provider is silent, and once it has begun. */
async function heldBy([name, kind, format, path, body]: Case, prompt: string) {
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
      body: JSON.stringify(body(model, prompt)),
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
  return { waitingKb, streamingKb };
}

it.each(CASES)('streams of %s hold their requests until their first content, and no longer', async (...one) => {
  const prompt = promptOf(2_000_000);
  const { waitingKb, streamingKb } = await heldBy(one, prompt);
  expect(waitingKb).toBeGreaterThan(0.7 * kbOf(prompt));
  expect(streamingKb).toBeLessThan(0.2 * kbOf(prompt));
});

it.each(STRAIGHT)('streams of %s below a megabyte are not on the heap even while they wait', async (...one) => {
  const prompt = promptOf(900_000);
  await heldBy(one, prompt); // Fills the buffers that later calls use again.
  const { waitingKb } = await heldBy(one, prompt);
  // The engine keeps the last text that a pattern was searched in.
  expect(waitingKb).toBeLessThan((1.5 / STREAMS) * kbOf(prompt));
});
