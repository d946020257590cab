import { AnswerStream } from '../core/answer-stream.js';
import { Call, type CallSpec } from '../core/call.js';
import type { RequestOptions } from '../core/options.js';
import { APIPromise } from '../core/promise.js';
import { documented, isRecord } from '../core/record.js';
import { Resource } from '../core/resource.js';
import type { StreamEnd, StreamReader } from '../core/stream.js';
import type { Message, MessageCount, MessageCountParams, MessageEvent, MessageParams, MessageUsage } from '../types/api.js';
import { messageAssembler } from './message-answer.js';

/** The events of `messages.stream`, told apart by `type`. */
export type MessageStreamEvent = MessageEvent | StreamEnd<MessageUsage>;

const headers = { 'anthropic-version': '2023-06-01' };

const readEvent: StreamReader<MessageEvent> = (json) => {
  const started = isRecord(json.message) ? json.message.usage : undefined;
  return { events: [documented<MessageEvent>(json)], ended: json.type === 'message_stop', usage: json.usage ?? started };
};

/** Anthropic's Messages. */
export class Messages extends Resource {
  /** With `stream: true` the answer's events as they come, else the whole answer. */
  create(params: MessageParams & { stream: true }, options?: RequestOptions): APIPromise<AnswerStream<MessageEvent, MessageUsage, Message>>;
  create(params: MessageParams & { stream?: false }, options?: RequestOptions): APIPromise<Message>;
  create(
    params: MessageParams & { stream?: boolean },
    options?: RequestOptions,
  ): APIPromise<AnswerStream<MessageEvent, MessageUsage, Message> | Message> {
    if (params.stream !== true) return this.ask<Message>(specOf(params), options);
    const call = new Call(this.config, specOf(params), options);
    return new APIPromise(
      call,
      async (response) => new AnswerStream(call, readEvent, messageAssembler(), undefined, Promise.resolve(response)),
    );
  }

  /** The answer as typed events while it is made. The last one has usage and cost; `final()` has the whole answer. */
  stream(params: MessageParams, options?: RequestOptions): AnswerStream<MessageStreamEvent, MessageUsage, Message> {
    const call = new Call(this.config, specOf({ ...params, stream: true }), options);
    return new AnswerStream<MessageStreamEvent, MessageUsage, Message>(call, readEvent, messageAssembler(), (end) => end);
  }

  /** Counts a request's tokens, free of charge. */
  countTokens(params: MessageCountParams, options?: RequestOptions): APIPromise<MessageCount> {
    return this.post('/messages/count_tokens', params, options, { headers });
  }
}

const specOf = (json: MessageParams): CallSpec => ({ method: 'POST', path: '/messages', json, headers });
