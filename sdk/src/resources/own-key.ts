import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { OwnKey as Shown } from '../types/api.js';

/** The key that the client calls with. */
export class OwnKey extends Resource {
  /** Its limits, and what is left of them. */
  get(options?: RequestOptions): APIPromise<Shown> {
    return this.fetchJson('/key', options);
  }
}
