import { describe, expect, it } from 'vitest';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { geminiNative } from '../../../src/dialects/gemini/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Dialect } from '../../../src/dialects/types';

const NATIVE_URL = 'https://gateway.test/v1beta/models/gemini-2.5-flash:generateContent';

function offIn(dialect: Dialect, body: object): boolean | undefined {
  const parsed = dialect.parse({ body: JSON.stringify(body), url: NATIVE_URL, headers: new Headers() });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.thoughtsOff;
}

const turns = [{ role: 'user', content: 'Hi' }];
const chat = (more: object) => offIn(openaiChat, { model: 'm', messages: turns, ...more });
const responses = (more: object) => offIn(openaiResponses, { model: 'm', input: 'Hi', ...more });
const messages = (more: object) => offIn(anthropicMessages, { model: 'm', max_tokens: 1, messages: turns, ...more });
const gemini = (thinkingConfig: object) =>
  offIn(geminiNative, { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }], generationConfig: { thinkingConfig } });

describe('a model is told not to think', () => {
  it.each([
    ['by no effort', () => chat({ reasoning_effort: 'none' })],
    ['by the least effort', () => chat({ reasoning_effort: 'minimal' })],
    ['by a switch for thinking', () => chat({ thinking: { type: 'disabled' } })],
    ['by a field for thinking', () => chat({ enable_thinking: false })],
    ['by the switch of a reasoning object', () => chat({ reasoning: { enabled: false } })],
    ['by no effort in Responses', () => responses({ reasoning: { effort: 'none' } })],
    ['by not being asked to in Messages', () => messages({})],
    ['by a switch in Messages', () => messages({ thinking: { type: 'disabled' } })],
    ['by a budget of nothing', () => gemini({ thinkingBudget: 0 })],
    ['by a budget of nothing in snake case', () => gemini({ thinking_budget: 0 })],
  ])('%s', (_how, off) => expect(off()).toBe(true));

  it.each([
    ['with no word of it', () => chat({})],
    ['with an effort', () => chat({ reasoning_effort: 'low' })],
    ['with an effort in Responses', () => responses({ reasoning: { effort: 'high', summary: 'auto' } })],
    ['asked to in Messages', () => messages({ thinking: { type: 'adaptive' } })],
    ['with a budget', () => gemini({ thinkingBudget: 128 })],
    ['with a budget of its own', () => gemini({ thinkingBudget: -1 })],
  ])('not %s', (_how, off) => expect(off()).toBe(false));
});
