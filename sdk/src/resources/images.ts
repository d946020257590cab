import { Call } from '../core/call.js';
import { bodyOf } from '../core/form.js';
import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { documented } from '../core/record.js';
import { Resource } from '../core/resource.js';
import { Stream, type StreamReader } from '../core/stream.js';
import type {
  ImageCreateParams,
  ImageCreateResult,
  ImageEditParams,
  ImageEvent,
  ImageParams,
  ImageResult,
  NestedParams,
} from '../types/api.js';

/** Every event has the cost, which is that of all pictures together. */
const readEvent: StreamReader<ImageEvent> = (json) => ({
  events: [documented<ImageEvent>(json)],
  usage: { creditsUsed: json.creditsUsed },
});

/** Makes pictures and waits for them; they are kept under URLs. */
export class Images extends Resource {
  /** Makes pictures with a `model`, or with the cheapest one for an `intent`. */
  generate(params: ImageParams | NestedParams, options?: RequestOptions): APIPromise<ImageResult> {
    return this.ask({ method: 'POST', path: '/images/generate', ...bodyOf(params) }, options);
  }

  /** The same in OpenAI's form, which can also return the pictures themselves: `response_format: 'b64_json'`. */
  create(params: ImageCreateParams | NestedParams, options?: RequestOptions): APIPromise<ImageCreateResult> {
    return this.ask({ method: 'POST', path: '/images/generations', ...bodyOf(params) }, options);
  }

  /** Each picture as it is ready. */
  stream(params: ImageCreateParams | NestedParams, options?: RequestOptions): Stream<ImageEvent, { creditsUsed: number }> {
    const call = new Call(this.config, { method: 'POST', path: '/images/generations', ...bodyOf({ ...params, stream: true }) }, options);
    return new Stream(call, readEvent, undefined, call.send(), true);
  }

  /** Changes pictures that are given by URL or as files. */
  edit(params: ImageEditParams | NestedParams, options?: RequestOptions): APIPromise<ImageCreateResult> {
    return this.ask({ method: 'POST', path: '/images/edits', ...bodyOf(params) }, options);
  }
}
