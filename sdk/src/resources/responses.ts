import { AnswerStream, type Assembler } from '../core/answer-stream.js';
import { Call, readJson } from '../core/call.js';
import { errorOf } from '../core/errors.js';
import type { RequestOptions } from '../core/options.js';
import { APIPromise } from '../core/promise.js';
import { documented, isRecord, type JsonRecord } from '../core/record.js';
import { Resource, segment } from '../core/resource.js';
import type { StreamEnd, StreamReader } from '../core/stream.js';
import type { ResponseDeleted, ResponseItems, ResponseParams, ResponseUsage } from '../types/api.js';
import type { ResponseEvent, ResponseObject, StoredResponse } from '../types/derived.js';

/** The events of `responses.stream`, told apart by `type`. */
export type ResponseStreamEvent = ResponseEvent | StreamEnd<ResponseUsage>;

const PATH = '/responses';

const textOf = ({ output }: Pick<ResponseObject, 'output'>): string =>
  output
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');

/** A response with all its text joined, as in OpenAI's library. */
function withText<T extends StoredResponse>(json: unknown): T {
  const response = documented<T>(json);
  return { ...response, output_text: Array.isArray(response.output) ? textOf(response) : '' };
}

const readEvent: StreamReader<ResponseEvent> = (json) => {
  const { type, response } = json;
  const inner: JsonRecord = isRecord(response) ? response : {};
  if (type === 'response.failed') throw errorOf({ status: 502, body: inner });
  const event = documented<ResponseEvent>(isRecord(response) ? { ...json, response: withText<ResponseObject>(response) } : json);
  return { events: [event], ended: type === 'response.completed' || type === 'response.incomplete', usage: inner.usage };
};

/** The last event has all of it. */
function responseAssembler(): Assembler<ResponseObject> {
  let last: unknown;
  return {
    add: ({ response }) => {
      if (isRecord(response)) last = response;
    },
    whole: () => withText<ResponseObject>(last),
  };
}

/** OpenAI's Responses, for all models except Anthropic's. */
export class Responses extends Resource {
  /** With `stream: true` the answer's events as they come, else the whole answer. */
  create(
    params: ResponseParams & { stream: true },
    options?: RequestOptions,
  ): APIPromise<AnswerStream<ResponseEvent, ResponseUsage, ResponseObject>>;
  create(params: ResponseParams & { stream?: false }, options?: RequestOptions): APIPromise<ResponseObject>;
  create(
    params: ResponseParams & { stream?: boolean },
    options?: RequestOptions,
  ): APIPromise<AnswerStream<ResponseEvent, ResponseUsage, ResponseObject> | ResponseObject> {
    const call = new Call(this.config, { method: 'POST', path: PATH, json: params }, options);
    if (params.stream !== true) return this.object(call);
    return new APIPromise(
      call,
      async (response) => new AnswerStream(call, readEvent, responseAssembler(), undefined, Promise.resolve(response)),
    );
  }

  /** The answer as typed events while it is made. The last one has usage and cost; `final()` has the whole answer. */
  stream(params: ResponseParams, options?: RequestOptions): AnswerStream<ResponseStreamEvent, ResponseUsage, ResponseObject> {
    const call = new Call(this.config, { method: 'POST', path: PATH, json: { ...params, stream: true } }, options);
    return new AnswerStream<ResponseStreamEvent, ResponseUsage, ResponseObject>(call, readEvent, responseAssembler(), (end) => end);
  }

  /** A stored answer, or one that is made in the background. */
  get(id: string, options?: RequestOptions): APIPromise<StoredResponse> {
    return this.object(new Call(this.config, { method: 'GET', path: `${PATH}/${segment(id)}` }, options));
  }

  /** Cancels an answer that is made in the background. */
  cancel(id: string, options?: RequestOptions): APIPromise<StoredResponse> {
    return this.object(new Call(this.config, { method: 'POST', path: `${PATH}/${segment(id)}/cancel` }, options));
  }

  delete(id: string, options?: RequestOptions): APIPromise<ResponseDeleted> {
    const deleted: ResponseDeleted = { id, deleted: true };
    return this.ask({ method: 'DELETE', path: `${PATH}/${segment(id)}`, deleted }, options);
  }

  /** The input of a stored answer. */
  inputItems(id: string, options?: RequestOptions): APIPromise<ResponseItems> {
    return this.ask({ method: 'GET', path: `${PATH}/${segment(id)}/input_items` }, options);
  }

  private object<T extends StoredResponse = ResponseObject>(call: Call): APIPromise<T> {
    return new APIPromise(call, (response) => call.read(response, async (whole) => withText<T>(await readJson(whole))));
  }
}
