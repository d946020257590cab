import { call, type Event, eventsOf, json, readBody } from './support';

/** What a test asks for, independent of the format. */
export interface Wish {
  text: string;
  tools?: { name: string; schema: Record<string, unknown> }[];
  schema?: Record<string, unknown>;
  thinking?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: the answers of five formats have no type in common.
type Json = any;

/** One format as the tests use it. */
export interface TestFormat {
  name: string;
  path: string;
  streamPath: string;
  body(wish: Wish, stream: boolean): Json;
  /** The JSON answer that the events add up to. */
  join(events: Event[]): Json;
  /** The text of an answer, whether it came whole or as a stream. */
  text(answer: Json): string;
  calls(answer: Json): { name: string; input: unknown }[];
  ending(answer: Json): unknown;
  usage(answer: Json): { input: number; output: number } | undefined;
  /** Whether this event carries a part of the answer. */
  isChunk(event: Event): boolean;
}

const clone = (value: Json): Json => structuredClone(value);

const chat: TestFormat = {
  name: 'chat',
  path: '/v1/chat/completions',
  streamPath: '/v1/chat/completions',
  body: ({ text, tools, schema }, stream) => ({
    model: 'm',
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    messages: [{ role: 'user', content: text }],
    ...(tools ? { tools: tools.map((tool) => ({ type: 'function', function: { name: tool.name, parameters: tool.schema } })) } : {}),
    ...(schema ? { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } } : {}),
  }),
  join(events) {
    const message: Json = { role: 'assistant', content: null, refusal: null, annotations: [] };
    let last: Json;
    let finish: unknown = null;
    for (const { data } of events) {
      if (data === '[DONE]') continue;
      last = data;
      const choice = data.choices[0];
      if (!choice) continue;
      finish = choice.finish_reason ?? finish;
      for (const key of ['content', 'refusal', 'reasoning_content']) {
        if (typeof choice.delta[key] === 'string') message[key] = (message[key] ?? '') + choice.delta[key];
      }
      for (const { index, ...piece } of choice.delta.tool_calls ?? []) {
        message.tool_calls ??= [];
        if (message.tool_calls[index]) message.tool_calls[index].function.arguments += piece.function.arguments;
        else message.tool_calls[index] = clone(piece);
      }
    }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: finish }];
    const { usage, ...envelope } = last;
    return { ...envelope, object: 'chat.completion', choices, ...(usage ? { usage } : {}) };
  },
  text: (answer) => answer.choices[0].message.content ?? answer.choices[0].message.refusal ?? '',
  calls: (answer) =>
    (answer.choices[0].message.tool_calls ?? []).map((one: Json) => ({
      name: one.function.name,
      input: JSON.parse(one.function.arguments),
    })),
  ending: (answer) => answer.choices[0].finish_reason,
  usage: ({ usage }) => usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  isChunk: ({ data }) => data.choices?.[0]?.finish_reason === null && data.choices[0].delta.role === undefined,
};

