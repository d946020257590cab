import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { OwnKey as Shown } from '../types/api.js';

/** The client's own API key. */
export class OwnKey extends Resource {
  /** The key's limits, and what is left of them. */
  get(options?: RequestOptions): APIPromise<Shown> {
    return this.fetchJson('/key', options);
  }
}
