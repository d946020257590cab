// What a prompt comes to is the same whether its long strings were read whole or only to their beginnings.
import { describe, expect, it } from 'vitest';
import { parseMessages } from '../../../src/dialects/anthropic-messages/request';
import { promptSize } from '../../../src/dialects/estimate-tokens';
import { parseChat } from '../../../src/dialects/openai-chat/request';

const TEXT = 'All work and no play. '.repeat(2_000);
const BASE64 = 'QUJDREVG'.repeat(40_000);
const PDF = `JVBERi0xLjcK${BASE64}`;

const user = (...content: object[]) => [
  { role: 'system', content: TEXT },
  { role: 'user', content },
];
const text = { type: 'text', text: TEXT };

const CHATS: [string, object[]][] = [
  ['text', user(text)],
  ['Chinese', user({ type: 'text', text: '漢字'.repeat(20_000) })],
  ['a picture', user(text, { type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}` } })],
  ['a picture of no type', user({ type: 'image_url', image_url: { url: `data:;base64,${BASE64}` } })],
  [
    'two pictures',
    user(...['png', 'jpeg'].map((kind) => ({ type: 'image_url', image_url: { url: `data:image/${kind};base64,${BASE64}` } }))),
  ],
  ['sound', user({ type: 'input_audio', input_audio: { data: BASE64, format: 'mp3' } })],
  ['a document', user({ type: 'file', file: { file_data: `data:application/pdf;base64,${PDF}` } })],
  ['a document without a type', user({ type: 'file', file: { file_data: PDF } })],
  ['a video', user({ type: 'video_url', video_url: { url: `data:video/mp4;base64,${BASE64}` } })],
];

describe('the size of a chat with', () => {
  it.each(CHATS)('%s', (_what, messages) => {
    const body = JSON.stringify({ model: 'm', messages });
    expect(parseChat(body)).toMatchObject({ ok: true, value: promptSize(body, messages) });
  });

  it('a picture whose slashes are escaped', () => {
    const messages = user({ type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}` } });
    const body = JSON.stringify({ model: 'm', messages }).replaceAll('/', '\\/');
    expect(parseChat(body)).toMatchObject({ ok: true, value: promptSize(body, messages) });
  });
});

describe('the size of a message with', () => {
  it.each([
    ['a picture', { type: 'image', source: { type: 'base64', media_type: 'image/png', data: BASE64 } }],
    ['a document', { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } }],
    ['text for a document', { type: 'document', source: { type: 'text', media_type: 'text/plain', data: TEXT } }],
  ])('%s', (_what, part) => {
    const messages = [{ role: 'user', content: [text, { type: 'tool_result', tool_use_id: 't', content: [part] }] }];
    const body = JSON.stringify({ model: 'm', max_tokens: 5, messages });
    const request = { body, url: 'https://gateway.example/v1/messages', headers: new Headers() };
    expect(parseMessages(request)).toMatchObject({ ok: true, value: promptSize(body, messages) });
  });
});
