/** What stands in a request in place of a text or a number is sent on or refused: it makes no failure of the gateway. */
import { expect, it } from 'vitest';
import { isRecord } from '../../../src/core/record';
import { anthropicMessages } from '../../../src/dialects/anthropic-messages/dialect';
import { geminiNative } from '../../../src/dialects/gemini/dialect';
import { openaiChat } from '../../../src/dialects/openai-chat/dialect';
import { openaiResponses } from '../../../src/dialects/openai-responses/dialect';
import type { Dialect } from '../../../src/dialects/types';

type Json = Record<string, unknown>;

/** Has no text of its own. */
const ODD = { toString: 1 };

/** The value with something odd in each place of it, behind each list's last, and as the type, name and role of each object. */
function oddOnes(value: unknown): unknown[] {
  if (Array.isArray(value))
    return [ODD, [ODD], [...value, ODD], ...value.flatMap((one, at) => oddOnes(one).map((odd) => value.with(at, odd)))];
  if (!isRecord(value)) return [ODD, [ODD]];
  const held = Object.entries(value).flatMap(([key, one]) => oddOnes(one).map((odd) => ({ ...value, [key]: odd })));
  return [ODD, ...held, ...['type', 'name', 'role'].map((key) => ({ ...value, [key]: ODD }))];
}

const CHAT = {
  messages: [
    { role: 'system', content: 's' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'x' },
        { type: 'file', file: { file_data: 'https://example.com/a.pdf' } },
      ],
    },
    { role: 'assistant', content: 'c', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'a', content: 'r' },
  ],
  tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
  tool_choice: { type: 'function', function: { name: 'f' } },
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } },
};

const RESPONSES = {
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'x' },
        { type: 'input_image', image_url: 'https://example.com/a.png' },
      ],
    },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'q' }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'o' },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 't' }] },
  ],
  tools: [
    { type: 'function', name: 'f', parameters: {} },
    { type: 'custom', name: 'g', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
  reasoning: { effort: 'low', summary: 'auto' },
  text: { format: { type: 'json_schema', name: 'n', schema: {} } },
};

const MESSAGES = {
  max_tokens: 5_000,
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '5m' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'x' },
        { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      ],
    },
    { role: 'system', content: [{ type: 'tool_removal', tool: { name: 'f' } }], output_config: { effort: 'low' } },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: 's' },
        { type: 'tool_use', id: 't', name: 'f', input: {} },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'f' }] }] },
  ],
  tools: [
    { name: 'f', input_schema: {}, defer_loading: true },
    { type: 'web_search_20260209', name: 'web_search', max_uses: 4 },
  ],
  tool_choice: { type: 'tool', name: 'f' },
  thinking: { type: 'enabled', budget_tokens: 2_000 },
};

const GEMINI = {
  contents: [
    { role: 'user', parts: [{ text: 'x' }, { inlineData: { mimeType: 'application/pdf', data: 'AA==' } }] },
    { role: 'model', parts: [{ text: 't', thought: true }, { functionCall: { name: 'f', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 1 } } }] },
  ],
  tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING', minLength: '1' } } } }] }],
  toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
  generationConfig: { responseModalities: ['TEXT', 'IMAGE'], thinkingConfig: { thinkingBudget: 10 }, maxOutputTokens: 5 },
};

const CASES: [name: string, dialect: Dialect, path: string, request: Json, sentTo: string[]][] = [
  ['Chat Completions', openaiChat, 'chat/completions', CHAT, ['gpt-5.5']],
  ['Responses', openaiResponses, 'responses', RESPONSES, ['deepseek-chat']],
  ['Messages', anthropicMessages, 'messages', { ...MESSAGES, model: 'claude-opus-5-5' }, ['claude-opus-4-6', 'claude-haiku-4-5']],
  [
    'Messages with an effort',
    anthropicMessages,
    'messages',
    { ...MESSAGES, thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    ['claude-haiku-4-5'],
  ],
  ['Gemini', geminiNative, 'models/m:generateContent', GEMINI, ['gpt-5.5']],
];
const WIRES = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const;

it.each(CASES)('a request of %s has a bridge or none, whatever stands in its fields', (_name, { parse }, path, request, sentTo) => {
  let written = 0;
  for (const odd of [request, ...oddOnes(request)]) {
    const body = JSON.stringify({ model: 'm', ...(odd as Json) });
    const parsed = parse({ body, url: `https://gateway.test/v1beta/${path}`, headers: new Headers() });
    const bridges = parsed.ok ? WIRES.flatMap((wire) => parsed.value.over(wire) ?? []) : [];
    for (const bridge of bridges) for (const model of sentTo) written += bridge.request({ model, moved: false }).body.length > 0 ? 1 : 0;
  }
  expect(written).toBeGreaterThan(20);
});