const messages: TestFormat = {
  name: 'messages',
  path: '/v1/messages',
  streamPath: '/v1/messages',
  body: ({ text, tools, schema, thinking }, stream) => ({
    model: 'm',
    stream,
    max_tokens: 200_000,
    messages: [{ role: 'user', content: text }],
    ...(tools ? { tools: tools.map((tool) => ({ name: tool.name, input_schema: tool.schema })) } : {}),
    ...(schema ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
    ...(thinking ? { thinking: { type: 'enabled', budget_tokens: 1024 } } : {}),
  }),
  join(events) {
    let message: Json;
    const inputs: string[] = [];
    for (const { data } of events) {
      if (data.type === 'message_start') message = clone(data.message);
      if (data.type === 'content_block_start') message.content[data.index] = clone(data.content_block);
      if (data.type === 'content_block_delta') {
        const block = message.content[data.index];
        const { delta } = data;
        if (delta.type === 'text_delta') block.text += delta.text;
        if (delta.type === 'thinking_delta') block.thinking += delta.thinking;
        if (delta.type === 'signature_delta') block.signature = delta.signature;
        if (delta.type === 'input_json_delta') inputs[data.index] = (inputs[data.index] ?? '') + delta.partial_json;
      }
      if (data.type === 'content_block_stop' && inputs[data.index]) message.content[data.index].input = JSON.parse(inputs[data.index]!);
      if (data.type === 'message_delta') {
        Object.assign(message, data.delta);
        if (data.usage) message.usage = { ...message.usage, ...data.usage };
      }
    }
    return message;
  },
  text: (answer) => answer.content.map((block: Json) => block.text ?? '').join(''),
  calls: (answer) => answer.content.filter((block: Json) => block.type === 'tool_use').map(({ name, input }: Json) => ({ name, input })),
  ending: (answer) => answer.stop_reason,
  usage: ({ usage }) => usage && { input: usage.input_tokens, output: usage.output_tokens },
  isChunk: ({ data }) =>
    (data.type === 'content_block_delta' && data.delta.type !== 'signature_delta' && data.delta.partial_json !== '') ||
    (data.type === 'content_block_start' && data.content_block.type === 'tool_use'),
};

const responses: TestFormat = {
  name: 'responses',
  path: '/v1/responses',
  streamPath: '/v1/responses',
  body: ({ text, tools, schema, thinking }, stream) => ({
    model: 'm',
    stream,
    store: false,
    input: text,
    ...(tools ? { tools: tools.map((tool) => ({ type: 'function', name: tool.name, parameters: tool.schema })) } : {}),
    ...(schema ? { text: { format: { type: 'json_schema', name: 'x', schema } } } : {}),
    ...(thinking ? { reasoning: { effort: 'low', summary: 'auto' } } : {}),
  }),
  join(events) {
    const response = clone(events[0]!.data.response);
    for (const { data } of events) {
      const item = response.output[data.output_index];
      switch (data.type) {
        case 'response.output_item.added':
          response.output[data.output_index] = clone(data.item);
          break;
        case 'response.reasoning_summary_part.added':
          item.summary[data.summary_index] = clone(data.part);
          break;
        case 'response.reasoning_summary_text.delta':
          item.summary[data.summary_index].text += data.delta;
          break;
        case 'response.content_part.added':
          item.content[data.content_index] = clone(data.part);
          break;
        case 'response.output_text.delta':
          item.content[data.content_index].text += data.delta;
          break;
        case 'response.refusal.delta':
          item.content[data.content_index].refusal += data.delta;
          break;
        case 'response.function_call_arguments.delta':
          item.arguments += data.delta;
          break;
        case 'response.custom_tool_call_input.delta':
          item.input += data.delta;
          break;
        case 'response.output_item.done':
          if (data.item.status) item.status = data.item.status;
          break;
      }
    }
    const { output: _, ...last } = events.at(-1)!.data.response;
    return { ...last, output: response.output };
  },
  text: (answer) =>
    answer.output
      .flatMap((item: Json) => item.content ?? [])
      .map((part: Json) => part.text ?? part.refusal)
      .join(''),
  calls: (answer) =>
    answer.output
      .filter((item: Json) => item.type === 'function_call')
      .map((item: Json) => ({ name: item.name, input: JSON.parse(item.arguments) })),
  ending: (answer) => (answer.status === 'incomplete' ? answer.incomplete_details.reason : answer.status),
  usage: ({ usage }) => usage && { input: usage.input_tokens, output: usage.output_tokens },
  isChunk: ({ data }) => /\.delta$/.test(data.type) || (data.type === 'response.output_item.added' && data.item.type === 'function_call'),
};

const gemini: TestFormat = {
  name: 'gemini',
  path: '/v1beta/models/m:generateContent',
  streamPath: '/v1beta/models/m:streamGenerateContent?alt=sse',
  body: ({ text, tools, schema, thinking }) => ({
    contents: [{ role: 'user', parts: [{ text }] }],
    ...(tools ? { tools: [{ functionDeclarations: tools.map((tool) => ({ name: tool.name, parametersJsonSchema: tool.schema })) }] } : {}),
    generationConfig: {
      ...(schema ? { responseMimeType: 'application/json', responseJsonSchema: schema } : {}),
      ...(thinking ? { thinkingConfig: { includeThoughts: true } } : {}),
    },
  }),
  join(events) {
    const parts: Json[] = [];
    for (const part of events.flatMap(({ data }) => data.candidates[0].content?.parts ?? [])) {
      const before = parts.at(-1);
      if (part.text === undefined || before?.text === undefined || before.thought !== part.thought) parts.push(clone(part));
      else Object.assign(before, part, { text: before.text + part.text });
    }
    const last = clone(events.at(-1)!.data);
    const kept = parts.filter((part) => part.text !== '');
    if (last.candidates[0].content) last.candidates[0].content = { ...(kept.length > 0 ? { parts: kept } : {}), role: 'model' };
    return last;
  },
  text: (answer) =>
    (answer.candidates[0].content?.parts ?? [])
      .filter((part: Json) => !part.thought)
      .map((part: Json) => part.text ?? '')
      .join(''),
  calls: (answer) =>
    (answer.candidates[0].content?.parts ?? [])
      .filter((part: Json) => part.functionCall)
      .map(({ functionCall }: Json) => ({ name: functionCall.name, input: functionCall.args })),
  ending: (answer) => answer.candidates[0].finishReason,
  usage: ({ usageMetadata }) =>
    usageMetadata && {
      input: usageMetadata.promptTokenCount,
      output: usageMetadata.candidatesTokenCount + (usageMetadata.thoughtsTokenCount ?? 0),
    },
  isChunk: ({ data }) => data.candidates !== undefined && data.candidates[0].finishReason === undefined,
};

const completions: TestFormat = {
  name: 'completions',
  path: '/v1/completions',
  streamPath: '/v1/completions',
  body: ({ text }, stream) => ({
    model: 'm',
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    max_tokens: 200_000,
    prompt: text,
  }),
  join(events) {
    const chunks = events.map(({ data }) => data).filter((data) => data !== '[DONE]');
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const text = choices.map((choice) => choice.text).join('');
    const { usage, ...envelope } = chunks.at(-1);
    return { ...envelope, choices: [{ ...choices.at(-1), text }], ...(usage ? { usage } : {}) };
  },
  text: (answer) => answer.choices[0].text,
  calls: () => [],
  ending: (answer) => answer.choices[0].finish_reason,
  usage: ({ usage }) => usage && { input: usage.prompt_tokens, output: usage.completion_tokens },
  isChunk: ({ data }) => data.choices?.[0]?.finish_reason === null,
};

export const FORMATS = [chat, messages, responses, gemini, completions];

export const ask = (format: TestFormat, wish: Wish): Promise<Json> => json(format.path, format.body(wish, false));

export async function askStreamed(format: TestFormat, wish: Wish) {
  const response = await call(format.streamPath, format.body(wish, true));
  const { text, broken } = await readBody(response);
  return { response, text, broken, events: eventsOf(text) };
}
