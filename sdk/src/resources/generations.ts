import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource, segment } from '../core/resource.js';
import type { Generation } from '../types/api.js';

/** Receipts: what single requests were charged, and why. */
export class Generations extends Resource {
  /** Takes the `requestId` of an answer, an error or a stream. */
  get(requestId: string, options?: RequestOptions): APIPromise<Generation> {
    return this.fetchJson(`/generations/${segment(requestId)}`, options);
  }
}
