/** OpenAI Responses as the provider writes them. */

const USAGE = {
  input_tokens: 120,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 30,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 150,
};

export const matches = (path) => path.endsWith('/responses');

export const aside = () => undefined;

/** Newer models get their tools as an item of the input. */
const toolsOf = (body) => [
  ...(body.tools ?? []),
  ...(Array.isArray(body.input) ? body.input : []).flatMap((item) => (item.type === 'additional_tools' ? (item.tools ?? []) : [])),
];

export function read({ body }) {
  const input = Array.isArray(body.input) ? body.input : [];
  const results = input.filter(({ type }) => type === 'function_call_output' || type === 'custom_tool_call_output');
  return {
    stream: body.stream === true,
    hasTools: toolsOf(body).length > 0,
    toolNames: toolsOf(body).map(({ name, type }) => name ?? type),
    toolResults: results.map(({ output }) => (typeof output === 'string' ? output : JSON.stringify(output))),
  };
}

const responseOf = (id, model, more = {}) => ({
  id,
  object: 'response',
  created_at: 1_763_600_000,
  status: 'in_progress',
  model,
  output: [],
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  usage: null,
  error: null,
  incomplete_details: null,
  ...more,
});

const messageItem = (id, text) => ({
  id: `msg_${id}`,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

const callItem = (id, turn) => ({
  id: `fc_${id}`,
  type: 'function_call',
  status: 'completed',
  call_id: `call_${id}`,
  name: turn.name,
  arguments: JSON.stringify(turn.arguments),
});

const reasoningItem = (id) => ({ id: `rs_${id}`, type: 'reasoning', summary: [] });

/** The events between the first and the last of an item. */
function inner(item, at) {
  if (item.type === 'function_call') {
    return [
      ['response.function_call_arguments.delta', { ...at, delta: item.arguments }],
      ['response.function_call_arguments.done', { ...at, arguments: item.arguments, name: item.name }],
    ];
  }
  const part = item.content[0];
  return [
    ['response.content_part.added', { ...at, content_index: 0, part: { ...part, text: '' } }],
    ['response.output_text.delta', { ...at, content_index: 0, delta: part.text, logprobs: [] }],
    ['response.output_text.done', { ...at, content_index: 0, text: part.text, logprobs: [] }],
    ['response.content_part.done', { ...at, content_index: 0, part }],
  ];
}

function itemEvents(item, output_index) {
  const empty = item.type === 'function_call' ? { ...item, arguments: '' } : { ...item, content: [] };
  return [
    ['response.output_item.added', { output_index, item: { ...empty, status: 'in_progress' } }],
    ...inner(item, { item_id: item.id, output_index }),
    ['response.output_item.done', { output_index, item }],
  ];
}

export function stream(turn, { id, model }) {
  let sequence = 0;
  const event = ([type, fields]) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const head = ['response.created', 'response.in_progress'].map((type) => event([type, { response: responseOf(id, model) }]));
  if (turn.kind === 'cut') return { steps: [...head, 'cut'] };
  const item = turn.kind === 'tool' ? callItem(id, turn) : messageItem(id, turn.text);
  const thought = turn.silentMs === undefined ? [] : [reasoningItem(id)];
  const before = thought.map((one) => event(['response.output_item.added', { output_index: 0, item: one }]));
  const after = thought.map((one) => event(['response.output_item.done', { output_index: 0, item: one }]));
  const output = [...thought, item];
  const tail = [
    ...itemEvents(item, thought.length),
    ['response.completed', { response: responseOf(id, model, { status: 'completed', output, usage: USAGE }) }],
  ].map(event);
  return { steps: [...head, ...before, ...(thought.length > 0 ? [{ pauseMs: turn.silentMs }] : []), ...after, ...tail] };
}

export const whole = (turn, { id, model }) =>
  responseOf(id, model, {
    status: 'completed',
    output: [turn.kind === 'tool' ? callItem(id, turn) : messageItem(id, turn.text)],
    usage: USAGE,
  });

export const failure = ({ type, message, code = null }) => ({ error: { message, type, param: null, code } });
