import { describe, expect, it } from 'vitest';
import { measureOf, textChars } from '../../../src/core/text-chars';
import { MessagesStream } from '../../../src/dialects/anthropic-messages/stream';
import { promptSize } from '../../../src/dialects/estimate-tokens';
import { ChatRelay } from '../../../src/dialects/openai-chat/relay';
import { deltaChars } from '../../../src/dialects/openai-responses/events';

describe('the length of a text for an estimate', () => {
  it.each([
    ['plain', 'One two', 7],
    ['with accents and pictures', 'Grüße 👋', 8],
    ['in Cyrillic', 'Привет', 6],
    ['in Chinese', '你好，世界', 20],
    ['in Japanese', 'カタカナとひらがな', 36],
    ['in Korean', '안녕', 8],
    ['in both', 'GPT 说：ok', 6 + 2 * 4],
    ['at the edges of these scripts', '\u2e80\ud7ff\uf900\ufaff\uff00\uffef', 6 * 4],
    ['just beyond those edges', '问\u2e7f👋\uf8ff\ufb00\ufeff\ufff0', 4 + 7],
    ['empty', '', 0],
  ])('is about four for each token: %s', (_, text, chars) => {
    expect(textChars(text)).toBe(chars);
    expect(measureOf(`"${text}"`)(1, text.length + 1)).toBe(chars);
    expect(measureOf(`问${text}问`)(1, text.length + 1)).toBe(chars);
  });

  it('sizes a hold for a prompt in Chinese by its characters', () => {
    expect(promptSize('问'.repeat(1_000), undefined).estimatedInputTokens).toBe(1_000);
    expect(promptSize('x'.repeat(1_000), undefined).estimatedInputTokens).toBe(250);
  });

  it('is what a stream has produced, in each format', () => {
    const text = '你好世界';
    const chat = new ChatRelay({ includeUsage: false, choices: 1 }, undefined);
    chat.push(`data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`);
    const messages = new MessagesStream('req_0').relay();
    messages.push(
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${text}"}}\n\n`,
    );
    expect(chat.outputChars).toBe(16);
    expect(messages.outputChars).toBe(16);
    expect(deltaChars(`data: {"type":"response.output_text.delta","delta":"${text}"}\n\n`)).toBe(16);
    expect(deltaChars('data: {"type":"response.output_text.delta","delta":"","text":"x"}\n\n')).toBe(0);
  });
});
