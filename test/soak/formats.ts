/** Streams in every upstream format, with a given number of words, and what marks the end of each. */

export type Format = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini';

export interface Script {
  events: string[];
  usage: { input: number; output: number };
}

const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;
const named = (json: { type: string; [field: string]: unknown }): string => `event: ${json.type}\n${data(json)}`;

const WORD = 'word ';

function chat(input: number, output: number): string[] {
  const chunk = (choices: unknown[], more = {}) =>
    data({ id: 'chatcmpl-x', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more });
  const delta = (fields: object, finish: string | null = null) => chunk([{ index: 0, delta: fields, finish_reason: finish }]);
  return [
    delta({ role: 'assistant', content: '' }),
    ...Array.from({ length: output }, () => delta({ content: WORD })),
    delta({}, 'stop'),
    chunk([], { usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } }),
    'data: [DONE]\n\n',
  ];
}

function messages(input: number, output: number): string[] {
  const usage = { input_tokens: input, output_tokens: 1 };
  const end = { stop_reason: null, stop_sequence: null };
  return [
    named({ type: 'message_start', message: { id: 'msg_x', type: 'message', role: 'assistant', model: 'm', content: [], ...end, usage } }),
    named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: output }, () => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: WORD } })),
    named({ type: 'content_block_stop', index: 0 }),
    named({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: output } }),
    named({ type: 'message_stop' }),
  ];
}

function responses(input: number, output: number): string[] {
  let sequence = 0;
  const event = (type: string, fields: object) => named({ type, sequence_number: sequence++, ...fields });
  const response = (status: string, more: object = {}) => ({
    response: { id: 'resp_upstream', object: 'response', created_at: 1, status, model: 'm', output: [], ...more },
  });
  const place = { item_id: 'msg_x', output_index: 0, content_index: 0 };
  const text = WORD.repeat(output);
  const part = { type: 'output_text', text, annotations: [] };
  const item = { id: 'msg_x', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const usage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
  return [
    event('response.created', response('in_progress')),
    event('response.in_progress', response('in_progress')),
    event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }),
    event('response.content_part.added', { ...place, part: { ...part, text: '' } }),
    ...Array.from({ length: output }, () => event('response.output_text.delta', { ...place, delta: WORD, logprobs: [] })),
    event('response.output_text.done', { ...place, text, logprobs: [] }),
    event('response.content_part.done', { ...place, part }),
    event('response.output_item.done', { output_index: 0, item }),
    event('response.completed', response('completed', { output: [item], usage })),
  ];
}

function gemini(input: number, output: number): string[] {
  const chunk = (text: string, produced: number, finish?: string) =>
    data({
      candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...(finish && { finishReason: finish }) }],
      usageMetadata: { promptTokenCount: input, candidatesTokenCount: produced, totalTokenCount: input + produced },
      modelVersion: 'm',
    });
  return Array.from({ length: output }, (_, i) => chunk(WORD, i + 1, i === output - 1 ? 'STOP' : undefined));
}

const MAKERS = { 'openai-chat': chat, 'anthropic-messages': messages, 'openai-responses': responses, gemini } as const;

export const scriptOf = (format: Format, input: number, output: number): Script => ({
  events: MAKERS[format](input, output),
  usage: { input, output },
});

/** An error in the middle of a stream as providers of this format send it. */
export function streamError(format: Format): string {
  const error = { type: 'server_error', message: 'The upstream is having a bad minute.' };
  if (format === 'anthropic-messages') return named({ type: 'error', error: { ...error, type: 'api_error' } });
  if (format === 'openai-responses')
    return named({ type: 'error', sequence_number: 9_999, code: 'server_error', message: error.message, param: null });
  return data({ error: { ...error, code: 503, status: 'UNAVAILABLE' } });
}

/** How a client's stream ended: with the format's end, with its error, or broken off without either. */
export function endingOf(format: Format, raw: string): 'complete' | 'error' | 'broken' {
  const tail = raw.trimEnd();
  switch (format) {
    case 'openai-chat':
      if (/^data: \{"error"/m.test(raw)) return tail.endsWith('data: [DONE]') ? 'error' : 'broken';
      return tail.endsWith('data: [DONE]') && /"finish_reason":"stop"/.test(raw) ? 'complete' : 'broken';
    case 'anthropic-messages':
      if (/^event: error$/m.test(raw)) return 'error';
      return /^event: message_stop$/m.test(raw) ? 'complete' : 'broken';
    case 'openai-responses':
      if (/^event: response\.failed$/m.test(raw)) return 'error';
      return /^event: response\.completed$/m.test(raw) ? 'complete' : 'broken';
    case 'gemini':
      if (/"error":\s*\{/.test(raw)) return 'error';
      return /"finishReason":"STOP"/.test(raw) ? 'complete' : 'broken';
  }
}
