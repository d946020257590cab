import { describe, expect, it } from 'vitest';
import { openaiChat } from '../../../../src/dialects/openai-chat/dialect';

const parse = (body: object) =>
  openaiChat.parse({ body: JSON.stringify(body), url: 'https://gateway.test/v1/chat/completions', headers: new Headers() });

function sent(body: object): unknown {
  const parsed = parse(body);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return JSON.parse(parsed.value.over('openai-chat')!.request({ model: 'm', moved: false }).body);
}

/** As Cursor sends it. */
const CURSOR = {
  model: 'gpt-5.5',
  input: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'input_text', text: 'Read a.ts' }] },
    { type: 'function_call', call_id: 'c1', name: 'read', arguments: '{"path":"a.ts"}' },
    { type: 'function_call_output', call_id: 'c1', output: 'x' },
  ],
  tools: [
    { type: 'function', name: 'read', description: 'Reads.', parameters: { type: 'object' }, strict: false },
    { type: 'custom', name: 'ApplyPatch', description: 'Patches.', format: { type: 'text' } },
    { type: 'function', function: { name: 'list', parameters: { type: 'object' } } },
  ],
  tool_choice: 'auto',
  reasoning: { effort: 'medium', summary: 'auto' },
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: 'k',
  store: false,
  user: 'u',
};

describe('a body of Responses at the path of chat', () => {
  it('is sent as chat', () => {
    expect(sent({ ...CURSOR, max_tokens: 9 })).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Read a.ts' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'read', arguments: '{"path":"a.ts"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'x' },
      ],
      tools: [
        { type: 'function', function: { name: 'read', description: 'Reads.', parameters: { type: 'object' }, strict: false } },
        { type: 'function', function: { name: 'ApplyPatch', description: 'Patches.', parameters: expect.any(Object) } },
        { type: 'function', function: { name: 'list', parameters: { type: 'object' } } },
      ],
      tool_choice: 'auto',
      reasoning_effort: 'medium',
      prompt_cache_key: 'k',
      user: 'u',
      max_tokens: 9,
    });
  });

  it('is answered in chunks of chat, with a chunk for usage only if asked', () => {
    const parsed = parse({ ...CURSOR, stream: true });
    expect(parsed).toMatchObject({ ok: true, value: { stream: true, includeUsage: false } });
    if (!parsed.ok) return;
    const chunk = `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] })}\n\n`;
    expect(parsed.value.openStream('req_1').relay('openai-chat').push(chunk)).toBe(chunk);
    expect(parse({ ...CURSOR, stream: true, stream_options: { include_usage: true } })).toMatchObject({ value: { includeUsage: true } });
  });

  it.each([
    ['neither', {}, 'messages', 'missing_required_parameter'],
    ['a model that is none', { model: 5, input: 'Hi' }, 'model', 'invalid_value'],
    ['what chat cannot say', { input: [{ type: 'compaction_trigger' }] }, 'input[0]', undefined],
    ['messages that are wrong', { input: 'Hi', messages: [] }, 'messages', 'invalid_value'],
  ])('is refused with the field named: %s', (_name, fields, param, code) => {
    const parsed = parse({ model: 'gpt-5.5', ...fields });
    expect(parsed).toMatchObject({ ok: false, error: { kind: 'invalid_request', param, ...(code !== undefined && { code }) } });
  });
});
