import { describe, expect, it } from 'vitest';
import { geminiNative } from '../../../../src/dialects/gemini/dialect';
import { chunksOf, feed, NATIVE_URL, parsed, receipt, sent } from './support';

const LONG = `${'server_'.repeat(12)}read`;
const functionDeclarations = ['files.read', 'mcp:list', LONG, 'plain', 'a.b', 'a:b', 'a_b'].map((name) => ({ name }));
const call = { functionCall: { id: '1', name: 'files.read', args: { path: '/' } } };
const contents = [
  { role: 'user', parts: [{ text: 'Hi' }] },
  { role: 'model', parts: [call, { functionCall: { name: 'gone.by', args: {} } }] },
  { role: 'user', parts: [{ functionResponse: { id: '1', name: 'files.read', response: { output: 'Read.' } } }] },
];
const body = {
  contents,
  tools: [{ functionDeclarations }],
  toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['files.read'] } },
};
const open = (more: object = {}) => parsed(geminiNative, `${NATIVE_URL}streamGenerateContent?alt=sse`, { ...body, ...more });
const chat = (more: object = {}) => JSON.parse(sent(open(more), 'openai-chat'));
const toolCalls = (name: string) => [{ index: 0, id: 'c', type: 'function', function: { name, arguments: '{}' } }];
const event = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;

/** https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools */
const IN_CHAT = /^[\w-]{1,64}$/;

describe('names of functions that chat would refuse', () => {
  it('are others there, each its own, wherever they stand', () => {
    const names = chat({ toolConfig: undefined }).tools.map((tool: { function: { name: string } }) => tool.function.name);
    for (const name of names) expect(name).toMatch(IN_CHAT);
    expect(new Set(names).size).toBe(functionDeclarations.length);
    expect(names).toEqual(expect.arrayContaining(['files_read', 'mcp_list', 'plain', 'a_b']));
    const { messages, tools, tool_choice } = chat();
    expect(tools).toMatchObject([{ function: { name: 'files_read' } }]);
    expect(tool_choice).toEqual({ type: 'function', function: { name: 'files_read' } });
    expect(messages).toMatchObject([
      { role: 'user' },
      { tool_calls: [{ id: '1', function: { name: 'files_read' } }, { function: { name: 'gone_by' } }] },
      { role: 'tool', tool_call_id: '1', content: 'Read.' },
      { role: 'tool' },
    ]);
  });

  it('are the client’s own in whole answers', () => {
    const answer = { id: 'c', choices: [{ index: 0, finish_reason: 'tool_calls', message: { tool_calls: toolCalls('files_read') } }] };
    const rendered = JSON.parse(open().over('openai-chat')!.renderAnswer(JSON.stringify(answer), receipt()));
    expect(rendered.candidates[0].content.parts).toMatchObject([{ functionCall: { name: 'files.read' } }]);
  });

  it('are the client’s own in streams, over either format', () => {
    const item = { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'mcp_list', arguments: '{}' };
    const streams = {
      'openai-chat':
        event({ id: 'c', choices: [{ index: 0, delta: { tool_calls: toolCalls('mcp_list') }, finish_reason: 'tool_calls' }] }) +
        'data: [DONE]\n\n',
      'openai-responses': event({ type: 'response.completed', response: { id: 'r', status: 'completed', output: [item] } }),
    } as const;
    for (const wire of ['openai-chat', 'openai-responses'] as const) {
      const relay = open().openStream('req_1').relay(wire);
      const out = feed(relay, [new TextEncoder().encode(streams[wire])]) + relay.close(receipt());
      expect(chunksOf(out).at(-1)).toMatchObject({ candidates: [{ content: { parts: [{ functionCall: { name: 'mcp:list' } }] } }] });
    }
  });
});

describe('a function that takes nothing', () => {
  it.each([{}, { type: 'object' }, { $schema: 'x', type: 'object' }])('has properties all the same: %o', (parametersJsonSchema) => {
    const { tools } = chat({ tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema }] }], toolConfig: undefined });
    expect(tools[0].function.parameters).toEqual({ ...parametersJsonSchema, type: 'object', properties: {} });
  });
});
