import { describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { promptSize } from '../../../src/dialects/estimate-tokens';
import { geminiNative } from '../../../src/dialects/gemini/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Dialect } from '../../../src/dialects/types';

const NATIVE_URL = 'https://gateway.test/v1beta/models/gemini-2.5-flash:generateContent';

function sizeOf(dialect: Dialect, body: object) {
  const parsed = dialect.parse({ body: JSON.stringify(body), url: NATIVE_URL, headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  const { estimatedInputTokens, worstInputTokens } = parsed.value;
  return { likely: estimatedInputTokens, worst: worstInputTokens };
}

const chat = (content: unknown, more: object = {}) => sizeOf(openaiChat, { model: 'm', messages: [{ role: 'user', content }], ...more });
const messages = (content: unknown) => sizeOf(anthropicMessages, { model: 'm', max_tokens: 1, messages: [{ role: 'user', content }] });
const responses = (input: unknown) => sizeOf(openaiResponses, { model: 'm', input });
const gemini = (parts: unknown) => sizeOf(geminiNative, { contents: [{ role: 'user', parts }] });

const WORDS = 'the quick brown fox '.repeat(20_000);
const LETTERS = 'A'.repeat(400_000);
const PDF = `JVBERi0${LETTERS}`;

describe('a text', () => {
  it.each<[string, (text: string) => { likely: number; worst: number }]>([
    ['in a chat message', (text) => chat(text)],
    ['in a text part', (text) => chat([{ type: 'text', text }])],
    ['in a text part that has a file’s name', (text) => chat([{ type: 'text', text, name: 'data' }])],
    ['in a tool', (text) => chat('Hi', { tools: [{ type: 'function', function: { name: 'f', parameters: { default: { url: text } } } }] })],
    ['in a Messages block', (text) => messages([{ type: 'text', text }])],
    ['in a document of text', (text) => messages([{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: text } }])],
    ['in a tool’s input', (text) => messages([{ type: 'tool_use', id: 't', name: 'f', input: { data: text } }])],
    ['as an input', (text) => responses(text)],
    ['in an input item', (text) => responses([{ role: 'user', content: [{ type: 'input_text', text }] }])],
    ['in a function’s output', (text) => responses([{ type: 'function_call_output', call_id: 'c', output: text }])],
    ['in a Gemini part', (text) => gemini([{ text }])],
    ['in a function’s arguments', (text) => gemini([{ functionCall: { name: 'f', args: { data: text } } }])],
  ])('%s is no file, whatever it looks like', (_where, sized) => {
    const plain = sized(`x ${WORDS}`).likely;
    expect(plain).toBeGreaterThan(95_000);
    for (const disguise of ['x;base64,', 'data:image/png;base64,', '","data":"']) {
      const { likely, worst } = sized(disguise + WORDS);
      expect(Math.abs(likely - plain) / plain, disguise).toBeLessThan(0.01);
      expect(worst).toBe(likely);
    }
  });
});

it.each([{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_1' }, { type: null, id: 'rs_1' }])(
  'an item that only its id is of may be as long as an answer: %o',
  (item) => {
    const { likely, worst } = responses([item, item]);
    expect([likely, worst].map((tokens) => Math.floor(tokens / 1_000))).toEqual([2, 256]);
    // An item that is sent in full counts as its text, whatever its id.
    expect(responses([{ id: 'msg_1', role: 'assistant', content: 'Hi' }]).worst).toBeLessThan(100);
  },
);

it('is rounded up, and no request is nothing', () => {
  expect(promptSize('nine char', undefined)).toEqual({ estimatedInputTokens: 3, worstInputTokens: 3 });
  expect(promptSize('', undefined)).toEqual({ estimatedInputTokens: 1, worstInputTokens: 1 });
});

it('of any depth has a size', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const parsed = openaiChat.parse({
    body: `{"model":"m","messages":[{"role":"user","content":${deep}}]}`,
    url: NATIVE_URL,
    headers: new Headers(),
  });
  expect(parsed.ok && parsed.value.estimatedInputTokens).toBeGreaterThan(40_000);
});

describe('a picture', () => {
  const url = `data:image/png;base64,${LETTERS}`;

  it.each<[string, () => { likely: number; worst: number }]>([
    ['in a chat message', () => chat([{ type: 'image_url', image_url: { url } }])],
    ['by its address', () => chat([{ type: 'image_url', image_url: { url: 'https://x.test/a.png' } }])],
    ['in a Messages block', () => messages([{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: LETTERS } }])],
    [
      'in the result of a tool',
      () =>
        messages([
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: LETTERS } }],
          },
        ]),
    ],
    ['in an input item', () => responses([{ role: 'user', content: [{ type: 'input_image', image_url: url }] }])],
    [
      'in a function’s output',
      () => responses([{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: url }] }]),
    ],
    [
      'on a screen',
      () => responses([{ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: url } }]),
    ],
    ['that was made before', () => responses([{ type: 'image_generation_call', id: 'i', result: LETTERS }])],
    ['in a Gemini part', () => gemini([{ inlineData: { mimeType: 'image/png', data: LETTERS } }])],
    ['in a Gemini part in snake case', () => gemini([{ inline_data: { mime_type: 'image/png', data: LETTERS } }])],
  ])('%s counts as one, however large it is', (_where, sized) => {
    const { likely, worst } = sized();
    expect(likely).toBeGreaterThanOrEqual(1_000);
    expect(likely).toBeLessThan(1_200);
    expect(worst).toBeGreaterThan(4_000);
  });
});

describe('another file', () => {
  it.each<[string, number, () => { likely: number; worst: number }]>([
    [
      'a PDF in a chat message',
      15_000,
      () => chat([{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } }]),
    ],
    [
      'a PDF without its type',
      15_000,
      () => responses([{ role: 'user', content: [{ type: 'input_file', filename: 'a', file_data: PDF }] }]),
    ],
    [
      'a PDF in a Messages block',
      15_000,
      () => messages([{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }]),
    ],
    ['a PDF in a Gemini part', 15_000, () => gemini([{ inlineData: { mimeType: 'application/pdf', data: PDF } }])],
    [
      'a table as a file',
      75_000,
      () => chat([{ type: 'file', file: { filename: 'a.csv', file_data: `data:text/csv;base64,${LETTERS}` } }]),
    ],
    ['a text in a Gemini part', 75_000, () => gemini([{ inlineData: { mimeType: 'text/plain', data: LETTERS } }])],
    ['speech', 600, () => chat([{ type: 'input_audio', input_audio: { format: 'mp3', data: LETTERS } }])],
    ['a film', 1_000, () => gemini([{ inlineData: { mimeType: 'video/mp4', data: LETTERS } }])],
  ])('counts by its length: %s', (_what, tokens, sized) => {
    const { likely, worst } = sized();
    expect(likely).toBeGreaterThanOrEqual(tokens);
    expect(likely).toBeLessThan(tokens * 1.1 + 200);
    expect(worst).toBeGreaterThan(likely);
  });

  it('may come to much where only its address is known', () => {
    for (const { worst } of [
      responses([{ role: 'user', content: [{ type: 'input_file', file_url: 'https://x.test/a.pdf' }] }]),
      messages([{ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } }]),
      gemini([{ fileData: { mimeType: 'application/pdf', fileUri: 'https://x.test/a.pdf' } }]),
      gemini([{ file_data: { mime_type: 'application/pdf', file_uri: 'https://x.test/a.pdf' } }]),
    ])
      expect(worst).toBeGreaterThan(100_000);
  });
});
