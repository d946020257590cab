/** Anthropic Messages as the provider writes them. */

const event = (type, fields = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const USAGE = { input_tokens: 120, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 30 };

const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join(''));

export const matches = (path) => path.includes('/messages');

/** Answers requests that do not ask for a message. */
export const aside = (seen) => (seen.path.includes('/count_tokens') ? { input_tokens: 100 } : undefined);

export function read({ body }) {
  const blocks = (body.messages ?? []).flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return {
    stream: body.stream === true,
    hasTools: (body.tools ?? []).length > 0,
    toolNames: (body.tools ?? []).map(({ name }) => name),
    toolResults: blocks.filter(({ type }) => type === 'tool_result').map(({ content }) => textOf(content)),
  };
}

const start = (id, model) =>
  event('message_start', {
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...USAGE, output_tokens: 1 },
    },
  });

const block = (index, content_block, deltas) => [
  event('content_block_start', { index, content_block }),
  ...deltas.map((delta) => event('content_block_delta', { index, delta })),
  event('content_block_stop', { index }),
];

const end = (stop_reason) => [
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: USAGE.output_tokens } }),
  event('message_stop'),
];

/** The beginning of a thinking block, with nothing in it yet that a client could show. */
const thinking = {
  before: [event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } })],
  after: [
    event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'That was long.' } }),
    event('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'c2lnbmF0dXJl' } }),
    event('content_block_stop', { index: 0 }),
  ],
};

export function stream(turn, { id, model }) {
  if (turn.kind === 'cut') return { steps: [start(id, model), 'cut'] };
  if (turn.kind === 'tool') {
    const deltas = [{ type: 'input_json_delta', partial_json: JSON.stringify(turn.arguments) }];
    return {
      steps: [
        start(id, model),
        ...block(0, { type: 'tool_use', id: `toolu_${id}`, name: turn.name, input: {} }, deltas),
        ...end('tool_use'),
      ],
    };
  }
  const text = (index) => block(index, { type: 'text', text: '' }, [{ type: 'text_delta', text: turn.text }]);
  if (turn.silentMs === undefined) return { steps: [start(id, model), ...text(0), ...end('end_turn')] };
  return {
    steps: [start(id, model), ...thinking.before, { pauseMs: turn.silentMs }, ...thinking.after, ...text(1), ...end('end_turn')],
  };
}

export function whole(turn, { id, model }) {
  const content =
    turn.kind === 'tool'
      ? [{ type: 'tool_use', id: `toolu_${id}`, name: turn.name, input: turn.arguments }]
      : [{ type: 'text', text: turn.text }];
  const stop_reason = turn.kind === 'tool' ? 'tool_use' : 'end_turn';
  return { id, type: 'message', role: 'assistant', model, content, stop_reason, stop_sequence: null, usage: USAGE };
}

export const failure = ({ type, message }) => ({ type: 'error', error: { type, message }, request_id: 'req_upstream' });
