/** OpenAI Chat Completions as providers write them. */
import { chunk, completion, DONE, finish, role, says, usageChunk } from '../../e2e/support/wire.ts';

export const matches = (path) => path.endsWith('/chat/completions');

export const aside = () => undefined;

export function read({ body }) {
  const results = (body.messages ?? []).filter((message) => message.role === 'tool');
  return {
    stream: body.stream === true,
    hasTools: (body.tools ?? []).length > 0,
    toolNames: (body.tools ?? []).map((tool) => tool.function?.name),
    toolResults: results.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content))),
  };
}

const call = (turn, id) => ({
  id: `call_${id}`,
  type: 'function',
  function: { name: turn.name, arguments: JSON.stringify(turn.arguments) },
});

export function stream(turn, { id }) {
  if (turn.kind === 'cut') return { steps: [role(), 'cut'] };
  if (turn.kind === 'tool') {
    return { steps: [role(), chunk({ tool_calls: [{ index: 0, ...call(turn, id) }] }), finish('tool_calls'), usageChunk(), DONE] };
  }
  const silence = turn.silentMs === undefined ? [] : [{ pauseMs: turn.silentMs }];
  return { steps: [role(), ...silence, says(turn.text), finish(), usageChunk(), DONE] };
}

export function whole(turn, { id }) {
  if (turn.kind === 'tool') return completion({ content: null, tool_calls: [call(turn, id)] }, {}, { finish_reason: 'tool_calls' });
  return completion({ content: turn.text });
}

export const failure = ({ type, message, code = null }) => ({ error: { message, type, param: null, code } });
