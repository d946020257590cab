import type { RequestOptions } from '../core/options.js';
import type { APIPromise } from '../core/promise.js';
import { Resource } from '../core/resource.js';
import type { Model, ModelList } from '../types/api.js';

/** The catalogue. */
export class Models extends Resource {
  list(options?: RequestOptions): APIPromise<ModelList> {
    return this.fetchJson('/models', options);
  }

  get(id: string, options?: RequestOptions): APIPromise<Model> {
    return this.fetchJson(`/models/${id.split('/').map(encodeURIComponent).join('/')}`, options);
  }
}
