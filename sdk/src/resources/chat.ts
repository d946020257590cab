import { AnswerStream } from '../core/answer-stream.js';
import { Call } from '../core/call.js';
import type { RequestOptions } from '../core/options.js';
import { APIPromise } from '../core/promise.js';
import { documented } from '../core/record.js';
import { Resource } from '../core/resource.js';
import type { StreamEnd, StreamReader } from '../core/stream.js';
import type { ChatChunk, ChatCompletion, ChatFinishReason, ChatParams, ChatReply, ChatSendParams, ChatUsage } from '../types/api.js';
import { chatAssembler } from './chat-answer.js';

/** The events of `chat.stream`, told apart by `type`; `choice` is 0 unless `n` asks for several. */
export type ChatEvent =
  | { type: 'text'; text: string; choice: number }
  | { type: 'reasoning'; text: string; choice: number }
  | { type: 'refusal'; text: string; choice: number }
  /** A piece of a tool call: the first one has `id` and `name`; `arguments` is JSON in pieces. */
  | { type: 'tool_call'; index: number; id?: string; name?: string; arguments: string; choice: number }
  | { type: 'finish'; reason: ChatFinishReason; choice: number }
  | StreamEnd<ChatUsage>;

const readChunk: StreamReader<ChatChunk> = (json) => ({ events: [documented<ChatChunk>(json)], usage: json.usage });

const readEvents: StreamReader<ChatEvent> = (json) => {
  const { choices = [] } = documented<Partial<ChatChunk>>(json);
  return { events: choices.flatMap(eventsOf), usage: json.usage };
};

function eventsOf({ index: choice, delta, finish_reason }: ChatChunk['choices'][number]): ChatEvent[] {
  const { content, reasoning_content, refusal, tool_calls } = delta ?? {};
  const events: ChatEvent[] = [];
  if (reasoning_content) events.push({ type: 'reasoning', text: reasoning_content, choice });
  if (content) events.push({ type: 'text', text: content, choice });
  if (refusal) events.push({ type: 'refusal', text: refusal, choice });
  for (const { index, id, function: called = {} } of tool_calls ?? []) {
    const { name, arguments: piece } = called;
    events.push({ type: 'tool_call', index, ...(id && { id }), ...(name && { name }), arguments: piece ?? '', choice });
  }
  if (finish_reason) events.push({ type: 'finish', reason: finish_reason, choice });
  return events;
}

/** OpenAI's Chat Completions, for all models except Anthropic's. */
export class Chat extends Resource {
  /** With `stream: true` the answer's chunks as they come, else the whole answer. */
  create(params: ChatParams & { stream: true }, options?: RequestOptions): APIPromise<AnswerStream<ChatChunk, ChatUsage, ChatCompletion>>;
  create(params: ChatParams & { stream?: false }, options?: RequestOptions): APIPromise<ChatCompletion>;
  create(
    params: ChatParams & { stream?: boolean },
    options?: RequestOptions,
  ): APIPromise<AnswerStream<ChatChunk, ChatUsage, ChatCompletion> | ChatCompletion> {
    const path = '/chat/completions';
    if (params.stream !== true) return this.post<ChatCompletion>(path, params, options);
    const call = new Call(this.config, { method: 'POST', path, json: params }, options);
    return new APIPromise(
      call,
      async (response) => new AnswerStream(call, readChunk, chatAssembler(), undefined, Promise.resolve(response)),
    );
  }

  /** The answer as typed events while it is made. The last one has usage and cost; `final()` has the whole answer. */
  stream(params: ChatParams, options?: RequestOptions): AnswerStream<ChatEvent, ChatUsage, ChatCompletion> {
    const call = new Call(this.config, { method: 'POST', path: '/chat/completions', json: { ...params, stream: true } }, options);
    return new AnswerStream(call, readEvents, chatAssembler(), (end) => end);
  }

  /** The gateway's own short form, which only needs messages. */
  send(params: ChatSendParams, options?: RequestOptions): APIPromise<ChatReply> {
    return this.post('/chat', { ...params, stream: false }, options);
  }

  /** The same method where OpenAI's library has it: `chat.completions.create`. */
  get completions(): this {
    return this;
  }
}
